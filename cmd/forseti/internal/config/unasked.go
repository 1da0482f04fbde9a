package config

import (
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Unasked finds the names in sources that are likely to be wrong, with policies of which
// mayAsk tells whether they may ask for an attribute: what is provided and nobody asks
// for, and what is needed and nobody is known to state. If it was a typing error, the
// attribute that was meant belongs to nobody, so that callers may state it, or has no
// values. Nothing is said of the sources of the defaults, which are a sample.
func (c *Config) Unasked(mayAsk func(category, id string) bool) Problems {
	if c.place("sources").File == defaultsName {
		return nil
	}
	u := unasked{config: c, names: c.names(), mayAsk: mayAsk}
	var found Problems
	add := func(key, format string, about xacml.AttributeKey) {
		found = append(found, Problem{c.place(key), key, fmt.Sprintf(format, about.ID, about.Category)})
	}
	for i := range c.Sources {
		s, key := &c.Sources[i], element("sources", i)
		for j, n := range u.names.needs(s.Needs) {
			if !u.stated(name{n.Key.Category, n.Key.ID}) {
				add(element(key+".needs", j), "nobody is known to state %q of category %q: no source provides it, no policy asks for it, and the dictionary does not have it", n.Key)
			}
		}
		for j, p := range u.names.provides(s.Provides) {
			if !p.IncludeInResult && !u.asked(name{p.Key.Category, p.Key.ID}, i) {
				add(element(key+".provides", j), "no policy and no other source asks for %q of category %q: if another name is meant, callers may state what goes by that", p.Key)
			}
		}
	}
	return found
}

// unasked looks for who asks for attributes, and who states them.
type unasked struct {
	config *Config
	names  names
	mayAsk func(category, id string) bool
}

// asked reports whether a policy asks for what the source provides, or another source
// needs it.
func (u *unasked) asked(n name, source int) bool {
	if u.mayAsk(n.category, n.id) {
		return true
	}
	for i := range u.config.Sources {
		if i != source && slices.ContainsFunc(u.config.Sources[i].Needs, func(need Need) bool { return u.named(n, need.Attribute, need.Category) }) {
			return true
		}
	}
	return false
}

// stated reports whether somebody is known to state what a source needs: a source, the
// claims of a token, the call, or callers, who state what is in the dictionary and what
// policies ask for.
func (u *unasked) stated(n name) bool {
	if _, declared := u.names.owner[n]; declared || u.mayAsk(n.category, n.id) || n.category == contexthandler.CategoryCall {
		return true
	}
	for i := range u.config.Sources {
		if slices.ContainsFunc(u.config.Sources[i].Provides, func(p Provided) bool { return u.named(n, p.Attribute, p.Category) }) {
			return true
		}
	}
	return n.category == xacml.CategoryAccessSubject && u.claimed(n.id)
}

// claimed reports whether the claims of a token become the attribute.
func (u *unasked) claimed(id string) bool {
	claims := &u.config.Tokens.Claims
	has := func(list []ClaimedAttribute) bool {
		return slices.ContainsFunc(list, func(a ClaimedAttribute) bool { return a.Attribute == id })
	}
	return id == claims.Level.Attribute || has(claims.Attributes) ||
		slices.ContainsFunc(claims.Subjects, func(s ClaimedSubject) bool { return has(s.Attributes) })
}

// named reports whether a source names the attribute.
func (u *unasked) named(n name, id, category string) bool {
	return id == n.id && u.names.key(id, category).Category == n.category
}
