// Package demo holds the demo data: what the sources of the default
// configuration answer from. It is not for anything real; a file database of it
// is made on the first start, see demo.seed in the configuration.
package demo

import _ "embed" // for the seed

// Seed is the SQL text that makes the demo database.
//
//go:embed seed.sql
var Seed string
