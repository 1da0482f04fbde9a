package client

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"

	"github.com/forseti-pdp/forseti/internal/certtest"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

func TestNew_Config(t *testing.T) {
	token := func(context.Context) (string, error) { return "t", nil }
	for _, tt := range []struct {
		name, target string
		config       Config
		want         []string // what the error has to name; none: no error
	}{
		{"minimal", "forseti.example:7341", Config{}, nil},
		{"local", "localhost:7341", Config{Insecure: true}, nil},
		{"IPv6", "[::1]:7341", Config{Insecure: true}, nil},
		{"IPv4", "dns:///127.0.0.2:7341", Config{Insecure: true}, nil},
		{"socket", "unix:///run/forseti.sock", Config{Insecure: true}, nil},
		{"a remote address after what looks like a socket", "unix:a,forseti.example:7341", Config{Insecure: true}, []string{"not on this machine"}},
		{"list", "127.0.0.1:1,[::1]:2", Config{Insecure: true}, nil},
		{"remote without TLS", "forseti.example:7341", Config{Insecure: true}, []string{"forseti.example", "TLS"}},
		{"remote in a list", "127.0.0.1:1,10.0.0.1:2", Config{Insecure: true}, []string{"TLS"}},
		{"remote by a name server", "dns://10.0.0.1/localhost:1", Config{Insecure: true}, []string{"TLS"}},
		{"looks local", "localhost.example:1", Config{Insecure: true}, []string{"TLS"}},
		{"remote without TLS, on purpose", "forseti.example:7341", Config{InsecureRemote: true}, nil},
		{"no target", "", Config{}, []string{"target"}},
		{"not an address in a list", "127.0.0.1:1,,x", Config{}, []string{`""`, `"x"`}},
		{"TLS and not", "localhost:1", Config{Insecure: true, TLS: &tls.Config{}}, []string{"TLS"}},
		{"token in plaintext", "localhost:1", Config{Insecure: true, Token: token}, []string{"token"}},
		{"token in plaintext, remote", "x:1", Config{InsecureRemote: true, Token: token}, []string{"token"}},
		{
			"ranges", "x:1",
			Config{
				Timeout: -1, Retry: Retry{Attempts: 6, Backoff: -1, MaxBackoff: time.Nanosecond, Budget: 501}, Reuse: Reuse{Max: -1, Entries: -1},
				KeepaliveTime: time.Second, KeepaliveTimeout: 1, MaxSendBytes: -1, MaxReceiveBytes: 1<<30 + 1,
			},
			[]string{
				"Timeout", "Retry.Attempts", "Retry.Backoff", "Retry.MaxBackoff", "Retry.Budget", "Reuse.Max", "Reuse.Entries", "KeepaliveTime",
				"KeepaliveTimeout", "MaxSendBytes", "MaxReceiveBytes",
			},
		},
		{"extremes", "x:1", Config{Retry: Retry{Attempts: 1, Backoff: time.Millisecond, MaxBackoff: time.Hour, Budget: 500}}, nil},
		{"more attempts", "x:1", Config{Retry: Retry{Attempts: 5, Budget: 1}}, nil},
	} {
		c, err := New(tt.target, tt.config)
		if err == nil {
			if err := c.Close(); err != nil {
				t.Errorf("%s: close: %v", tt.name, err)
			}
		}
		if (err != nil) != (len(tt.want) > 0) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		for _, want := range tt.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", tt.name, err, want)
			}
		}
	}
}

// The service proves who it is, and then gets the token of the client, be it named by
// an address or by a list of them.
func TestTLS(t *testing.T) {
	authority := certtest.New("test")
	cert, pool := authority.Server().TLS(), authority.Pool()
	f := &fake{authorize: altered(func(*v1.AuthorizeResponse) {})}
	address := f.serve(t, grpc.Creds(credentials.NewServerTLSFromCert(&cert)))
	token := func(context.Context) (string, error) { return "t0ken", nil }
	for _, reuse := range []time.Duration{0, time.Minute} {
		for _, target := range []string{address, address + "," + address} {
			c := connect(t, target, func(c *Config) {
				c.Insecure, c.TLS, c.Token, c.Reuse.Max = false, &tls.Config{RootCAs: pool}, token, reuse
			})
			if err := c.Enforce(within(t), question("read"), Obligations{}); err != nil {
				t.Fatal(err)
			}
			if got := *f.token.Load(); got != "Bearer t0ken" {
				t.Errorf("got %q", got)
			}
		}
		before := f.calls.Load()
		for name, config := range map[string]Config{
			"unknown authority":   {Token: token},
			"another name":        {Token: token, TLS: &tls.Config{RootCAs: pool, ServerName: "forseti.example"}},
			"no TLS":              {Insecure: true},
			"no token":            {TLS: &tls.Config{RootCAs: pool}, Token: func(context.Context) (string, error) { return "", nil }},
			"error for a token":   {TLS: &tls.Config{RootCAs: pool}, Token: func(context.Context) (string, error) { return "t", errors.New("no") }},
			"token of two words":  {TLS: &tls.Config{RootCAs: pool}, Token: func(context.Context) (string, error) { return "a b", nil }},
			"token with a header": {TLS: &tls.Config{RootCAs: pool}, Token: func(context.Context) (string, error) { return "a\r\nx: y", nil }},
			"long token":          {TLS: &tls.Config{RootCAs: pool}, Token: func(context.Context) (string, error) { return strings.Repeat("x", 9000), nil }},
		} {
			config.Timeout, config.Reuse.Max, config.IgnoreHealth = 100*time.Millisecond, reuse, true
			if strings.Contains(name, "token") { // the connection is there, as soon as the machine has time
				config.Timeout = 10 * time.Second
			}
			c := connect(t, address, func(c *Config) { *c = config })
			err := c.Enforce(context.Background(), question("read"), Obligations{})
			e, ok := errors.AsType[*UnavailableError](err)
			if !ok || strings.Contains(name, "token") && e.Code != codes.Unauthenticated {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if f.calls.Load() != before {
			t.Error("a question went out")
		}
	}
}
