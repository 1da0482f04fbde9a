package config

import (
	"slices"
	"time"
)

// The kinds of sources. The first three are local: they compute, and have none
// of what belongs to calls of something else.
const (
	KindDerive = "derive" // computed from other attributes
	KindStatic = "static" // looked up in a table
	KindJWT    = "jwt"    // the claims of the token of the subject
	KindSQL    = "sql"    // asked of a database
	KindHTTP   = "http"   // asked of a service that speaks JSON over HTTP
	KindGRPC   = "grpc"   // asked of an AttributeService
	KindLDAP   = "ldap"   // asked of a directory
)

// kinds lists every kind.
func kinds() []string {
	return []string{KindDerive, KindStatic, KindJWT, KindSQL, KindHTTP, KindGRPC, KindLDAP}
}

// local reports whether a source of the kind computes without calls.
func local(kind string) bool { return slices.Contains(kinds()[:3], kind) }

// Source declares where attributes come from.
type Source struct {
	// Name is its name in logs, metrics and explanations.
	Name string `yaml:"name"`
	// Kind is one of the kinds.
	Kind string `yaml:"kind"`
	// Needs are its inputs; it is asked once for each combination of values.
	Needs []Need `yaml:"needs"`
	// Derive belongs to the kind derive, and may be left out.
	Derive *Derive `yaml:"derive,omitempty"`
	// Static, SQL, HTTP, GRPC and LDAP belong each to the kind of that name.
	Static *Static `yaml:"static,omitempty"`
	SQL    *SQL    `yaml:"sql,omitempty"`
	HTTP   *HTTP   `yaml:"http,omitempty"`
	GRPC   *GRPC   `yaml:"grpc,omitempty"`
	LDAP   *LDAP   `yaml:"ldap,omitempty"`
	// Provides are its outputs.
	Provides []Provided `yaml:"provides"`
	// RequiredAtStart keeps the service from being ready until the source was reached
	// once. It is not for local kinds.
	RequiredAtStart bool `yaml:"required_at_start,omitempty"`
	// Fallback is for a source that is asked only if the others gave no value.
	Fallback bool `yaml:"fallback,omitempty"`
	// MaxValues bounds the values of one answer; 0 stands for 10000.
	MaxValues int `yaml:"max_values,omitempty"`

	// What follows is not for local kinds.

	// Timeout is how long it may take, retries included; 0 leaves it to the deadline
	// of the call.
	Timeout time.Duration `yaml:"timeout,omitempty"`
	// Retry asks again when the source is unavailable.
	Retry *Retry `yaml:"retry,omitempty"`
	// Breaker leaves the source alone while it fails.
	Breaker *Breaker `yaml:"breaker,omitempty"`
	// MaxInFlight bounds the questions that are asked at the same time, each by
	// itself; 0 stands for the default of package pip.
	MaxInFlight int `yaml:"max_in_flight,omitempty"`
	// Gather puts questions together.
	Gather *Gather `yaml:"gather,omitempty"`
	// Cache says how long answers are kept; without it none are.
	Cache *Cache `yaml:"cache,omitempty"`
}

// Need is an input of a source.
type Need struct {
	// Name is what queries, tables and templates call it.
	Name string `yaml:"name"`
	// Attribute is the id of the attribute that it is the value of.
	Attribute string `yaml:"attribute"`
	// Category may be left out if the dictionary has the id in one category
	// only.
	Category string `yaml:"category,omitempty"`
	// Required makes the source fail where the need has no value.
	Required bool `yaml:"required,omitempty"`
}

// Provided is an output of a source.
type Provided struct {
	// Attribute is the id of the attribute.
	Attribute string `yaml:"attribute"`
	// Category may be left out if the dictionary has the id in one category
	// only.
	Category string `yaml:"category,omitempty"`
	// From lists where the values come from, in the terms of the kind. Only the kind
	// grpc does without.
	From []string `yaml:"from,omitempty"`
	// IncludeInResult gives the values back to the caller.
	IncludeInResult bool `yaml:"include_in_result,omitempty"`
	// TTL bounds how long an answer is kept, beside the times of the cache.
	TTL time.Duration `yaml:"ttl,omitempty"`
	// StaleIfError is for how long past its time an answer may still be given when
	// the source fails.
	StaleIfError time.Duration `yaml:"stale_if_error,omitempty"`
	// Match is a regular expression (RE2) that every value must fit as a whole.
	Match string `yaml:"match,omitempty"`
	// Min and Max bound the number of values; 0 for Max is no bound.
	Min int `yaml:"min,omitempty"`
	Max int `yaml:"max,omitempty"`
}

// Retry says how a question is asked again.
type Retry struct {
	// Attempts is how often it is asked at most, the first time included.
	Attempts int `yaml:"attempts"`
	// Backoff bounds the time before the second attempt, and doubles with each; 0
	// stands for 50 ms.
	Backoff time.Duration `yaml:"backoff,omitempty"`
	// MaxBackoff bounds Backoff as it doubles; 0 stands for 1 s.
	MaxBackoff time.Duration `yaml:"max_backoff,omitempty"`
}

// Breaker says when a source is left alone. Each zero stands for the default.
type Breaker struct {
	// Failures is the number of calls that must fail in a row; 5.
	Failures int `yaml:"failures,omitempty"`
	// Ratio is the share of calls in Window that must fail, if there are MinCalls;
	// 0.5 and 20.
	Ratio    float64 `yaml:"ratio,omitempty"`
	MinCalls int     `yaml:"min_calls,omitempty"`
	// Window is the time that is looked back upon; 10 s.
	Window time.Duration `yaml:"window,omitempty"`
	// OpenFor is how long the source is left alone; 1 s.
	OpenFor time.Duration `yaml:"open_for,omitempty"`
}

// Gather says how questions are put together.
type Gather struct {
	// MaxBatch is the number of questions of one call.
	MaxBatch int `yaml:"max_batch"`
	// Calls is the number of calls that are under way at the same time; 0 stands for 2.
	Calls int `yaml:"calls,omitempty"`
}

// Cache says what is remembered of the answers of a source.
type Cache struct {
	// TTL is how long an answer with values is kept; 0 is not at all.
	TTL time.Duration `yaml:"ttl,omitempty"`
	// NegativeTTL is how long an answer without values is kept; 0 is not at all.
	NegativeTTL time.Duration `yaml:"negative_ttl,omitempty"`
	// MaxEntries is the number of answers; 0 stands for 10000.
	MaxEntries int `yaml:"max_entries,omitempty"`
}
