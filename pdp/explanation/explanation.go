package explanation

import "time"

// Explanation is how the decisions on one request came about.
type Explanation struct {
	// Snapshot names the set of policies.
	Snapshot string `json:"snapshot,omitempty"`
	// Decisions are the individual decisions, in the order of the results
	// (Multiple Decision profile).
	Decisions []*Decision `json:"decisions"`
}

// Decision is how one individual decision came about.
type Decision struct {
	// Decision is the answer, with the extended value of an Indeterminate (§7.10).
	Decision string `json:"decision"`
	// Status is that of the answer, nil if it is ok.
	Status *Status `json:"status,omitempty"`
	// Agreement tells whether the evaluation that the tree shows has the result
	// that was answered.
	Agreement Agreement `json:"agreement"`
	// Notes are what a reader has to know of the explanation itself.
	Notes []string `json:"notes,omitempty"`
	// Policies counts what the decision was made on.
	Policies Policies `json:"policies"`
	// Request is what the caller said, in the terms of the policies.
	Request []Attribute `json:"request,omitempty"`
	// Lookups are the questions to sources, in the order of the answers.
	Lookups []Lookup `json:"lookups,omitempty"`
	// Root is the evaluation of all policies; nil if it cannot be shown.
	Root *Node `json:"root,omitempty"`
}

// Agreement tells what the tree of a decision is worth. The tree is made by an
// evaluator that walks the policies as the standard's text says, and the answer
// by another one; both always have to give the same.
type Agreement string

// The agreements.
const (
	// Agrees: both give the same decision, status, obligations and advice.
	Agrees Agreement = "agrees"
	// Differs: they do not, so the tree does not explain the answer. It is a
	// fault of the program.
	Differs Agreement = "differs"
	// Unknown: not all that the decision was made on could be walked.
	Unknown Agreement = "unknown"
)

// Policies counts documents.
type Policies struct {
	// Documents is how many decide.
	Documents int `json:"documents"`
	// Possible is how many of them may apply to the request; the others are
	// certain to be NotApplicable.
	Possible int `json:"possible"`
	// Unavailable names documents whose text is not what is in force any more, or
	// cannot be read.
	Unavailable []string `json:"unavailable,omitempty"`
}

// Lookup is one source that was asked.
type Lookup struct {
	Source string `json:"source"`
	// Round counts from 1: sources of one round were asked side by side.
	Round int `json:"round"`
	// Took is how long the answer took, in nanoseconds.
	Took time.Duration `json:"took_ns"`
	// Questions is how many it was asked: none if what it needs has no value.
	Questions int `json:"questions"`
	// Cached tells that a cache gave the answer, Age how old it was, and Stale
	// that it was older than it should be.
	Cached bool          `json:"cached,omitempty"`
	Age    time.Duration `json:"age_ns,omitempty"`
	Stale  bool          `json:"stale,omitempty"`
	// Outcome is that of the metrics of sources, such as ok, empty or timeout.
	Outcome string `json:"outcome"`
	// Error tells why there are no values. It holds none.
	Error string `json:"error,omitempty"`
	// Provided are the attributes that the source provides.
	Provided []Attribute `json:"provided,omitempty"`
}

// Attribute is an attribute with its values.
type Attribute struct {
	Category string `json:"category"`
	ID       string `json:"id"`
	// DataType is a URI.
	DataType string `json:"data_type,omitempty"`
	Issuer   string `json:"issuer,omitempty"`
	// MustBePresent is that of a designator or selector.
	MustBePresent bool `json:"must_be_present,omitempty"`
	// Origin tells where a designator found the values: FromRequest, FromClock,
	// FromSources, or the names of sources. Empty: nowhere.
	Origin []string `json:"origin,omitempty"`
	// Values is nil in nodes, which have a value of their own.
	Values *Value `json:"values,omitempty"`
}

// Where values come from.
const (
	FromRequest = "request"
	FromClock   = "clock"
	FromSources = "sources"
)

// Status is why something is Indeterminate (§5.54).
type Status struct {
	// Code is a URI of B.8.
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
	// Missing are the attributes that would help (§5.58).
	Missing []Attribute `json:"missing,omitempty"`
}

// Value is what an expression evaluated to.
type Value struct {
	// DataType is a URI.
	DataType string `json:"data_type,omitempty"`
	// Bag tells that it is a bag; otherwise it is a single value.
	Bag bool `json:"bag,omitempty"`
	// Count is the number of values.
	Count int `json:"count"`
	// Private tells that the values are not shown.
	Private bool `json:"private,omitempty"`
	// Texts are the values in their lexical forms, which may be cut, the first
	// ones if there are very many.
	Texts []string `json:"texts,omitempty"`
}
