package caller

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testIssuer = "https://issuer.test"

// issuer issues tokens to callers.
type issuer struct{ key tokentest.Key }

func newIssuer() issuer { return issuer{tokentest.NewKey("1", "ES256")} }

// token is a good one with these claims besides.
func (i issuer) token(more map[string]any) string {
	claims := map[string]any{"iss": testIssuer, "aud": "forseti", "exp": time.Now().Add(time.Minute).Unix(), "sub": "pep"}
	maps.Copy(claims, more)
	return i.key.Sign(claims)
}

// keyFile writes a file with the key.
func (i issuer) keyFile(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, tokentest.Set(i.key), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// verifier checks the tokens of the issuer.
func (i issuer) verifier(t testing.TB, change func(*token.Issuer)) *token.Verifier {
	t.Helper()
	made := token.Issuer{Name: testIssuer, Audiences: []string{"forseti"}, Algorithms: []string{"ES256"}, Keys: jwks.Config{File: i.keyFile(t)}}
	if change != nil {
		change(&made)
	}
	v, err := token.New(token.Config{Issuers: []token.Issuer{made}, Logger: secrettest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

func path(t testing.TB, text string) token.Path {
	t.Helper()
	p, err := token.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newAuthenticator fails the test if the configuration is wrong.
func newAuthenticator(t testing.TB, cfg Config) *Authenticator {
	t.Helper()
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// byToken is a configuration with tokens of the issuer, whose callers are t:name.
func (i issuer) byToken(t testing.TB, rules ...Rule) Config {
	t.Helper()
	return Config{
		Tokens: i.verifier(t, nil), Issuers: []Issuer{{Name: testIssuer, As: "t", Claim: path(t, "sub")}},
		Bearer: true, Cookies: []string{"AltinnStudioRuntime"}, Metadata: []string{"PlatformAccessToken"}, Rules: rules,
	}
}
