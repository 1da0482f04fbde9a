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
//
// Every value may be compared with == and be the key of a map without a panic,
// but == is the equality of the standard for Boolean, Double, AnyURI,
// HexBinary and Base64Binary only. It tells apart, among others, strings that
// differ in normalisation, instants in two time zones, and names that differ in
// case. Use [Equal].
//
// Where the standard leaves a limit open, a value beyond it is an error and
// never rounded or wrapped: an integer has up to 4096 digits when read and any
// number when computed, a year up to 9 digits, a second up to 18 fraction
// digits, a duration up to 2^62 seconds or months.
package value
