package config

import (
	"io"
	"net/url"
	"strings"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/derive"
	"github.com/forseti-pdp/forseti/pip/http"
	"github.com/forseti-pdp/forseti/pip/ldap"
	"github.com/forseti-pdp/forseti/pip/sql"
	"github.com/forseti-pdp/forseti/token"
)

// kind checks that a source has what belongs to its kind, and nothing else. What
// can be made without files and connections is made, to see whether it is right;
// that needs a declaration that is sound.
func (k *checker) kind(key string, s *Source, sound bool) {
	for _, block := range []struct {
		kind    string
		present bool
	}{
		{KindDerive, s.Derive != nil},
		{KindStatic, s.Static != nil},
		{KindSQL, s.SQL != nil},
		{KindHTTP, s.HTTP != nil},
		{KindGRPC, s.GRPC != nil},
		{KindLDAP, s.LDAP != nil},
	} {
		if block.present && block.kind != s.Kind {
			k.failf(key+"."+block.kind, "a source of the kind %s has no %s", s.Kind, block.kind)
		}
		if !block.present && block.kind == s.Kind && s.Kind != KindDerive {
			k.failf(key, "%s is missing", block.kind)
			return
		}
	}
	needs, provides := k.names.needs(s.Needs), k.names.provides(s.Provides)
	at := key + "." + s.Kind
	switch s.Kind {
	case KindDerive:
		k.made(key, sound, func() error {
			_, err := derive.New(derive.Config{Needs: needs, Provides: provides, Match: s.match()})
			return err
		})
	case KindStatic:
		k.required(at, "file", s.Static.File != "")
	case KindJWT:
		k.jwt(key, s, needs)
	case KindSQL:
		k.sql(at, s)
	case KindHTTP:
		k.http(at, s, sound, s.HTTP.withoutFiles().config(needs, provides))
	case KindGRPC:
		k.grpc(at, s)
	case KindLDAP:
		k.ldap(at, s, sound, s.ldap(needs, provides))
	}
}

// made reports what is wrong with something that is made of sound parts.
func (k *checker) made(key string, sound bool, try func() error) {
	if !sound {
		return
	}
	if err := try(); err != nil {
		for _, message := range parts(err) {
			k.failf(key, "%s", message)
		}
	}
}

// closed is err, or that of closing what was made.
func closed(made io.Closer, err error) error {
	if err != nil {
		return err
	}
	return made.Close()
}

func (k *checker) jwt(key string, s *Source, needs []pip.Need) {
	if len(k.config.Tokens.Issuers) == 0 {
		k.failf(key, "a source of the kind jwt needs an issuer in tokens.issuers")
	}
	if len(needs) != 1 {
		k.failf(key, "the only need is the token")
	}
	for j, p := range s.Provides {
		for i, text := range p.From {
			if _, err := token.ParsePath(text); err != nil {
				k.failf(element(element(key+".provides", j)+".from", i), "%v", err)
			}
		}
	}
}

func (k *checker) sql(key string, s *Source) {
	q := s.SQL
	k.required(key, "query", strings.TrimSpace(q.Query) != "")
	k.count(key+".max_rows", q.MaxRows)
	k.count(key+".max_bytes", q.MaxBytes)
	k.together(key+".bulk", q.Bulk != "", s.Gather)
	switch {
	case q.Database == "" && q.Postgres == nil:
		k.failf(key, "database or postgres is missing")
	case q.Database != "" && q.Postgres != nil:
		k.failf(key, "a source asks one database: either database or postgres")
	case sql.IsPostgres(q.Database):
		k.failf(key+".database", "the database is a file; a server belongs to postgres")
	}
	if q.Postgres != nil {
		k.postgres(key+".postgres", q.Postgres)
	}
}

func (k *checker) postgres(key string, p *Postgres) {
	k.database(key+".url", p.URL)
	k.count(key+".max_connections", p.MaxConnections)
	k.notNegative(key+".max_wait", p.MaxWait)
	k.notNegative(key+".connect_timeout", p.ConnectTimeout)
	k.notNegative(key+".statement_timeout", p.StatementTimeout)
	if p.TLS != nil {
		k.pair(key+".tls", p.TLS.CertFile, p.TLS.KeyFile)
		if unencrypted(p.URL) || p.Listen != nil && unencrypted(p.Listen.URL) {
			k.failf(key+".tls", "the files have no use with sslmode=disable in the URL")
		}
		for _, parameter := range []string{"sslrootcert", "sslcert", "sslkey"} {
			if strings.Contains(p.URL, parameter+"=") {
				k.failf(key+".tls", "the URL has %s already", parameter)
			}
		}
	}
	if l := p.Listen; l != nil {
		if len(l.Channels) == 0 {
			k.failf(key+".listen", "channels are missing or empty")
		}
		for i, channel := range l.Channels {
			if channel == "" {
				k.failf(element(key+".listen.channels", i), "the channel is empty")
			}
		}
		k.notNegative(key+".listen.heartbeat", l.Heartbeat)
		if l.URL != "" {
			k.database(key+".listen.url", l.URL)
		} else if p.Pooler {
			k.failf(key+".listen", "nothing can be heard through a pooler: give the url of the server itself")
		}
	}
}

