package token

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/token/jwks"
)

const (
	// MaxBytes is the longest token.
	MaxBytes = 8 << 10
	// MaxLeeway is the most that clocks may differ.
	MaxLeeway = 30 * time.Second
)

// Config says which tokens are good.
type Config struct {
	// Issuers are those whose tokens are accepted; at least one.
	Issuers []Issuer
	// Leeway is how far the clocks of issuers may be off, up to [MaxLeeway]. Zero is
	// not at all.
	Leeway time.Duration
	// Remember is how many good tokens are remembered, so that the same one need not
	// be verified again. What is kept is a hash of each and its claims. Zero is none.
	Remember int
	// Now is the clock; nil stands for time.Now.
	Now func() time.Time
	// Logger is told of keys that cannot be read; may be nil.
	Logger *slog.Logger
}

// Issuer is who issues tokens, and what they must be like.
type Issuer struct {
	// Name is the claim iss, byte by byte.
	Name string
	// Audiences are whom tokens may be for: one of them must be in the claim aud. At
	// least one: a token that is for somebody else must not work here.
	Audiences []string
	// Algorithms are those that may have made the signature, of RS256 RS384 RS512
	// PS256 PS384 PS512 ES256 ES384 ES512 EdDSA; at least one.
	Algorithms []string
	// Types are what the header typ may say, without regard to case or to the prefix
	// "application/". The empty text accepts a token that does not say. Nil stands for
	// "JWT", "at+jwt" and none: a token of another kind, for logging out say, is none
	// to call with.
	Types []string
	// MaxAge is the longest time since a token was issued, which it then must tell.
	// Zero is no bound but its own.
	MaxAge time.Duration
	// AllowBound accepts tokens that are bound to a key of their holder (the claim cnf
	// of RFC 7800, as with DPoP or mutual TLS). This package cannot tell whether who
	// presents the token has that key, so somebody else must have.
	AllowBound bool
	// Keys is where the keys come from. Its Logger is filled in.
	Keys jwks.Config
}

// check reports everything that is wrong, but for where keys come from.
func (cfg Config) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(cfg.Issuers) == 0 {
		fail("tokens must have an issuer")
	}
	if cfg.Leeway < 0 || cfg.Leeway > MaxLeeway {
		fail("the leeway must be between 0 and %v", MaxLeeway)
	}
	if cfg.Remember < 0 {
		fail("the number of tokens to remember must not be negative")
	}
	seen := make(map[string]bool)
	for _, i := range cfg.Issuers {
		if i.Name != "" && seen[i.Name] {
			fail("issuer %q occurs twice", i.Name)
		}
		seen[i.Name] = true
		if err := i.check(); err != nil {
			fail("issuer %q: %w", i.Name, err)
		}
	}
	return errors.Join(errs...)
}

// check reports everything that is wrong with one issuer.
func (i Issuer) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if i.Name == "" {
		fail("the name is missing")
	}
	if len(i.Audiences) == 0 || slices.Contains(i.Audiences, "") {
		fail("the audiences are missing: a token for somebody else would be good here")
	}
	if len(i.Algorithms) == 0 {
		fail("the algorithms are missing")
	}
	known := methods()
	for _, a := range i.Algorithms {
		if known[a] == nil {
			fail("the algorithm %q is not one of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA", a)
		}
	}
	if i.MaxAge < 0 {
		fail("the age must not be negative")
	}
	return errors.Join(errs...)
}

// typed reports whether the issuer's tokens may have this typ; a token without has
// the empty one.
func (i Issuer) typed(typ string) bool {
	types := i.Types
	if types == nil {
		types = []string{"", "JWT", "at+jwt"}
	}
	return slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(bareType(t), bareType(typ)) })
}

// bareType is a media type without the prefix that it may be written without
// (RFC 7515 §4.1.9).
func bareType(typ string) string {
	const prefix = "application/"
	if len(typ) > len(prefix) && strings.EqualFold(typ[:len(prefix)], prefix) {
		return typ[len(prefix):]
	}
	return typ
}
