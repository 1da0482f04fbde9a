package config

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
)

// Requirement is something without which the service is not ready at its start.
type Requirement struct {
	// Name tells operators what it is.
	Name string
	// Check tells whether it can be reached. The error holds no secrets.
	Check func(ctx context.Context) error
}

// errKeys is why an issuer counts as not reached.
var errKeys = errors.New("no keys were read yet; forseti_token_keys_failures and the log tell why")

// RequiredIssuers are the issuers whose keys have to be read before the service is
// ready: those of which the configuration says so, and one at least where callers show
// who they are by tokens alone, because the service would refuse everybody. subjects and
// callers may be nil.
func (c *Config) RequiredIssuers(subjects *Identifier, callers *Callers) []Requirement {
	var all []Requirement
	require := func(of, issuer string, keys *token.Verifier) {
		all = append(all, Requirement{fmt.Sprintf("keys of the issuer %q of %s", issuer, of), func(context.Context) error {
			return haveKeys(keys.Keys()[issuer])
		}})
	}
	if subjects != nil {
		for _, i := range c.Tokens.Issuers {
			if i.RequiredAtStart {
				require("subjects", i.Name, subjects.verifier)
			}
		}
	}
	if callers == nil || callers.Tokens == nil {
		return all
	}
	a := &c.Server.Authentication
	for _, i := range a.Issuers {
		if i.RequiredAtStart {
			require("callers", i.Name, callers.Tokens)
		}
	}
	if a.Mode == modeToken {
		all = append(all, Requirement{"keys of an issuer of callers", func(context.Context) error {
			return haveKeys(slices.Collect(maps.Values(callers.Tokens.Keys()))...)
		}})
	}
	return all
}

// haveKeys is nil if one of them has a key that can be used.
func haveKeys(issuers ...jwks.Status) error {
	if slices.ContainsFunc(issuers, func(s jwks.Status) bool { return s.Keys > 0 }) {
		return nil
	}
	return errKeys
}
