// Package derive computes attributes from other attributes, without input or
// output: regular expressions take needs apart, templates put values together.
//
// For example the need "instance" with the expression
//
//	(?P<party>[0-9]+)/(?P<guid>[0-9a-f-]{36})
//
// gives the template {party} the part before the slash, and the template
// urn:altinn:instance-id:{party}/{guid} the long form of the same id.
package derive