// unencrypted reports whether the URL of a database does without TLS.
func unencrypted(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Query().Get("sslmode") == "disable"
}

func (k *checker) http(key string, s *Source, sound bool, cfg http.Config) {
	h := s.HTTP
	k.together(key+".bulk", h.Bulk != nil, s.Gather)
	k.httpSecrets(key, h)
	k.count(key+".max_body", h.MaxBody)
	if a := h.Auth; a != nil {
		ways := 0
		for _, way := range []bool{a.BearerFile != "", a.Basic != nil, a.OAuth2 != nil} {
			if way {
				ways++
			}
		}
		if ways != 1 {
			k.failf(key+".auth", "exactly one of bearer_file, basic and oauth2 is set")
		}
		if a.Basic != nil {
			k.required(key+".auth.basic", "user", a.Basic.User != "")
			k.required(key+".auth.basic", "password_file", a.Basic.PasswordFile != "")
		}
		if o := a.OAuth2; o != nil {
			k.required(key+".auth.oauth2", "token_url", o.TokenURL != "")
			k.required(key+".auth.oauth2", "client_id", o.ClientID != "")
			k.required(key+".auth.oauth2", "secret_file", o.SecretFile != "")
			k.httpTLS(key+".auth.oauth2.tls", o.TLS)
		}
	}
	k.httpTLS(key+".tls", h.TLS)
	k.made(key, sound, func() error {
		p, err := http.New(cfg)
		return closed(p, err)
	})
}

func (k *checker) httpTLS(key string, t *HTTPTLS) {
	if t == nil {
		return
	}
	k.pair(key, t.CertFile, t.KeyFile)
	if t.MinVersion != "" {
		k.oneOf(key+".min_version", t.MinVersion, "1.2", "1.3")
	}
}

func (k *checker) grpc(key string, s *Source) {
	g := s.GRPC
	k.required(key, "address", g.Address != "")
	if strings.Contains(g.Address, "@") {
		k.failf(key+".address", "an address holds no user or password")
	}
	if g.Plaintext && (g.TLS != nil || g.TokenFile != "") {
		k.failf(key+".plaintext", "there is no plaintext with tls or a token_file")
	}
	if g.TLS != nil {
		k.pair(key+".tls", g.TLS.CertFile, g.TLS.KeyFile)
	}
	k.notNegative(key+".watch_silence", g.WatchSilence)
	if g.WatchSilence > 0 && !g.Watch {
		k.failf(key+".watch_silence", "the service is not watched")
	}
	k.count(key+".max_receive_bytes", g.MaxReceiveBytes)
	k.notNegative(key+".keepalive_time", g.KeepaliveTime)
	k.notNegative(key+".keepalive_timeout", g.KeepaliveTimeout)
}

func (k *checker) ldap(key string, s *Source, sound bool, cfg ldap.Config) {
	for i, url := range s.LDAP.URLs {
		k.noUser(element(key+".urls", i), url)
	}
	if t := s.LDAP.TLS; t != nil {
		k.pair(key+".tls", t.CertFile, t.KeyFile)
	}
	if b := s.LDAP.Bind; b != nil && !b.External {
		k.required(key+".bind", "dn", b.DN != "")
		k.required(key+".bind", "password_file", b.PasswordFile != "")
	}
	cfg.TLS, cfg.Bind = ldap.TLS{}, ldap.Bind{}
	k.made(key, sound, func() error {
		p, err := ldap.New(cfg)
		return closed(p, err)
	})
}

// together checks that what takes several questions is given them, and the reverse.
func (k *checker) together(key string, takes bool, g *Gather) {
	switch {
	case takes && g == nil:
		k.failf(key, "it has no use without gather")
	case !takes && g != nil:
		k.failf(key, "gather has no use without it")
	}
}

// pair checks that a certificate comes with its key.
func (k *checker) pair(key, certificate, private string) {
	if (certificate == "") != (private == "") {
		k.failf(key, "a certificate and its key come together: cert_file and key_file")
	}
}

// match is what a source of the kinds derive and static matches.
func (s *Source) match() map[string]string {
	switch {
	case s.Derive != nil:
		return s.Derive.Match
	case s.Static != nil:
		return s.Static.Match
	default:
		return nil
	}
}
