// Package function is the function library of XACML 3.0 (appendix A.3) as
// tables: one [Function] for each identifier, with its signature, meaning,
// errors and section, one file for each family of the appendix. [Standard]
// builds the whole [Library]; it is immutable and nothing registers itself.
//
// A function sees arguments only, never the request, except through the
// [Context] that the evaluator hands in.
package function
