package token

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/token/jwks"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testIssuer   = "https://issuer.test"
	testAudience = "forseti"
)

// now is the time of tests with a clock that stands still.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// Generating RSA keys takes long, so that tests share them.
var (
	rsaKey   = sync.OnceValue(func() tokentest.Key { return tokentest.NewKey("rsa", "RS256") })
	otherRSA = sync.OnceValue(func() tokentest.Key { return tokentest.NewKey("rsa", "RS256") })
)

// null is the JSON null; in edited members nil removes one instead.
var null = json.RawMessage("null")

// edit is members with changes: pairs of a name and a value, where nil removes the
// member.
func edit(members map[string]any, changes ...any) map[string]any {
	out := make(map[string]any, len(members))
	maps.Copy(out, members)
	for i := 0; i < len(changes); i += 2 {
		if name := changes[i].(string); changes[i+1] == nil {
			delete(out, name)
		} else {
			out[name] = changes[i+1]
		}
	}
	return out
}

// goodClaims are those of a good token, with changes.
func goodClaims(changes ...any) map[string]any {
	return edit(map[string]any{
		"iss": testIssuer, "aud": testAudience, "sub": "somebody",
		"iat": now.Add(-10 * time.Second).Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}, changes...)
}

// keyFile writes a file with a JWK set.
func keyFile(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// allAlgorithms are those that may be allowed.
func allAlgorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// verifierOf makes a verifier of one issuer with these keys at the time of the
// tests, which the test closes.
func verifierOf(t testing.TB, set []byte, change func(*Config)) *Verifier {
	t.Helper()
	cfg := Config{
		Issuers: []Issuer{{
			Name: testIssuer, Audiences: []string{testAudience, "urn:other"}, Algorithms: allAlgorithms(),
			Keys: jwks.Config{File: keyFile(t, set)},
		}},
		Leeway: 10 * time.Second,
		Now:    func() time.Time { return now },
	}
	if change != nil {
		change(&cfg)
	}
	return newVerifier(t, cfg)
}

// newVerifier makes a verifier, which the test closes.
func newVerifier(t testing.TB, cfg Config) *Verifier {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = secrettest.Logger(t)
	}
	v, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// reasonOf is why a token was refused; empty for a good one.
func reasonOf(t testing.TB, err error) Reason {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, ErrInvalid) || err.Error() != ErrInvalid.Error() {
		t.Fatalf("got the error %v, want an *Error that says no more than %q", err, ErrInvalid)
	}
	return e.Reason
}
