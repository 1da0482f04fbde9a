// Package xpath is XPath 1.0 (the W3C Recommendation of 16 November 1999) for
// what XACML uses it for: the Path of an AttributeSelector (§7.3.7), values of
// type xpathExpression (A.2) and the functions on them (A.3.15).
//
// [Compile] checks an expression against a set of namespace bindings,
// [NewDocument] indexes the Content of a category, and [Expr.Evaluate] runs
// the one over the other. Expressions and documents are immutable and may be
// shared between goroutines. Types are known when an expression is compiled,
// because there are no variables, so the only thing that can go wrong in an
// evaluation is that it takes more steps than its [Budget] has.
//
// Section numbers without a sign ("3.4") in the comments are those of the
// Recommendation; §7.3.7 and A.3.15 are of XACML.
//
// # What is left open, and what differs
//
//   - There are no variables and no functions but those of section 4, and a
//     name without a prefix is in no namespace. What needs a later version of
//     XPath is refused by name; what XPath 2.0 also has, and means otherwise,
//     [Expr.Under] tells.
//   - id() knows the attributes xml:id, because the Content of a request has no
//     document type declaration that could say which attributes are ids.
//   - The namespace nodes of an element are ordered from the outermost
//     declaration to the innermost; 5.4 leaves the order open.
//   - An expression is at most [MaxLength] bytes long and [MaxDepth] levels
//     deep.
//   - A prefix in the document that nothing declares stays part of the local
//     name, so that no name test selects the node.
package xpath
