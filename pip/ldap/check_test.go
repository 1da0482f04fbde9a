package ldap

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/forseti-pdp/forseti/pip"
)

// TestCheck: a directory is there if the connection is bound as the configuration says.
// Nothing is searched for.
func TestCheck(t *testing.T) {
	d := &directory{entries: people(), password: "secret"}
	stop := d.start(t, nil, nil)
	file := filepath.Join(t.TempDir(), "password")
	check := func(password string) error {
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := roles(d.url)
		cfg.Bind = Bind{DN: "cn=forseti", PasswordFile: file}
		p, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close() //nolint:errcheck // the server waits for the connection to end
		return p.Check(t.Context())
	}
	if err := check("secret"); err != nil {
		t.Error(err)
	}
	if err := check("wrong"); err == nil {
		t.Error("a password that is refused will do")
	}
	if searches, _ := d.asked(); len(searches) != 0 {
		t.Errorf("got %d searches", len(searches))
	}
	stop()
	if e, ok := errors.AsType[*pip.Error](check("secret")); !ok || e.Outcome != pip.OutcomeUnavailable {
		t.Errorf("nobody there: got %v", e)
	}
}
