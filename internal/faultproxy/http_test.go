package faultproxy

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// people answers with the rows of the key in the path.
func people() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"key":"`+strings.TrimPrefix(r.URL.Path, "/")+`","rows":[{"role":"a","level":1},null]}`)
	})
}

// served is a server with faults.
func served(t *testing.T, cfg HTTPConfig) (*Handler, *httptest.Server) {
	t.Helper()
	h := NewHandler(people(), cfg)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return h, s
}

// get asks for a key, without following where it leads.
func get(t *testing.T, s *httptest.Server, key string) (*http.Response, string, error) {
	t.Helper()
	c := s.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := c.Get(s.URL + "/" + key)
	if err != nil {
		return nil, "", err
	}
	defer r.Body.Close() //nolint:errcheck // a body of a test
	body, err := io.ReadAll(r.Body)
	return r, string(body), err
}

func TestHandler(t *testing.T) {
	const good = `{"key":"alice","rows":[{"role":"a","level":1},null]}`
	tests := []struct {
		kind   HTTPKind
		status int
		body   string // empty: anything but the good one
	}{
		{Working, 200, good},
		{Unavailable, 503, ""},
		{Unauthorized, 401, ""},
		{HTML, 200, "<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>"},
		{BadJSON, 200, ""},
		{WrongType, 200, `{"key":{},"rows":[{"role":{},"level":{}},{}]}`},
		{WrongRow, 200, strings.Replace(good, "alice", "bob", 1)},
		{DuplicateRows, 200, `{"key":"alice","rows":[{"role":"a","level":1},{"role":"a","level":1},null,null]}`},
		{DuplicateKeys, 200, `{"key":"alice","key":"alice","rows":[{"role":"a","role":"a","level":1,"level":1},null],"rows":[{"role":"a","role":"a","level":1,"level":1},null]}`},
		{Huge, 200, strings.Repeat(" ", 100_000) + good},
		{GzipBomb, 200, strings.Repeat(" ", 100_000) + good},
		{Redirect, 302, ""},
	}
	h, s := served(t, HTTPConfig{
		Another: func(r *http.Request) *http.Request {
			r = r.Clone(r.Context())
			r.URL.Path = "/bob"
			return r
		},
		Elsewhere: "http://127.0.0.1:9/trap",
		Size:      100_000,
	})
	for _, tt := range tests {
		t.Run(tt.kind.String(), func(t *testing.T) {
			h.Set(tt.kind)
			r, body, err := get(t, s, "alice")
			if err != nil {
				t.Fatal(err)
			}
			if r.StatusCode != tt.status {
				t.Errorf("got status %d, want %d", r.StatusCode, tt.status)
			}
			if tt.body != "" && body != tt.body || tt.body == "" && body == good {
				t.Errorf("got %.200q, want %.200q", body, tt.body)
			}
			if tt.kind == BadJSON && json.Valid([]byte(body)) {
				t.Errorf("got JSON: %q", body)
			}
			if tt.kind == Redirect && r.Header.Get("Location") != "http://127.0.0.1:9/trap" {
				t.Errorf("got location %q", r.Header.Get("Location"))
			}
		})
	}
	if got, want := h.Served(), len(tests); got != want {
		t.Errorf("got %d requests, want %d", got, want)
	}
}

func TestPartial(t *testing.T) {
	h, s := served(t, HTTPConfig{})
	h.Set(Partial)
	if _, body, err := get(t, s, "alice"); err == nil || len(body) >= 40 {
		t.Errorf("got %q and no error, want half of it", body)
	}
	h.Set(Working)
	if _, body, err := get(t, s, "alice"); err != nil || !strings.Contains(body, "alice") {
		t.Errorf("after it: got %q, %v", body, err)
	}
}

// A client that stops reading does not keep the handler busy for ever.
func TestHugeIsAbandoned(t *testing.T) {
	for _, kind := range []HTTPKind{Huge, GzipBomb} {
		h, s := served(t, HTTPConfig{Size: 1 << 30})
		h.Set(kind)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", "identity")
		r, err := s.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, r.Body, 1000); err != nil {
			t.Error(err)
		}
		_ = r.Body.Close()
	}
}
