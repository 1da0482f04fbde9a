package jwt

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// subject names an attribute of the subject.
func subject(id string, t value.Type) xacml.AttributeKey {
	return xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: id, Type: t}
}

// provides declares an attribute of the subject.
func provides(id string, t value.Type, from ...string) pip.Provided {
	return pip.Provided{Key: subject(id, t), From: from}
}

// needs is the token.
func needs() []pip.Need {
	return []pip.Need{{Name: "token", Key: subject("urn:forseti:token", value.TypeString)}}
}

// verifier makes a verifier of one issuer, which the test closes.
func verifier(t testing.TB, keys jwks.Config) *token.Verifier {
	t.Helper()
	v, err := token.New(token.Config{
		Issuers: []token.Issuer{{
			Name: "https://issuer.test", Audiences: []string{"forseti"}, Algorithms: []string{"ES256"}, Keys: keys,
		}},
		Leeway: 10 * time.Second, Remember: 10,
	})
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

// fileOf writes a file with the public key.
func fileOf(t testing.TB, key tokentest.Key) jwks.Config {
	t.Helper()
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, tokentest.Set(key), 0o600); err != nil {
		t.Fatal(err)
	}
	return jwks.Config{File: name}
}

// signed makes a token with these claims, pairs of a name and a value.
func signed(key tokentest.Key, left time.Duration, claims ...any) string {
	all := map[string]any{"iss": "https://issuer.test", "aud": "forseti", "exp": time.Now().Add(left).Unix()}
	for i := 0; i < len(claims); i += 2 {
		all[claims[i].(string)] = claims[i+1]
	}
	return key.Sign(all)
}

