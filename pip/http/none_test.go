package http

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An answer that says neither that there are values nor that there are none is an
// error, also where the time is up just when it was read: nobody may take that
// for "none".
func TestNone_NotWhenTheTimeIsUp(t *testing.T) {
	cfg := roles("https://service.example")
	cfg.None = []None{{Status: http.StatusNotFound, Path: "$.code", Value: "NO_ROLES"}}
	p := provider(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	said, err := p.exchange.take(ctx, &http.Response{
		StatusCode: http.StatusNotFound,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(`{"code": "NO_ROUTE"}`)),
	})
	if err == nil {
		t.Errorf("got %+v, want an error", said)
	}
}

// A service that says 404 because it does not know one of several users says
// nothing about the others.
func TestFetchAll_NoneIsAboutOne(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(r.URL.Query()["user"], "nobody") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		writeJSON(w, `{"rows": [{"user": "1", "role": "dagl"}]}`)
	})
	cfg := roles(s.URL)
	cfg.Rows, cfg.Provides[0].From = "$.rows", []string{"@.role"}
	cfg.Echo = map[string]string{"user": "@.user"}
	cfg.None = []None{{Status: http.StatusNotFound}}
	cfg.Bulk = &Bulk{Need: "user"}
	got := fetchAll(t, cfg, ask("1", "7"), ask("nobody", "7"))
	if diff := cmp.Diff([][]string{{"dagl"}, nil}, got); diff != "" {
		t.Error(diff)
	}
}
