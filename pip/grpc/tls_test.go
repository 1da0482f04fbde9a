package grpc

import (
	"context"
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/internal/reload"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// authority is a certificate authority for tests.
type authority struct {
	*certtest.Authority
	t testing.TB
}

func newAuthority(t testing.TB, name string) *authority {
	return &authority{certtest.New(name), t}
}

// leaf makes a certificate for the name alone.
func (a *authority) leaf(name string) certtest.Pair {
	return a.Issue(certtest.Leaf{CommonName: name, DNS: []string{name}, Elsewhere: true})
}

// mutual serves with a certificate for roles.test, to those with one of the
// authority.
func (a *authority) mutual() grpc.ServerOption {
	return grpc.Creds(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.leaf("roles.test").TLS()},
		ClientCAs: a.Pool(), ClientAuth: tls.RequireAndVerifyClientCert,
	}))
}

// files are those of a TLS, in a folder of its own.
func (a *authority) files(name string) TLS {
	dir := a.t.TempDir()
	f := TLS{
		CAFile: filepath.Join(dir, "ca.pem"), CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"),
		ServerName: "roles.test",
	}
	a.write(f, name)
	return f
}

func (a *authority) write(f TLS, name string) {
	a.t.Helper()
	pair := a.leaf(name)
	for file, data := range map[string][]byte{f.CAFile: a.PEM(), f.CertFile: pair.Cert, f.KeyFile: pair.Key} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
}

// callers answers with the name in the certificate of the caller as a role.
func callers(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
	p, _ := peer.FromContext(ctx)
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok {
		return nil, status.Error(codes.Unauthenticated, "no TLS")
	}
	r := respond(m)
	r.Replies[0].GetAnswer().Bags[0].Values = []string{info.State.PeerCertificates[0].Subject.CommonName}
	return r, nil
}

func TestMutualTLS(t *testing.T) {
	a := newAuthority(t, "one")
	cfg := roles()
	cfg.Plaintext, cfg.TLS = false, a.files("forseti")
	cfg.Address = serve(t, (&service{get: callers}).register, a.mutual())
	got, err := open(t, cfg).Fetch(within(t), question("ann", 7))
	if err != nil || got.Bags[0].At(0).String() != "forseti" {
		t.Errorf("got %v, %v, want the name forseti", texts(got), err)
	}
}

func TestTLSFails(t *testing.T) {
	a, b := newAuthority(t, "one"), newAuthority(t, "two")
	address := serve(t, (&service{}).register, a.mutual())
	plain := serve(t, (&service{}).register)
	tests := []struct {
		name   string
		change func(c *Config)
	}{
		{"unknown authority of the service", func(c *Config) { c.TLS.CAFile = b.files("forseti").CAFile }},
		{"authorities of the system", func(c *Config) { c.TLS.CAFile = "" }},
		{"unknown authority of the caller", func(c *Config) {
			f := b.files("forseti")
			c.TLS.CertFile, c.TLS.KeyFile = f.CertFile, f.KeyFile
		}},
		{"no certificate", func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile = "", "" }},
		{"another name", func(c *Config) { c.TLS.ServerName = "other.test" }},
		{"name of the address", func(c *Config) { c.TLS.ServerName = "" }},
		{"plaintext to TLS", func(c *Config) { c.Plaintext, c.TLS = true, TLS{} }},
		{"TLS to plaintext", func(c *Config) { c.Address = plain }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles()
			cfg.Address, cfg.Plaintext, cfg.TLS = address, false, a.files("forseti")
			tt.change(&cfg)
			p := open(t, cfg)
			for range 2 { // the second one finds the connection broken
				if outcome, e := outcomeOf(t, errorOf(p.Fetch(within(t), question("ann", 7)))); outcome != pip.OutcomeUnavailable {
					t.Errorf("got %v, want unavailable", e)
				}
			}
		})
	}
}

