package token

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/token/jwks"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// host answers for the host of the keys, without a network.
type host struct {
	mu    sync.Mutex
	body  []byte // nil refuses
	delay time.Duration
	asked int
}

// RoundTrip answers with the body.
func (h *host) RoundTrip(request *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.asked++
	body, delay := h.body, h.delay
	h.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	if body == nil {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body)), Request: request}, nil
}

// serve sets the keys that are served from now on; none refuses.
func (h *host) serve(keys ...tokentest.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.body = nil
	if keys != nil {
		h.body = tokentest.Set(keys...)
	}
}

// count is how often the host was asked.
func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

// remote makes a verifier of an issuer with its keys at the host, on the clock of a
// synctest bubble.
func remote(t *testing.T, h *host, change func(*Config)) *Verifier {
	t.Helper()
	return verifierOf(t, tokentest.Set(), func(cfg *Config) {
		cfg.Now = nil
		cfg.Issuers[0].Keys = jwks.Config{URL: "https://issuer.test/jwks", Transport: h}
		if change != nil {
			change(cfg)
		}
	})
}

// fresh is a token of now, for ten minutes.
func fresh(k tokentest.Key) string {
	return k.Sign(goodClaims("iat", time.Now().Unix(), "exp", time.Now().Add(10*time.Minute).Unix()))
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no issuer", func(c *Config) { c.Issuers = nil }, "must have an issuer"},
		{"issuer without name", func(c *Config) { c.Issuers[0].Name = "" }, "name is missing"},
		{"issuer twice", func(c *Config) { c.Issuers = append(c.Issuers, c.Issuers[0]) }, "occurs twice"},
		{"no audience", func(c *Config) { c.Issuers[0].Audiences = nil }, "audiences are missing"},
		{"empty audience", func(c *Config) { c.Issuers[0].Audiences = []string{"a", ""} }, "audiences are missing"},
		{"no algorithm", func(c *Config) { c.Issuers[0].Algorithms = nil }, "algorithms are missing"},
		{"HS256", func(c *Config) { c.Issuers[0].Algorithms = []string{"RS256", "HS256"} }, `"HS256" is not one of`},
		{"none", func(c *Config) { c.Issuers[0].Algorithms = []string{"none"} }, `"none" is not one of`},
		{"algorithm in small letters", func(c *Config) { c.Issuers[0].Algorithms = []string{"rs256"} }, `"rs256" is not one of`},
		{"negative leeway", func(c *Config) { c.Leeway = -1 }, "leeway"},
		{"much leeway", func(c *Config) { c.Leeway = MaxLeeway + 1 }, "leeway"},
		{"negative age", func(c *Config) { c.Issuers[0].MaxAge = -1 }, "age"},
		{"negative memory", func(c *Config) { c.Remember = -1 }, "remember"},
		{"no keys", func(c *Config) { c.Issuers[0].Keys = jwks.Config{} }, "either from a file or from a URL"},
		{"keys by http", func(c *Config) { c.Issuers[0].Keys = jwks.Config{URL: "http://issuer.test/jwks"} }, "https"},
		{"no such file", func(c *Config) {
			other := c.Issuers[0]
			other.Name, other.Keys = "other", jwks.Config{File: "none"}
			c.Issuers = append(c.Issuers, other)
		}, `issuer "other"`},
	}
	file := keyFile(t, tokentest.Set())
	for _, test := range tests {
		cfg := Config{Issuers: []Issuer{{
			Name: testIssuer, Audiences: []string{testAudience}, Algorithms: []string{"RS256"}, Keys: jwks.Config{File: file},
		}}}
		test.change(&cfg)
		v, err := New(cfg)
		if err == nil {
			_ = v.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}

func TestNewReportsEverything(t *testing.T) {
	_, err := New(Config{Leeway: -1, Issuers: []Issuer{{}}})
	for _, want := range []string{"leeway", "name", "audiences", "algorithms"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// TestIssuersAreApart has tokens of one issuer signed with the keys of the other.
func TestIssuersAreApart(t *testing.T) {
	a, b := tokentest.NewKey("same", "ES256"), tokentest.NewKey("same", "ES256")
	v := verifierOf(t, tokentest.Set(a), func(cfg *Config) {
		cfg.Issuers = append(cfg.Issuers, Issuer{
			Name: "https://b.test", Audiences: []string{"b"}, Algorithms: []string{"ES256"}, Keys: jwks.Config{File: keyFile(t, tokentest.Set(b))},
		})
	})
	tests := []struct {
		key      tokentest.Key
		iss, aud string
		want     Reason
	}{
		{a, testIssuer, testAudience, ""},
		{b, "https://b.test", "b", ""},
		{b, testIssuer, testAudience, ReasonSignature},
		{a, "https://b.test", "b", ReasonSignature},
		{a, testIssuer, "b", ReasonAudience},
		{b, "https://b.test", testAudience, ReasonAudience},
	}
	for _, test := range tests {
		claims, err := v.Verify(t.Context(), test.key.Sign(goodClaims("iss", test.iss, "aud", test.aud)))
		if got := reasonOf(t, err); got != test.want {
			t.Errorf("got reason %q, want %q, input: iss %s, aud %s", got, test.want, test.iss, test.aud)
		}
		if err == nil && claims.Issuer() != test.iss {
			t.Errorf("got issuer %q, want %q", claims.Issuer(), test.iss)
		}
	}
}

func TestIssuerOptions(t *testing.T) {
	k := tokentest.NewKey("k", "ES256")
	tests := []struct {
		name   string
		change func(*Issuer)
		header map[string]any
		claims map[string]any
		want   Reason
	}{
		{"age", func(i *Issuer) { i.MaxAge = time.Minute }, nil, goodClaims("iat", now.Unix()-60), ""},
		{"age with leeway", func(i *Issuer) { i.MaxAge = time.Minute }, nil, goodClaims("iat", now.Unix()-69), ""},
		{"too old", func(i *Issuer) { i.MaxAge = time.Minute }, nil, goodClaims("iat", now.Unix()-70), ReasonExpired},
		{"age unknown", func(i *Issuer) { i.MaxAge = time.Minute }, nil, goodClaims("iat", nil), ReasonMalformed},
		{"bound", func(i *Issuer) { i.AllowBound = true }, nil, goodClaims("cnf", map[string]any{"jkt": "x"}), ""},
		{"type", func(i *Issuer) { i.Types = []string{"at+jwt"} }, edit(nil, "typ", "application/at+jwt"), goodClaims(), ""},
		{"type with prefix", func(i *Issuer) { i.Types = []string{"application/at+jwt"} }, edit(nil, "typ", "AT+JWT"), goodClaims(), ""},
		{"other type", func(i *Issuer) { i.Types = []string{"at+jwt"} }, edit(nil, "typ", "JWT"), goodClaims(), ReasonType},
		{"type missing", func(i *Issuer) { i.Types = []string{"at+jwt"} }, nil, goodClaims(), ReasonType},
		{"type may be missing", func(i *Issuer) { i.Types = []string{""} }, nil, goodClaims(), ""},
		{"type must be missing", func(i *Issuer) { i.Types = []string{""} }, edit(nil, "typ", "JWT"), goodClaims(), ReasonType},
		{"no type at all", func(i *Issuer) { i.Types = []string{} }, nil, goodClaims(), ReasonType},
		{"algorithm of another issuer", func(i *Issuer) { i.Algorithms = []string{"RS256"} }, nil, goodClaims(), ReasonAlgorithm},
	}
	for _, test := range tests {
		v := verifierOf(t, tokentest.Set(k), func(cfg *Config) { test.change(&cfg.Issuers[0]) })
		header := edit(test.header, "alg", "ES256", "kid", "k")
		_, err := v.Verify(t.Context(), k.SignText(string(tokentest.Marshal(header)), string(tokentest.Marshal(test.claims))))
		if got := reasonOf(t, err); got != test.want {
			t.Errorf("%s: got reason %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTokenWithoutKid(t *testing.T) {
	a, b, nameless := tokentest.NewKey("a", "ES256"), tokentest.NewKey("b", "ES256"), tokentest.NewKey("", "ES256")
	without := func(k tokentest.Key) string {
		return k.SignText(`{"alg":"ES256"}`, string(tokentest.Marshal(goodClaims())))
	}
	tests := []struct {
		name string
		set  []byte
		text string
		want Reason
	}{
		{"one key", tokentest.Set(a), without(a), ""},
		{"one key without kid", tokentest.Set(nameless), without(nameless), ""},
		{"another key", tokentest.Set(a), without(b), ReasonSignature},
		{"two keys", tokentest.Set(a, b), without(a), ReasonKey},
		{"two keys, one without kid", tokentest.Set(a, nameless), without(nameless), ReasonKey},
		{"no key", tokentest.Set(), without(a), ReasonKey},
		{"a kid and a key without", tokentest.Set(nameless), tokentest.Key{ID: "a", Algorithm: "ES256", Private: nameless.Private}.Sign(goodClaims()), ReasonKey},
		{"one key of another type", tokentest.Set(rsaKey()), without(a), ReasonAlgorithm},
	}
	for _, test := range tests {
		_, err := verifierOf(t, test.set, nil).Verify(t.Context(), test.text)
		if got := reasonOf(t, err); got != test.want {
			t.Errorf("%s: got reason %q, want %q", test.name, got, test.want)
		}
	}
}

// TestWeakKeysAreNotUsed has good tokens of keys that must not be trusted.
func TestWeakKeysAreNotUsed(t *testing.T) {
	k := rsaKey()
	good := tokentest.NewKey("good", "ES256")
	for name, members := range map[string]map[string]any{
		"private": edit(k.JWK(), "d", "AQAB"), "for encryption": edit(k.JWK(), "use", "enc"), "for another algorithm": edit(k.JWK(), "alg", "ES256"),
		"exponent 1": edit(k.JWK(), "e", "AQ"), "of another type": edit(k.JWK(), "kty", "EC"),
	} {
		set := tokentest.Marshal(map[string]any{"keys": []any{members, good.JWK()}})
		_, err := verifierOf(t, set, nil).Verify(t.Context(), k.Sign(goodClaims()))
		if got := reasonOf(t, err); got != ReasonKey {
			t.Errorf("%s: got reason %q, want %q", name, got, ReasonKey)
		}
	}
	_, err := verifierOf(t, tokentest.Set(k, tokentest.Key{ID: "rsa", Algorithm: "RS256", Private: otherRSA().Private}), nil).
		Verify(t.Context(), k.Sign(goodClaims()))
	if got := reasonOf(t, err); got != ReasonKey {
		t.Errorf("kid of two keys: got reason %q, want %q", got, ReasonKey)
	}
}

// TestOutage is 24 hours without the host of the keys.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := tokentest.NewKey("k", "ES256")
		h := &host{}
		h.serve(k)
		v := remote(t, h, func(cfg *Config) { cfg.Remember = 100 })
		if _, err := v.Verify(t.Context(), fresh(k)); err != nil {
			t.Fatalf("got reason %q before the outage", reasonOf(t, err))
		}
		began := v.Keys()[testIssuer].Read
		h.serve()
		last := fresh(k)
		for time.Since(began) < jwks.DefaultMaxStale {
			last = fresh(k)
			if _, err := v.Verify(t.Context(), last); err != nil {
				t.Fatalf("got reason %q after %v of outage, want the last good keys to count", reasonOf(t, err), time.Since(began))
			}
			time.Sleep(5 * time.Minute)
		}
		time.Sleep(time.Second)
		for name, text := range map[string]string{"new": fresh(k), "remembered": last} {
			_, err := v.Verify(t.Context(), text)
			if got := reasonOf(t, err); got != ReasonStale {
				t.Errorf("%s: got reason %q after more than %v, want %q", name, got, jwks.DefaultMaxStale, ReasonStale)
			}
		}
		h.serve(k)
		time.Sleep(time.Minute)
		if _, err := v.Verify(t.Context(), fresh(k)); err != nil {
			t.Errorf("got reason %q after the outage", reasonOf(t, err))
		}
	})
}

func TestWithoutKeysEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := tokentest.NewKey("k", "ES256")
		h := &host{delay: 100 * time.Millisecond}
		v := remote(t, h, nil)
		_, err := v.Verify(t.Context(), fresh(k))
		if got := reasonOf(t, err); got != ReasonUnavailable {
			t.Errorf("got reason %q, want %q", got, ReasonUnavailable)
		}
		if e, ok := errors.AsType[*Error](err); !ok || !e.Unknown() {
			t.Error("the token counts as bad, although nobody knows")
		}
		// What is bad without keys too is known to be bad.
		_, err = v.Verify(t.Context(), "x.y.z")
		if got := reasonOf(t, err); got != ReasonMalformed {
			t.Errorf("got reason %q, want %q", got, ReasonMalformed)
		}
		h.serve(k)
		time.Sleep(time.Minute)
		if _, err := v.Verify(t.Context(), fresh(k)); err != nil {
			t.Errorf("got reason %q when there are keys", reasonOf(t, err))
		}
	})
}

func TestFirstTokenWaitsForTheFirstKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := tokentest.NewKey("k", "ES256")
		h := &host{delay: time.Second}
		h.serve(k)
		v := remote(t, h, nil)
		if _, err := v.Verify(t.Context(), fresh(k)); err != nil {
			t.Errorf("got reason %q, want the token to wait for the keys", reasonOf(t, err))
		}
	})
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := remote(t, &host{delay: time.Hour}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := v.Verify(ctx, fresh(tokentest.NewKey("k", "ES256")))
		if got := reasonOf(t, err); got != ReasonCanceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got reason %q and %v, want %q and the error of the context", got, errors.Unwrap(err), ReasonCanceled)
		}
	})
}

// TestRotations has an issuer change its key a thousand times. A key is announced
// before it signs, or at once; the one before it stays until its tokens are gone.
func TestRotations(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"announced": 20 * time.Minute, "at once": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const rotations = 1000
				key := func(i int) tokentest.Key { return tokentest.NewKey(fmt.Sprint("key-", i), "ES256") }
				current := key(0)
				h := &host{}
				h.serve(current)
				v := remote(t, h, func(cfg *Config) { cfg.Remember = 10 })
				good, bad := 0, 0
				verify := func(text string) {
					if _, err := v.Verify(t.Context(), text); err != nil {
						bad++
					} else {
						good++
					}
				}
				for i := 1; i <= rotations; i++ {
					next := key(i)
					h.serve(current, next)
					verify(fresh(current))
					time.Sleep(ahead)
					last := fresh(current)
					verify(fresh(next))
					verify(last)
					time.Sleep(9 * time.Minute)
					verify(last)
					time.Sleep(11 * time.Minute) // the tokens of the old key are gone
					dropped := current
					h.serve(next)
					time.Sleep(jwks.DefaultURLRefresh)
					_, err := v.Verify(t.Context(), fresh(dropped))
					if got := reasonOf(t, err); got != ReasonKey {
						t.Fatalf("got reason %q for a key that was dropped, want %q", got, ReasonKey)
					}
					verify(fresh(next))
					time.Sleep(time.Minute)
					current = next
				}
				if bad != 0 || good != 5*rotations {
					t.Errorf("got %d good tokens refused in %d rotations, want 0 (%d were accepted)", bad, rotations, good)
				}
			})
		})
	}
}

