package caller

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/token"
)

// reason is why a call was refused; empty if it was not.
func reason(t testing.TB, err error) Reason {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, ErrUnauthenticated) || err.Error() != ErrUnauthenticated.Error() {
		t.Fatalf("got the error %v, want an *Error that says no more than %q", err, ErrUnauthenticated)
	}
	return e.Reason
}

// A call has one token at most, in one of the places where it may be.
func TestAuthenticator_Token(t *testing.T) {
	i := newIssuer()
	a := newAuthenticator(t, i.byToken(t))
	long := strings.Repeat("x", token.MaxBytes)
	type header = map[string][]string
	tests := []struct {
		name   string
		header header
		want   string
		reason Reason
	}{
		{"bearer", header{"authorization": {"Bearer abc"}}, "abc", ""},
		{"scheme in small letters", header{"authorization": {"bEARER  abc"}}, "abc", ""},
		{"header", header{"platformaccesstoken": {"abc"}}, "abc", ""},
		{"cookie", header{"cookie": {"a=b; AltinnStudioRuntime=abc; c=d"}}, "abc", ""},
		{"cookie in crumbs", header{"cookie": {"a=b", "AltinnStudioRuntime=abc"}}, "abc", ""},
		{"cookie with = in it", header{"cookie": {"AltinnStudioRuntime=a=b"}}, "a=b", ""},
		{"longest", header{"platformaccesstoken": {long}}, long, ""},

		{"nothing", header{}, "", ReasonMissing},
		{"other headers", header{"x-token": {"abc"}, "cookie": {"Other=abc; altinnstudioruntime=abc"}}, "", ReasonMissing},
		{"bearer twice", header{"authorization": {"Bearer abc", "Bearer abc"}}, "", ReasonSeveral},
		{"header twice", header{"platformaccesstoken": {"abc", "abc"}}, "", ReasonSeveral},
		{"cookie twice", header{"cookie": {"AltinnStudioRuntime=abc; AltinnStudioRuntime=def"}}, "", ReasonSeveral},
		{"bearer and cookie", header{"authorization": {"Bearer abc"}, "cookie": {"AltinnStudioRuntime=abc"}}, "", ReasonSeveral},
		{"bearer and header", header{"authorization": {"Bearer abc"}, "platformaccesstoken": {"abc"}}, "", ReasonSeveral},
		{"basic", header{"authorization": {"Basic abc"}}, "", ReasonMalformed},
		{"basic and bearer", header{"authorization": {"Basic abc", "Bearer abc"}}, "", ReasonMalformed},
		{"bearer of nothing", header{"authorization": {"Bearer "}}, "", ReasonMalformed},
		{"bearer alone", header{"authorization": {"Bearer"}}, "", ReasonMalformed},
		{"authorization of nothing", header{"authorization": {""}}, "", ReasonMalformed},
		{"two in one", header{"authorization": {"Bearer abc def"}}, "", ReasonMalformed},
		{"list in one", header{"authorization": {"Bearer abc, Bearer def"}}, "", ReasonMalformed},
		{"empty header", header{"platformaccesstoken": {""}}, "", ReasonMalformed},
		{"empty cookie", header{"cookie": {"AltinnStudioRuntime="}}, "", ReasonMalformed},
		{"cookie without a value", header{"cookie": {"AltinnStudioRuntime"}}, "", ReasonMalformed},
		{"control character", header{"platformaccesstoken": {"a\x00b"}}, "", ReasonMalformed},
		{"not ASCII", header{"platformaccesstoken": {"å"}}, "", ReasonMalformed},
		{"too long", header{"platformaccesstoken": {long + "x"}}, "", ReasonTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := a.Token(tt.header)
			if r := reason(t, err); got != tt.want || r != tt.reason {
				t.Errorf("got %.20q, reason %q, want %.20q, %q", got, r, tt.want, tt.reason)
			}
		})
	}
	without := i.byToken(t)
	without.Bearer, without.Cookies = false, nil
	if got, err := newAuthenticator(t, without).Token(header{"authorization": {"Bearer abc"}, "cookie": {"AltinnStudioRuntime=abc"}}); reason(t, err) != ReasonMissing {
		t.Errorf("got %q, %v from places where tokens are not", got, err)
	}
}

