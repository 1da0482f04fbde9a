package pip

import (
	"context"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Need is an input of a source. A source is asked once for each combination
// of values of its needs.
type Need struct {
	// Name is what queries, tables and templates call the need: a letter, then
	// letters, digits and underscores.
	Name string
	// Key is the attribute that the values come from. An empty Issuer accepts
	// every issuer (§7.3.4).
	Key xacml.AttributeKey
	// Required makes the source fail where there is no value for the need. Else it
	// then has no values. The context handler minds it.
	Required bool
}

// Provided is an output of a source.
type Provided struct {
	// Key is the attribute that the values become.
	Key xacml.AttributeKey
	// From says where the values come from, in the terms of the kind of source:
	// columns of a table or query, or templates. Several are merged.
	From []string
	// IncludeInResult puts the attribute into the result (§5.48).
	IncludeInResult bool
	// TTL bounds the time for which an answer is remembered, beside the times of the
	// cache: the least of them all holds for the answer as a whole. Zero: no bound.
	TTL time.Duration
	// StaleIfError is for how long past its time a remembered answer may still be
	// given for this attribute when the source fails to be asked: when it is
	// unavailable, takes longer than its own timeout, or its breaker is open. It
	// never is after an invalid answer or any other error, for a caller that
	// merely could not wait, past [Answer].ValidFor, or after [Source].Forget.
	// Zero: not at all.
	StaleIfError time.Duration
}

// Question is one value for each need, in the order of the needs. Providers
// may keep it: nobody changes it once it is asked.
type Question []value.Value

// Answer is what a source knows.
type Answer struct {
	// Bags holds one bag for each provided attribute, in order, of the type of
	// its key. An empty bag says that there are no values. Answers are shared:
	// nobody changes them.
	Bags []value.Bag
	// ValidFor is set by providers: their own bound on how long the answer may be
	// used, from the moment of the question, like the max-age of HTTP or the exp
	// of a token. Zero says nothing, a negative one that it must not be kept.
	ValidFor time.Duration

	// What follows is set by [Assemble]; what a provider says of it is ignored,
	// except that an answer that is Stale or partly Unknown is invalid.

	// Cached is true for an answer that a cache remembered.
	Cached bool
	// Age is the time since the source was asked for the answer; zero unless Cached.
	Age time.Duration
	// Reuse is how long the values may be used from now by somebody who keeps them:
	// what is left of the life of the entry of a cache, which counts from when
	// the source was asked, by the clock by which that is longer ago. Zero is not at
	// all, the longest duration for ever.
	Reuse time.Duration
	// Stale is true for an answer past its time, which is given because the source
	// failed ([Provided].StaleIfError). It is Cached too, and Reuse is zero.
	Stale bool
	// Unknown tells, for each provided attribute, why nobody knows its values although
	// there is an answer; the bag is then empty and means nothing: the attribute
	// must be Indeterminate, as if the source had failed. Nil if all are known, and
	// nil at the places of those that are. Only an answer that is Stale has it, for
	// the attributes that must not be.
	Unknown []error
}

// Empty reports whether every bag of the answer is empty.
func (a Answer) Empty() bool {
	for _, b := range a.Bags {
		if b.Len() > 0 {
			return false
		}
	}
	return true
}

// Provider answers questions. An error says that nobody knows, never that
// there is none. Fetch is safe for concurrent use and returns soon after ctx
// is done.
type Provider interface {
	Fetch(ctx context.Context, q Question) (Answer, error)
}

// Checker is a provider that can tell whether what it asks is there. The providers
// of sql, http, grpc and ldap are Checkers; those that compute have nothing to check.
type Checker interface {
	Provider
	// Check tries it out without a question, and returns soon after ctx is done. The
	// error holds no attribute values.
	Check(ctx context.Context) error
}

// ProviderFunc is a function as a [Provider].
type ProviderFunc func(ctx context.Context, q Question) (Answer, error)

// Fetch calls f.
func (f ProviderFunc) Fetch(ctx context.Context, q Question) (Answer, error) { return f(ctx, q) }

// Source is a provider under a name, with what it needs and what it provides.
type Source struct {
	// Name is a letter, then letters, digits, and any of "_", "." and "-". It is
	// a label of metrics.
	Name     string
	Needs    []Need
	Provides []Provided
	Provider Provider
	// Fallback is for a source that is asked only if the sources that are not
	// fallbacks gave no value. That one of them failed is no reason: then nobody
	// knows what there is.
	Fallback bool
	// Forget drops what is remembered of the questions that match, all if match is
	// nil, and tells how many answers that were. Nobody who asks after it returned
	// gets an answer for which the provider was asked before it was called: not
	// from the cache, not a stale one, and not one that is under way. match is
	// called many times and must not ask the source. [Assemble] sets Forget; nil if
	// nothing is ever remembered.
	Forget func(match func(Question) bool) int
}
