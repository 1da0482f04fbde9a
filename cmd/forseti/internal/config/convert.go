package config

import (
	"crypto/tls"
	"net/url"

	"github.com/forseti-pdp/forseti/contexthandler/claims"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/grpc"
	"github.com/forseti-pdp/forseti/pip/http"
	"github.com/forseti-pdp/forseti/pip/ldap"
	"github.com/forseti-pdp/forseti/pip/sql"
	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
)

// surroundings is what is around the provider of a source.
func (s *Source) surroundings(n names) pip.Config {
	out := pip.Config{
		Timeout:     s.Timeout,
		Reserve:     reserve,
		MaxInFlight: s.MaxInFlight,
		MaxValues:   s.MaxValues,
		Validate:    n.rules(s.Provides),
		Local:       local(s.Kind),
	}
	if r := s.Retry; r != nil {
		out.Retry = pip.RetryConfig{Retries: r.Attempts - 1, Backoff: r.Backoff, MaxBackoff: r.MaxBackoff}
	}
	if b := s.Breaker; b != nil {
		out.Breaker = pip.BreakerConfig{
			Enabled: true, Failures: b.Failures, Ratio: b.Ratio, MinCalls: b.MinCalls, Window: b.Window, OpenFor: b.OpenFor,
		}
	}
	if g := s.Gather; g != nil {
		out.Gather = pip.GatherConfig(*g)
	}
	if c := s.Cache; c != nil {
		out.Cache = pip.CacheConfig(*c)
	}
	return out
}

// config is how the server is reached.
func (p *Postgres) config() sql.PostgresConfig {
	return sql.PostgresConfig{
		URL:              p.withTLS(p.URL),
		PasswordFile:     p.PasswordFile,
		MaxConnections:   p.MaxConnections,
		MaxWait:          p.MaxWait,
		ConnectTimeout:   p.ConnectTimeout,
		StatementTimeout: p.StatementTimeout,
		Pooler:           p.Pooler,
	}
}

// listener is how the server is reached by who listens.
func (p *Postgres) listener() sql.PostgresConfig {
	out := sql.PostgresConfig{URL: p.withTLS(p.URL), PasswordFile: p.PasswordFile, ConnectTimeout: p.ConnectTimeout}
	if p.Listen.URL != "" {
		out.URL = p.withTLS(p.Listen.URL)
	}
	return out
}

// withTLS is the URL with the files for TLS.
func (p *Postgres) withTLS(text string) string {
	u, err := url.Parse(text)
	if err != nil || p.TLS == nil {
		return text // whoever opens it says what is wrong
	}
	for _, f := range []struct{ parameter, file string }{
		{"sslrootcert", p.TLS.CAFile}, {"sslcert", p.TLS.CertFile}, {"sslkey", p.TLS.KeyFile},
	} {
		if f.file == "" {
			continue
		}
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += f.parameter + "=" + url.QueryEscape(f.file)
	}
	return u.String()
}

// config is the request as a source.
func (h *HTTP) config(needs []pip.Need, provides []pip.Provided) http.Config {
	out := http.Config{
		Needs: needs, Provides: provides,
		Method: h.Method, URL: h.URL, Body: h.Body, OK: h.OK, Rows: h.Rows, Require: h.Require, Forbid: h.Forbid, Echo: h.Echo,
		MaxBody: int64(h.MaxBody), TLS: h.TLS.config(), Plaintext: h.Plaintext, Health: h.Health,
	}
	for _, header := range h.Headers {
		out.Headers = append(out.Headers, http.Header(header))
	}
	for _, none := range h.None {
		out.None = append(out.None, http.None(none))
	}
	if h.Bulk != nil {
		out.Bulk = &http.Bulk{Need: h.Bulk.Need, Commas: h.Bulk.Commas}
	}
	if h.Connection != nil {
		out.Connection = http.Connection(*h.Connection)
	}
	if a := h.Auth; a != nil {
		out.Auth.BearerFile = a.BearerFile
		if a.Basic != nil {
			out.Auth.Basic = &http.Basic{User: a.Basic.User, PasswordFile: a.Basic.PasswordFile}
		}
		if o := a.OAuth2; o != nil {
			out.Auth.OAuth2 = &http.ClientCredentials{
				TokenURL: o.TokenURL, ClientID: o.ClientID, SecretFile: o.SecretFile, Scopes: o.Scopes, Parameters: o.Parameters,
				InBody: o.InBody, TLS: o.TLS.config(),
			}
		}
	}
	return out
}