// assembled is the source as the service has it.
func assembled(t testing.TB, cfg Config) pip.Provider {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := pip.Assemble(pip.Source{Name: "token", Needs: cfg.Needs, Provides: cfg.Provides, Provider: p}, pip.Config{Local: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.Provider
}

// fetch asks about a token and gives the values of each bag.
func fetch(ctx context.Context, p pip.Provider, text string) (bags [][]string, validFor time.Duration, err error) {
	a, err := p.Fetch(ctx, pip.Question{value.String(text)})
	for _, b := range a.Bags {
		var values []string
		for _, v := range b.Values() {
			values = append(values, v.String())
		}
		bags = append(bags, values)
	}
	return bags, a.ValidFor, err
}

func TestFetch(t *testing.T) {
	key := tokentest.NewKey("k", "ES256")
	p := assembled(t, Config{
		Verifier: verifier(t, fileOf(t, key)), Needs: needs(),
		Provides: []pip.Provided{
			provides("urn:altinn:userid", value.TypeString, "urn:altinn:userid"),
			provides("urn:altinn:authlevel", value.TypeInteger, "urn:altinn:authlevel"),
			provides("urn:altinn:systemuser:uuid", value.TypeString, "$.authorization_details[?@.type == 'urn:altinn:systemuser'].systemuser_id"),
			provides("role", value.TypeString, "roles", "$.realm.roles[*]"),
		},
	})
	tests := []struct {
		name   string
		claims []any
		want   [][]string
	}{
		{"nothing", nil, [][]string{nil, nil, nil, nil}},
		{"user", []any{"urn:altinn:userid", 1337, "urn:altinn:authlevel", "03"}, [][]string{{"1337"}, {"3"}, nil, nil}},
		{"system user", []any{"authorization_details", []any{map[string]any{"type": "x", "systemuser_id": "a"}, map[string]any{"type": "urn:altinn:systemuser", "systemuser_id": []string{"b"}}}}, [][]string{nil, nil, {"b"}, nil}},
		{"merged, each once", []any{"roles", []string{"a", "b", "a"}, "realm", map[string]any{"roles": []string{"b", "c"}}}, [][]string{nil, nil, nil, {"a", "b", "c"}}},
	}
	for _, test := range tests {
		got, validFor, err := fetch(t.Context(), p, signed(key, time.Minute, test.claims...))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if validFor <= 50*time.Second || validFor > time.Minute {
			t.Errorf("%s: got an answer valid for %v, want until the token expires in a minute", test.name, validFor)
		}
	}

	if _, validFor, err := fetch(t.Context(), p, signed(key, -2*time.Second)); err != nil || validFor >= 0 {
		t.Errorf("got an answer valid for %v and error %v for a token within the leeway, want one that must not be kept", validFor, err)
	}
}

func TestFetchFails(t *testing.T) {
	key, other := tokentest.NewKey("k", "ES256"), tokentest.NewKey("k", "ES256")
	p := assembled(t, Config{
		Verifier: verifier(t, fileOf(t, key)), Needs: needs(),
		Provides: []pip.Provided{provides("n", value.TypeInteger, "$.o.n")},
	})
	for name, text := range map[string]string{
		"empty": "", "garbage": "secret.token.value", "expired": signed(key, -time.Hour), "of another key": signed(other, time.Minute),
		"long": strings.Repeat("x", token.MaxBytes+1), "claim of another type": signed(key, time.Minute, "o", map[string]any{"n": "secret"}),
		"claim of another shape": signed(key, time.Minute, "o", "secret"), "claim of an object": signed(key, time.Minute, "o", map[string]any{"n": map[string]any{"secret": 1}}),
	} {
		bags, _, err := fetch(t.Context(), p, text)
		e, ok := errors.AsType[*pip.Error](err)
		if !ok || e.Outcome != pip.OutcomeInvalid || bags != nil {
			t.Errorf("%s: got %v and error %v, want an error with the outcome invalid", name, bags, err)
			continue
		}
		for _, secret := range []string{"secret", text[:min(len(text), 12)]} {
			if secret != "" && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error %q holds something of the token", name, err)
			}
		}
	}
}

// TestFetchWithoutQuestion asks the provider itself, whose decorators would refuse.
func TestFetchWithoutQuestion(t *testing.T) {
	p, err := New(Config{
		Verifier: verifier(t, fileOf(t, tokentest.NewKey("k", "ES256"))), Needs: needs(),
		Provides: []pip.Provided{provides("sub", value.TypeString, "sub")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []pip.Question{nil, {value.NewInteger(1)}, {value.String("a"), value.String("b")}} {
		if _, err := p.Fetch(t.Context(), q); err == nil {
			t.Errorf("got no error for a question of %d values", len(q))
		}
	}
}

// down is a host of keys that does not answer.
type down struct{ delay time.Duration }

// RoundTrip fails after the delay.
func (d down) RoundTrip(request *http.Request) (*http.Response, error) {
	select {
	case <-time.After(d.delay):
		return nil, errors.New("connection refused")
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
}

// TestFetchWithoutKeys is about what nobody knows: it is not what is not valid.
func TestFetchWithoutKeys(t *testing.T) {
	tests := []struct {
		name  string
		delay time.Duration
		want  pip.Outcome
	}{
		{"refused", 0, pip.OutcomeUnavailable},
		{"hanging", time.Hour, pip.OutcomeTimeout},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key := tokentest.NewKey("k", "ES256")
				p := assembled(t, Config{
					Verifier: verifier(t, jwks.Config{URL: "https://issuer.test/jwks", Transport: down{test.delay}}), Needs: needs(),
					Provides: []pip.Provided{provides("sub", value.TypeString, "sub")},
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, _, err := fetch(ctx, p, signed(key, time.Minute))
				if e, ok := errors.AsType[*pip.Error](err); !ok || e.Outcome != test.want {
					t.Errorf("got %v, want the outcome %s", err, test.want)
				}
			})
		})
	}
}

func TestNewRefuses(t *testing.T) {
	v := verifier(t, fileOf(t, tokentest.NewKey("k", "ES256")))
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no verifier", func(c *Config) { c.Verifier = nil }, "nothing to verify"},
		{"no need", func(c *Config) { c.Needs = nil }, "only need is the token"},
		{"two needs", func(c *Config) { c.Needs = append(c.Needs, pip.Need{Name: "b", Key: subject("b", value.TypeString)}) }, "only need is the token"},
		{"a number", func(c *Config) { c.Needs[0].Key.Type = value.TypeInteger }, "only need is the token"},
		{"no claim", func(c *Config) { c.Provides[0].From = nil }, "has no claim"},
		{"bad path", func(c *Config) { c.Provides[0].From = []string{"$..a"} }, "is none of"},
		{"declaration", func(c *Config) { c.Provides[0].Key.ID = "" }, "attribute id is missing"},
	}
	for _, test := range tests {
		cfg := Config{Verifier: v, Needs: needs(), Provides: []pip.Provided{provides("sub", value.TypeString, "sub")}}
		if _, err := New(cfg); err != nil {
			t.Fatal(err)
		}
		test.change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}

// FuzzClaims has claims of any shape: an answer fits the declaration, and anything
// else is invalid.
func FuzzClaims(f *testing.F) {
	key := tokentest.NewKey("k", "ES256")
	p := assembled(f, Config{
		Verifier: verifier(f, fileOf(f, key)), Needs: needs(),
		Provides: []pip.Provided{
			provides("n", value.TypeInteger, "n", "$.o.n[*]"), provides("s", value.TypeString, "$.o.l[?@.t == 'x'].v"),
		},
	})
	for _, more := range []string{`"n":1`, `"n":"x"`, `"o":{"n":[1,2],"l":[{"t":"x","v":"y"}]}`, `"o":[]`, `"n":1,"n":2`} {
		f.Add(more)
	}
	f.Fuzz(func(t *testing.T, more string) {
		defer bounds.Check(t)()
		text := key.SignText(`{"alg":"ES256","kid":"k"}`, `{"iss":"https://issuer.test","aud":"forseti","exp":9999999999,`+more+`}`)
		a, err := p.Fetch(t.Context(), pip.Question{value.String(text)})
		if e, ok := errors.AsType[*pip.Error](err); err != nil && (!ok || e.Outcome != pip.OutcomeInvalid) {
			t.Fatalf("got %v, want invalid, input: %q", err, more)
		}
		if err == nil && (len(a.Bags) != 2 || a.ValidFor <= 0) {
			t.Fatalf("got %d bags valid for %v, input: %q", len(a.Bags), a.ValidFor, more)
		}
	})
}
