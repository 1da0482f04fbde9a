package http

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pip"
)

func TestNewRefuses(t *testing.T) {
	const base = "https://register.example"
	secret := file(t, "secret", []byte("s3cret"))
	bulk := func(change func(*Config)) func(*Config) {
		return func(c *Config) {
			*c = bulkRoles(base)
			change(c)
		}
	}
	oauth2 := func(change func(*ClientCredentials)) func(*Config) {
		return func(c *Config) {
			c.Auth.OAuth2 = &ClientCredentials{TokenURL: base + "/token", ClientID: "forseti", SecretFile: secret}
			change(c.Auth.OAuth2)
		}
	}
	tests := []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"declaration", func(c *Config) { c.Provides = nil }, "must provide"},
		{"no path", func(c *Config) { c.Provides[0].From = nil }, "has no path"},
		{"bad path", func(c *Config) { c.Provides[0].From = []string{"roles"} }, "begins with $ or @"},
		{"row without rows", func(c *Config) { c.Provides[0].From = []string{"@.role"} }, "needs rows"},
		{"rows by row", func(c *Config) { c.Rows = "@.rows" }, "begins with $"},
		{"rows by element", func(c *Config) { c.Rows = "$.rows[*]" }, "the list itself"},
		{"all optional", func(c *Config) { c.Provides[0].From, c.Echo = []string{"$.roles?"}, nil }, "every path is optional"},
		{"all optional, row required", func(c *Config) {
			c.Provides[0].From, c.Echo, c.Rows, c.Require = []string{"@.role"}, map[string]string{"user": "@.user"}, "$.rows?", []string{"@.x"}
		}, "every path is optional"},
		{"optional requirement", func(c *Config) { c.Require = []string{"$.x?"} }, "not optional"},
		{"requirement of anything", func(c *Config) { c.Require = []string{"$"} }, "name or number"},
		{"bad forbidden path", func(c *Config) { c.Forbid = []string{"$..x"} }, "not supported"},
		{"optional echo", func(c *Config) { c.Echo["user"] = "$.user?" }, "not optional"},
		{"unknown echo need", func(c *Config) { c.Echo["org"] = "$.org" }, `unknown need "org"`},
		{"echo of rows for values of all", func(c *Config) { c.Rows, c.Echo["user"] = "$.rows", "@.user" }, "shows whose the row is"},
		{"method", func(c *Config) { c.Method = http.MethodDelete }, "neither GET nor POST"},
		{"body of GET", func(c *Config) { c.Body = "{}" }, "GET has no body"},
		{"status of a failure", func(c *Config) { c.OK = []int{500} }, "500"},
		{"status of a part", func(c *Config) { c.OK = []int{206} }, "206"},
		{"none by failure", func(c *Config) { c.None = []None{{Status: 503}} }, "503"},
		{"none by refusal", func(c *Config) { c.None = []None{{Status: 403}} }, "403"},
		{"none and ok", func(c *Config) { c.None = []None{{Status: 200}} }, "both"},
		{"none without path", func(c *Config) { c.None = []None{{Status: 404, Value: "x"}} }, "without a path"},
		{"none by row", func(c *Config) { c.None = []None{{Status: 404, Path: "@.x"}} }, "begins with $"},
		{"negative size", func(c *Config) { c.MaxBody = -1 }, "must not be negative"},
		{"TLS that nothing uses", func(c *Config) { c.URL, c.TLS.ServerName = "http://localhost/{party}?user={user}", "x" }, "have no use"},
		{"TLS that no token needs", oauth2(func(c *ClientCredentials) { c.TokenURL, c.TLS.ServerName = "http://localhost/token", "x" }), "have no use"},
		{"negative connections", func(c *Config) { c.Connection.Max = -1 }, "must not be negative"},
		{"proxy", func(c *Config) { c.Connection.Proxy = "proxy:3128" }, "the proxy is"},
		{"proxy with password", func(c *Config) { c.Connection.Proxy = "http://me:pw@proxy:3128" }, "without user"},
		{"old TLS", func(c *Config) { c.TLS.MinVersion = tls.VersionTLS11 }, "1.2 or 1.3"},
		{"certificate without key", func(c *Config) { c.TLS.CertFile = secret }, "together"},
		{"no certificate", func(c *Config) { c.TLS.CAFile = secret }, "no certificate"},
		{"no key", func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile = secret, secret }, "PEM"},
		{"no file", func(c *Config) { c.TLS.CAFile = secret + "x" }, "no such file"},
		{"no token file", func(c *Config) { c.Auth.BearerFile = secret + "x" }, "no such file"},
		{"two ways", func(c *Config) {
			c.Auth = Auth{BearerFile: secret, Basic: &Basic{User: "a", PasswordFile: secret}}
		}, "more than one way"},
		{"user with colon", func(c *Config) { c.Auth.Basic = &Basic{User: "a:b", PasswordFile: secret} }, "no colon"},
		{"token endpoint without TLS", oauth2(func(c *ClientCredentials) { c.TokenURL = "http://idp.example/token" }), "use https"},
		{"token endpoint with password", oauth2(func(c *ClientCredentials) { c.TokenURL = "https://a:b@idp.example/token" }), "user or password"},
		{"no client", oauth2(func(c *ClientCredentials) { c.ClientID = "" }), "id of the client"},
		{"no secret", oauth2(func(c *ClientCredentials) { c.SecretFile = "" }), "no such file"},
		{"own grant", oauth2(func(c *ClientCredentials) { c.Parameters = map[string]string{"grant_type": "password"} }), "client itself"},
		{"bulk without rows", bulk(func(c *Config) { c.Rows, c.Provides[0].From = "", []string{"$.role"} }), "bulk needs rows"},
		{"bulk without echo", bulk(func(c *Config) { c.Echo = nil }), "bulk needs rows, and an echo"},
		{"bulk with echo of all", bulk(func(c *Config) { c.Echo["user"] = "$.user" }), "in bulk begins with @"},
		{"bulk with values of all", bulk(func(c *Config) { c.Provides[0].From = []string{"$.role"} }), "whose value it is"},
		{"bulk of nothing", bulk(func(c *Config) { c.Bulk.Need = "org" }), `unknown need "org"`},
		{"bulk by path", bulk(func(c *Config) { c.Bulk.Need, c.Echo["party"] = "party", "@.party" }), "a segment takes one value"},
		{"bulk by header", bulk(func(c *Config) { c.Headers = []Header{{Name: "X-User", Need: "user"}} }), "a header takes one value"},
		{"bulk outside of an array", bulk(func(c *Config) { c.Body = `{"users": "{user}"}` }), "alone in an array"},
		{"bulk beside others", bulk(func(c *Config) { c.Body = `{"users": ["{user}", "1"]}` }), "alone in an array"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles(base)
			tt.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}

	// All of it at once.
	_, err := New(Config{Method: "PUT", Needs: needs("user"), MaxBody: -1, OK: []int{404}, Rows: "x"})
	for _, want := range []string{"must provide", "neither GET", "negative", "404", "begins with", "does not use"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q too", err, want)
		}
	}
}

var _ pip.Provider = (*Provider)(nil)
