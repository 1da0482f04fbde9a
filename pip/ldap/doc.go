// Package ldap answers from a directory (LDAP v3, RFC 4511): one search, written
// in the configuration, whose templates name the needs and whose attributes are
// the provided attributes.
//
//	Base:   "ou=people,dc=example,dc=org"
//	Filter: "(&(objectClass=person)(uid={user}))"
//
// A need reaches the search as a value only: each of its characters that could
// mean something is escaped, and [New] refuses templates that have a need where
// a name or an operator would be. Several entries and several values of an
// attribute are several values, an attribute that an entry does not have is no
// value, no entry is an empty answer.
//
// A directory compares as its schema tells it to, mostly without case and inner
// spaces, and then finds the entry of somebody else: see [Config].Echo. It also
// leaves out what the account may not read, without saying so: give the account
// the right to read every attribute that the source provides. An attribute or an
// object class in the filter that the schema does not know matches nothing, and
// that too looks like an answer without values.
//
// An answer that was cut short is none: size limits, referrals, and the ranges
// in which Active Directory gives attributes of many values are errors.
// Referrals are never followed, results are never paged.
package ldap
