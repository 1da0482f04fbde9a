package caller

import (
	"context"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/token"
)

// methodInvalidate is what AllMethods leaves out: it is not about decisions.
const methodInvalidate = "Invalidate"

// Authenticator tells who calls. It is safe for concurrent use.
type Authenticator struct {
	config   Config
	issuers  map[string]Issuer
	callers  map[string]string // names by identity
	grants   map[string]*grants
	everyone *grants
	metrics  metrics
}

// Caller is who makes a call. The zero Caller may do nothing.
type Caller struct {
	// Name is that of the rules, or an identity that no rule names.
	Name string
	// Until is when what the caller showed is not good any more.
	Until  time.Time
	grants *grants
}

// grants are the rights of a caller.
type grants struct {
	all                       bool
	methods                   map[string]bool
	mayExplain, mayInvalidate bool
}

// New makes an authenticator, or reports everything that is wrong with cfg.
func New(cfg Config) (*Authenticator, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Certificates, cfg.Cookies = slices.Clone(cfg.Certificates), slices.Clone(cfg.Cookies)
	cfg.Metadata = lower(cfg.Metadata)
	a := &Authenticator{
		config: cfg, issuers: make(map[string]Issuer), callers: make(map[string]string), grants: make(map[string]*grants),
		everyone: &grants{methods: make(map[string]bool)}, metrics: newMetrics(),
	}
	for _, i := range cfg.Issuers {
		a.issuers[i.Name] = i
	}
	for _, r := range cfg.Rules {
		if r.Caller == contexthandler.Everybody {
			a.everyone.add(r)
		}
	}
	for _, r := range cfg.Rules {
		if r.Caller == contexthandler.Everybody {
			continue
		}
		if a.grants[r.Caller] == nil {
			a.grants[r.Caller] = a.everyone.clone()
		}
		a.grants[r.Caller].add(r)
		for _, identity := range r.identities(cfg.Rules) {
			a.callers[identity] = r.Caller
		}
	}
	return a, nil
}

func (g *grants) add(r Rule) {
	g.mayExplain = g.mayExplain || r.MayExplain
	g.mayInvalidate = g.mayInvalidate || r.MayInvalidate
	for _, m := range r.Methods {
		g.all = g.all || m == AllMethods
		g.methods[m] = true
	}
}

func (g *grants) clone() *grants {
	out := *g
	out.methods = make(map[string]bool, len(g.methods))
	for m := range g.methods {
		out.methods[m] = true
	}
	return &out
}

// May reports whether the caller may call the method, by its name without the
// service.
func (c *Caller) May(method string) bool {
	switch {
	case c.grants == nil:
		return false
	case method == methodInvalidate:
		return c.grants.mayInvalidate
	default:
		return c.grants.all || c.grants.methods[method]
	}
}

// MayExplain reports whether the caller may ask how decisions come about.
func (c *Caller) MayExplain() bool { return c.grants != nil && c.grants.mayExplain }

// Authenticate tells who has the credentials. Every error is an [*Error]. If the keys
// of an issuer have to be read first, it waits for them until ctx is done.
func (a *Authenticator) Authenticate(ctx context.Context, c Credentials) (Caller, error) {
	caller, reason, err := a.authenticate(ctx, c)
	if reason != "" {
		if reason != ReasonCanceled {
			a.metrics.refused(reason)
		}
		return Caller{}, &Error{Reason: reason, Err: err}
	}
	return caller, nil
}

// authenticate is Authenticate without counting. An error comes with a reason.
func (a *Authenticator) authenticate(ctx context.Context, c Credentials) (Caller, Reason, error) {
	var only [1]string // most credentials have one identity
	switch {
	case c.Token != "" && a.config.Tokens != nil:
		claims, err := a.config.Tokens.Verify(ctx, c.Token)
		if err != nil {
			return Caller{}, reasonOf(err), err
		}
		identity, reason := a.identity(claims, c.Certificate)
		if reason != "" {
			return Caller{}, reason, nil
		}
		only[0] = identity
		return a.known(only[:], claims.Expires().Add(a.config.Leeway))
	case c.Certificate == nil || len(a.config.Certificates) == 0:
		return Caller{}, ReasonMissing, nil
	case len(c.Certificate.identities) == 0 || !a.config.Now().Before(c.Certificate.until):
		return Caller{}, ReasonCertificate, nil // a connection may outlive its certificate
	default:
		return a.known(c.Certificate.identities, c.Certificate.until)
	}
}

// known is the caller with these identities, of which there is at least one.
func (a *Authenticator) known(identities []string, until time.Time) (Caller, Reason, error) {
	name := ""
	for _, identity := range identities {
		owner, ok := a.callers[identity]
		if ok && name != "" && owner != name {
			return Caller{}, ReasonAmbiguous, nil
		}
		if ok {
			name = owner
		}
	}
	if name == "" {
		return Caller{Name: identities[0], Until: until, grants: a.everyone}, "", nil
	}
	return Caller{Name: name, Until: until, grants: a.grants[name]}, "", nil
}

// Expired reports whether what the caller showed is not good any more.
func (a *Authenticator) Expired(c *Caller) bool { return !a.config.Now().Before(c.Until) }

// identity is who a token says the caller is.
func (a *Authenticator) identity(claims token.Claims, c *Certificate) (string, Reason) {
	by, ok := a.issuers[claims.Issuer()]
	if !ok {
		return "", ReasonToken // the verifier knows more issuers than there are names for
	}
	if by.Bound && !bound(claims, c) {
		return "", ReasonBinding
	}
	texts, err := claims.Texts(by.Claim)
	if err != nil || len(texts) != 1 || !printable(texts[0]) {
		return "", ReasonClaim
	}
	return by.As + ":" + texts[0], ""
}
