package ldap

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/jimlambrt/gldap"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/internal/faultproxy"
	"github.com/forseti-pdp/forseti/pip"
)

// authority is a certificate authority of a test.
type authority struct {
	*certtest.Authority
	file string // its certificate
}

// newAuthority makes one.
func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := certtest.New("test")
	return &authority{a, write(t, t.TempDir(), "ca.pem", string(a.PEM()))}
}

// issued is a certificate for a name or for this host.
func (a *authority) issued(name string, expires time.Duration) certtest.Pair {
	leaf := certtest.Leaf{CommonName: name, NotAfter: time.Now().Add(expires)}
	if name != "127.0.0.1" {
		leaf.DNS, leaf.Elsewhere = []string{name}, true
	}
	return a.Issue(leaf)
}

// serverConfig is for a server with such a certificate.
func (a *authority) serverConfig(name string, expires time.Duration) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{a.issued(name, expires).TLS()}, ClientCAs: a.Pool()}
}

// Whom a secured connection trusts, from the first octet on and by StartTLS.
func TestTLS(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	good := ca.serverConfig("127.0.0.1", time.Hour)
	old := good.Clone()
	old.MaxVersion = tls.VersionTLS11
	tests := []struct {
		name   string
		server *tls.Config
		client TLS
		ok     bool
	}{
		{"good", good, TLS{CAFile: ca.file}, true},
		{"other authority", good, TLS{CAFile: stranger.file}, false},
		{"authorities of the system", good, TLS{}, false},
		{"other host", ca.serverConfig("ldap.example.org", time.Hour), TLS{CAFile: ca.file}, false},
		{"other host that is named", ca.serverConfig("ldap.example.org", time.Hour), TLS{CAFile: ca.file, ServerName: "ldap.example.org"}, true},
		{"named host that it is not", good, TLS{CAFile: ca.file, ServerName: "ldap.example.org"}, false},
		{"expired", ca.serverConfig("127.0.0.1", -time.Minute), TLS{CAFile: ca.file}, false},
		{"old version", old, TLS{CAFile: ca.file}, false},
	}
	for _, tt := range tests {
		for _, start := range []bool{false, true} {
			name := tt.name
			d := &directory{entries: people()}
			if start {
				name += ", StartTLS"
				d.start(t, nil, tt.server)
			} else {
				d.start(t, tt.server, nil)
			}
			t.Run(name, func(t *testing.T) {
				cfg := roles(d.url)
				cfg.AllowCleartext, cfg.StartTLS, cfg.TLS = false, start, tt.client
				p := provider(t, cfg)
				if tt.ok {
					wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
					return
				}
				_, err := p.Fetch(t.Context(), ask("bob"))
				wantOutcome(t, err, pip.OutcomeUnavailable)
				if searches, _ := d.asked(); len(searches) != 0 {
					t.Error("the server was asked though it is not trusted")
				}
			})
		}
	}
}

// A server that will not, or cannot, start TLS is told nothing.
func TestStartTLSRefused(t *testing.T) {
	password := Bind{DN: "cn=forseti", PasswordFile: write(t, t.TempDir(), "password", "secret")}
	var heard atomic.Int64
	answering := func(reply []byte) string {
		return scripted(t, func(c net.Conn) {
			if r, ok := next(c); !ok || r.operation.Tag != ldap.ApplicationExtendedRequest {
				t.Errorf("the first request is not for TLS")
			}
			_, _ = c.Write(reply)
			for {
				if _, ok := next(c); !ok {
					return
				}
				heard.Add(1)
			}
		})
	}
	yes := message(1, result(ldap.ApplicationExtendedResponse, 0))
	d := running(t) // without TLS
	for name, tt := range map[string]struct {
		url  string
		want pip.Outcome
	}{
		"not supported":      {d.url, pip.OutcomeError},
		"busy":               {answering(message(1, result(ldap.ApplicationExtendedResponse, 51))), pip.OutcomeUnavailable},
		"another answer":     {answering(message(1, result(ldap.ApplicationBindResponse, 0))), pip.OutcomeInvalid},
		"another message":    {answering(message(2, result(ldap.ApplicationExtendedResponse, 0))), pip.OutcomeInvalid},
		"garbage":            {answering([]byte("HTTP/1.1 400 Bad Request\r\n")), pip.OutcomeInvalid},
		"contents that end":  {answering([]byte{0x30, 7, 2, 1, 1, 0x78, 2, 0, 0}), pip.OutcomeInvalid},
		"more in the clear":  {answering(append(yes, message(2, result(ldap.ApplicationBindResponse, 0))...)), pip.OutcomeUnavailable},
		"hangs up":           {scripted(t, func(c net.Conn) { _, _ = next(c) }), pip.OutcomeUnavailable},
		"yes, and no TLS":    {answering(append(yes, 0x15, 3, 3, 0, 2, 2, 40)), pip.OutcomeUnavailable},
		"too long an answer": {answering(message(1, found(strings.Repeat("a", 1<<17)))), pip.OutcomeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := roles(tt.url)
			cfg.AllowCleartext, cfg.StartTLS, cfg.Bind = false, true, password
			_, err := provider(t, cfg).Fetch(t.Context(), ask("bob"))
			wantOutcome(t, err, tt.want)
		})
	}
	if n := heard.Load(); n != 0 {
		t.Errorf("the servers heard %d requests in the clear", n)
	}
	if d.binds != 0 {
		t.Errorf("the directory heard %d passwords in the clear", d.binds)
	}
}

