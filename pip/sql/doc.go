// Package sql answers from a relational database: one query, written in the
// configuration, whose named parameters are the needs and whose result columns
// are the provided attributes.
//
//	select user_id, role from roles where user_id = :user and party_id = :party
//
// Several rows are several values, NULL is no value, no row is an empty
// answer. Values reach the query as parameters only; nothing ever builds query
// text. A database compares as its schema tells it to, without case or
// trailing spaces for example, and then finds the row of somebody else: a query
// that selects its key columns again lets the source check them, see
// [Config].Echo.
//
// [Open] opens an SQLite database for reading only. [New] takes any
// database/sql handle whose driver knows named parameters.
package sql
