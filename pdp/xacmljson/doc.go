// Package xacmljson reads and writes requests and responses as the JSON Profile
// of XACML 3.0 version 1.1 writes them (application/xacml+json): those of package
// xacml (core chapters 5.42 to 5.58), and back.
//
// Reading is strict. A document is accepted only if it is
//
//   - JSON by RFC 8259 in UTF-8, without a byte order mark and lone surrogates,
//     with no member twice in one object, and within [Limits];
//   - of the shape of the profile: every member is known, spelled exactly, of the
//     JSON type that it must be, and there if it has to be;
//   - made of values that their data types allow, given or inferred (profile 3.3).
//
// The first two are the sender's fault at the level of the protocol: the error is
// then a [*MalformedError], which the REST profile answers with status 400. What
// breaks only the third is a request that can be answered: with an Indeterminate
// and the status syntax-error, which every error of this package carries as an
// [*xacml.Error]. Errors tell line and column (in bytes, from 1) and the way to
// the place as a JSON pointer, and never attribute values (§5.57).
//
// Numbers are taken as they are written: one without fraction and exponent is an
// integer of any size, any other a double.
//
// Where the profile is silent or its versions differ:
//
//   - one object may stand for an array of one in Category, the shorthand
//     categories and Attribute, as in version 1.0; an empty array there, and as a
//     Value, is as if it were absent;
//   - shorthand categories may stand wherever a category is named;
//   - null is refused everywhere;
//   - strings take numbers and booleans as they are written, whether string is the
//     DataType or follows from a mixed array; other types do not;
//   - a DataType without colon that is not a short code is refused, an unknown URI
//     gives a [value.Foreign];
//   - categories are kept in one order, the entries of Category before the
//     shorthands in the order of the profile, because that of members means nothing.
//
// A value of the data type entity (Related and Nested Entities profile) is an
// object with the members Content and Attribute of a Category.
//
// Writing uses the longest forms that every reader of the profile knows: arrays,
// Category entries with URNs, and a DataType by its URI unless a value is a
// string, a boolean or an integer that a double holds exactly. A double carries
// its DataType because many readers of JSON lose the point of 1.0.
//
// The package does not judge what a request means: repeated categories and
// dangling references are for its caller.
package xacmljson
