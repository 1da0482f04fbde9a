// Package pip holds policy information points (core §2.8, §3.1 step 6 and
// §7.3.5): the sources of attribute values that a request does not carry.
//
// A [Provider] answers a [Question], which holds one value for each attribute
// that it needs, with an [Answer], which holds one bag for each attribute that
// it provides. A [BulkProvider] can answer several questions with one call. A
// [Source] is a provider with its declaration. The kinds of providers live in
// sub-folders.
//
// Absent is not unavailable: an empty bag says that there are no values, an
// error says that nobody knows. An error must make the attribute Indeterminate
// even where MustBePresent is false; it never becomes an empty bag on the way.
//
// What every source should have is written once, as decorators of Provider:
// limits and rules for what it gives, a bound on what it is asked at a time, a
// breaker, retries, the gathering and coalescing of questions, a cache, timeouts
// and metrics. [Assemble] puts them around a source in the order that works, as
// [Config] says.
//
// The package does not decide which source to ask, and when: that is the
// context handler's.
package pip
