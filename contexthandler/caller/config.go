package caller

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/token"
)

// The kinds of identities that certificates give.
const (
	KindURI        = "uri"
	KindDNS        = "dns"
	KindCommonName = "cn"
)

// Kinds lists the kinds of identities that certificates give.
func Kinds() []string { return []string{KindURI, KindDNS, KindCommonName} }

// AllMethods stands for all methods in a [Rule].
const AllMethods = "*"

// Config says who is believed to be who, and who may do what.
type Config struct {
	// Certificates are the kinds of names that a certificate gives identities by.
	// Empty: certificates show nothing.
	Certificates []string
	// Tokens checks tokens. Nil: tokens show nothing. At least one of the two is needed.
	Tokens *token.Verifier
	// Issuers says how callers are named in tokens: one for each issuer of Tokens.
	Issuers []Issuer
	// Leeway is that of Tokens.
	Leeway time.Duration
	// Bearer takes tokens from the header authorization (RFC 6750 §2.1), Cookies from
	// the cookies and Metadata from the headers with these names.
	Bearer   bool
	Cookies  []string
	Metadata []string
	// Rules say what callers may do. Several for one caller add up.
	Rules []Rule
	// Now is the clock; nil stands for time.Now.
	Now func() time.Time
}

// Issuer says how an issuer of tokens names callers.
type Issuer struct {
	// Name is the claim iss.
	Name string
	// As is the kind of the identities; unique.
	As string
	// Claim leads to the one text that names the caller.
	Claim token.Path
	// Bound tells that tokens may be bound to a certificate (RFC 8705 §3.1), which must
	// then be that of the connection.
	Bound bool
}

// Rule gives rights to a caller. Callers have no others.
type Rule struct {
	// Caller is the name of the caller, which holds no colon, or the only identity that
	// it has; or [contexthandler.Everybody], for all that can show who they are.
	Caller string
	// Identities are those of a caller with a name.
	Identities []string
	// Methods are those that the caller may call, by their names without the service;
	// [AllMethods] are all but Invalidate.
	Methods []string
	// MayExplain tells that the caller may ask how decisions come about.
	MayExplain bool
	// MayInvalidate tells that the caller may make sources forget.
	MayInvalidate bool
}

// check reports everything that is wrong.
func (cfg Config) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(cfg.Certificates) == 0 && cfg.Tokens == nil {
		fail("callers show who they are neither by certificates nor by tokens")
	}
	for _, kind := range cfg.Certificates {
		if !slices.Contains(Kinds(), kind) {
			fail("certificates give no identities of the kind %q, but of %s", kind, strings.Join(Kinds(), ", "))
		}
	}
	if cfg.Tokens != nil {
		if !cfg.Bearer && len(cfg.Cookies)+len(cfg.Metadata) == 0 {
			fail("it is not said where tokens are in a call")
		}
		if len(cfg.Issuers) == 0 {
			fail("tokens have no issuer")
		}
	}
	kinds := Kinds()
	for _, i := range cfg.Issuers {
		if err := CheckKind(i.As); err != nil {
			fail("issuer %q: %w", i.Name, err)
		} else if slices.Contains(kinds, i.As) {
			fail("issuer %q: the kind %q is taken", i.Name, i.As)
		}
		kinds = append(kinds, i.As)
		if i.Claim.String() == "" {
			fail("issuer %q: the claim is missing that names the caller", i.Name)
		}
	}
	for _, name := range cfg.Cookies {
		if err := CheckCookie(name); err != nil {
			errs = append(errs, err)
		}
	}
	for _, name := range cfg.Metadata {
		if err := CheckHeader(name); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, CheckRules(cfg.Rules))...)
}

// CheckKind refuses what cannot be the kind of an identity.
func CheckKind(kind string) error {
	if !regexp.MustCompile(`^[a-z][a-z0-9-]*$`).MatchString(kind) {
		return fmt.Errorf("the kind of identities %q is not of small letters, digits and hyphens", kind)
	}
	return nil
}

// CheckCookie refuses what cannot be the name of a cookie (RFC 6265 §4.1.1).
func CheckCookie(name string) error {
	if !regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$").MatchString(name) {
		return fmt.Errorf("%q is not the name of a cookie", name)
	}
	return nil
}

// CheckHeader refuses what cannot be the name of a header with a token.
func CheckHeader(name string) error {
	lower := strings.ToLower(name)
	switch {
	case !regexp.MustCompile(`^[0-9a-z_.-]+$`).MatchString(lower):
		return fmt.Errorf("%q is not the name of a header", name)
	case strings.HasSuffix(lower, "-bin") || strings.HasPrefix(lower, "grpc-") || lower == "authorization" || lower == "cookie":
		return fmt.Errorf("the header %q cannot hold a token as it is", name)
	default:
		return nil
	}
}

// CheckRules refuses rules that contradict each other: each identity belongs to one
// caller, and nobody has as its name the identity of another one.
func CheckRules(rules []Rule) error {
	var errs []error
	owners := make(map[string]string)
	for _, r := range rules {
		if err := r.check(); err != nil {
			errs = append(errs, err)
			continue
		}
		identities := r.identities(rules)
		if len(identities) == 0 && r.Caller != contexthandler.Everybody {
			errs = append(errs, fmt.Errorf("caller %q: without identities nobody can be it", r.Caller))
		}
		for _, identity := range identities {
			if owner, taken := owners[identity]; taken && owner != r.Caller {
				errs = append(errs, fmt.Errorf("%q is an identity of both %q and %q", identity, owner, r.Caller))
			}
			owners[identity] = r.Caller
		}
	}
	return errors.Join(errs...)
}

// check refuses a rule that can never be what was meant.
func (r Rule) check() error {
	switch {
	case r.Caller == "":
		return errors.New("a rule has no caller")
	case r.Caller == contexthandler.Everybody && len(r.Identities) > 0:
		return errors.New("everybody has no identities")
	case len(r.Identities) > 0 && strings.Contains(r.Caller, ":"):
		return fmt.Errorf("caller %q: a name holds no colon, since identities do", r.Caller)
	}
	identities := r.Identities
	if strings.Contains(r.Caller, ":") { // it is named by the only one that it has
		identities = []string{r.Caller}
	}
	for _, identity := range identities {
		kind, value, ok := strings.Cut(identity, ":")
		if !ok || CheckKind(kind) != nil || value == "" {
			return fmt.Errorf("caller %q: %q is not an identity of the form kind:value", r.Caller, identity)
		}
		if kind == KindDNS && value != strings.ToLower(value) {
			return fmt.Errorf("caller %q: the DNS name of %q is not in lower case, as those of certificates are read: nobody would be it", r.Caller, identity)
		}
	}
	return nil
}

// identities are those of the caller of the rule, by any of its rules. A caller that
// is named by an identity has that one.
func (r Rule) identities(rules []Rule) []string {
	var all []string
	for _, other := range rules {
		if other.Caller == r.Caller {
			all = append(all, other.Identities...)
		}
	}
	if len(all) == 0 && r.Caller != contexthandler.Everybody && strings.Contains(r.Caller, ":") {
		return []string{r.Caller}
	}
	return all
}
