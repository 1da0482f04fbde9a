package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/forseti-pdp/forseti/token/jwks"
)

// Verifier tells good tokens from others. It is safe for concurrent use.
type Verifier struct {
	leeway  time.Duration
	now     func() time.Time
	methods map[string]jwt.SigningMethod
	issuers map[string]*issuer
	memory  *memory // nil if nothing is remembered
	metrics metrics
}

// issuer is an issuer with its keys.
type issuer struct {
	Issuer
	keys *jwks.Cache
}

// New makes a verifier, or reports everything that is wrong with cfg. It begins to
// keep the keys of the issuers: close it.
func New(cfg Config) (*Verifier, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	v := &Verifier{leeway: cfg.Leeway, now: cfg.Now, methods: methods(), issuers: make(map[string]*issuer), metrics: newMetrics()}
	if v.now == nil {
		v.now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	if cfg.Remember > 0 {
		var err error
		v.memory, err = newMemory(cfg.Remember)
		errs = append(errs, err)
	}
	for _, i := range cfg.Issuers {
		i.Keys.Logger = cfg.Logger.With("issuer", i.Name)
		keys, err := jwks.Open(i.Keys)
		if err != nil {
			errs = append(errs, fmt.Errorf("issuer %q: %w", i.Name, err))
			continue
		}
		i.Audiences, i.Algorithms, i.Types = slices.Clone(i.Audiences), slices.Clone(i.Algorithms), slices.Clone(i.Types)
		v.issuers[i.Name] = &issuer{Issuer: i, keys: keys}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

// Close stops to keep the keys, and waits for it.
func (v *Verifier) Close() error {
	var errs []error
	for _, i := range v.issuers {
		errs = append(errs, i.keys.Close())
	}
	return errors.Join(errs...)
}

// Keys tells how the keys of each issuer are.
func (v *Verifier) Keys() map[string]jwks.Status {
	all := make(map[string]jwks.Status, len(v.issuers))
	for name, i := range v.issuers {
		all[name] = i.keys.Status()
	}
	return all
}

// Verify gives the claims of a token in compact form. Every error is an [*Error].
// It takes the time of the signature, but where a token names a key that is not
// there: then it may wait for the keys to be read, until ctx is done.
func (v *Verifier) Verify(ctx context.Context, text string) (Claims, error) {
	claims, err := v.verify(ctx, text)
	if err != nil {
		v.metrics.results[err.Reason].Inc()
		return Claims{}, err
	}
	v.metrics.results[""].Inc()
	return claims, nil
}

// verify is Verify without counting.
func (v *Verifier) verify(ctx context.Context, text string) (Claims, *Error) {
	if len(text) > MaxBytes {
		return Claims{}, refused(ReasonTooLarge)
	}
	now := v.now()
	if claims, ok := v.memory.recall(text, now, v.leeway); ok {
		return claims, nil
	}
	c, ok := parseCompact(text)
	if !ok {
		return Claims{}, refused(ReasonMalformed)
	}
	claims, ok := parseClaims(c.claims)
	if !ok {
		return Claims{}, refused(ReasonMalformed)
	}
	by := v.issuers[claims.issuer]
	switch {
	case by == nil:
		return Claims{}, refused(ReasonIssuer)
	case !slices.Contains(by.Algorithms, c.algorithm):
		return Claims{}, refused(ReasonAlgorithm)
	case !by.typed(c.typ):
		return Claims{}, refused(ReasonType)
	}
	key, set, err := by.key(ctx, c)
	if err != nil {
		return Claims{}, err
	}
	if v.methods[c.algorithm].Verify(c.signed, c.signature, key.Public) != nil {
		return Claims{}, refused(ReasonSignature)
	}
	if reason := by.judge(&claims, now, v.leeway); reason != "" {
		return Claims{}, refused(reason)
	}
	v.memory.keep(text, claims, now, by.keys, set)
	return claims, nil
}

// key finds the key that the token names, and the set that it is in. What the
// header says is compared with the names of the issuer's keys and nothing else.
func (i *issuer) key(ctx context.Context, c compact) (jwks.Key, *jwks.Set, *Error) {
	set, err := i.keys.Current()
	key, found := find(set, c.keyID)
	unknown := func() bool { return !found && c.keyID != "" }
	for again := range 2 {
		// The issuer may have begun to use another key. A reading that was under way may
		// have begun before that: then there is another.
		if err == nil && !unknown() || err != nil && again > 0 {
			break
		}
		if err := i.keys.Renew(ctx); err != nil {
			return jwks.Key{}, nil, &Error{Reason: ReasonCanceled, Err: err}
		}
		set, err = i.keys.Current()
		key, found = find(set, c.keyID)
	}
	switch {
	case errors.Is(err, jwks.ErrNever):
		return jwks.Key{}, nil, refused(ReasonUnavailable)
	case err != nil:
		return jwks.Key{}, nil, refused(ReasonStale)
	case !found:
		return jwks.Key{}, nil, refused(ReasonKey)
	case !key.Fits(c.algorithm):
		return jwks.Key{}, nil, refused(ReasonAlgorithm)
	default:
		return key, set, nil
	}
}

// find is the key with this kid. A token that does not name its key is signed with
// the only one.
func find(set *jwks.Set, kid string) (jwks.Key, bool) {
	switch {
	case set == nil:
		return jwks.Key{}, false
	case kid == "":
		return set.Only()
	default:
		return set.Key(kid)
	}
}

// judge tells what is wrong with the claims of a token that the issuer did sign,
// and bounds their life by the age that tokens may have.
func (i *issuer) judge(claims *Claims, now time.Time, leeway time.Duration) Reason {
	if !claims.isFor(i.Audiences) {
		return ReasonAudience
	}
	if i.MaxAge > 0 {
		if claims.issued.IsZero() {
			return ReasonMalformed
		}
		if end := claims.issued.Add(i.MaxAge); end.Before(claims.expires) {
			claims.expires = end
		}
	}
	if _, bound := claims.all["cnf"]; bound && !i.AllowBound {
		return ReasonBound
	}
	return claims.inTime(now, leeway)
}
