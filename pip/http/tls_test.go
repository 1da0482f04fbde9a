package http

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// issued is a certificate for a host, by its address or its name, or for a client.
func issued(by *certtest.Authority, name string, life time.Duration) certtest.Pair {
	leaf := certtest.Leaf{CommonName: name, NotAfter: time.Now().Add(life)}
	if name != "127.0.0.1" {
		leaf.DNS, leaf.Elsewhere = []string{name}, true
	}
	return by.Issue(leaf)
}

// file writes a file into a folder of the test.
func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serveTLS is a service with a certificate of the authority for 127.0.0.1.
func serveTLS(t *testing.T, by *certtest.Authority, change func(*tls.Config), h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{issued(by, "127.0.0.1", time.Hour).TLS()}}
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestTLS(t *testing.T) {
	ours, theirs := certtest.New("ours"), certtest.New("theirs")
	ca, otherCA := file(t, "ca.pem", ours.PEM()), file(t, "other.pem", theirs.PEM())
	mutual := func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, ours.Pool() }
	client := func(by *certtest.Authority, life time.Duration) TLS {
		pair := issued(by, "forseti", life)
		return TLS{CAFile: ca, CertFile: file(t, "cert.pem", pair.Cert), KeyFile: file(t, "key.pem", pair.Key)}
	}
	certificate := func(by *certtest.Authority, name string, life time.Duration) func(*tls.Config) {
		return func(c *tls.Config) { c.Certificates = []tls.Certificate{issued(by, name, life).TLS()} }
	}
	at12 := func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }
	at11 := func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }
	tests := []struct {
		name   string
		server func(*tls.Config)
		client TLS
		ok     bool
	}{
		{"good", nil, TLS{CAFile: ca}, true},
		{"authority of the system", nil, TLS{}, false},
		{"another authority", nil, TLS{CAFile: otherCA}, false},
		{"another host", certificate(ours, "register.example", time.Hour), TLS{CAFile: ca}, false},
		{"another host, by name", certificate(ours, "register.example", time.Hour), TLS{CAFile: ca, ServerName: "register.example"}, true},
		{"another name", nil, TLS{CAFile: ca, ServerName: "register.example"}, false},
		{"expired", certificate(ours, "127.0.0.1", -time.Minute), TLS{CAFile: ca}, false},
		{"1.2 of the server", at12, TLS{CAFile: ca}, false},
		{"1.2 of both", at12, TLS{CAFile: ca, MinVersion: tls.VersionTLS12}, true},
		{"1.1", at11, TLS{CAFile: ca, MinVersion: tls.VersionTLS12}, false},
		{"mutual", mutual, client(ours, time.Hour), true},
		{"mutual, without", mutual, TLS{CAFile: ca}, false},
		{"mutual, of another authority", mutual, client(theirs, time.Hour), false},
		{"mutual, expired", mutual, client(ours, -time.Minute), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serveTLS(t, ours, tt.server, func(w http.ResponseWriter, r *http.Request) {
				if r.ProtoMajor != 2 {
					t.Errorf("got %s, want HTTP/2", r.Proto)
				}
				writeJSON(w, `{"roles": ["dagl"]}`)
			})
			cfg := byUser(s.URL, "$.roles")
			cfg.TLS = tt.client
			_, err := provider(t, cfg).Fetch(t.Context(), ask("1337"))
			if tt.ok && err != nil {
				t.Errorf("got %v (%v)", err, failure(t, err).Err)
			}
			if !tt.ok {
				wantOutcome(t, err, pip.OutcomeUnavailable, "1337")
			}
		})
	}
}

func TestNoTLS(t *testing.T) {
	s := says(t, `{"roles": ["dagl"]}`)
	_, err := provider(t, byUser(strings.Replace(s.URL, "http://", "https://", 1), "$.roles")).Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
}

// Over TLS, a redirect to plain HTTP is as bad as one to another host.
func TestRedirectWithoutTLS(t *testing.T) {
	ours := certtest.New("ours")
	plain := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked without TLS: %s", r.RequestURI) })
	s := serveTLS(t, ours, nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+"/users/1337", http.StatusFound)
	})
	cfg := byUser(s.URL, "$.roles")
	cfg.TLS.CAFile = file(t, "ca.pem", ours.PEM())
	_, err := provider(t, cfg).Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeInvalid)
}

// New certificates are taken without a new start, and connections made with the
// old ones are not used again.
func TestCertificatesAreReadAgain(t *testing.T) {
	ours := certtest.New("ours")
	var name string
	s := serveTLS(t, ours, func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, ours.Pool() },
		func(w http.ResponseWriter, r *http.Request) {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
			writeJSON(w, `{"roles": ["dagl"]}`)
		})
	pair := issued(ours, "first", time.Hour)
	cfg := byUser(s.URL, "$.roles")
	cfg.TLS = TLS{CAFile: file(t, "ca.pem", ours.PEM()), CertFile: file(t, "cert.pem", pair.Cert), KeyFile: file(t, "key.pem", pair.Key)}
	p := provider(t, cfg)
	clock := time.Now()
	p.exchange.dialer.clients.Now = func() time.Time { return clock }
	expect := func(want string) {
		t.Helper()
		clock = clock.Add(reload.Interval)
		if _, err := p.Fetch(t.Context(), ask("1337")); err != nil || name != want {
			t.Errorf("got %q, %v, want %q", name, err, want)
		}
	}
	expect("first")
	pair = issued(ours, "second", time.Hour)
	write(t, cfg.TLS.CertFile, pair.Cert)
	expect("first") // the two do not match yet
	write(t, cfg.TLS.KeyFile, pair.Key)
	expect("second")

	write(t, cfg.TLS.KeyFile, bytes.Repeat([]byte("x"), 10))
	expect("second")
	clock = clock.Add(reload.Grace)
	_, err := p.Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
	write(t, cfg.TLS.KeyFile, pair.Key)
	expect("second")

	write(t, cfg.TLS.CAFile, certtest.New("another").PEM())
	clock = clock.Add(reload.Interval)
	_, err = p.Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
}

// write replaces the content of a file.
func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
