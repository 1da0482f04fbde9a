package caller

import (
	"testing"

	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
)

// BenchmarkAuthenticator is what it costs a call to show a token that is remembered.
func BenchmarkAuthenticator(b *testing.B) {
	i := newIssuer()
	cfg := i.byToken(b, Rule{Caller: "t:pep", Methods: []string{AllMethods}})
	v, err := token.New(token.Config{Remember: 10, Issuers: []token.Issuer{{
		Name: testIssuer, Audiences: []string{"forseti"}, Algorithms: []string{"ES256"}, Keys: jwks.Config{File: i.keyFile(b)},
	}}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	cfg.Tokens = v
	a := newAuthenticator(b, cfg)
	header := map[string][]string{"authorization": {"Bearer " + i.token(nil)}}
	b.ReportAllocs()
	for b.Loop() {
		text, err := a.Token(header)
		if err != nil {
			b.Fatal(err)
		}
		if c, err := a.Authenticate(b.Context(), Credentials{Token: text}); err != nil || !c.May("Authorize") {
			b.Fatal(err)
		}
	}
}