// leaf is a certificate that a handshake verified.
func leaf(t testing.TB, commonName string, uris, dns []string, notAfter time.Time) [][]*x509.Certificate {
	t.Helper()
	type name = asn1.RawValue
	var all []name
	for _, text := range uris {
		all = append(all, name{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(text)})
	}
	for _, text := range dns {
		all = append(all, name{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte(text)})
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: notAfter}
	for text := range strings.SplitSeq(commonName, "+") {
		template.Subject.ExtraNames = append(template.Subject.ExtraNames, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: text})
	}
	if all != nil { // as they are, not as a URL would be written
		der, err := asn1.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: der}}
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c.NotAfter = notAfter // with the parts of a second
	return [][]*x509.Certificate{{c, {NotAfter: notAfter.Add(time.Hour)}}}
}

// Certificates show who calls by the kinds of names that count, for as long as they
// are good, and not if they are of two callers.
func TestAuthenticator_Certificate(t *testing.T) {
	now := time.Now()
	rules := []Rule{
		{Caller: "one", Identities: []string{"uri:spiffe://a/one", "dns:one.example", "dns:uno.example"}, Methods: []string{"Evaluate"}},
		{Caller: "uri:spiffe://a/two", Methods: []string{"Authorize"}},
	}
	cfg := Config{Certificates: []string{KindURI, KindDNS}, Rules: rules, Now: func() time.Time { return now }}
	a := newAuthenticator(t, cfg)
	cfg.Certificates = []string{KindCommonName}
	common := newAuthenticator(t, cfg)
	cfg.Rules = []Rule{{Caller: "cn:three"}, {Caller: "cn:four"}}
	commons := newAuthenticator(t, cfg)
	cfg.Certificates, cfg.Rules = []string{KindURI}, []Rule{{Caller: "uri:spiffe://a/a%20b"}}
	escaping := newAuthenticator(t, cfg)
	later := now.Add(time.Hour)
	tests := []struct {
		name   string
		by     *Authenticator
		chains [][]*x509.Certificate
		caller string
		reason Reason
	}{
		{"uri", a, leaf(t, "x", []string{"spiffe://a/one"}, nil, later), "one", ""},
		{"two names of one caller", a, leaf(t, "x", nil, []string{"UNO.example", "one.example"}, later), "one", ""},
		{"a name of nobody besides", a, leaf(t, "x", nil, []string{"other.example", "one.example"}, later), "one", ""},
		{"caller by its identity", a, leaf(t, "x", []string{"spiffe://a/two"}, nil, later), "uri:spiffe://a/two", ""},
		{"nobody", a, leaf(t, "x", nil, []string{"other.example", "another.example"}, later), "dns:other.example", ""},
		{"the name of a caller is no identity", common, leaf(t, "one", nil, nil, later), "cn:one", ""},
		{"letter case of a URI", a, leaf(t, "x", []string{"spiffe://a/ONE"}, nil, later), "uri:spiffe://a/ONE", ""},
		{"URI that a URL would be written as", a, leaf(t, "x", []string{"SPIFFE://a/one"}, nil, later), "uri:SPIFFE://a/one", ""},
		{"URI without its escapes", a, leaf(t, "x", []string{"spiffe://a/%6fne"}, nil, later), "uri:spiffe://a/%6fne", ""},
		{"URI that is to be escaped", escaping, leaf(t, "x", []string{"spiffe://a/a b"}, nil, later), "uri:spiffe://a/a b", ""},
		{"DNS name with a trailing dot", a, leaf(t, "x", nil, []string{"one.example."}, later), "dns:one.example.", ""},
		{"wildcard", a, leaf(t, "x", nil, []string{"*.example"}, later), "dns:*.example", ""},
		{"two common names", common, leaf(t, "nobody+else", nil, nil, later), "cn:nobody", ""},
		{"two common names of two callers", commons, leaf(t, "three+four", nil, nil, later), "", ReasonAmbiguous},
		{"the common name of a caller first", commons, leaf(t, "three+else", nil, nil, later), "cn:three", ""},
		{"the common name of a caller last", commons, leaf(t, "else+three", nil, nil, later), "cn:three", ""},
		{"empty common name", common, leaf(t, "", nil, nil, later), "", ReasonCertificate},
		{"empty common name besides", common, leaf(t, "+one", nil, nil, later), "", ReasonCertificate},
		{"two callers", a, leaf(t, "x", []string{"spiffe://a/two"}, []string{"one.example"}, later), "", ReasonAmbiguous},
		{"common name does not count", a, leaf(t, "one", nil, nil, later), "", ReasonCertificate},
		{"control character", a, leaf(t, "x", []string{"spiffe://a/one"}, []string{"one.example\n"}, later), "", ReasonCertificate},
		{"very long", common, leaf(t, strings.Repeat("x", maxName+1), nil, nil, later), "", ReasonCertificate},
		{"expired since", a, leaf(t, "x", []string{"spiffe://a/one"}, nil, now), "", ReasonCertificate},
		{"authority expired since", a, [][]*x509.Certificate{{leaf(t, "x", []string{"spiffe://a/one"}, nil, later)[0][0], {NotAfter: now.Add(-time.Second)}}}, "", ReasonCertificate},
		{"no certificate", a, nil, "", ReasonMissing},
		{"no chain", a, [][]*x509.Certificate{{}}, "", ReasonMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := tt.by.Authenticate(t.Context(), Credentials{Certificate: tt.by.Certificate(tt.chains)})
			if r := reason(t, err); c.Name != tt.caller || r != tt.reason {
				t.Errorf("got %q, reason %q, want %q, %q", c.Name, r, tt.caller, tt.reason)
			}
			if err == nil && !c.Until.Equal(later) {
				t.Errorf("got until %v, want %v", c.Until, later)
			}
			if err != nil && (c.May("Authorize") || c.MayExplain()) {
				t.Error("who is refused has rights")
			}
		})
	}
}

