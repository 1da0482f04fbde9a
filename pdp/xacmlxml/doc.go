// Package xacmlxml reads and writes the XML of XACML 3.0: policies into the
// model of package policy (core chapters 5.1 to 5.41), requests and responses
// into those of package xacml (5.42 to 5.58) and back. What is written is valid by
// the schema and is read as what it was.
//
// It is the one way in for XML and it is strict. [ReadPolicy] and its siblings
// accept a document only if it is
//
//   - well-formed XML 1.0 with namespaces, in UTF-8 or US-ASCII, without DOCTYPE
//     and processing instructions, and within [Limits];
//   - valid by the schema of the standard: every element and attribute is known
//     and in its place, every simple type holds;
//   - made of values that their data types allow.
//
// All problems of a document are reported at once, each with line and column,
// except that a document that is not well-formed has one problem only.
//
// Policies of the usual form are read in one pass over the document. All others,
// and all with problems, are read through a tree, which finds every problem.
//
// Of the Related and Nested Entities profile it knows the quantified expressions
// ForAny, ForAll, Map and Select, which the schema lacks, and values of the data
// type entity; what is written of them is valid by the schema without the former.
//
// Beside what the schema allows, xsi:schemaLocation and
// xsi:noNamespaceSchemaLocation are ignored on any element, and attributes of
// foreign namespaces on AttributeValue and AttributeAssignment. Stricter than
// the schema are: identifiers are neither empty nor hold control characters,
// xsi:type and xsi:nil are refused, an unqualified attribute that is unknown is
// refused on values of a standard data type (XPathCategory is known on all), and
// the digits of versions are those of ASCII.
//
// The package does not judge what a policy means: unknown functions, ill-typed
// expressions and unresolved references are for the compiler, repeated
// categories and dangling references of a request for its caller.
package xacmlxml
