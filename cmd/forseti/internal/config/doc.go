// Package config is the configuration of the service: one [Config] for exactly
// the shape of one YAML file.
//
// [Default] is the file forseti.yaml in this folder, whose comments are the
// reference for operators. [Load] lays a file of the operator over it: what the
// file does not name keeps its default, and a list replaces the whole list.
// Environment variables, named after the path of a key as in
// FORSETI_SERVER_LISTEN for server.listen, override the keys that hold a single
// value and are in no list. Other variables are ignored.
//
// Reading is strict. A key that does not exist, a value of the wrong form and
// everything that does not fit together is a [Problem] with file, line, column
// and key, and all of them are reported at once.
//
// A configuration holds no secrets: they are in files that it names. A secret in
// a URL, a header or a parameter is a [Problem], which does not quote it.
//
// The package also makes of a configuration what the service works with:
// [Config.Dictionary], [Config.Supplies], [Config.EnforcementRules],
// [Config.OpenTokens] and [Config.OpenSources].
package config
