package ldap

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/pip"
)

// The defaults of a [Config].
const (
	DefaultMaxEntries     = 1_000
	DefaultMaxBytes       = 1 << 20
	DefaultTimeLimit      = 10 * time.Second
	DefaultMaxConnections = 4
	DefaultConnectTimeout = 2 * time.Second
	DefaultMaxIdle        = time.Minute
)

// Config describes a search as a source.
type Config struct {
	// URLs are the servers that hold the same directory, as ldaps://host:port or
	// ldap://host:port; the port is 636 or 389 if left out. They are tried in
	// order, beginning with the one that worked last.
	URLs []string
	// StartTLS secures ldap:// connections before anything else is said. A server
	// that cannot do so is not used.
	StartTLS bool
	// AllowCleartext permits ldap:// without StartTLS: whoever is on the network
	// then reads the password and writes the answers.
	AllowCleartext bool
	TLS            TLS
	// Bind says who asks. The zero Bind asks anonymously.
	Bind Bind

	// Base is the template of the entry that the search begins at, a distinguished
	// name (RFC 4514). {name} stands for a need, {{ and }} for braces.
	Base string
	// Filter is the template of the search filter (RFC 4515). Empty stands for
	// (objectClass=*), every entry.
	Filter string
	// Scope says how far below Base the search goes; empty is [ScopeSubtree].
	Scope Scope
	// Aliases says which aliases the server follows; empty is none of them.
	Aliases Aliases
	// BaseMayBeMissing takes it as an answer without values that there is no entry
	// Base. A Base with a need in it may be missing anyway.
	BaseMayBeMissing bool

	Needs []pip.Need
	// Provides lists LDAP attributes in From, with their options as in cn;lang-no:
	// cn alone does not stand for cn;lang-no. The name dn stands for the
	// distinguished name of the entry.
	Provides []pip.Provided
	// Echo maps needs to LDAP attributes. Each entry must hold the value that was
	// asked for among the values of the attribute, byte by byte; an entry that
	// does not makes the answer invalid.
	Echo map[string]string

	// MaxEntries bounds the entries of one answer, here and at the server; zero
	// stands for [DefaultMaxEntries].
	MaxEntries int
	// MaxBytes bounds what the server may send for one answer; zero stands for
	// [DefaultMaxBytes]. Each 8 bytes allow for one element of the encoding, since
	// an element takes memory however short it is.
	MaxBytes int
	// TimeLimit is the time that the server may search, if the question does not
	// leave it less. It is told in whole seconds, rounded up. Zero stands for
	// [DefaultTimeLimit].
	TimeLimit time.Duration
	// MaxBatch is the number of questions that one search may answer; zero and one
	// ask each question by itself. It needs a Base without needs, and a Filter
	// that compares each need with the attribute of its Echo: (uid={user}), by
	// itself or inside of (&...).
	MaxBatch int

	// MaxConnections bounds the searches that run at the same time; zero stands
	// for [DefaultMaxConnections]. A question that waits for a connection waits
	// within its own time.
	MaxConnections int
	// ConnectTimeout is the time that one server has until it can be asked; zero
	// stands for [DefaultConnectTimeout].
	ConnectTimeout time.Duration
	// MaxIdle is the time after which an idle connection is not used again, as a
	// firewall may have forgotten it; zero stands for [DefaultMaxIdle].
	MaxIdle time.Duration
}

// TLS says whom a secured connection trusts. TLS 1.2 is the least. All files are
// read again for each connection, so that they can be renewed.
type TLS struct {
	// CAFile holds the certificates (PEM) that the server's must come from; empty
	// stands for those of the system.
	CAFile string
	// CertFile and KeyFile hold a certificate and its key (PEM) to show to the
	// server. Both or neither.
	CertFile, KeyFile string
	// ServerName is the name in the server's certificate, if it is not the host of
	// the URL.
	ServerName string
}

// Bind says who asks (RFC 4513 §5).
type Bind struct {
	// DN is the name of the account, and PasswordFile the file with its password,
	// less one newline at its end. It is read again for each connection.
	DN, PasswordFile string
	// External takes the account from the client certificate (SASL EXTERNAL).
	External bool
}

// Scope says how far below its base a search goes (RFC 4511 §4.5.1.2).
type Scope string

// The scopes.
const (
	ScopeBase     Scope = "base" // the base alone
	ScopeOneLevel Scope = "one"  // the entries right below the base, without it
	ScopeSubtree  Scope = "sub"  // the base and all below it
)

// Aliases says which aliases the server follows (RFC 4511 §4.5.1.3).
type Aliases string

// The ways to treat aliases.
const (
	AliasesNever  Aliases = "never"  // an alias is an entry like any other
	AliasesSearch Aliases = "search" // those found below the base
	AliasesBase   Aliases = "base"   // those on the way to the base
	AliasesAlways Aliases = "always" // all of them
)

