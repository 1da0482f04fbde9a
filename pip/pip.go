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
	// Cached is true for an answer that a cache remembered.
	Cached bool
	// Age is the time since the source gave the answer; zero unless Cached.
	Age time.Duration
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
}