// TestKeyOfALaterReading has a key that is published while the keys are being read.
func TestKeyOfALaterReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tokentest.NewKey("a", "ES256"), tokentest.NewKey("b", "ES256")
		h := &host{delay: 5 * time.Second}
		h.serve(a)
		v := remote(t, h, nil)
		time.Sleep(time.Second) // the first reading is under way
		h.serve(a, b)
		if _, err := v.Verify(t.Context(), fresh(b)); err != nil {
			t.Errorf("got %v for a key that was published before it was used", err)
		}
		if n := h.count(); n != 2 {
			t.Errorf("got %d readings, want 2", n)
		}
		_, err := v.Verify(t.Context(), fresh(tokentest.NewKey("c", "ES256")))
		if got := reasonOf(t, err); got != ReasonKey || h.count() != 2 {
			t.Errorf("got reason %q after %d readings for a key that nobody knows, want %q after 2", got, h.count(), ReasonKey)
		}
	})
}

// TestUnknownKidsAreCheap has a hundred thousand made-up kids in five minutes.
func TestUnknownKidsAreCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := tokentest.NewKey("k", "ES256")
		h := &host{}
		h.serve(k)
		v := remote(t, h, func(cfg *Config) { cfg.Issuers[0].Keys.Refresh = jwks.DefaultMaxStale })
		synctest.Wait()
		claims := string(tokentest.Marshal(goodClaims("iat", time.Now().Unix(), "exp", time.Now().Add(time.Hour).Unix())))
		for i := range 300 {
			for j := range 333 {
				text := tokentest.Encode(fmt.Appendf(nil, `{"alg":"ES256","kid":"made-up-%d-%d"}`, i, j)) + "." + tokentest.Encode([]byte(claims)) + ".AA"
				if _, err := v.Verify(t.Context(), text); reasonOf(t, err) != ReasonKey {
					t.Fatalf("got reason %q, want %q", reasonOf(t, err), ReasonKey)
				}
			}
			time.Sleep(time.Second)
		}
		if n := h.count(); n < 5 || n > 12 {
			t.Errorf("got %d readings of the keys in 5 min, want 1 and one every 30 s at most", n)
		}
	})
}

