// Package multiple is the Multiple Decision profile of XACML 3.0: one request
// that asks for several decisions.
//
// [Split] makes individual requests of such a request, in the order of the
// profile's chapter 2: by references, by repeated categories, and then by the
// scope of a resource ([Scope]) and by content selectors. [Combine] makes one
// result of all results, if the request asks for a combined decision. Between the
// two, somebody evaluates each part; this package does not.
//
// How resources lie below each other is not known to a PDP: a [Hierarchy]
// tells, of which [Tree] is a simple one. That, and the content-selector that
// names one node of a document, is all of the Hierarchical Resource profile that
// needs code; its other attributes are attributes like any others.
//
// # What the profile leaves open
//
//   - Parts are in the order of the request: references as they come, then the
//     category that comes last varies fastest, and within it the content selector
//     before the scope. Nodes of a document are in document order.
//   - What is wrong with the scope or the selector of a category takes the
//     place of every individual request that the category is in, as one
//     Indeterminate result. With several errors [xacml.MergeErrors] chooses.
//   - Syntax errors are: a reference that names nothing; a scope or a content
//     selector that does not have exactly one value of its data type; an unknown
//     scope; Children or Descendants without exactly one resource-id; a content
//     selector for another category, that is not valid, does not select nodes, or
//     selects none.
//   - Processing errors are: Children or Descendants without a hierarchy or with
//     one that fails, and an expression that takes too many steps.
//   - A scope outside of the category resource is an attribute like any other.
package multiple
