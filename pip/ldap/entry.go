package ldap

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// row is an entry: the values of the attributes that were asked for, by their
// canonical names.
type row map[string][]string

// readEntry reads an entry of an answer. What a server adds without being asked,
// such as cn;lang-no to cn, is left out. Where it gives something else in place of an
// attribute, that may be the same one by another of its names: sn for surname, cn for
// 2.5.4.3. Then nobody knows whether there are values.
func readEntry(e *ldap.Entry, wanted []string) (row, error) {
	r, strange := row{pseudoDN: {e.DN}}, false
	if !utf8.ValidString(e.DN) {
		return nil, pip.Invalidf("the name of an entry is not text in UTF-8")
	}
	for _, a := range e.Attributes {
		name := canonical(a.Name)
		if cut, ok := withoutRange(name); ok && slices.Contains(wanted, cut) {
			return nil, pip.Invalidf("the server gave only a part of the values of %q", cut)
		}
		if !slices.Contains(wanted, name) {
			strange = strange || !slices.ContainsFunc(wanted, func(w string) bool { return bare(w) == bare(name) })
			continue
		}
		if _, twice := r[name]; twice {
			return nil, pip.Invalidf("an entry has the attribute %q twice", name)
		}
		for _, text := range a.Values {
			if !utf8.ValidString(text) {
				return nil, pip.Invalidf("the attribute %q has a value that is not text in UTF-8", name)
			}
		}
		r[name] = a.Values
	}
	for _, name := range wanted {
		if _, given := r[name]; strange && !given && name != noAttributes {
			return nil, pip.Invalidf("the server gave something else than %q, which it may know by another name", name)
		}
	}
	return r, nil
}

// bare is the name of an attribute without its options.
func bare(name string) string {
	name, _, _ = strings.Cut(name, ";")
	return name
}

// withoutRange takes the option off that Active Directory puts on an attribute
// of which it gives only some values: member;range=0-1499.
func withoutRange(name string) (string, bool) {
	parts := strings.Split(name, ";")
	kept := slices.DeleteFunc(parts, func(p string) bool { return strings.HasPrefix(p, "range=") })
	return strings.Join(kept, ";"), len(kept) < len(parts)
}

// within reports whether an entry may be an answer to a search with this base
// and scope.
func within(base *ldap.DN, scope Scope, entry string) bool {
	dn, err := ldap.ParseDN(entry)
	if err != nil {
		return false
	}
	depth := len(dn.RDNs) - len(base.RDNs)
	if depth < 0 || !base.EqualFold(&ldap.DN{RDNs: dn.RDNs[depth:]}) {
		return false
	}
	switch scope {
	case ScopeBase:
		return depth == 0
	case ScopeOneLevel:
		return depth == 1
	case ScopeSubtree:
		return true
	default:
		return false
	}
}

// echoes reports whether the entry holds the values that a question has; if not,
// need is the first of which it does not.
func (p *Provider) echoes(r row, texts []string) (need int, ok bool) {
	for i, attribute := range p.echo {
		if attribute != "" && !slices.Contains(r[attribute], texts[i]) {
			return i, false
		}
	}
	return 0, true
}

// collector gathers the values of entries, each once.
type collector struct {
	provides []pip.Provided
	from     [][]string // canonical
	values   [][]value.Value
	seen     []map[string]bool
}

// collector makes an empty one.
func (p *Provider) collector() *collector {
	c := &collector{provides: p.cfg.Provides, from: p.from, values: make([][]value.Value, len(p.from))}
	for range p.from {
		c.seen = append(c.seen, make(map[string]bool))
	}
	return c
}

// add takes up the values of an entry.
func (c *collector) add(r row) error {
	for i, out := range c.provides {
		for _, attribute := range c.from[i] {
			for _, text := range r[attribute] {
				v, err := pip.Parse(out.Key.Type, lexical(out.Key.Type, text))
				if err != nil {
					return err
				}
				if id := value.Identity(v); !c.seen[i][id] {
					c.seen[i][id] = true
					c.values[i] = append(c.values[i], v)
				}
			}
		}
	}
	return nil
}

// answer is what was gathered.
func (c *collector) answer() pip.Answer {
	bags := make([]value.Bag, len(c.provides))
	for i, out := range c.provides {
		bags[i] = value.NewBag(out.Key.Type, c.values[i]...)
	}
	return pip.Answer{Bags: bags}
}
