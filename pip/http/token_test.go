package http

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

// issuer is a token endpoint, and a service that takes its tokens.
type issuer struct {
	issued  atomic.Int32
	asked   atomic.Int32
	revoked atomic.Int32 // tokens up to this number are refused

	mu      sync.Mutex
	handler http.HandlerFunc // instead of the usual answer; may be nil
}

// answer replaces what the token endpoint says.
func (i *issuer) answer(h http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.handler = h
}

// token is the token endpoint.
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	n := i.issued.Add(1)
	i.mu.Lock()
	h := i.handler
	i.mu.Unlock()
	if h != nil {
		h(w, r)
		return
	}
	writeJSON(w, fmt.Sprintf(`{"access_token": "token-%d", "token_type": "Bearer", "expires_in": 300}`, n))
}

// service takes tokens that are not revoked.
func (i *issuer) service(w http.ResponseWriter, r *http.Request) {
	i.asked.Add(1)
	var n int32
	if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer token-%d", &n); err != nil || n <= i.revoked.Load() {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	writeJSON(w, fmt.Sprintf(`{"roles": ["%d"]}`, n))
}

// protected is a provider that gets its tokens of the issuer, and the clock it reads.
func protected(t *testing.T, i *issuer, change func(*ClientCredentials)) (*Provider, func(time.Duration)) {
	t.Helper()
	endpoint, s := serve(t, i.token), serve(t, i.service)
	cfg := byUser(s.URL, "$.roles")
	cfg.Auth.OAuth2 = &ClientCredentials{
		TokenURL: endpoint.URL + "/token", ClientID: "forseti", SecretFile: file(t, "secret", []byte("s3cret\n")),
		Scopes: []string{"a", "b"}, Parameters: map[string]string{"audience": "register"},
	}
	if change != nil {
		change(cfg.Auth.OAuth2)
	}
	p := provider(t, cfg)
	var ahead atomic.Int64
	p.exchange.auth.tokens.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	return p, func(d time.Duration) { ahead.Add(int64(d)) }
}

func TestClientCredentials(t *testing.T) {
	for _, inBody := range []bool{false, true} {
		i := &issuer{}
		i.answer(func(w http.ResponseWriter, r *http.Request) {
			user, password, header := r.BasicAuth()
			body := r.FormValue("client_id") == "forseti" && r.FormValue("client_secret") == "s3cret"
			if header == inBody || header && (user != "forseti" || password != "s3cret") || body != inBody ||
				r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "a b" || r.FormValue("audience") != "register" {
				t.Errorf("got %v with %q, %q", r.Form, user, password)
			}
			writeJSON(w, `{"access_token": "token-1", "token_type": "bearer"}`)
		})
		p, _ := protected(t, i, func(c *ClientCredentials) { c.InBody = inBody })
		for range 3 {
			if a, err := p.Fetch(t.Context(), ask("1337")); err != nil || lexicals(a)[0][0] != "1" {
				t.Errorf("got %v, %v", a, err)
			}
		}
		if n := i.issued.Load(); n != 1 {
			t.Errorf("got %d tokens, want 1", n)
		}
	}
}

// However many ask, one request for a token is under way.
func TestOneTokenForAll(t *testing.T) {
	i := &issuer{}
	release := make(chan struct{})
	i.answer(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		writeJSON(w, `{"access_token": "token-1", "token_type": "Bearer"}`)
	})
	p, _ := protected(t, i, nil)
	var work sync.WaitGroup
	for range 20 {
		work.Go(func() {
			if _, err := p.Fetch(t.Context(), ask("1337")); err != nil {
				t.Error(err)
			}
		})
	}
	// One that leaves does not take the token from the others.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := p.Fetch(ctx, ask("1337"))
	wantOutcome(t, err, pip.OutcomeTimeout)
	close(release)
	work.Wait()
	if n := i.issued.Load(); n != 1 {
		t.Errorf("got %d tokens, want 1", n)
	}
}

// A token that is about to end is replaced while it is still used, and what the
// endpoint says meanwhile matters only when it has ended.
func TestTokenIsReplacedInTime(t *testing.T) {
	i := &issuer{}
	p, wait := protected(t, i, nil)
	role := func() string {
		t.Helper()
		a, err := p.Fetch(t.Context(), ask("1337"))
		if err != nil {
			t.Fatal(err)
		}
		return lexicals(a)[0][0]
	}
	settle := func() {
		t.Helper()
		tokens := p.exchange.auth.tokens
		tokens.mu.Lock()
		f := tokens.flight
		tokens.mu.Unlock()
		if f != nil {
			<-f.done
		}
	}
	if got := role(); got != "1" {
		t.Errorf("got token %s, want 1", got)
	}
	wait(200 * time.Second)
	if got := role(); got != "1" || i.issued.Load() != 1 {
		t.Errorf("got token %s of %d, want 1", got, i.issued.Load())
	}
	wait(80 * time.Second)
	role()
	settle()
	if got := role(); got != "2" {
		t.Errorf("got token %s, want 2", got)
	}

	// Token 2 came at 280 s and ends, by the clock of the machine, at 300 s.
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	wait(19 * time.Second)
	for range 5 {
		if got := role(); got != "2" {
			t.Errorf("got token %s, want 2", got)
		}
		settle()
	}
	if n := i.issued.Load(); n != 3 {
		t.Errorf("got %d requests, want one more within the pause", n)
	}
	wait(10 * time.Second)
	_, err := p.Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
}

