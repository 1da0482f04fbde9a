// Package sql answers from a relational database, SQLite or PostgreSQL: one
// query, written in the configuration, whose named parameters are the needs and
// whose result columns are the provided attributes.
//
//	select user_id, role from roles where user_id = :user and party_id = :party
//
// Several rows are several values, as are the elements of an array; NULL is no
// value, no row is an empty answer. Values reach the query as parameters only;
// nothing ever builds query text of them. A database compares as its schema
// tells it to, without case or trailing spaces for example, and then finds the
// row of somebody else: a query that selects its key columns again lets the
// source check them, see [Config].Echo.
//
// [Open] opens a database for reading only: an SQLite file, or a PostgreSQL
// server by its URL. The latter is always asked in the extended protocol, and
// need not be there at the start: its queries are then compared with the
// configuration when they are asked first.
//
// # Types of PostgreSQL
//
// Text (text, varchar, name) stands for every data type, as its lexical form.
// Every other type stands for what it is, and for nothing else:
//
//	string                   uuid, int2, int4, int8
//	boolean                  bool
//	integer                  int2, int4, int8, numeric
//	double                   float4, float8, numeric, int2, int4, int8
//	date                     date (result only)
//	time                     time, timetz (result only)
//	dateTime                 timestamptz, timestamp (result only)
//	hexBinary, base64Binary  bytea (result only)
//
// Result columns may also be arrays of these. What is not in the table (char(n),
// enumerations, json, intervals, addresses) is refused; cast it to text. "Result
// only" are those that PostgreSQL would take as a parameter with a part of its
// value ignored, a time zone for example. A value that is none of the type of its
// parameter, "abc" for an int8, is not asked for: it is an error, not an empty
// answer, and it does not disturb the other questions of a bulk query. So is one that
// PostgreSQL writes in another way, "07" for an int8 or a uuid in upper case: it would
// find the row of what is somebody else to policies.
//
// # Several questions at once
//
// [Config].Bulk is a second query that takes a list for each need, in
// PostgreSQL an array:
//
//	select r.user_id, r.party_id, r.role
//	from unnest(:user::text[], :party::text[]) as k (u, p)
//	join roles r on r.user_id = k.u and r.party_id = k.p
//
// in SQLite a JSON array:
//
//	select r.user_id, r.party_id, r.role
//	from json_each(:user) as u join json_each(:party) as p on p.key = u.key
//	join roles r on r.user_id = u.value and r.party_id = p.value
//
// The echo columns say to which question a row belongs.
//
// # Changes
//
// [Listen] tells what changed in a PostgreSQL database that says so with NOTIFY;
// see [Notification] for what it must say.
package sql
