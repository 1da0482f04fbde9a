package jwks

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	big := filepath.Join(folder, "big.json")
	if err := os.WriteFile(big, make([]byte, MaxBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	authority := filepath.Join(folder, "ca.crt")
	if err := os.WriteFile(authority, certtest.New("authority").PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"nothing", Config{}, "either from a file or from a URL"},
		{"both", Config{File: "x", URL: "https://issuer.test"}, "either from a file or from a URL"},
		{"http", Config{URL: "http://issuer.test/jwks"}, "by https"},
		{"http at a name like this host", Config{URL: "http://localhost.issuer.test/jwks"}, "by https"},
		{"http at an address like this host", Config{URL: "http://127.0.0.1.issuer.test/jwks"}, "by https"},
		{"another scheme", Config{URL: "file:///etc/keys"}, "absolute URL"},
		{"another scheme with host", Config{URL: "ftp://issuer.test/jwks"}, `scheme "ftp"`},
		{"no host", Config{URL: "https:///jwks"}, "absolute URL"},
		{"relative", Config{URL: "/jwks"}, "absolute URL"},
		{"user", Config{URL: "https://me:secret@issuer.test/jwks"}, "neither user nor fragment"},
		{"fragment", Config{URL: "https://issuer.test/jwks#x"}, "neither user nor fragment"},
		{"negative", Config{URL: "https://issuer.test/jwks", Refresh: -1}, "negative"},
		{"never fresh", Config{URL: "https://issuer.test/jwks", Refresh: time.Hour, MaxStale: time.Minute}, "before they are too old"},
		{"no authorities", Config{URL: "https://issuer.test/jwks", CAFile: filepath.Join(folder, "none")}, "no such file"},
		{"authorities that are none", Config{URL: "https://issuer.test/jwks", CAFile: big}, "longer than"},
		{"authorities of a file", Config{File: big, CAFile: authority}, "no authorities to trust"},
		{"no file", Config{File: filepath.Join(folder, "none")}, "no such file"},
		{"folder", Config{File: folder}, "not a regular file"},
		{"long file", Config{File: big}, "longer than"},
	}
	for _, test := range tests {
		c, err := Open(test.cfg)
		if err == nil {
			_ = c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}

// The host of the keys has to show a certificate of the authorities of the file, as
// they are at the time.
func TestAuthorities(t *testing.T) {
	trusted, other := certtest.New("trusted"), certtest.New("other")
	pair := trusted.Server()
	certificate, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	keys := tokentest.Set(tokentest.NewKey("a", "ES256"))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(keys) }))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
	server.StartTLS()
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.crt")
	for _, test := range []struct {
		name string
		pem  []byte
		ok   bool
	}{
		{"trusted", trusted.PEM(), true},
		{"another", other.PEM(), false},
		{"both", slices.Concat(other.PEM(), trusted.PEM()), true},
		{"none", []byte("-----BEGIN"), false},
	} {
		if err := os.WriteFile(file, test.pem, 0o600); err != nil {
			t.Fatal(err)
		}
		data, err := Config{URL: server.URL, CAFile: file}.get(t.Context())
		if got := err == nil && bytes.Equal(data, keys); got != test.ok {
			t.Errorf("%s: got %q and %v, want the keys: %v", test.name, data, err, test.ok)
		}
	}
	if _, err := (Config{URL: server.URL}).get(t.Context()); err == nil {
		t.Error("got keys from a host that the system does not trust")
	}
}

func TestCheckURLTakes(t *testing.T) {
	for _, address := range []string{
		"https://issuer.test/jwks", "https://issuer.test:8443/jwks?x=1",
		"http://localhost:8080/jwks", "http://127.0.0.1/jwks", "http://127.1.2.3/", "http://[::1]:1/", "http://[::ffff:127.0.0.1]/",
	} {
		if err := checkURL(address, false); err != nil {
			t.Errorf("got %v for %q, want none", err, address)
		}
	}
	if err := checkURL("http://issuer.test/jwks", true); err != nil {
		t.Errorf("got %v where plain http is allowed, want none", err)
	}
}

func TestGet(t *testing.T) {
	good := tokentest.Set(tokentest.NewKey("a", "ES256"))
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(good)
	}))
	defer elsewhere.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/good", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good) })
	mux.Handle("/moved", http.RedirectHandler("/good", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/away", http.RedirectHandler(elsewhere.URL, http.StatusFound))
	mux.Handle("/absent", http.NotFoundHandler())
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(good)
		_ = z.Close()
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write(good)
	})
	mux.HandleFunc("/header", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 64<<10))
		_, _ = w.Write(good)
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	tests := []struct {
		path string
		want string // part of the error; empty for a good answer
	}{
		{"/good", ""},
		{"/moved", ""},
		{"/loop", "one too many"},
		{"/away", "another host"},
		{"/absent", "status 404"},
		{"/endless", "longer than"},
		{"/cut", "unexpected EOF"},
		{"/header", "exceeded"},
	}
	for _, test := range tests {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		data, err := get(ctx, client(transport(nil)), server.URL+test.path)
		cancel()
		switch {
		case test.want == "" && (err != nil || string(data) != string(good)):
			t.Errorf("%s: got %q and %v, want the keys", test.path, data, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want an error with %q", test.path, err, test.want)
		case err != nil && strings.Contains(err.Error(), server.URL):
			t.Errorf("%s: got %v, which holds the URL", test.path, err)
		}
	}

	// What was compressed although nobody asked for it is not unpacked.
	if data, err := get(t.Context(), client(transport(nil)), server.URL+"/bomb"); err == nil {
		if _, err := Parse(data); err == nil {
			t.Error("got keys of a compressed answer, want an error")
		}
	}
}
