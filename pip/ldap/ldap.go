package ldap

import (
	"context"
	"errors"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/pip"
)

// Provider answers from a directory. It connects when it is asked.
type Provider struct {
	cfg     Config
	query   query
	scope   int
	aliases int
	wanted  []string   // attributes to ask for
	from    [][]string // canonical attributes of each provided attribute
	echo    []string   // canonical attribute of each need, or nothing
	pool    *pool
}

// New checks the configuration, the files that it names among it, and reports
// everything that is wrong. It does not connect: a directory that is down must
// not keep the service from starting.
func New(cfg Config) (*Provider, error) {
	cfg = cfg.withDefaults()
	scope, aliases, err := cfg.codes()
	q, queryErr := newQuery(cfg)
	if err := errors.Join(cfg.check(), err, queryErr); err != nil {
		return nil, err
	}
	p := &Provider{cfg: cfg, query: q, scope: scope, aliases: aliases, wanted: wanted(cfg.Provides, cfg.Echo)}
	for _, out := range cfg.Provides {
		var from []string
		for _, name := range out.From {
			from = append(from, canonical(name))
		}
		p.from = append(p.from, from)
	}
	for _, n := range cfg.Needs {
		p.echo = append(p.echo, canonical(cfg.Echo[n.Name]))
	}
	k := &connector{cfg: cfg}
	for _, text := range cfg.URLs {
		s, err := parseServer(text)
		if err != nil {
			return nil, err
		}
		k.servers = append(k.servers, s)
	}
	p.pool = newPool(k)
	return p, nil
}

// Close ends the questions that are under way, and closes all connections. There
// are no answers afterwards.
func (p *Provider) Close() error {
	p.pool.close()
	return nil
}

// Fetch searches for the entries of one question.
func (p *Provider) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	texts, err := values(q, p.cfg.Needs)
	if err != nil {
		return pip.Answer{}, err
	}
	rows, err := p.search(ctx, p.query.base.fill(texts), p.query.filter.fill(texts))
	if err != nil {
		return pip.Answer{}, err
	}
	c := p.collector()
	for _, r := range rows {
		if need, ok := p.echoes(r, texts); !ok {
			return pip.Answer{}, pip.Invalidf("an entry does not hold the value of the need %q that was asked for", p.cfg.Needs[need].Name)
		}
		if err := c.add(r); err != nil {
			return pip.Answer{}, err
		}
	}
	return c.answer(), nil
}

// search asks the directory for the entries that match.
func (p *Provider) search(ctx context.Context, base, filter string) ([]row, error) {
	dn, err := ldap.ParseDN(base)
	if err != nil {
		return nil, pip.Invalidf("the base of the search is not a distinguished name")
	}
	request := &ldap.SearchRequest{
		BaseDN:           base,
		Scope:            p.scope,
		DerefAliases:     p.aliases,
		SizeLimit:        p.cfg.MaxEntries,
		EnforceSizeLimit: true,
		TimeLimit:        seconds(ctx, p.cfg.TimeLimit),
		Filter:           filter,
		Attributes:       p.wanted,
	}
	var result *ldap.SearchResult
	err = p.pool.use(ctx, p.cfg.MaxBytes, func(c *ldap.Conn) (err error) {
		result, err = c.Search(request)
		return err
	})
	if err != nil {
		if p.baseMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	if len(result.Referrals) > 0 {
		return nil, pip.Invalidf("the server refers to another one for a part of the answer")
	}
	rows := make([]row, len(result.Entries))
	for i, e := range result.Entries {
		if rows[i], err = readEntry(e, p.wanted); err != nil {
			return nil, err
		}
		// An alias that was followed may lead anywhere.
		if p.cfg.Aliases == AliasesNever && !within(dn, p.cfg.Scope, e.DN) {
			return nil, pip.Invalidf("the server gave an entry that is not where it was asked to search")
		}
	}
	return rows, nil
}

// seconds is the time limit of a search: what is left for the question, and limit
// at most, in whole seconds.
func seconds(ctx context.Context, limit time.Duration) int {
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	return max(1, int((limit+time.Second-1)/time.Second))
}

// baseMissing reports whether the search failed only because there is no entry
// that it could begin at, and that says that there are no values: a need named
// the entry, or the configuration says so. A server tells how far it found the
// way to the base (RFC 4511 §4.1.9), if it may; what is above the needs must
// have been there, or something else is missing than the entry.
func (p *Provider) baseMissing(err error) bool {
	code, ok := resultCode(err)
	if !ok || code != ldap.LDAPResultNoSuchObject {
		return false
	}
	if p.cfg.BaseMayBeMissing {
		return true
	}
	if !p.query.base.uses(-1) {
		return false
	}
	e, ok := errors.AsType[*ldap.Error](err)
	return !ok || e.MatchedDN == "" || within(p.query.fixed, ScopeSubtree, e.MatchedDN)
}
