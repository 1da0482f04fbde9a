// Package static answers from tables: rows in a YAML, JSON or CSV file, which
// [Open] reads again when it changes, or in memory.
//
// A row gives each column a scalar or a list of scalars. The source matches
// its needs with columns, byte by byte in normal form (see package value), and
// answers with the values of the provided columns of all rows that match, each
// value once:
//
//	columns: [user, party, role]
//	rows:
//	  - {user: 1, party: 1000, role: [regna, dagl]}
//	  - {user: 2, party: 1000, role: apiadm}
//
// A scalar is taken as it is written: 0012 stays 0012, in quotes or not. Its
// text must be a lexical form of the data type that the declaration of the
// source gives the column; this is checked when the table is loaded.
package static
