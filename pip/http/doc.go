// Package http answers from a service that speaks JSON over HTTP: one request,
// written in the configuration, in which {name} stands for a need, and JSON
// paths that say where in the answer the provided attributes are.
//
//	GET https://register.example/parties/{party}/roles?user={user}
//	{"userId": 1337, "roles": ["dagl", "regna"]}     $.roles
//
// A value of a need is a whole path segment, a whole value of the query, a whole
// header or a whole JSON value, never a part of one, so it means nothing but
// itself to whoever reads it. What cannot be sent like that is refused.
//
// Files of secrets and certificates are read again when they change; where they cannot be
// read, what was in them stays in use for a minute.
//
// The answer is hostile until shown otherwise. Absent is not unavailable: a path
// must be there, if only with null or an empty list, unless it is marked as
// optional by "?"; and one path at least, of [Config].Require if need be, is not,
// so that {} or a report of an error never says that there are no values. An
// answer that is cut short, that is one page of several, or about somebody else
// is never used. See [Config] for the rest.
//
// # Paths
//
// Paths are a part of RFC 9535 in which everything takes linear time, and which
// tells what is missing from what has another form:
//
//	$          the document; @ is one row of it, see [Config].Rows
//	.name      a member of an object: a letter or "_", then digits as well
//	['name']   a member of any name; \' and \\ stand for ' and \
//	[0]        an element of a list, counted from the front
//	[*]        each element of a list
//	?          after a member or element: it may be missing, and null counts as
//	           missing. This is not of the RFC.
//
// What is at the end of a path is a string, a number or a boolean, which are a
// value in the lexical form that they have in the answer, or null, which is none,
// or a list of these.
package http