// withDefaults fills in what is zero.
func (cfg Config) withDefaults() Config {
	setDefault(&cfg.Filter, "(objectClass=*)")
	setDefault(&cfg.Scope, ScopeSubtree)
	setDefault(&cfg.Aliases, AliasesNever)
	setDefault(&cfg.MaxEntries, DefaultMaxEntries)
	setDefault(&cfg.MaxBytes, DefaultMaxBytes)
	setDefault(&cfg.TimeLimit, DefaultTimeLimit)
	setDefault(&cfg.MaxBatch, 1)
	setDefault(&cfg.MaxConnections, DefaultMaxConnections)
	setDefault(&cfg.ConnectTimeout, DefaultConnectTimeout)
	setDefault(&cfg.MaxIdle, DefaultMaxIdle)
	return cfg
}

// setDefault gives a field that is zero its default.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// codes are the numbers of scope and aliases on the wire.
func (cfg Config) codes() (scope, aliases int, err error) {
	scopes := map[Scope]int{
		ScopeBase: ldap.ScopeBaseObject, ScopeOneLevel: ldap.ScopeSingleLevel, ScopeSubtree: ldap.ScopeWholeSubtree,
	}
	ways := map[Aliases]int{
		AliasesNever: ldap.NeverDerefAliases, AliasesSearch: ldap.DerefInSearching,
		AliasesBase: ldap.DerefFindingBaseObj, AliasesAlways: ldap.DerefAlways,
	}
	scope, known := scopes[cfg.Scope]
	if !known {
		err = fmt.Errorf("the scope %q is none of base, one and sub", cfg.Scope)
	}
	aliases, known = ways[cfg.Aliases]
	if !known {
		err = errors.Join(err, fmt.Errorf("the treatment %q of aliases is none of never, search, base and always", cfg.Aliases))
	}
	return scope, aliases, err
}

// check reports what is wrong with everything but the templates.
func (cfg Config) check() error {
	errs := []error{pip.CheckDeclaration(cfg.Needs, cfg.Provides)}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, n := range []int{cfg.MaxEntries, cfg.MaxBytes, cfg.MaxBatch, cfg.MaxConnections} {
		if n < 0 {
			fail("limits must not be negative")
		}
	}
	for _, d := range []time.Duration{cfg.TimeLimit, cfg.ConnectTimeout, cfg.MaxIdle} {
		if d < 0 {
			fail("times must not be negative")
		}
	}
	for _, out := range cfg.Provides {
		if len(out.From) == 0 {
			fail("attribute %q has no LDAP attribute", out.Key.ID)
		}
		for _, name := range out.From {
			if err := checkDescription(name); err != nil {
				fail("attribute %q: %w", out.Key.ID, err)
			}
		}
	}
	for _, need := range slices.Sorted(maps.Keys(cfg.Echo)) {
		if !slices.ContainsFunc(cfg.Needs, func(n pip.Need) bool { return n.Name == need }) {
			fail("echo names the unknown need %q", need)
		}
		if err := checkDescription(cfg.Echo[need]); err != nil {
			fail("echo of need %q: %w", need, err)
		}
	}
	return errors.Join(append(errs, cfg.checkServers(), cfg.checkBind())...)
}

// checkServers reports what is wrong with the addresses and how they are secured.
func (cfg Config) checkServers() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(cfg.URLs) == 0 {
		fail("a search needs the URL of a server")
	}
	secured := false
	for i, text := range cfg.URLs {
		server, err := parseServer(text)
		if err != nil {
			fail("URL %d: %w", i+1, err)
			continue
		}
		switch {
		case server.tls && cfg.StartTLS:
			fail("URL %d: StartTLS is for ldap://, not for ldaps://", i+1)
		case !server.tls && !cfg.StartTLS && !cfg.AllowCleartext:
			fail("URL %d: ldap:// without StartTLS is readable and writable for everybody on the network; allow it explicitly", i+1)
		}
		secured = secured || server.tls || cfg.StartTLS
	}
	if !secured && cfg.TLS != (TLS{}) {
		fail("there are settings of TLS, but no connection uses it")
	}
	if (cfg.TLS.CertFile == "") != (cfg.TLS.KeyFile == "") {
		fail("a client certificate is two files, the certificate and its key")
	} else if _, err := cfg.TLS.config("host"); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkBind reports what is wrong with the account.
func (cfg Config) checkBind() error {
	b := cfg.Bind
	switch {
	case b.External && (b.DN != "" || b.PasswordFile != ""):
		return errors.New("an external account has neither a name nor a password")
	case b.External && cfg.TLS.CertFile == "":
		return errors.New("an external account needs a client certificate")
	case (b.DN == "") != (b.PasswordFile == ""):
		// A name without a password would be an anonymous bind (RFC 4513 §5.1.2).
		return errors.New("an account is a name and the file of a password")
	case b.DN == "":
		return nil
	}
	if _, err := ldap.ParseDN(b.DN); err != nil {
		return errors.New("the name of the account is not a distinguished name")
	}
	_, err := b.password()
	return err
}