// A server that says nothing while a connection begins is waited for no longer
// than there is time.
func TestConnectHangs(t *testing.T) {
	ca := newAuthority(t)
	silent := scripted(t, hang)
	password := Bind{DN: "cn=forseti", PasswordFile: write(t, t.TempDir(), "password", "secret")}
	for name, change := range map[string]func(c *Config){
		"TLS":      func(c *Config) { c.URLs[0], c.TLS.CAFile = strings.Replace(silent, "ldap:", "ldaps:", 1), ca.file },
		"StartTLS": func(c *Config) { c.StartTLS = true },
		"bind":     func(c *Config) { c.Bind = password },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := roles(silent)
			change(&cfg)
			p := provider(t, cfg)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			_, err := p.Fetch(ctx, ask("alice"))
			wantOutcome(t, err, pip.OutcomeTimeout)

			cfg.ConnectTimeout = 30 * time.Millisecond
			_, err = provider(t, cfg).Fetch(t.Context(), ask("alice"))
			wantOutcome(t, err, pip.OutcomeUnavailable)
		})
	}
}

// TLS that breaks is unavailable, on a connection that was good before as well.
func TestBrokenTLS(t *testing.T) {
	ca := newAuthority(t)
	d := &directory{entries: people()}
	d.start(t, ca.serverConfig("127.0.0.1", time.Hour), nil)
	proxy, err := faultproxy.New(strings.TrimPrefix(d.url, "ldaps://"), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	cfg := roles("ldaps://" + proxy.Addr())
	cfg.TLS.CAFile = ca.file
	p := provider(t, cfg)
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	for _, kind := range []faultproxy.Kind{faultproxy.BreakTLS, faultproxy.Garbage, faultproxy.Truncate, faultproxy.Reset} {
		if err := proxy.Set(faultproxy.Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := p.Fetch(t.Context(), ask("bob"))
			wantOutcome(t, err, pip.OutcomeUnavailable)
		}
		if err := proxy.Set(faultproxy.Fault{}); err != nil {
			t.Fatal(err)
		}
		wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	}
}

// The account asks; a password that was refused is not offered again and again,
// and a new one at once.
func TestBind(t *testing.T) {
	d := &directory{entries: people(), password: "se(ret"}
	d.start(t, nil, nil)
	anonymous := provider(t, roles(d.url))
	_, err := anonymous.Fetch(t.Context(), ask("bob"))
	wantOutcome(t, err, pip.OutcomeError)

	dir := t.TempDir()
	cfg := roles(d.url)
	cfg.Bind = Bind{DN: "cn=forseti", PasswordFile: write(t, dir, "password", "old\n")}
	p := provider(t, cfg)
	for range 5 {
		_, err := p.Fetch(t.Context(), ask("bob"))
		wantOutcome(t, err, pip.OutcomeError, "old")
	}
	if d.binds != 1 {
		t.Errorf("the refused password was offered %d times, want 1", d.binds)
	}
	write(t, dir, "password", "se(ret\r\n")
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	wantTexts(t, p, ask("alice"), []string{"admin", "clerk"}, []string{"3"})
	if d.binds != 2 {
		t.Errorf("got %d binds, want 2: a connection binds once", d.binds)
	}
	if err := os.Remove(cfg.Bind.PasswordFile); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	p.pool.drop()
	_, err = p.Fetch(t.Context(), ask("bob"))
	wantOutcome(t, err, pip.OutcomeError)
}

// The client certificate is the account (RFC 4513 §5.2.3).
func TestBindExternal(t *testing.T) {
	ca := newAuthority(t)
	config := ca.serverConfig("127.0.0.1", time.Hour)
	config.ClientAuth = tls.RequireAndVerifyClientCert
	url := scripted(t, func(raw net.Conn) {
		c := tls.Server(raw, config)
		r, ok := next(c)
		if !ok {
			return
		}
		mechanism := ""
		if r.operation.Tag == ldap.ApplicationBindRequest && len(r.operation.Children[2].Children) > 0 {
			mechanism = r.operation.Children[2].Children[0].Data.String()
		}
		code := 49
		if mechanism == "EXTERNAL" && c.ConnectionState().PeerCertificates[0].Subject.CommonName == "forseti" {
			code = 0
		}
		if _, err := c.Write(message(r.id, result(ldap.ApplicationBindResponse, code))); err == nil {
			answers(alice([]string{"role", "admin"}), success())(c)
		}
	})
	for name, want := range map[string]bool{"forseti": true, "stranger": false} {
		cfg := roles(strings.Replace(url, "ldap:", "ldaps:", 1))
		cfg.TLS.CAFile = ca.file
		pair, dir := ca.issued(name, time.Hour), t.TempDir()
		cfg.TLS.CertFile, cfg.TLS.KeyFile = write(t, dir, "cert.pem", string(pair.Cert)), write(t, dir, "key.pem", string(pair.Key))
		cfg.Bind.External = true
		p := provider(t, cfg)
		if want {
			wantTexts(t, p, ask("alice"), []string{"admin"}, nil)
			continue
		}
		_, err := p.Fetch(t.Context(), ask("alice"))
		wantOutcome(t, err, pip.OutcomeError)
	}
}

func TestParseServer(t *testing.T) {
	for text, want := range map[string]server{
		"ldap://dir.example.org":       {address: "dir.example.org:389", host: "dir.example.org"},
		"ldaps://dir.example.org/":     {address: "dir.example.org:636", host: "dir.example.org", tls: true},
		"ldaps://dir.example.org:1636": {address: "dir.example.org:1636", host: "dir.example.org", tls: true},
		"ldap://[::1]":                 {address: "[::1]:389", host: "::1"},
		"ldaps://[::1]:1":              {address: "[::1]:1", host: "::1", tls: true},
	} {
		if got, err := parseServer(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// Another server is tried where one cannot be asked, and the one that worked is
// the first next time.
func TestSeveralServers(t *testing.T) {
	d := running(t)
	var tried atomic.Int64
	dead := "ldap://" + freeAddress(t)
	hanging := scripted(t, func(c net.Conn) { tried.Add(1); hang(c) })
	garbage := scripted(t, func(c net.Conn) { tried.Add(1); _, _ = c.Write([]byte("garbage")); _, _ = next(c) })
	password := write(t, t.TempDir(), "password", "secret")
	d.password = "secret"

	cfg := roles(d.url)
	cfg.URLs = []string{dead, hanging, garbage, d.url}
	cfg.Bind = Bind{DN: "cn=forseti", PasswordFile: password}
	cfg.ConnectTimeout = 50 * time.Millisecond
	p := provider(t, cfg)
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	if n := tried.Load(); n != 2 {
		t.Errorf("got %d others, want 2", n)
	}
	p.pool.drop()
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	if n := tried.Load(); n != 2 {
		t.Errorf("the others were tried again, though one worked")
	}

	// The first server does not use up the time of a question.
	cfg.ConnectTimeout = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := provider(t, cfg).Fetch(ctx, ask("bob")); err != nil {
		t.Errorf("with little time: got %v", err)
	}

	// A password that one server refuses is not taken to the next.
	one, other := running(t), running(t)
	one.password, other.password = "x", "y"
	cfg.URLs = []string{one.url, other.url}
	_, err := provider(t, cfg).Fetch(t.Context(), ask("bob"))
	wantOutcome(t, err, pip.OutcomeError)
	if one.binds != 1 || other.binds != 0 {
		t.Errorf("got %d and %d binds, want 1 and 0", one.binds, other.binds)
	}
}

// A server that is too busy is left alone for the next connection.
func TestBusyServer(t *testing.T) {
	one, other := running(t), running(t)
	one.setAnswer(func(w *gldap.ResponseWriter, r *gldap.Request, _ *gldap.SearchMessage) bool {
		return w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultUnavailable))) == nil
	})
	cfg := roles(one.url)
	cfg.URLs = append(cfg.URLs, other.url)
	p := provider(t, cfg)
	_, err := p.Fetch(t.Context(), ask("bob"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
}
