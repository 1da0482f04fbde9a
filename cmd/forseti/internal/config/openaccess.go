package config

import (
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/contexthandler/caller"
	"github.com/forseti-pdp/forseti/contexthandler/rpc/tlsfile"
	"github.com/forseti-pdp/forseti/token"
)

// Unprotected tells what a service with this configuration lacks to be reached by
// others; empty if it lacks nothing.
func (c *Config) Unprotected() string {
	switch {
	case c.Server.Authentication.Mode == modeNone && c.Server.TLS.CertFile == "":
		return "callers are not authenticated and connections are not encrypted"
	case c.Server.Authentication.Mode == modeNone:
		return "callers are not authenticated"
	case c.Server.TLS.CertFile == "":
		return "connections are not encrypted"
	default:
		return ""
	}
}

// Authenticated tells whether callers have to show who they are.
func (c *Config) Authenticated() bool { return c.Server.Authentication.Mode != modeNone }

// Callers tells who calls.
type Callers struct {
	*caller.Authenticator
	// Tokens checks the tokens of callers; nil if there are none.
	Tokens *token.Verifier
}

// OpenCallers begins to keep the keys of the issuers of callers. It is nil if callers
// are not authenticated.
func (c *Config) OpenCallers(logger *slog.Logger) (*Callers, error) {
	a := &c.Server.Authentication
	if a.Mode == modeNone {
		return nil, nil
	}
	out := &Callers{}
	cfg := caller.Config{Rules: c.rules(), Leeway: a.Leeway, Bearer: a.Bearer, Cookies: a.Cookies, Metadata: a.Metadata}
	if a.byCertificate() {
		cfg.Certificates = a.Certificates
	}
	if a.byToken() {
		tokens := Tokens{Leeway: a.Leeway, Remember: a.Remember}
		for i := range a.Issuers {
			s := &a.Issuers[i]
			claim, err := token.ParsePath(s.Claim)
			if err != nil {
				return nil, c.problemsAt(element("server.authentication.issuers", i)+".claim", err)
			}
			tokens.Issuers = append(tokens.Issuers, s.issuer())
			cfg.Issuers = append(cfg.Issuers, caller.Issuer{Name: s.Name, As: s.As, Claim: claim, Bound: s.AllowBound})
		}
		verified := tokens.config()
		verified.Logger = logger
		var err error
		if out.Tokens, err = token.New(verified); err != nil {
			return nil, c.problemsAt("server.authentication.issuers", err)
		}
		cfg.Tokens = out.Tokens
	}
	var err error
	if out.Authenticator, err = caller.New(cfg); err != nil {
		return nil, errors.Join(c.problemsAt("server.authentication", err), out.Close())
	}
	return out, nil
}

// Close stops to keep the keys.
func (c *Callers) Close() error {
	if c.Tokens == nil {
		return nil
	}
	return c.Tokens.Close()
}

// Register makes the metrics known: those of tokens beside those of subjects' tokens.
func (c *Callers) Register(registry prometheus.Registerer) error {
	if c.Tokens == nil {
		return registry.Register(c.Authenticator)
	}
	return errors.Join(registry.Register(c.Authenticator), ofHolder(registry, "caller").Register(c.Tokens))
}

// ofHolder tells metrics of the tokens of subjects and of callers apart.
func ofHolder(registry prometheus.Registerer, holder string) prometheus.Registerer {
	return prometheus.WrapRegistererWith(prometheus.Labels{"holder": holder}, registry)
}

// rules are what callers may do.
func (c *Config) rules() []caller.Rule {
	var out []caller.Rule
	for _, r := range c.Callers {
		out = append(out, caller.Rule{
			Caller: r.Caller, Identities: r.Identities, Methods: r.Methods, MayExplain: r.MayExplain, MayInvalidate: r.MayInvalidate,
		})
	}
	return out
}

// OpenTLS begins to watch the files of TLS. It is nil without TLS.
func (c *Config) OpenTLS(logger *slog.Logger) (*tlsfile.Files, error) {
	t := &c.Server.TLS
	if t.CertFile == "" {
		return nil, nil
	}
	files, err := tlsfile.Open(tlsfile.Config{
		CertFile: t.CertFile, KeyFile: t.KeyFile, ClientCAFile: t.ClientCAFile, RequireClient: t.ClientAuth == clientRequired, Logger: logger,
	})
	if err != nil {
		return nil, c.problemsAt("server.tls", err)
	}
	return files, nil
}
