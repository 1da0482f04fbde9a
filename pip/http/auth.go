package http

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// Auth says how the source shows who it is. At most one of its fields is set.
type Auth struct {
	// BearerFile holds a token that is sent as it is. It is read again when it changes.
	BearerFile string
	Basic      *Basic
	OAuth2     *ClientCredentials
}

// Basic is a user with a password (RFC 7617).
type Basic struct {
	User string
	// PasswordFile holds the password. It is read again when it changes.
	PasswordFile string
}

// authorization gives the value of the header Authorization.
type authorization struct {
	file   *reload.Files[string]
	prefix string // before the text of the file
	basic  bool
	tokens *tokens
}

// newAuthorization checks the configuration and reads its files.
func newAuthorization(cfg Auth, c Connection, plaintext bool) (*authorization, error) {
	a := &authorization{}
	ways := 0
	var errs []error
	if cfg.BearerFile != "" {
		ways++
		a.file, a.prefix = reload.Secret(cfg.BearerFile, field), "Bearer "
	}
	if cfg.Basic != nil {
		ways++
		a.file, a.prefix, a.basic = reload.Secret(cfg.Basic.PasswordFile, field), cfg.Basic.User+":", true
		if cfg.Basic.User == "" || strings.Contains(cfg.Basic.User, ":") {
			errs = append(errs, errors.New("auth: a user is not empty and holds no colon"))
		}
	}
	if a.file != nil {
		_, err := a.file.Get(context.Background())
		errs = append(errs, err)
	}
	if cfg.OAuth2 != nil {
		ways++
		var err error
		if a.tokens, err = newTokens(*cfg.OAuth2, c, plaintext); err != nil {
			errs = append(errs, fmt.Errorf("oauth2: %w", err))
		}
	}
	if ways > 1 {
		errs = append(errs, errors.New("auth: there is more than one way"))
	}
	if err := errors.Join(errs...); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// get gives the value of the header; empty without any way.
func (a *authorization) get(ctx context.Context) (string, error) {
	if a.tokens != nil {
		token, err := a.tokens.get(ctx)
		if err != nil {
			return "", err
		}
		return "Bearer " + token, nil
	}
	if a.file == nil {
		return "", nil
	}
	text, err := a.file.Get(ctx)
	if err != nil {
		return "", unusable("the file of the credentials", err)
	}
	if a.basic {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.prefix+text)), nil
	}
	return a.prefix + text, nil
}

// refused takes note that the service refused the value. It reports whether
// another one is worth a try.
func (a *authorization) refused(credentials string) bool {
	return a.tokens != nil && a.tokens.refused(strings.TrimPrefix(credentials, "Bearer "))
}

// close ends what is under way.
func (a *authorization) close() {
	if a.tokens != nil {
		a.tokens.close()
	}
}
