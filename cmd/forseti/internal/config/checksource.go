package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/derive"
)

// source checks one source as far as that can be done without opening it.
func (k *checker) source(i int) {
	s, key := &k.config.Sources[i], fmt.Sprintf("sources[%d]", i)
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`).MatchString(s.Name) {
		k.failf(key+".name", "%q is not a name of letters, digits, hyphens, dots and underscores", s.Name)
	}
	if slices.ContainsFunc(k.config.Sources[:i], func(other Source) bool { return other.Name == s.Name }) {
		k.failf(key+".name", "the name %q is taken", s.Name)
	}
	sound := k.inputs(key, s)
	sound = k.outputs(key, s) && sound
	if !k.oneOf(key+".kind", s.Kind, KindDerive, KindSQL, KindStatic) {
		return
	}
	k.kind(key, s)
	if sound && s.Kind == KindDerive {
		k.derive(key, s)
	}
}

// inputs checks the needs of a source.
func (k *checker) inputs(key string, s *Source) bool {
	before := len(k.problems)
	for j, n := range s.Needs {
		at := fmt.Sprintf("%s.needs[%d]", key, j)
		if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`).MatchString(n.Name) {
			k.failf(at+".name", "%q is not a letter followed by letters, digits and underscores", n.Name)
		}
		if slices.ContainsFunc(s.Needs[:j], func(other Need) bool { return other.Name == n.Name }) {
			k.failf(at+".name", "the name %q is taken", n.Name)
		}
		k.reference(at, n.Attribute, n.Category)
	}
	return len(k.problems) == before
}

// outputs checks what a source provides.
func (k *checker) outputs(key string, s *Source) bool {
	before := len(k.problems)
	if len(s.Provides) == 0 {
		k.failf(key, "a source must provide an attribute")
	}
	seen := make(map[name]bool)
	for j, p := range s.Provides {
		at := fmt.Sprintf("%s.provides[%d]", key, j)
		category, ok := k.reference(at, p.Attribute, p.Category)
		if n := (name{category, p.Attribute}); ok {
			if seen[n] {
				k.failf(at+".attribute", "%q is provided twice", p.Attribute)
			}
			seen[n] = true
		}
		if len(p.From) == 0 {
			k.failf(at, "from is missing or empty")
		}
	}
	return len(k.problems) == before
}

// reference resolves an attribute that a source names.
func (k *checker) reference(key, id, category string) (uri string, ok bool) {
	if id == "" {
		k.failf(key, "the attribute is missing")
		return "", false
	}
	if category != "" {
		if uri, ok = k.category(key, category); !ok {
			return "", false
		}
		return uri, k.notAlias(key+".attribute", uri, id)
	}
	categories := k.names.categories[id]
	switch len(categories) {
	case 0:
		k.failf(key+".attribute", "%q is not in the dictionary; list it there, or state its category", id)
		return "", false
	case 1:
		return categories[0], true
	default:
		k.failf(key+".attribute", "%q is in several categories of the dictionary; state which", id)
		return "", false
	}
}

// kind checks that a source has what belongs to its kind, and nothing else.
func (k *checker) kind(key string, s *Source) {
	for _, block := range []struct {
		kind    string
		present bool
	}{{KindDerive, s.Derive != nil}, {KindSQL, s.SQL != nil}, {KindStatic, s.Static != nil}} {
		if block.present && block.kind != s.Kind {
			k.failf(key+"."+block.kind, "a source of the kind %s has no %s", s.Kind, block.kind)
		}
	}
	switch s.Kind {
	case KindSQL:
		k.required(key, "sql", s.SQL != nil)
		if s.SQL != nil {
			k.required(key+".sql", "database", s.SQL.Database != "")
			k.required(key+".sql", "query", strings.TrimSpace(s.SQL.Query) != "")
		}
	case KindStatic:
		k.required(key, "static", s.Static != nil)
		if s.Static != nil {
			k.required(key+".static", "file", s.Static.File != "")
		}
	}
	if s.Kind != KindSQL {
		if s.Timeout != 0 {
			k.failf(key+".timeout", "a source of the kind %s has no timeout", s.Kind)
		}
		if s.Cache != nil {
			k.failf(key+".cache", "a source of the kind %s has no cache", s.Kind)
		}
		return
	}
	k.notNegative(key+".timeout", s.Timeout)
	if s.Cache != nil {
		k.notNegative(key+".cache.ttl", s.Cache.TTL)
		k.notNegative(key+".cache.negative_ttl", s.Cache.NegativeTTL)
		if s.Cache.MaxEntries < 0 {
			k.failf(key+".cache.max_entries", "%d is negative", s.Cache.MaxEntries)
		}
	}
}

func (k *checker) required(key, what string, present bool) {
	if !present {
		k.failf(key, "%s is missing", what)
	}
}

// derive makes the provider of a source of that kind, to see whether its
// expressions and templates are right.
func (k *checker) derive(key string, s *Source) {
	needs, provides := k.names.needs(s.Needs), k.names.provides(s.Provides)
	if _, err := derive.New(derive.Config{Needs: needs, Provides: provides, Match: s.match()}); err != nil {
		for _, e := range parts(err) {
			k.failf(key, "%v", e)
		}
	}
}

// parts takes joined errors apart.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
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

// cache is what is kept of the answers of a source.
func (s *Source) cache() pip.CacheConfig {
	if s.Cache == nil {
		return pip.CacheConfig{}
	}
	return pip.CacheConfig(*s.Cache)
}