func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tokentest.NewKey("a", "ES256"), tokentest.NewKey("b", "ES256")
		h := &host{}
		h.serve(a)
		var clock atomic.Int64
		v := remote(t, h, func(cfg *Config) {
			cfg.Remember = 100
			cfg.Now = func() time.Time { return time.Now().Add(time.Duration(clock.Load())) }
		})
		text := fresh(a)
		known := func() bool {
			_, ok := v.memory.recall(text, v.now(), v.leeway)
			return ok
		}
		if known() {
			t.Fatal("a token is remembered before it was seen")
		}
		verify := func() Reason {
			_, err := v.Verify(t.Context(), text)
			return reasonOf(t, err)
		}
		if got := verify(); got != "" || !known() {
			t.Fatalf("got reason %q, want the token remembered", got)
		}
		clock.Store(int64(-time.Hour)) // the wall clock is set back: the token is from the future
		if got := verify(); got != ReasonNotYetValid || known() {
			t.Errorf("got reason %q, want %q also from memory", got, ReasonNotYetValid)
		}
		clock.Store(0)
		verify()
		h.serve(a, b)
		time.Sleep(jwks.DefaultURLRefresh)
		text = fresh(a)
		if got := verify(); got != "" || !known() {
			t.Fatalf("got reason %q, want the token remembered", got)
		}
		h.serve(b)
		text = a.Sign(goodClaims("iat", time.Now().Unix(), "exp", time.Now().Add(time.Hour).Unix()))
		if got := verify(); got != "" || !known() {
			t.Fatalf("got reason %q, want the token remembered", got)
		}
		time.Sleep(jwks.DefaultURLRefresh)
		if got := verify(); got != ReasonKey || known() {
			t.Errorf("got reason %q when the key was dropped, want %q also from memory", got, ReasonKey)
		}
		text = fresh(b)
		verify()
		time.Sleep(10*time.Minute + v.leeway)
		if got := verify(); got != ReasonExpired || known() {
			t.Errorf("got reason %q when the token expired, want %q also from memory", got, ReasonExpired)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	k := tokentest.NewKey("k", "ES256")
	v := verifierOf(t, tokentest.Set(k), func(cfg *Config) { cfg.Remember = 10 })
	for i := range 200 {
		if _, err := v.Verify(t.Context(), k.Sign(goodClaims("jti", fmt.Sprint(i)))); err != nil {
			t.Fatal(reasonOf(t, err))
		}
	}
	v.memory.entries.CleanUp()
	if n := v.memory.entries.EstimatedSize(); n > 10 {
		t.Errorf("got %d tokens in memory, want 10 at most", n)
	}
}

