package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
)

// TestProbe_Secured: health is asked over TLS by somebody who shows no certificate and
// no token, and of a service that is trusted only.
func TestProbe_Secured(t *testing.T) {
	secure := newSecured(t)
	s := startService(t, func(c *config.Config) { secure.configure(c) })
	for _, tt := range []struct {
		name       string
		connection connection
		want       string // of the error; empty if there is none
	}{
		{name: "trusted", connection: connection{ca: secure.ca, name: "localhost"}},
		{name: "without TLS", want: "Unavailable"},
		{name: "authorities of the system", connection: connection{tls: true}, want: "Unavailable"},
	} {
		p := probe{address: s.decisions.Addr().String(), connection: tt.connection}
		_, err := p.ask(t.Context())
		if got := errorText(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestProbe_Strangers: what is no page of Forseti's is no health, whatever it says.
func TestProbe_Strangers(t *testing.T) {
	hang := make(chan struct{})
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "http://example.org/", http.StatusFound)
		case "/long":
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte(strings.Repeat("\x1b[2Jx", 1<<20))) // nobody reads all of it
		default:
			<-hang
		}
	}))
	defer stranger.Close()
	defer close(hang)
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:1") // nobody is asked but the service
	for path, want := range map[string]string{"/redirect": "302 Found", "/long": `418 I'm a teapot: "\x1b[2Jx`, "/hang": "deadline exceeded"} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := askAdmin(ctx, stranger.URL+path)
		cancel()
		if got := errorText(err); !strings.Contains(got, want) || len(got) > 2000 {
			t.Errorf("%s: got %.200q, want %q", path, got, want)
		}
	}
}

// TestFromHere: what listens everywhere is asked on this machine.
func TestFromHere(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:9090":      "localhost:9090",
		"[::]:9090":         "localhost:9090",
		":9090":             "localhost:9090",
		"127.0.0.1:9090":    "127.0.0.1:9090",
		"[2001:db8::1]:90":  "[2001:db8::1]:90",
		"admin.example:80":  "admin.example:80",
		"no address at all": "no address at all",
	} {
		if got := fromHere(address); got != want {
			t.Errorf("got %q, want %q, input %q", got, want, address)
		}
	}
}
