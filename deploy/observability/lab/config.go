package lab

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// The names of issuers, and of the caller who may do everything.
const (
	callerIssuer  = "https://callers.example"
	subjectIssuer = "https://login.example"
	pep           = "pep.example"
)

// secrets are keys and certificates, with the folder of their files.
type secrets struct {
	folder            string
	authority         *certtest.Authority
	callers, subjects tokentest.Key
}

func newSecrets(folder string) (*secrets, error) {
	s := &secrets{folder: folder, authority: certtest.New("lab"), callers: tokentest.NewKey("1", "ES256"), subjects: tokentest.NewKey("2", "ES256")}
	server := s.authority.Server()
	errs := []error{os.MkdirAll(folder, 0o700)}
	for name, data := range map[string][]byte{
		"server.crt": server.Cert, "server.key": server.Key, "ca.crt": s.authority.PEM(),
		"callers.json": tokentest.Set(s.callers), "subjects.json": tokentest.Set(s.subjects),
	} {
		errs = append(errs, os.WriteFile(s.file(name), data, 0o600))
	}
	return s, errors.Join(errs...)
}

func (s *secrets) file(name string) string { return filepath.Join(s.folder, name) }

// client is TLS as the caller with a name in its certificate; without one, it has no
// certificate.
func (s *secrets) client(name string) *tls.Config {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.authority.PEM())
	c := &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS13}
	if name != "" {
		c.Certificates = []tls.Certificate{s.authority.Issue(certtest.Leaf{DNS: []string{name}}).TLS()}
	}
	return c
}

// subject is the token of a user.
func (s *secrets) subject(user string, life time.Duration) string {
	return s.subjects.Sign(map[string]any{
		"iss": subjectIssuer, "aud": "forseti", "exp": time.Now().Add(life).Unix(), "urn:altinn:userid": user,
	})
}

// caller is the token of a caller.
func (s *secrets) caller(name string, life time.Duration) string {
	return s.callers.Sign(map[string]any{"iss": callerIssuer, "aud": "forseti", "exp": time.Now().Add(life).Unix(), "sub": name})
}

// object is a part of a configuration.
type object = map[string]any

// configuration is the defaults, with everything on that has metrics, few places for
// calls, and the roles of users from a service of the lab instead of the database.
func (l *Lab) configuration(defaults []byte) ([]byte, error) {
	var c struct {
		Sources []object `yaml:"sources"`
	}
	if err := yaml.Unmarshal(defaults, &c); err != nil {
		return nil, err
	}
	for _, s := range c.Sources {
		if s["name"] != "roles" {
			continue
		}
		delete(s, "sql")
		s["kind"], s["timeout"], s["retry"], s["breaker"] = "http", "200ms", object{"attempts": 2, "backoff": "5ms"}, object{}
		s["http"] = object{"url": l.source.url + "?user={user}&party={party}", "echo": object{"user": "$.user", "party": "$.party"}}
		s["provides"] = []object{{"attribute": "urn:altinn:rolecode", "from": []string{"$.roles"}}}
		s["cache"] = object{"ttl": "2s", "negative_ttl": "1s", "max_entries": 1000}
	}
	issuer := object{"audiences": []string{"forseti"}, "algorithms": []string{"ES256"}}
	of := func(name, keys string, more object) object {
		all := object{"name": name, "keys": object{"file": l.secrets.file(keys), "refresh": "1s"}}
		for _, m := range []object{issuer, more} {
			maps.Copy(all, m)
		}
		return all
	}
	return yaml.Marshal(object{
		"server": object{
			"max_in_flight": 8, "max_waiting": 24, "administration": true,
			"tls": object{
				"cert_file": l.secrets.file("server.crt"), "key_file": l.secrets.file("server.key"),
				"client_ca_file": l.secrets.file("ca.crt"), "client_auth": "optional",
			},
			"authentication": object{"mode": "any", "issuers": []object{of(callerIssuer, "callers.json", object{"as": "lab", "claim": "sub"})}},
		},
		"callers": []object{
			{"caller": "pep", "identities": []string{"dns:" + pep, "lab:pep"}, "methods": []string{"*"}, "may_invalidate": true},
			{"caller": "pep", "category": "resource", "may_supply": []string{"urn:altinn:partyid", "urn:altinn:resource"}},
		},
		"tokens":   object{"issuers": []object{of(subjectIssuer, "subjects.json", nil)}},
		"policies": object{"shadow_rate": 0.05, "rescan": "500ms"},
		"audit":    object{"file": object{"folder": "audit"}, "sync": "interval"},
		"sources":  c.Sources,
	})
}
