// Package conformance reads conformance cases for XACML 3.0 engines and
// compares responses by the rules that such cases need: results, obligations
// and attributes are sets, values are compared in their value space, and of a
// status only what the standard fixes counts.
//
// A case is a folder with policies, a request, the expected response and
// meta.json; see [Case]. The cases themselves are third-party material and not
// part of this project.
package conformance