func TestVerifySideBySide(t *testing.T) {
	k := tokentest.NewKey("k", "ES256")
	v := verifierOf(t, tokentest.Set(k), func(cfg *Config) {
		cfg.Remember = 4
		cfg.Issuers[0].Keys.Refresh = time.Millisecond
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				subject := fmt.Sprintf("%d-%d", i, j%8)
				claims, err := v.Verify(t.Context(), k.Sign(goodClaims("sub", subject)))
				if err != nil || claims.Subject() != subject {
					t.Errorf("got subject %q and error %v, want %q", claims.Subject(), err, subject)
				}
				if _, err := v.Verify(t.Context(), "x"); err == nil {
					t.Error("got no error of a token that is none")
				}
			}
		})
	}
	wg.Wait()
}

func TestLogNamesTheIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		v := remote(t, &host{}, func(cfg *Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		k := tokentest.NewKey("k", "ES256")
		text := fresh(k)
		if _, err := v.Verify(t.Context(), text); err == nil {
			t.Fatal("got no error without keys")
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), testIssuer) || strings.Contains(log.String(), text[:20]) {
			t.Errorf("got log %q, want the issuer and nothing of the token", log.String())
		}
	})
}

func TestReasonsAreListed(t *testing.T) {
	source, err := os.ReadFile("reason.go")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(Reasons()), strings.Count(string(source), ` Reason = "`); got != want {
		t.Errorf("got %d reasons, want %d", got, want)
	}
	sorted := slices.Sorted(slices.Values(Reasons()))
	if diff := cmp.Diff(sorted, slices.Compact(slices.Clone(sorted))); diff != "" {
		t.Errorf("a reason is listed twice:\n%s", diff)
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, k := range []tokentest.Key{rsaKey(), tokentest.NewKey("k", "ES256"), tokentest.NewKey("k", "EdDSA")} {
		for _, remember := range []int{0, 100} {
			b.Run(fmt.Sprintf("%s/remember=%d", k.Algorithm, remember), func(b *testing.B) {
				v := verifierOf(b, tokentest.Set(k), func(cfg *Config) { cfg.Remember = remember })
				text := k.Sign(goodClaims("scope", "a b c", "consumer", map[string]any{"authority": "x", "ID": "y"}))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := v.Verify(b.Context(), text); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
