package cases

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

const (
	testIssuer   = "https://platform.example/authentication/api/v1/openid/"
	testAudience = "forseti"
)

// issuer signs tokens with a key that the verifier of the same test has in a file.
type issuer struct {
	key      tokentest.Key
	verifier *token.Verifier
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key := tokentest.NewKey("test", "ES256") // quicker to make than one of the platform's RSA
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, tokentest.Set(key), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := token.New(token.Config{Issuers: []token.Issuer{{
		Name: testIssuer, Audiences: []string{testAudience}, Algorithms: []string{key.Algorithm}, Keys: jwks.Config{File: file},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return issuer{key, v}
}

// sign makes a token of the claims and what every token must hold.
func (i issuer) sign(claims map[string]any) string {
	all := maps.Clone(claims)
	now := time.Now()
	maps.Copy(all, map[string]any{"iss": testIssuer, "aud": testAudience, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()})
	return i.key.Sign(all)
}

// identify checks a token and makes a subject of its claims, as the profile says.
func (i issuer) identify(t *testing.T) func(context.Context, string) (contexthandler.Identity, error) {
	t.Helper()
	mapping := theProfile(t).claims(t)
	return func(ctx context.Context, text string) (contexthandler.Identity, error) {
		verified, err := i.verifier.Verify(ctx, text)
		if err != nil {
			return contexthandler.Identity{}, &contexthandler.Error{Reason: contexthandler.ReasonInvalidToken, Message: err.Error()}
		}
		who, err := mapping.Subject(verified)
		if err != nil {
			return contexthandler.Identity{}, &contexthandler.Error{Reason: contexthandler.ReasonInvalidToken, Message: err.Error()}
		}
		return contexthandler.Identity{Attributes: who.Attributes, Until: who.Expires}, nil
	}
}
