// Package value holds the data types of XACML 3.0 (core appendix A.2, B.3 and
// XML Schema part 2): their lexical forms, value spaces, equality and order.
//
// A [Value] is one immutable value of one [Type]; a [Bag] is an unordered
// collection of values of one type, duplicates allowed (§7.3.2). Both are a
// [Datum], which is what an expression evaluates to, and the [Kind] of a Datum
// is known before evaluation, because XACML is statically typed.
//
// The package knows nothing of requests, policies or functions. Parse reads a
// lexical form, String writes one, Equal and Compare are the relations that the
// functions of appendix A.3 are defined by.
package value