// A revoked token is replaced once; a service that refuses a fresh one is not
// asked again and again.
func TestRefusedToken(t *testing.T) {
	i := &issuer{}
	p, wait := protected(t, i, nil)
	if _, err := p.Fetch(t.Context(), ask("1337")); err != nil {
		t.Fatal(err)
	}
	i.revoked.Store(1)
	wait(tokenPause)
	if a, err := p.Fetch(t.Context(), ask("1337")); err != nil || lexicals(a)[0][0] != "2" {
		t.Errorf("got %v, %v, want the second token", a, err)
	}
	i.revoked.Store(1000)
	i.asked.Store(0)
	for range 5 {
		_, err := p.Fetch(t.Context(), ask("1337"))
		wantOutcome(t, err, pip.OutcomeError, "token-")
	}
	if asked, issued := i.asked.Load(), i.issued.Load(); asked != 5 || issued != 2 {
		t.Errorf("got %d questions and %d tokens, want 5 and 2", asked, issued)
	}
	wait(tokenPause)
	_, err := p.Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeError)
	if asked, issued := i.asked.Load(), i.issued.Load(); asked != 7 || issued != 3 {
		t.Errorf("got %d questions and %d tokens, want 7 and 3", asked, issued)
	}
}

func TestTokenEndpointFails(t *testing.T) {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	elsewhere := serve(t, func(_ http.ResponseWriter, _ *http.Request) { t.Error("the secret went elsewhere") })
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    pip.Outcome
	}{
		{"unavailable", status(503, ""), pip.OutcomeUnavailable},
		{"slow down", status(429, ""), pip.OutcomeUnavailable},
		{"wrong secret", status(401, `{"error": "invalid_client", "error_description": "s3cret"}`), pip.OutcomeError},
		{"bad request", status(400, `{"error": "invalid_scope"}`), pip.OutcomeError},
		{"error with status 200", status(200, `{"error": "invalid_scope"}`), pip.OutcomeError},
		{"HTML", status(200, `<html>`), pip.OutcomeInvalid},
		{"no token", status(200, `{}`), pip.OutcomeInvalid},
		{"another type", status(200, `{"access_token": "s3cret", "token_type": "DPoP"}`), pip.OutcomeInvalid},
		{"token with a line", status(200, `{"access_token": "s3cret\r\nHost: evil", "token_type": "Bearer"}`), pip.OutcomeInvalid},
		{"two tokens", status(200, `{"access_token": "s3cret s3cret", "token_type": "Bearer"}`), pip.OutcomeInvalid},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, pip.OutcomeError},
		{"reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, pip.OutcomeUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := &issuer{}
			i.answer(tt.handler)
			p, _ := protected(t, i, nil)
			_, err := p.Fetch(t.Context(), ask("1337"))
			wantOutcome(t, err, tt.want, "s3cret", "127.0.0.1")
			e := failure(t, err)
			if got, want := e.RetryAfter, 7*time.Second; tt.want == pip.OutcomeUnavailable && tt.name != "reset" && got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			if cause := e.Unwrap(); cause != nil && strings.Contains(cause.Error(), "s3cret") {
				t.Errorf("the cause %q holds a secret", cause)
			}
			if n := i.asked.Load(); n != 0 {
				t.Errorf("the service was asked %d times without a token", n)
			}
			// A failure is not remembered.
			i.answer(func(w http.ResponseWriter, _ *http.Request) {
				writeJSON(w, `{"access_token": "token-1", "token_type": "Bearer"}`)
			})
			if _, err := p.Fetch(t.Context(), ask("1337")); err != nil {
				t.Errorf("got %v after the endpoint came back", err)
			}
		})
	}
}

// A provider that is closed waits for its request for a token.
func TestCloseEndsTokens(t *testing.T) {
	i := &issuer{}
	i.answer(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client left
		<-r.Context().Done()
	})
	p, _ := protected(t, i, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := p.Fetch(ctx, ask("1337"))
	wantOutcome(t, err, pip.OutcomeTimeout)
	began := time.Now()
	if err := p.Close(); err != nil || time.Since(began) > tokenTimeout/2 {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}
