package ldap

import (
	"context"

	"github.com/go-ldap/ldap/v3"
)

// Check tells whether the directory can be asked, without a question: whether there is
// a connection, secured and bound as the configuration says. The error is a [pip.Error].
func (p *Provider) Check(ctx context.Context) error {
	return p.pool.use(ctx, p.cfg.MaxBytes, func(*ldap.Conn) error { return nil })
}
