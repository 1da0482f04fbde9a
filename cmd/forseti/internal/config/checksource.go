package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// source checks one source as far as that can be done without opening it.
func (k *checker) source(i int) {
	s, key := &k.config.Sources[i], fmt.Sprintf("sources[%d]", i)
	if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`).MatchString(s.Name) {
		k.failf(key+".name", "%q is not a letter followed by letters, digits, hyphens, dots and underscores", s.Name)
	}
	if slices.ContainsFunc(k.config.Sources[:i], func(other Source) bool { return other.Name == s.Name }) {
		k.failf(key+".name", "the name %q is taken", s.Name)
	}
	sound := k.inputs(key, s)
	sound = k.outputs(key, s) && sound
	k.count(key+".max_values", s.MaxValues)
	if !k.oneOf(key+".kind", s.Kind, kinds()...) {
		return
	}
	if local(s.Kind) {
		k.local(key, s)
	} else {
		k.remote(key, s)
	}
	k.kind(key, s, sound)
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
		if len(p.From) == 0 && s.Kind != KindGRPC {
			k.failf(at, "from is missing or empty")
		}
		k.expression(at+".match", p.Match)
		k.count(at+".min", p.Min)
		k.count(at+".max", p.Max)
		if p.Max > 0 && p.Min > p.Max {
			k.failf(at+".min", "%d is more than max, %d", p.Min, p.Max)
		}
		k.notNegative(at+".ttl", p.TTL)
		k.notNegative(at+".stale_if_error", p.StaleIfError)
		if (p.TTL > 0 || p.StaleIfError > 0) && !s.cached() {
			k.failf(at, "ttl and stale_if_error are about a cache, and the source has none")
		}
	}
	return len(k.problems) == before
}

// cached reports whether the source has a cache that keeps anything.
func (s *Source) cached() bool {
	return s.Cache != nil && (s.Cache.TTL > 0 || s.Cache.NegativeTTL > 0)
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

// local refuses what has no meaning for a source that computes.
func (k *checker) local(key string, s *Source) {
	for _, setting := range []struct {
		key     string
		present bool
	}{
		{"required_at_start", s.RequiredAtStart},
		{"timeout", s.Timeout != 0},
		{"retry", s.Retry != nil},
		{"breaker", s.Breaker != nil},
		{"max_in_flight", s.MaxInFlight != 0},
		{"gather", s.Gather != nil},
		{"cache", s.Cache != nil},
	} {
		if setting.present {
			k.failf(key+"."+setting.key, "a source of the kind %s has no %s", s.Kind, setting.key)
		}
	}
}

// remote checks what belongs to calls of something else.
func (k *checker) remote(key string, s *Source) {
	k.notNegative(key+".timeout", s.Timeout)
	if r := s.Retry; r != nil {
		if r.Attempts < 1 || r.Attempts > pip.MaxRetries+1 {
			k.failf(key+".retry.attempts", "%d is not between 1 and %d", r.Attempts, pip.MaxRetries+1)
		}
		k.notNegative(key+".retry.backoff", r.Backoff)
		k.notNegative(key+".retry.max_backoff", r.MaxBackoff)
	}
	if b := s.Breaker; b != nil {
		k.count(key+".breaker.failures", b.Failures)
		k.count(key+".breaker.min_calls", b.MinCalls)
		if !(b.Ratio >= 0 && b.Ratio <= 1) {
			k.failf(key+".breaker.ratio", "%v is not between 0 and 1", b.Ratio)
		}
		k.notNegative(key+".breaker.window", b.Window)
		k.notNegative(key+".breaker.open_for", b.OpenFor)
	}
	k.count(key+".max_in_flight", s.MaxInFlight)
	if g := s.Gather; g != nil {
		if g.MaxBatch < 2 || g.MaxBatch > maxBatch {
			k.failf(key+".gather.max_batch", "%d is not between 2 and %d", g.MaxBatch, maxBatch)
		}
		k.count(key+".gather.calls", g.Calls)
		if s.MaxInFlight != 0 {
			k.failf(key+".max_in_flight", "questions that are put together are bounded by gather")
		}
	}
	if c := s.Cache; c != nil {
		k.notNegative(key+".cache.ttl", c.TTL)
		k.notNegative(key+".cache.negative_ttl", c.NegativeTTL)
		k.count(key+".cache.max_entries", c.MaxEntries)
		token := xacml.AttributeKey{Category: contexthandler.CategoryCall, ID: contexthandler.AttributeToken}
		for _, n := range k.names.needs(s.Needs) {
			if n.Key.Category == token.Category && n.Key.ID == token.ID {
				k.failf(key+".cache", "a source that needs the token of the subject has no cache, which would keep it")
			}
		}
	}
}

// maxBatch bounds the questions that are put together: no kind takes more.
const maxBatch = 1000

func (k *checker) required(key, what string, present bool) {
	if !present {
		k.failf(key, "%s is missing", what)
	}
}

// parts are the messages of joined errors, a line each.
func parts(err error) []string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	var all []string
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}
