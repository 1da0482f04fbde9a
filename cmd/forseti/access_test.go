package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// secured is what a service with TLS and its callers have.
type secured struct {
	t                    *testing.T
	folder               string
	authority, strange   *certtest.Authority
	key                  tokentest.Key
	tls                  config.ServerTLS
	ca, cert, keyOf, jwt string
}

// newSecured makes certificates and keys; the client is dns:pep.example by its
// certificate, and studio:pep by its token.
func newSecured(t *testing.T) *secured {
	t.Helper()
	s := &secured{t: t, folder: t.TempDir(), authority: certtest.New("one"), strange: certtest.New("two"), key: tokentest.NewKey("1", "ES256")}
	server, client := s.authority.Server(), s.authority.Issue(certtest.Leaf{DNS: []string{"pep.example"}})
	s.ca, s.cert, s.keyOf = s.file("ca.pem", s.authority.PEM()), s.file("pep.pem", client.Cert), s.file("pep.key", client.Key)
	s.tls = config.ServerTLS{
		CertFile: s.file("server.pem", server.Cert), KeyFile: s.file("server.key", server.Key), ClientCAFile: s.ca, ClientAuth: "optional",
	}
	s.jwt = s.file("token", []byte(s.token("pep")+"\n"))
	return s
}

func (s *secured) file(name string, data []byte) string {
	s.t.Helper()
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *secured) token(name string) string {
	return s.key.Sign(map[string]any{
		"iss": "https://callers.example", "aud": "forseti", "sub": name, "exp": time.Now().Add(time.Minute).Unix(),
	})
}

// configure has callers show certificates or tokens, and gives the client all rights.
func (s *secured) configure(c *config.Config) {
	c.Server.TLS = s.tls
	a := &c.Server.Authentication
	a.Mode = "any"
	a.Issuers = []config.CallerIssuer{{
		As: "studio", Claim: "sub", Name: "https://callers.example", Audiences: []string{"forseti"}, Algorithms: []string{"ES256"},
		Keys: config.Keys{File: s.file("keys.json", tokentest.Set(s.key))},
	}}
	c.Callers = append(c.Callers, config.Caller{
		Caller: "pep", Identities: []string{"dns:pep.example", "studio:pep"}, Methods: []string{"Authorize"}, MayExplain: true,
	})
}

// client is a connection with the token.
func (s *secured) client() connection {
	return connection{ca: s.ca, name: "localhost", tokenFile: s.jwt}
}