// withoutFiles is the request as far as it can be checked where its files are not.
func (h *HTTP) withoutFiles() *HTTP {
	out := *h
	out.Auth, out.TLS, out.Headers = nil, nil, nil
	for _, header := range h.Headers {
		if header.File != "" && header.Value == "" && header.Need == "" {
			header.File, header.Value = "", "secret"
		}
		out.Headers = append(out.Headers, header)
	}
	return &out
}

// config is the settings of a connection; those of nil are the zero TLS.
func (t *HTTPTLS) config() http.TLS {
	if t == nil {
		return http.TLS{}
	}
	out := http.TLS{CAFile: t.CAFile, CertFile: t.CertFile, KeyFile: t.KeyFile, ServerName: t.ServerName}
	if t.MinVersion == "1.2" {
		out.MinVersion = tls.VersionTLS12
	}
	return out
}

// grpc is the service as a source. Its logger is still missing.
func (s *Source) grpc(needs []pip.Need, provides []pip.Provided) grpc.Config {
	g := s.GRPC
	out := grpc.Config{
		Address: g.Address, RoundRobin: g.RoundRobin, Plaintext: g.Plaintext, TokenFile: g.TokenFile,
		Needs: needs, Provides: provides,
		MaxReceiveBytes: g.MaxReceiveBytes, MaxValues: s.MaxValues,
		KeepaliveTime: g.KeepaliveTime, KeepaliveTimeout: g.KeepaliveTimeout, WatchSilence: g.WatchSilence,
	}
	if g.TLS != nil {
		out.TLS = grpc.TLS(*g.TLS)
	}
	if s.Gather != nil {
		out.MaxQuestions = s.Gather.MaxBatch
	}
	return out
}

// ldap is the search as a source.
func (s *Source) ldap(needs []pip.Need, provides []pip.Provided) ldap.Config {
	l := s.LDAP
	out := ldap.Config{
		URLs: l.URLs, StartTLS: l.StartTLS, AllowCleartext: l.AllowCleartext,
		Base: l.Base, Filter: l.Filter, Scope: ldap.Scope(l.Scope), Aliases: ldap.Aliases(l.Aliases), BaseMayBeMissing: l.BaseMayBeMissing,
		Needs: needs, Provides: provides, Echo: l.Echo,
		MaxEntries: l.MaxEntries, MaxBytes: l.MaxBytes, TimeLimit: l.TimeLimit,
		MaxConnections: l.MaxConnections, ConnectTimeout: l.ConnectTimeout, MaxIdle: l.MaxIdle,
	}
	if l.TLS != nil {
		out.TLS = ldap.TLS(*l.TLS)
	}
	if l.Bind != nil {
		out.Bind = ldap.Bind(*l.Bind)
	}
	if s.Gather != nil {
		out.MaxBatch = s.Gather.MaxBatch
	}
	return out
}

// config is which tokens are good.
func (t *Tokens) config() token.Config {
	out := token.Config{Leeway: t.Leeway, Remember: t.Remember}
	for _, i := range t.Issuers {
		out.Issuers = append(out.Issuers, token.Issuer{
			Name: i.Name, Audiences: i.Audiences, Algorithms: i.Algorithms, Types: i.Types, MaxAge: i.MaxAge, AllowBound: i.AllowBound,
			Keys: jwks.Config{
				File: i.Keys.File, URL: i.Keys.URL, CAFile: i.Keys.CAFile, AllowPlain: i.Keys.AllowPlain,
				Refresh: i.Keys.Refresh, MaxStale: i.Keys.MaxStale, Timeout: i.Keys.Timeout,
			},
		})
	}
	return out
}

// config is what claims mean, with the data types of the dictionary.
func (c *Claims) config(n names) claims.Config {
	attributes := func(list []ClaimedAttribute) []claims.Attribute {
		var out []claims.Attribute
		for _, a := range list {
			out = append(out, claims.Attribute{
				ID: a.Attribute, Type: n.key(a.Attribute, xacml.CategoryAccessSubject).Type, From: a.From, Words: a.Words, Match: a.Match,
				Several: a.Several, Optional: a.Optional, IncludeInResult: a.IncludeInResult,
			})
		}
		return out
	}
	out := claims.Config{
		Unpack: c.Unpack, AllowUntyped: c.AllowUntyped,
		Attributes: attributes(c.Attributes),
		Level:      claims.Level{Attribute: c.Level.Attribute},
	}
	for _, s := range c.Subjects {
		made := claims.Subject{Type: s.Type, Attributes: attributes(s.Attributes), Excludes: s.Excludes, Alone: s.Alone}
		for _, w := range s.When {
			made.When = append(made.When, claims.Condition(w))
		}
		out.Subjects = append(out.Subjects, made)
	}
	for _, l := range c.Level.From {
		out.Level.From = append(out.Level.From, claims.LevelClaim(l))
	}
	return out
}
