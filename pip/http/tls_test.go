package http

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

// authority is a certificate authority of its own.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{}
	a.cert, a.key = a.issue(t, "authority", time.Hour)
	return a
}

// issue makes a certificate and its key; an authority without one signs itself.
func (a authority) issue(t *testing.T, name string, life time.Duration) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		DNSNames:              []string{name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(life),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  a.cert == nil,
	}
	if name == "127.0.0.1" {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// pair is a certificate for a server or client, in PEM.
func (a authority) pair(t *testing.T, name string, life time.Duration) (cert, key []byte) {
	t.Helper()
	c, k := a.issue(t, name, life)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// pem is the certificate of the authority.
func (a authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
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
func serveTLS(t *testing.T, a authority, change func(*tls.Config), h http.HandlerFunc) *httptest.Server {
	t.Helper()
	cert, key := a.pair(t, "127.0.0.1", time.Hour)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	ca, otherCA := file(t, "ca.pem", ours.pem()), file(t, "other.pem", theirs.pem())
	clients := x509.NewCertPool()
	clients.AddCert(ours.cert)
	mutual := func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, clients }
	client := func(a authority, life time.Duration) TLS {
		cert, key := a.pair(t, "forseti", life)
		return TLS{CAFile: ca, CertFile: file(t, "cert.pem", cert), KeyFile: file(t, "key.pem", key)}
	}
	certificate := func(a authority, name string, life time.Duration) func(*tls.Config) {
		return func(c *tls.Config) {
			cert, key := a.pair(t, name, life)
			pair, err := tls.X509KeyPair(cert, key)
			if err != nil {
				t.Fatal(err)
			}
			c.Certificates = []tls.Certificate{pair}
		}
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
	ours := newAuthority(t)
	plain := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked without TLS: %s", r.RequestURI) })
	s := serveTLS(t, ours, nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+"/users/1337", http.StatusFound)
	})
	cfg := byUser(s.URL, "$.roles")
	cfg.TLS.CAFile = file(t, "ca.pem", ours.pem())
	_, err := provider(t, cfg).Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeInvalid)
}

// New certificates are taken without a new start, and connections made with the
// old ones are not used again.
func TestCertificatesAreReadAgain(t *testing.T) {
	ours := newAuthority(t)
	clients := x509.NewCertPool()
	clients.AddCert(ours.cert)
	var name string
	s := serveTLS(t, ours, func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, clients },
		func(w http.ResponseWriter, r *http.Request) {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
			writeJSON(w, `{"roles": ["dagl"]}`)
		})
	cert, key := ours.pair(t, "first", time.Hour)
	cfg := byUser(s.URL, "$.roles")
	cfg.TLS = TLS{CAFile: file(t, "ca.pem", ours.pem()), CertFile: file(t, "cert.pem", cert), KeyFile: file(t, "key.pem", key)}
	p := provider(t, cfg)
	clock := time.Now()
	p.exchange.dialer.clients.now = func() time.Time { return clock }
	expect := func(want string) {
		t.Helper()
		clock = clock.Add(recheck)
		if _, err := p.Fetch(t.Context(), ask("1337")); err != nil || name != want {
			t.Errorf("got %q, %v, want %q", name, err, want)
		}
	}
	expect("first")
	cert, key = ours.pair(t, "second", time.Hour)
	write(t, cfg.TLS.CertFile, cert)
	expect("first") // the two do not match yet
	write(t, cfg.TLS.KeyFile, key)
	expect("second")

	write(t, cfg.TLS.KeyFile, bytes.Repeat([]byte("x"), 10))
	expect("second")
	clock = clock.Add(grace)
	_, err := p.Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
	write(t, cfg.TLS.KeyFile, key)
	expect("second")

	write(t, cfg.TLS.CAFile, newAuthority(t).pem())
	clock = clock.Add(recheck)
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