// TestService_Callers asks as the flags of the command line say: by a certificate, by a
// token, and by what is neither.
func TestService_Callers(t *testing.T) {
	secure := newSecured(t)
	s := startService(t, func(c *config.Config) { secure.configure(c); c.Server.Explanations = true })
	var greeting strings.Builder
	if err := s.greet(&greeting); err != nil || !strings.Contains(greeting.String(), "\n  callers   by token, or else by certificate\n") ||
		!strings.Contains(greeting.String(), " --tls --token-file FILE --subject") {
		t.Errorf("got %v and\n%s\nwant how to ask over TLS with a token", err, greeting.String())
	}
	stranger := secure.strange.Issue(certtest.Leaf{DNS: []string{"pep.example"}})
	strangeCert, strangeKey := secure.file("stranger.pem", stranger.Cert), secure.file("stranger.key", stranger.Key)
	expired := secure.authority.Issue(certtest.Leaf{
		DNS:       []string{"pep.example"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	expiredCert, expiredKey := secure.file("expired.pem", expired.Cert), secure.file("expired.key", expired.Key)
	other, forged := secure.file("other", []byte(secure.token("other"))), secure.file("forged", []byte(tokentest.NewKey("1", "ES256").Sign(nil)))
	const unknown = "Unauthenticated UNAUTHENTICATED: it is not known who calls"
	tests := []struct {
		name       string
		connection connection
		address    string
		want       string // of the error; empty if there is none
	}{
		{name: "token", connection: secure.client()},
		{name: "certificate", connection: connection{ca: secure.ca, cert: secure.cert, key: secure.keyOf}},
		{name: "nothing", connection: connection{ca: secure.ca}, want: unknown},
		{name: "no TLS", want: "the service may want TLS, see --tls"},
		{name: "token without TLS", connection: connection{tokenFile: secure.jwt}, want: "Unavailable"},
		{name: "token without TLS to another machine", connection: connection{tokenFile: secure.jwt}, address: "192.0.2.1:1", want: "a token is not sent to 192.0.2.1:1 without TLS"},
		{name: "authorities of the system", connection: connection{tls: true, tokenFile: secure.jwt}, want: "name the authority that it is trusted by with --tls-ca"},
		{name: "forged token", connection: connection{ca: secure.ca, tokenFile: forged}, want: unknown},
		{name: "forged token and certificate", connection: connection{ca: secure.ca, cert: secure.cert, key: secure.keyOf, tokenFile: forged}, want: unknown},
		{name: "token of another caller", connection: connection{ca: secure.ca, tokenFile: other}, want: "PermissionDenied NOT_ALLOWED: the caller may not call this method"},
		{name: "certificate of a stranger", connection: connection{ca: secure.ca, cert: strangeCert, key: strangeKey}, want: unknown},
		{name: "certificate without its key", connection: connection{ca: secure.ca, cert: secure.cert}, want: "--cert and --key belong together"},
		{name: "certificate with another key", connection: connection{ca: secure.ca, cert: secure.cert, key: strangeKey}, want: "do not fit each other"},
		{name: "certificate that is not there", connection: connection{ca: secure.ca, cert: "nowhere.pem", key: strangeKey}, want: "--cert with --key: open nowhere.pem: no such file or directory"},
		{name: "certificate that expired", connection: connection{ca: secure.ca, cert: expiredCert, key: expiredKey}, want: "the certificate is good from 2020-01-01T00:00:00Z to 2021-01-01T00:00:00Z only"},
		{name: "address without a port", connection: secure.client(), address: "localhost", want: `address "localhost" has no port, as in localhost:7341`},
		{name: "authority that is none", connection: connection{ca: secure.jwt}, want: "holds no certificate"},
		{name: "another name", connection: connection{ca: secure.ca, name: "other.example", tokenFile: secure.jwt}, want: "Unavailable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := question{
				subject: []string{"user-id=1337"}, resource: []string{running}, action: "read", timeout: 5 * time.Second,
				address: s.decisions.Addr().String(), connection: tt.connection,
			}
			if tt.address != "" {
				q.address = tt.address
			}
			request, err := q.request()
			if err != nil {
				t.Fatal(err)
			}
			request.Explain = true
			_, err = ask(t.Context(), q, request)
			if got := errorText(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Others than this machine reach the service only if callers and connections are
// secured, or if that was asked for, which is logged and is a metric.
func TestService_Exposure(t *testing.T) {
	secure := newSecured(t)
	tests := []struct {
		name, listen string
		insecure     bool
		secure       func(*config.Config)
		refused      string
		logged       string
		metric       string
	}{
		{name: "development", listen: "127.0.0.1:0", logged: "development mode", metric: "0"},
		{name: "everywhere", listen: "0.0.0.0:0", refused: "callers are not authenticated and connections are not encrypted"},
		{name: "everywhere, IPv6", listen: "[::]:0", refused: "callers are not authenticated and connections are not encrypted"},
		{name: "no address", listen: ":0", refused: "callers are not authenticated and connections are not encrypted"},
		{name: "everywhere, insecure", listen: "0.0.0.0:0", insecure: true, logged: "insecure: others", metric: "1"},
		{name: "everywhere, secured", listen: "0.0.0.0:0", secure: secure.configure, metric: "0"},
		{
			name: "everywhere, not encrypted", listen: "0.0.0.0:0", refused: "connections are not encrypted",
			secure: func(c *config.Config) {
				secure.configure(c)
				c.Server.TLS, c.Server.Authentication.Mode = config.ServerTLS{ClientAuth: "none"}, "token"
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			c, err := config.Default()
			if err != nil {
				t.Fatal(err)
			}
			c.Policies.Folder, err = filepath.Abs("../../policies")
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			if tt.secure != nil {
				tt.secure(c)
			}
			c.Server.Listen, c.Server.Admin, c.Server.Insecure = tt.listen, "127.0.0.1:0", tt.insecure // as a flag does: nobody checked it
			s, err := newService(t.Context(), c, slog.New(slog.NewTextHandler(&log, nil)))
			if tt.refused != "" {
				if err == nil {
					s.close()
				}
				if !strings.Contains(errorText(err), tt.refused) {
					t.Errorf("got %v, want an error with %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			if !strings.Contains(log.String(), tt.logged) || tt.logged == "" && strings.Contains(log.String(), "WARN") {
				t.Errorf("got the log\n%s\nwant %q", log.String(), tt.logged)
			}
			if got := insecureMetric(t, s); got != tt.metric {
				t.Errorf("got forseti_insecure %s, want %s", got, tt.metric)
			}
		})
	}
}

// insecureMetric is forseti_insecure as it is scraped.
func insecureMetric(t *testing.T, s *service) string {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.admin.Serve(s.adminListener) }()
	defer func() {
		_ = s.admin.Shutdown(context.Background()) // nobody is there to be cut off
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	response, err := http.Get("http://" + s.adminListener.Addr().String() + "/metrics") //nolint:noctx // the test has a timeout
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read-only
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "forseti_insecure "); ok {
			return strings.TrimSpace(rest)
		}
	}
	t.Fatal("there is no metric forseti_insecure")
	return ""
}
