// Package xacml is the XACML context (core chapters 5.42 to 5.58, 7.3 and 7.17 to 7.19): what a
// decision is asked with and answered by. Requests, results, decisions,
// statuses, obligations and advice are plain structs without any syntax; the
// packages xacmlxml and xacmljson read and write them.
//
// The identifiers of the standard (categories, attribute ids, status codes,
// algorithms) are constants of this package and are spelled nowhere else.
package xacml
