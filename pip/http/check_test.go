package http

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/forseti-pdp/forseti/pip"
)

// TestCheck: without a path of health any server that answers is there; with one, only a
// status 2xx will do. No question is put.
func TestCheck(t *testing.T) {
	var status atomic.Int64
	var asked atomic.Value
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.URL.Path)
		if status.Load() == http.StatusFound {
			w.Header().Set("Location", "http://elsewhere.example/login")
		}
		w.WriteHeader(int(status.Load()))
	})
	tests := []struct {
		health string
		status int64
		there  bool
		asked  string
	}{
		{"", 200, true, "HEAD /"},
		{"", 302, true, "HEAD /"},
		{"", 404, true, "HEAD /"},
		{"", 503, false, "HEAD /"},
		{"/health", 204, true, "GET /health"},
		{"/health", 302, false, "GET /health"},
		{"/health", 404, false, "GET /health"},
		{"/health", 500, false, "GET /health"},
	}
	for _, test := range tests {
		status.Store(test.status)
		cfg := roles(s.URL)
		cfg.Health = test.health
		err := provider(t, cfg).Check(t.Context())
		if there := err == nil; there != test.there {
			t.Errorf("%+v: got %v", test, err)
		}
		if got := asked.Load(); got != test.asked {
			t.Errorf("%+v: asked %s", test, got)
		}
	}
	s.Close()
	wantOutcome(t, provider(t, roles(s.URL)).Check(t.Context()), pip.OutcomeUnavailable)
}

func TestNew_Health(t *testing.T) {
	for _, path := range []string{"health", "//other.example/health", "/{user}", "/a b", "/#a"} {
		cfg := roles("https://roles.example")
		cfg.Health = path
		if p, err := New(cfg); err == nil || !strings.Contains(err.Error(), "health") {
			t.Errorf("%q: got %v", path, err)
			if p != nil {
				_ = p.Close()
			}
		}
	}
}