// A token shows who calls by a claim, and is not made up for by a certificate.
func TestAuthenticator_Tokens(t *testing.T) {
	i := newIssuer()
	cfg := i.byToken(t, Rule{Caller: "studio", Identities: []string{"t:pep", "dns:pep.example"}})
	cfg.Certificates, cfg.Leeway = []string{KindDNS}, 10*time.Second
	a := newAuthenticator(t, cfg)
	good := a.Certificate(leaf(t, "x", nil, []string{"pep.example"}, time.Now().Add(time.Hour)))
	tests := []struct {
		name        string
		token       string
		certificate *Certificate
		caller      string
		reason      Reason
	}{
		{"token", i.token(nil), nil, "studio", ""},
		{"token and certificate", i.token(map[string]any{"sub": "other"}), good, "t:other", ""},
		{"certificate", "", good, "studio", ""},
		{"forged token and good certificate", newIssuer().token(nil), good, "", ReasonToken},
		{"garbage and good certificate", "garbage", good, "", ReasonToken},
		{"no claim", i.token(map[string]any{"sub": ""}), nil, "", ReasonClaim},
		{"control character", i.token(map[string]any{"sub": "pep\u0000"}), nil, "", ReasonClaim},
		{"very long", i.token(map[string]any{"sub": strings.Repeat("x", maxName+1)}), nil, "", ReasonClaim},
		{"identity of another kind", i.token(map[string]any{"sub": "dns:pep.example"}), nil, "t:dns:pep.example", ""},
		{"nothing", "", nil, "", ReasonMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := a.Authenticate(t.Context(), Credentials{Token: tt.token, Certificate: tt.certificate})
			if r := reason(t, err); c.Name != tt.caller || r != tt.reason {
				t.Errorf("got %q, reason %q, want %q, %q", c.Name, r, tt.caller, tt.reason)
			}
			if err == nil && tt.token != "" && (time.Until(c.Until) < time.Minute || time.Until(c.Until) > 70*time.Second) {
				t.Errorf("got until %v, want the end of the token and the leeway", c.Until)
			}
		})
	}
	several := i.byToken(t)
	several.Issuers[0].Claim = path(t, "$.groups")
	c, err := newAuthenticator(t, several).Authenticate(t.Context(), Credentials{Token: i.token(map[string]any{"groups": []string{"a", "b"}})})
	if reason(t, err) != ReasonClaim {
		t.Errorf("got %q, %v of a token with two names", c.Name, err)
	}
}