// TestTLSFilesChange: a new connection uses the files as they are then, or were a second
// ago; files that are no good leave the old ones in force for a minute, and no longer.
func TestTLSFilesChange(t *testing.T) {
	a, b := newAuthority(t, "one"), newAuthority(t, "two")
	cfg := roles()
	cfg.Plaintext, cfg.TLS = false, a.files("first")
	var passed atomic.Int64
	later := func(d time.Duration) { passed.Add(int64(d)) }
	configs := cfg.TLS.configs()
	configs.Now = func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	files, err := newTransport(configs)
	if err != nil {
		t.Fatal(err)
	}
	caller := func(of *authority) (string, error) {
		t.Helper()
		address := serve(t, (&service{get: callers}).register, of.mutual())
		conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(files.Clone()))
		if err != nil {
			t.Fatal(err)
		}
		p := &Provider{conn: conn}
		if p.cfg, err = cfg.filled(); err != nil && !strings.Contains(err.Error(), "address") {
			t.Fatal(err)
		}
		if p.form, err = newForm(cfg.Needs, cfg.Provides); err != nil {
			t.Fatal(err)
		}
		defer p.Close() //nolint:errcheck // a test
		got, err := p.Fetch(within(t), question("ann", 7))
		if err != nil {
			return "", err
		}
		return got.Bags[0].At(0).String(), nil
	}
	if got, err := caller(a); got != "first" || err != nil {
		t.Errorf("got %q, %v, want first", got, err)
	}
	a.write(cfg.TLS, "second")
	later(reload.Interval)
	if got, err := caller(a); got != "second" || err != nil {
		t.Errorf("a new certificate: got %q, %v, want second", got, err)
	}
	if err := os.WriteFile(cfg.TLS.KeyFile, []byte("half of a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	later(reload.Interval)
	if got, err := caller(a); got != "second" || err != nil {
		t.Errorf("a broken key: got %q, %v, want second", got, err)
	}
	later(reload.Grace)
	if got, err := caller(a); err == nil {
		t.Errorf("a broken key for more than a minute: got %q, want an error", got)
	}
	b.write(cfg.TLS, "third")
	if got, err := caller(b); got != "third" || err != nil {
		t.Errorf("a new authority: got %q, %v, want third", got, err)
	}
	if got, err := caller(a); err == nil {
		t.Errorf("the old authority: got %q, want an error", got)
	}
}

func TestToken(t *testing.T) {
	a := newAuthority(t, "one")
	cfg := roles()
	cfg.Plaintext, cfg.TLS = false, a.files("forseti")
	cfg.TokenFile = filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(cfg.TokenFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one.token-1\n")
	cfg.Address = serve(t, (&service{get: func(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		r := respond(m)
		md, _ := metadata.FromIncomingContext(ctx)
		r.Replies[0].GetAnswer().Bags[0].Values = md.Get("authorization")
		return r, nil
	}}).register, a.mutual())
	p := open(t, cfg)
	sent := func() (string, error) {
		got, err := p.Fetch(within(t), question("ann", 7))
		if err != nil {
			return "", err
		}
		return got.Bags[0].At(0).String(), nil
	}
	if got, err := sent(); got != "Bearer one.token-1" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	write("two")
	time.Sleep(reload.Interval + 10*time.Millisecond)
	if got, err := sent(); got != "Bearer two" || err != nil {
		t.Errorf("after a change: got %q, %v", got, err)
	}
	// Without a token nobody is asked.
	if err := os.Remove(cfg.TokenFile); err != nil {
		t.Fatal(err)
	}
	time.Sleep(reload.Interval + 10*time.Millisecond)
	got, err := sent()
	if outcome, _ := outcomeOf(t, err); outcome != pip.OutcomeError {
		t.Errorf("without a file: got %q, %v, want error", got, err)
	}
	write("three")
	if got, err := sent(); got != "Bearer three" || err != nil {
		t.Errorf("with a file again: got %q, %v", got, err)
	}
}
