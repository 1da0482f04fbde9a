package http

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// recorded is a service that keeps the header of the last request.
func recorded(t *testing.T, into *http.Header) *httptest.Server {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		*into = r.Header
		writeJSON(w, `{"roles": ["dagl"]}`)
	})
}

func TestHeaders(t *testing.T) {
	var got http.Header
	cfg := byUser(recorded(t, &got).URL, "$.roles")
	path := file(t, "key", []byte("s3cret key\r\n"))
	cfg.Needs = needs("user", "org")
	cfg.Headers = []Header{{Name: "x-api-version", Value: "2, 3"}, {Name: "X-Api-Key", File: path}, {Name: "X-Org", Need: "org"}}
	p := provider(t, cfg)
	if _, err := p.Fetch(t.Context(), ask("1337", "digdir: a, b")); err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"forseti"},
		"X-Api-Version": {"2, 3"}, "X-Api-Key": {"s3cret key"}, "X-Org": {"digdir: a, b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	clock := time.Now()
	key := p.exchange.headers.files["X-Api-Key"]
	key.Now = func() time.Time { return clock }
	write(t, path, []byte("other"))
	clock = clock.Add(reload.Interval)
	if _, err := p.Fetch(t.Context(), ask("1337", "digdir")); err != nil || got.Get("X-Api-Key") != "other" {
		t.Errorf("got %q, %v, want the new content", got.Get("X-Api-Key"), err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(reload.Interval)
	if _, err := p.Fetch(t.Context(), ask("1337", "digdir")); err != nil || got.Get("X-Api-Key") != "other" {
		t.Errorf("got %q, %v, want the last good content for a while", got.Get("X-Api-Key"), err)
	}
	clock = clock.Add(reload.Grace)
	_, err := p.Fetch(t.Context(), ask("1337", "digdir"))
	wantOutcome(t, err, pip.OutcomeUnavailable, "other", path)
}

func TestHeadersRefuse(t *testing.T) {
	empty, long := file(t, "empty", []byte("\n")), file(t, "long", make([]byte, reload.MaxBytes+1))
	two := file(t, "two", []byte("a\nHost: evil\n"))
	for _, tt := range []struct {
		header Header
		want   string
	}{
		{Header{Name: "", Value: "x"}, "not a token"},
		{Header{Name: "X Y", Value: "x"}, "not a token"},
		{Header{Name: "X:Y", Value: "x"}, "not a token"},
		{Header{Name: "Host", Value: "evil"}, "client itself"},
		{Header{Name: "content-length", Value: "0"}, "client itself"},
		{Header{Name: "Accept-Encoding", Value: "br"}, "client itself"},
		{Header{Name: "Authorization", Value: "Bearer x"}, "client itself"},
		{Header{Name: "cookie", Need: "user"}, "has parts"},
		{Header{Name: "X", Value: "a\r\nY: b"}, "cannot carry"},
		{Header{Name: "X", Value: " a"}, "space"},
		{Header{Name: "X"}, "exactly one"},
		{Header{Name: "X", Value: "a", Need: "user"}, "exactly one"},
		{Header{Name: "X", Need: "usr"}, "{usr} is not a need"},
		{Header{Name: "X", Need: "}{user"}, "stands alone"},
		{Header{Name: "X", File: empty}, "empty"},
		{Header{Name: "X", File: two}, "cannot carry"},
		{Header{Name: "X", File: long}, "larger than"},
		{Header{Name: "X", File: empty + "x"}, "no such file"},
	} {
		cfg := byUser("https://register.example", "$.roles")
		cfg.Headers = []Header{tt.header}
		cfg.Auth.BearerFile = file(t, "token", []byte("x"))
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want an error with %q", tt.header, err, tt.want)
		}
	}
}

func TestFileAuth(t *testing.T) {
	var got http.Header
	cfg := byUser(recorded(t, &got).URL, "$.roles")
	secret := file(t, "secret", []byte("s3cret\n"))
	for want, auth := range map[string]Auth{
		"Bearer s3cret":              {BearerFile: secret},
		"Basic Zm9yc2V0aTpzM2NyZXQ=": {Basic: &Basic{User: "forseti", PasswordFile: secret}},
		"":                           {},
	} {
		cfg.Auth = auth
		_, err := provider(t, cfg).Fetch(t.Context(), ask("1337"))
		if err != nil || got.Get("Authorization") != want {
			t.Errorf("got %q, %v, want %q", got.Get("Authorization"), err, want)
		}
	}
}

// A proxy is used if the configuration has one, and not if the environment has.
func TestProxy(t *testing.T) {
	var host string
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		host = r.Host
		writeJSON(w, `{"roles": ["dagl"]}`)
	})
	t.Setenv("HTTP_PROXY", proxy.URL)
	cfg := byUser("http://register.invalid", "$.roles")
	cfg.Plaintext = true
	client, err := provider(t, cfg).exchange.dialer.client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	transport, ok := client.Transport.(*http.Transport)
	if !ok || transport.Proxy != nil {
		t.Error("got a proxy, want none")
	}
	cfg.Connection.Proxy = proxy.URL
	if _, err := provider(t, cfg).Fetch(t.Context(), ask("1337")); err != nil || host != "register.invalid" {
		t.Errorf("got %q, %v, want a question for register.invalid", host, err)
	}
}