// A caller whose token cannot be judged may try again, unless the keys of the issuer
// are too old to say anything.
func TestReasonOfToken(t *testing.T) {
	want := map[token.Reason]Reason{token.ReasonUnavailable: ReasonNotChecked, token.ReasonCanceled: ReasonCanceled}
	for _, r := range token.Reasons() {
		if want[r] == "" {
			want[r] = ReasonToken
		}
		if got := reasonOf(&token.Error{Reason: r}); got != want[r] {
			t.Errorf("%s: got %s, want %s", r, got, want[r])
		}
	}
}

// A token that is bound to a certificate is good only with that one (RFC 8705 §3.1).
func TestAuthenticator_BoundTokens(t *testing.T) {
	i := newIssuer()
	cfg := i.byToken(t)
	cfg.Tokens = i.verifier(t, func(s *token.Issuer) { s.AllowBound = true })
	cfg.Issuers[0].Bound = true
	a := newAuthenticator(t, cfg)
	chains := leaf(t, "mine", nil, nil, time.Now().Add(time.Hour))
	mine, other := a.Certificate(chains), a.Certificate(leaf(t, "other", nil, nil, time.Now().Add(time.Hour)))
	hash := sha256.Sum256(chains[0][0].Raw)
	thumbprint := base64.RawURLEncoding.EncodeToString(hash[:])
	cnf := func(members map[string]any) string { return i.token(map[string]any{"cnf": members}) }
	tests := []struct {
		name        string
		token       string
		certificate *Certificate
		reason      Reason
	}{
		{"not bound", i.token(nil), nil, ""},
		{"bound", cnf(map[string]any{"x5t#S256": thumbprint}), mine, ""},
		{"stolen", cnf(map[string]any{"x5t#S256": thumbprint}), other, ReasonBinding},
		{"without a certificate", cnf(map[string]any{"x5t#S256": thumbprint}), nil, ReasonBinding},
		{"bound to nothing", cnf(map[string]any{}), mine, ReasonBinding},
		{"bound to an empty hash", cnf(map[string]any{"x5t#S256": ""}), mine, ReasonBinding},
		{"bound to a key (DPoP)", cnf(map[string]any{"jkt": thumbprint}), mine, ReasonBinding},
		{"bound to both", cnf(map[string]any{"x5t#S256": thumbprint, "jkt": thumbprint}), mine, ReasonBinding},
		{"bound to a number", cnf(map[string]any{"x5t#S256": 1}), mine, ReasonBinding},
		{"bound to a text", i.token(map[string]any{"cnf": thumbprint}), mine, ReasonBinding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := a.Authenticate(t.Context(), Credentials{Token: tt.token, Certificate: tt.certificate}); reason(t, err) != tt.reason {
				t.Errorf("got reason %q, want %q", reason(t, err), tt.reason)
			}
		})
	}
}

// Who may do what: the rights of all rules for a caller, and those of everybody.
func TestRules(t *testing.T) {
	all := []string{"Authorize", "AuthorizeBatch", "Evaluate", "ServerReflectionInfo", "Invalidate"}
	tests := []struct {
		name    string
		rules   []Rule
		may     []string
		explain bool
	}{
		{name: "no rules"},
		{name: "of somebody else", rules: []Rule{{Caller: "t:other", Methods: []string{AllMethods}, MayExplain: true, MayInvalidate: true}}},
		{name: "nothing", rules: []Rule{{Caller: "t:pep"}}},
		{name: "one", rules: []Rule{{Caller: "t:pep", Methods: []string{"Evaluate"}}}, may: []string{"Evaluate"}},
		{
			name: "two rules", may: []string{"AuthorizeBatch", "Evaluate"}, explain: true,
			rules: []Rule{{Caller: "t:pep", Methods: []string{"Evaluate"}}, {Caller: "t:pep", Methods: []string{"AuthorizeBatch"}, MayExplain: true}},
		},
		{name: "all methods", rules: []Rule{{Caller: "t:pep", Methods: []string{AllMethods}}}, may: all[:4]},
		{name: "invalidate by name", rules: []Rule{{Caller: "t:pep", Methods: []string{"Invalidate"}}}},
		{name: "invalidate", rules: []Rule{{Caller: "t:pep", MayInvalidate: true}}, may: all[4:]},
		{
			name: "everybody besides", may: []string{"Authorize", "Evaluate"}, explain: true,
			rules: []Rule{{Caller: "t:pep", Methods: []string{"Evaluate"}}, {Caller: "*", Methods: []string{"Authorize"}, MayExplain: true}},
		},
		{name: "everybody", rules: []Rule{{Caller: "*", Methods: []string{"Authorize"}}}, may: all[:1]},
		{name: "by a name", rules: []Rule{{Caller: "pep", Identities: []string{"t:pep"}}, {Caller: "pep", Methods: []string{"Authorize"}}}, may: all[:1]},
	}
	i := newIssuer()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := newAuthenticator(t, i.byToken(t, tt.rules...)).Authenticate(t.Context(), Credentials{Token: i.token(nil)})
			if err != nil {
				t.Fatal(err)
			}
			var may []string
			for _, m := range all {
				if c.May(m) {
					may = append(may, m)
				}
			}
			if diff := cmp.Diff(tt.may, may); diff != "" || c.MayExplain() != tt.explain {
				t.Errorf("explain %v, want %v; methods -want +got\n%s", c.MayExplain(), tt.explain, diff)
			}
		})
	}
}

