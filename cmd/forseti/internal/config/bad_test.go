package config

import (
	"testing"

	"github.com/forseti-pdp/forseti/internal/bounds"
)

// TestLoad_Refused shows each way in which a file is refused.
func TestLoad_Refused(t *testing.T) {
	const source = "sources:\n  - name: s\n    kind: derive\n    needs: [{name: u, attribute: urn:altinn:userid}]\n"
	tests := []struct{ name, text, want string }{
		// Form.
		{
			"unknown key", "server:\n  listn: 127.0.0.1:1\n",
			`f.yaml:2:3: server.listn: unknown key; known are listen, admin, reflection, default_deadline, max_deadline, max_message_bytes, max_send_bytes, max_concurrent_streams, max_open_streams, max_connections_per_address, max_header_bytes, connection_timeout, max_batch, max_decisions, max_in_flight, shutdown_wait, shutdown_timeout`,
		},
		{"unknown section", "serve: {}\n", `f.yaml:1:1: serve: unknown key; known are server, log, policies, attributes, callers, sources, demo`},
		{"unknown key in a list", "callers:\n  - caller: a\n    category: resource\n    supply: [x]\n", `f.yaml:4:5: callers[0].supply: unknown key; known are caller, category, may_supply`},
		{"key twice", "log:\n  level: info\n  level: warn\n", `f.yaml:3:3: mapping key "level" already defined at [2:3]`},
		{"not a map", "server: 1\n", `f.yaml:1:9: server: a map of keys and values is expected`},
		{"not a list", "callers: {}\n", `f.yaml:1:10: callers: a list is expected`},
		{"not a single value", "log: {level: [info]}\n", `f.yaml:1:14: log.level: a single value is expected`},
		{"no value", "log:\n  level:\n", `f.yaml:2:3: log.level: the value is missing`},
		{"not a whole number", "server: {max_batch: 1.5}\n", `f.yaml:1:21: server.max_batch: "1.5" is not a whole number`},
		{"not a number", "policies: {shadow_rate: x}\n", `f.yaml:1:25: policies.shadow_rate: "x" is not a number`},
		{"share", "policies: {shadow_rate: 1.5}\n", `f.yaml:1:25: policies.shadow_rate: 1.5 is not between 0 and 1`},
		{"number in quotes", "server: {max_batch: \"15\"}\n", `f.yaml:1:21: server.max_batch: "15" is not a whole number`},
		{"not true or false", "demo: {seed: yes}\n", `f.yaml:1:14: demo.seed: "yes" is neither true nor false`},
		{"duration without a unit", "server: {max_deadline: 10}\n", `f.yaml:1:24: server.max_deadline: "10" is not a duration such as 250ms, 2s or 5m`},
		{"not YAML", "server: [\n", `f.yaml:1:9: sequence end token ']' not found`},
		{"two documents", "log: {}\n---\nlog: {}\n", `f.yaml:3:1: a configuration is one document`},
		{"anchor", "log: &a {level: info}\n", `f.yaml:1:6: log: a map of keys and values is expected`},
		{"not UTF-8", "log: {level: \"\xff\"}\n", `f.yaml:1:1: the text is not UTF-8`},
		{
			"several at once", "server: {max_batch: x}\nlog: {levl: x}\n",
			"f.yaml:1:21: server.max_batch: \"x\" is not a whole number\nf.yaml:2:7: log.levl: unknown key; known are level, format",
		},

		// Service.
		{"address", "server: {listen: 7341}\n", `f.yaml:1:18: server.listen: "7341" is not an address of the form host:port`},
		{"port", "server: {admin: \"localhost:70000\"}\n", `f.yaml:1:17: server.admin: "localhost:70000" is not an address of the form host:port`},
		{"same address", "server: {admin: \"127.0.0.1:7341\"}\n", `f.yaml:1:17: server.admin: the address "127.0.0.1:7341" is that of server.listen`},
		{"limit", "server: {max_batch: 0}\n", `f.yaml:1:21: server.max_batch: 0 is not between 1 and 1073741824`},
		{"negative limit", "server: {max_in_flight: -1}\n", `f.yaml:1:25: server.max_in_flight: -1 is not between 0 and 1073741824`},
		{"no deadline", "server: {connection_timeout: 0s}\n", `f.yaml:1:30: server.connection_timeout: 0s is not longer than 0`},
		{"deadline too short", "server: {default_deadline: 1us}\n", `f.yaml:1:28: server.default_deadline: 1µs is shorter than 1ms`},
		{"deadlines", "server: {default_deadline: 11s}\n", `f.yaml:1:28: server.default_deadline: 11s is longer than server.max_deadline, 10s`},
		{"shutdown", "server: {shutdown_wait: 30s}\n", `f.yaml:1:25: server.shutdown_wait: 30s is longer than server.shutdown_timeout, 25s`},
		{
			"log", "log: {level: loud, format: xml}\n",
			"f.yaml:1:14: log.level: \"loud\" is none of debug, info, warn, error\nf.yaml:1:28: log.format: \"xml\" is none of text, json",
		},

		// Policies.
		{"folder", "policies: {folder: \"\"}\n", `f.yaml:1:20: policies.folder: the folder is missing`},
		{"library", "policies: {library: ../shared}\n", `f.yaml:1:21: policies.library: "../shared" is not the name of a sub-folder`},
		{"root algorithm", "policies: {root_algorithm: deny-overrides}\n", `f.yaml:1:28: policies.root_algorithm: unknown policy-combining algorithm "deny-overrides"`},
		{
			"rule-combining root algorithm", "policies: {root_algorithm: \"urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides\"}\n",
			`f.yaml:1:28: policies.root_algorithm: unknown policy-combining algorithm "urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"`,
		},

		// Dictionary.
		{"category", "sources: []\nattributes: [{id: a, category: thing}]\n", `f.yaml:2:32: attributes[0].category: "thing" is neither subject, resource, action, environment nor a URI`},
		{"no category", "sources: []\nattributes: [{id: a}]\n", `f.yaml:2:14: attributes[0]: the category is missing`},
		{"data type", "sources: []\nattributes: [{id: a, category: subject, data_type: int}]\n", `f.yaml:2:52: attributes[0].data_type: unknown data type "int"`},
		{"xpathExpression", "sources: []\nattributes: [{id: a, category: subject, data_type: xpathExpression}]\n", `f.yaml:2:52: attributes[0].data_type: unknown data type "xpathExpression"`},
		{
			"alias of another", "sources: []\nattributes: [{id: a, category: subject, aliases: [x]}, {id: b, category: subject, aliases: [x]}]\n",
			`f.yaml:2:93: attributes[1].aliases[0]: "x" is a name of another attribute of the category`,
		},
		{
			"alias that is an id", "sources: []\nattributes: [{id: a, category: subject}, {id: b, category: subject, aliases: [a]}]\n",
			`f.yaml:2:79: attributes[1].aliases[0]: "a" is a name of another attribute of the category`,
		},
		{"alias twice", "sources: []\nattributes: [{id: a, category: subject, aliases: [x, x]}]\n", `f.yaml:2:54: attributes[0].aliases[1]: "x" is given twice`},
		{
			"id twice", "sources: []\nattributes: [{id: a, category: subject}, {id: a, category: subject}]\n",
			`f.yaml:2:47: attributes[1].id: "a" is a name of another attribute of the category`,
		},
		{
			"expression", "sources: []\nattributes: [{id: a, category: subject, forms: [{match: '('}]}]\n",
			`f.yaml:2:49: attributes[0].forms[0]: the match "(" is not a regular expression (RE2)`,
		},
		{
			"expression that closes its group", "sources: []\nattributes: [{id: a, category: subject, forms: [{match: 'a)|(b'}]}]\n",
			`f.yaml:2:49: attributes[0].forms[0]: the match "a)|(b" is not a regular expression (RE2)`,
		},
		{"group", "sources: []\nattributes: [{id: a, category: subject, forms: [{match: a, value: '{b}'}]}]\n", `f.yaml:2:49: attributes[0].forms[0]: form "a" has no group "b"`},

		// Callers.
		{"caller", "callers: [{category: resource, may_supply: [urn:altinn:org]}]\n", `f.yaml:1:11: callers[0]: the caller is missing; "*" is everybody`},
		{"nothing to supply", "callers: [{caller: a, category: resource}]\n", `f.yaml:1:11: callers[0]: may_supply is missing or empty`},
		{"supplied alias", "callers: [{caller: a, category: resource, may_supply: [org]}]\n", `f.yaml:1:56: callers[0].may_supply[0]: "org" is an alias; write "urn:altinn:org"`},

		// Sources.
		{
			"kind", "sources: [{name: s, kind: ldap, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			`f.yaml:1:27: sources[0].kind: "ldap" is none of derive, sql, static`,
		},
		{
			"source name", "sources: [{name: 'a b', kind: derive, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			`f.yaml:1:18: sources[0].name: "a b" is not a name of letters, digits, hyphens, dots and underscores`,
		},
		{
			"source name twice", "sources: [{name: a, kind: derive, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}, {name: a, kind: derive, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			`f.yaml:1:100: sources[1].name: the name "a" is taken`,
		},
		{"nothing provided", source, `f.yaml:2:5: sources[0]: a source must provide an attribute`},
		{"no from", source + "    provides: [{attribute: urn:altinn:rolecode}]\n", `f.yaml:5:16: sources[0].provides[0]: from is missing or empty`},
		{
			"provided twice", source + "    provides: [{attribute: urn:altinn:rolecode, from: [a]}, {attribute: urn:altinn:rolecode, from: [b]}]\n",
			`f.yaml:5:73: sources[0].provides[1].attribute: "urn:altinn:rolecode" is provided twice`,
		},
		{
			"ambiguous", source + "    provides: [{attribute: urn:altinn:partyid, from: ['{u}']}]\n",
			`f.yaml:5:28: sources[0].provides[0].attribute: "urn:altinn:partyid" is in several categories of the dictionary; state which`,
		},
		{
			"not in the dictionary", source + "    provides: [{attribute: urn:x, from: ['{u}']}]\n",
			`f.yaml:5:28: sources[0].provides[0].attribute: "urn:x" is not in the dictionary; list it there, or state its category`,
		},
		{
			"needed alias", "sources: [{name: s, kind: derive, needs: [{name: u, attribute: user-id, category: subject}], provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			`f.yaml:1:64: sources[0].needs[0].attribute: "user-id" is an alias; write "urn:altinn:userid"`,
		},
		{
			"need name", "sources: [{name: s, kind: derive, needs: [{name: 1, attribute: urn:altinn:userid}], provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			`f.yaml:1:50: sources[0].needs[0].name: "1" is not a letter followed by letters, digits and underscores`,
		},
		{
			"template", source + "    provides: [{attribute: urn:altinn:rolecode, from: ['{x}']}]\n",
			`f.yaml:2:5: sources[0]: attribute "urn:altinn:rolecode": template "{x}": unknown placeholder "x", known are ["u"]`,
		},
		{
			"derived match", source + "    derive: {match: {v: a}}\n    provides: [{attribute: urn:altinn:rolecode, from: ['{u}']}]\n",
			`f.yaml:2:5: sources[0]: match names the unknown need "v"`,
		},
		{"no sql", "sources: [{name: s, kind: sql, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n", `f.yaml:1:11: sources[0]: sql is missing`},
		{"no query", "sources: [{name: s, kind: sql, sql: {database: d}, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n", `f.yaml:1:37: sources[0].sql: query is missing`},
		{"no file", "sources: [{name: s, kind: static, static: {}, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n", `f.yaml:1:43: sources[0].static: file is missing`},
		{
			"foreign block", source + "    static: {file: f}\n    timeout: 1s\n    cache: {ttl: 1s}\n    provides: [{attribute: urn:altinn:rolecode, from: ['{u}']}]\n",
			"f.yaml:5:13: sources[0].static: a source of the kind derive has no static\n" +
				"f.yaml:6:14: sources[0].timeout: a source of the kind derive has no timeout\n" +
				"f.yaml:7:12: sources[0].cache: a source of the kind derive has no cache",
		},
		{
			"negative time", "sources: [{name: s, kind: sql, sql: {database: d, query: q}, timeout: -1s, cache: {ttl: -1s}, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			"f.yaml:1:71: sources[0].timeout: -1s is negative\nf.yaml:1:89: sources[0].cache.ttl: -1s is negative",
		},
		{"demo", "demo: {database: \"\"}\n", `f.yaml:1:18: demo.database: the file is missing`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, tt.text)
			_, err := Load(path, nil)
			if got := withoutFolder(err, path); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s\nfor\n%s", got, tt.want, tt.text)
			}
		})
	}
}

// FuzzLoad checks that no file makes reading panic, and that whatever is
// accepted prints to something that is accepted.
func FuzzLoad(f *testing.F) {
	f.Add(Defaults)
	f.Add("server: {listen: 127.0.0.1:1}\n")
	f.Add("sources:\n- {name: a, kind: sql, sql: {database: x}}\n")
	f.Add("log: &a\n  level: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		defer bounds.Check(t)()
		c, err := load("f.yaml", []byte(text), nil)
		if err != nil {
			return
		}
		printed, err := c.YAML()
		if err != nil {
			t.Fatalf("printing: %v", err)
		}
		if _, err := load("printed.yaml", printed, nil); err != nil {
			t.Errorf("what was printed is refused: %v\n%s", err, printed)
		}
	})
}