// What cannot have been meant is refused at the start.
func TestNew_Refused(t *testing.T) {
	i := newIssuer()
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"nothing", func(c *Config) { *c = Config{} }, "neither by certificates nor by tokens"},
		{"kind of name", func(c *Config) { c.Certificates = []string{"email"} }, `no identities of the kind "email"`},
		{"tokens are nowhere", func(c *Config) { c.Bearer, c.Cookies, c.Metadata = false, nil, nil }, "where tokens are"},
		{"no issuer", func(c *Config) { c.Issuers = nil }, "tokens have no issuer"},
		{"kind of an issuer", func(c *Config) { c.Issuers[0].As = "T:" }, "not of small letters"},
		{"kind that is taken", func(c *Config) { c.Issuers[0].As = "dns" }, `the kind "dns" is taken`},
		{"no claim", func(c *Config) { c.Issuers[0].Claim = token.Path{} }, "the claim is missing"},
		{"cookie", func(c *Config) { c.Cookies = []string{"a b"} }, "not the name of a cookie"},
		{"header", func(c *Config) { c.Metadata = []string{"a b"} }, "not the name of a header"},
		{"binary header", func(c *Config) { c.Metadata = []string{"Token-Bin"} }, "cannot hold a token"},
		{"header with a scheme", func(c *Config) { c.Metadata = []string{"Authorization"} }, "cannot hold a token"},
		{"rule for nobody", func(c *Config) { c.Rules = []Rule{{}} }, "no caller"},
		{"name without identities", func(c *Config) { c.Rules = []Rule{{Caller: "pep"}} }, "nobody can be it"},
		{"identities of everybody", func(c *Config) { c.Rules = []Rule{{Caller: "*", Identities: []string{"t:a"}}} }, "everybody has no identities"},
		{"identity as a name", func(c *Config) { c.Rules = []Rule{{Caller: "t:b", Identities: []string{"t:a"}}} }, "a name holds no colon"},
		{"identity without a kind", func(c *Config) { c.Rules = []Rule{{Caller: "a", Identities: []string{"a"}}} }, "of the form kind:value"},
		{"DNS name in capitals as a caller", func(c *Config) { c.Rules = []Rule{{Caller: "dns:PEP.example"}} }, "not in lower case"},
		{"a caller of no kind", func(c *Config) { c.Rules = []Rule{{Caller: "DNS:pep.example"}} }, "not an identity"},
		{"DNS name in capitals", func(c *Config) { c.Rules = []Rule{{Caller: "a", Identities: []string{"dns:A"}}} }, "not in lower case"},
		{"identity of two", func(c *Config) {
			c.Rules = []Rule{{Caller: "a", Identities: []string{"t:a"}}, {Caller: "b", Identities: []string{"t:a"}}}
		}, `"t:a" is an identity of both "a" and "b"`},
		{"identity of two, by itself", func(c *Config) {
			c.Rules = []Rule{{Caller: "a", Identities: []string{"t:a"}}, {Caller: "t:a"}}
		}, `"t:a" is an identity of both "a" and "t:a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := i.byToken(t)
			tt.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
