package config

import (
	"strings"
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
			`f.yaml:2:3: server.listn: unknown key; known are listen, admin, reflection, default_deadline, max_deadline, max_message_bytes, max_send_bytes, max_concurrent_streams, max_open_streams, max_connections_per_address, max_connections, max_header_bytes, connection_timeout, max_batch, max_decisions, max_in_flight, max_waiting, max_reuse, insecure, tls, authentication, administration, explanations, profiling, start_wait, shutdown_wait, shutdown_timeout`,
		},
		{"unknown section", "serve: {}\n", `f.yaml:1:1: serve: unknown key; known are server, log, policies, attributes, callers, sources, tokens, enforcement, audit, demo`},
		{"unknown key in a list", "callers:\n  - caller: a\n    category: resource\n    supply: [x]\n", `f.yaml:4:5: callers[0].supply: unknown key; known are caller, identities, methods, may_explain, may_invalidate, category, may_supply`},
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
		{"negative waiting", "server: {max_waiting: -1}\n", `f.yaml:1:23: server.max_waiting: -1 is not between 0 and 1073741824`},
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
			"kind", "sources: [{name: s, kind: soap, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			`f.yaml:1:27: sources[0].kind: "soap" is none of derive, static, jwt, sql, http, grpc, ldap`,
		},
		{
			"source name", "sources: [{name: 'a b', kind: derive, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			`f.yaml:1:18: sources[0].name: "a b" is not a letter followed by letters, digits, hyphens, dots and underscores`,
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
			"foreign block", source + "    static: {file: f}\n    timeout: 1s\n    cache: {ttl: 1s}\n    required_at_start: true\n    provides: [{attribute: urn:altinn:rolecode, from: ['{u}']}]\n",
			"f.yaml:5:13: sources[0].static: a source of the kind derive has no static\n" +
				"f.yaml:6:14: sources[0].timeout: a source of the kind derive has no timeout\n" +
				"f.yaml:7:12: sources[0].cache: a source of the kind derive has no cache\n" +
				"f.yaml:8:24: sources[0].required_at_start: a source of the kind derive has no required_at_start",
		},
		{
			"negative time", "sources: [{name: s, kind: sql, sql: {database: d, query: q}, timeout: -1s, cache: {ttl: -1s}, provides: [{attribute: urn:altinn:rolecode, from: [a]}]}]\n",
			"f.yaml:1:71: sources[0].timeout: -1s is negative\nf.yaml:1:89: sources[0].cache.ttl: -1s is negative",
		},
		{"no reuse", "server: {max_reuse: -1s}\n", `f.yaml:1:21: server.max_reuse: -1s is negative`},

		// What all kinds have.
		{
			"rules of values", source + "    provides: [{attribute: urn:altinn:rolecode, from: ['{u}'], match: '(', min: 3, max: 2}]\n",
			"f.yaml:5:71: sources[0].provides[0].match: \"(\" is not a regular expression (RE2)\nf.yaml:5:81: sources[0].provides[0].min: 3 is more than max, 2",
		},
		{
			"times without a cache", source + "    provides: [{attribute: urn:altinn:rolecode, from: ['{u}'], ttl: 1s}]\n",
			`f.yaml:5:16: sources[0].provides[0]: ttl and stale_if_error are about a cache, and the source has none`,
		},
		{
			"what local kinds lack", source + "    retry: {attempts: 2}\n    breaker: {}\n    max_in_flight: 1\n    gather: {max_batch: 2}\n    provides: [{attribute: urn:altinn:rolecode, from: ['{u}']}]\n",
			"f.yaml:5:12: sources[0].retry: a source of the kind derive has no retry\n" +
				"f.yaml:6:14: sources[0].breaker: a source of the kind derive has no breaker\n" +
				"f.yaml:7:20: sources[0].max_in_flight: a source of the kind derive has no max_in_flight\n" +
				"f.yaml:8:13: sources[0].gather: a source of the kind derive has no gather",
		},
		{
			"retry and breaker", remote("sql: {database: d, query: q}", "retry: {attempts: 12, backoff: -1s}", "breaker: {ratio: 2, failures: -1}"),
			"f.yaml:6:23: sources[0].retry.attempts: 12 is not between 1 and 11\n" +
				"f.yaml:6:36: sources[0].retry.backoff: -1s is negative\n" +
				"f.yaml:7:22: sources[0].breaker.ratio: 2 is not between 0 and 1\n" +
				"f.yaml:7:35: sources[0].breaker.failures: -1 is negative",
		},
		{
			"gather", remote("sql: {database: d, query: q, bulk: b}", "gather: {max_batch: 1, calls: -1}", "max_in_flight: 7"),
			"f.yaml:6:25: sources[0].gather.max_batch: 1 is not between 2 and 1000\n" +
				"f.yaml:6:35: sources[0].gather.calls: -1 is negative\n" +
				"f.yaml:7:20: sources[0].max_in_flight: questions that are put together are bounded by gather",
		},
		{
			"gather without bulk", remote("sql: {database: d, query: q}", "gather: {max_batch: 10}"),
			`f.yaml:5:10: sources[0].sql.bulk: gather has no use without it`,
		},
		{
			"bulk without gather", remote("sql: {database: d, query: q, bulk: b}"),
			`f.yaml:5:40: sources[0].sql.bulk: it has no use without gather`,
		},
		{
			"cached token", "sources:\n  - name: s\n    kind: grpc\n    needs: [{name: t, attribute: urn:forseti:call:subject-token}]\n    grpc: {address: a}\n    cache: {ttl: 1s}\n    provides: [{attribute: urn:altinn:rolecode}]\n",
			`f.yaml:6:12: sources[0].cache: a source that needs the token of the subject has no cache, which would keep it`,
		},

		// Kinds.
		{"two databases", remote("sql: {database: d, postgres: {url: 'postgres://h/d'}, query: q}"), `f.yaml:5:10: sources[0].sql: a source asks one database: either database or postgres`},
		{"server in place of a file", remote("sql: {database: 'postgres://h/d', query: q}"), `f.yaml:5:21: sources[0].sql.database: the database is a file; a server belongs to postgres`},
		{"no database", remote("sql: {query: q}"), `f.yaml:5:10: sources[0].sql: database or postgres is missing`},
		{
			"postgres", remote("sql: {postgres: {url: 'mysql://h/d', max_wait: -1s, tls: {cert_file: c}, listen: {channels: ['']}}, query: q}"),
			"f.yaml:5:27: sources[0].sql.postgres.url: the URL is not of the form postgres://user@host/database\n" +
				"f.yaml:5:52: sources[0].sql.postgres.max_wait: -1s is negative\n" +
				"f.yaml:5:62: sources[0].sql.postgres.tls: a certificate and its key come together: cert_file and key_file\n" +
				"f.yaml:5:98: sources[0].sql.postgres.listen.channels[0]: the channel is empty",
		},
		{
			"listening through a pooler", remote("sql: {postgres: {url: 'postgres://h/d', pooler: true, listen: {channels: [a]}}, query: q}"),
			`f.yaml:5:67: sources[0].sql.postgres.listen: nothing can be heard through a pooler: give the url of the server itself`,
		},
		{
			"TLS that is switched off", remote("sql: {postgres: {url: 'postgres://h/d?sslmode=disable', tls: {ca_file: b}}, query: q}"),
			`f.yaml:5:66: sources[0].sql.postgres.tls: the files have no use with sslmode=disable in the URL`,
		},
		{
			"TLS twice", remote("sql: {postgres: {url: 'postgres://h/d?sslrootcert=a', tls: {ca_file: b}}, query: q}"),
			`f.yaml:5:64: sources[0].sql.postgres.tls: the URL has sslrootcert already`,
		},
		{
			"http request", remote("http: {url: 'https://h/{v}', method: PUT, auth: {}, tls: {min_version: '1.1'}}"),
			"f.yaml:5:11: sources[0].http: path segment \"{v}\": the placeholder {v} is not a need\n" +
				"f.yaml:5:11: sources[0].http: the method \"PUT\" is neither GET nor POST\n" +
				"f.yaml:5:11: sources[0].http: the request does not use the need \"u\"\n" +
				"f.yaml:5:53: sources[0].http.auth: exactly one of bearer_file, basic and oauth2 is set\n" +
				"f.yaml:5:76: sources[0].http.tls.min_version: \"1.1\" is none of 1.2, 1.3",
		},
		{
			"oauth2", remote("http: {url: 'https://h/{u}', auth: {oauth2: {token_url: 'https://h'}}}"),
			"f.yaml:5:49: sources[0].http.auth.oauth2: client_id is missing\nf.yaml:5:49: sources[0].http.auth.oauth2: secret_file is missing",
		},
		{
			"grpc", "sources:\n  - name: s\n    kind: grpc\n    grpc: {plaintext: true, tls: {}, watch_silence: 1s}\n    provides: [{attribute: urn:altinn:rolecode}]\n",
			"f.yaml:4:11: sources[0].grpc: address is missing\n" +
				"f.yaml:4:23: sources[0].grpc.plaintext: there is no plaintext with tls or a token_file\n" +
				"f.yaml:4:53: sources[0].grpc.watch_silence: the service is not watched",
		},
		{
			"ldap", remote("ldap: {urls: ['ldap://h'], base: 'dc=a', filter: '(uid={v})', bind: {dn: 'cn=a'}}"),
			"f.yaml:5:11: sources[0].ldap: URL 1: ldap:// without StartTLS is readable and writable for everybody on the network; allow it explicitly\n" +
				"f.yaml:5:11: sources[0].ldap: filter: unknown need \"v\"\n" +
				"f.yaml:5:73: sources[0].ldap.bind: password_file is missing",
		},
		{
			"jwt", "sources:\n  - name: s\n    kind: jwt\n    provides: [{attribute: urn:altinn:rolecode, from: ['$.']}]\n",
			"f.yaml:2:5: sources[0]: a source of the kind jwt needs an issuer in tokens.issuers\n" +
				"f.yaml:2:5: sources[0]: the only need is the token\n" +
				"f.yaml:4:56: sources[0].provides[0].from[0]: path \"$.\": \".\" is none of .name, ['name'], [0], [*] and [?@.name == 'text']",
		},

		// Tokens and enforcement.
		{
			"issuer", "tokens: {leeway: 1m, issuers: [{name: a, algorithms: [HS256], keys: {}}]}\n",
			"f.yaml:1:18: tokens.leeway: 1m0s is more than 30s\n" +
				"f.yaml:1:32: tokens.issuers[0]: the audiences are missing or empty: a token for somebody else would be good here\n" +
				"f.yaml:1:55: tokens.issuers[0].algorithms[0]: \"HS256\" is none of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA\n" +
				"f.yaml:1:69: tokens.issuers[0].keys: keys come either from a file or from a url",
		},
		{
			"authorities of a file of keys", "tokens: {issuers: [{name: a, audiences: [b], algorithms: [RS256], keys: {file: c, ca_file: d}}]}\n",
			"f.yaml:1:92: tokens.issuers[0].keys.ca_file: there are no authorities to trust without a url",
		},
		{
			"claims", "tokens: {claims: {level: {attribute: urn:altinn:userid}, subjects: [{type: a, when: [{claim: a}], attributes: [{attribute: user-id, from: [a]}]}]}}\n",
			"f.yaml:1:38: tokens.claims.level.attribute: \"urn:altinn:userid\" is of the data type string in the dictionary, and a level is an integer\n" +
				"f.yaml:1:124: tokens.claims.subjects[0].attributes[0].attribute: \"user-id\" is an alias; write \"urn:altinn:userid\"",
		},
		{
			"no conditions", "tokens: {claims: {subjects: [{type: a}]}}\n",
			`f.yaml:1:18: tokens.claims: subject 1 ("a"): a condition is missing: every token would be of this type; an attribute that identifies the subject is missing`,
		},
		{
			"enforcement", "enforcement: {level: authlevel, levels: [{category: a}, {category: a, if: org}, {}]}\n",
			"f.yaml:1:22: enforcement.level: \"authlevel\" is an alias; write \"urn:altinn:authlevel\"\n" +
				"f.yaml:1:68: enforcement.levels[1].category: there is a rule for \"a\" already\n" +
				"f.yaml:1:75: enforcement.levels[1].if: \"org\" is an alias; write \"urn:altinn:org\"\n" +
				"f.yaml:1:81: enforcement.levels[2]: the category is missing",
		},
		{"levels without an attribute", "enforcement: {level: ''}\n", `f.yaml:1:22: enforcement.level: the attribute is missing`},
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

// remote is the text of a source of a kind that asks something else: its block, on
// line 5, and the settings after it.
func remote(block string, settings ...string) string {
	kind, _, _ := strings.Cut(block, ":")
	text := "sources:\n  - name: s\n    kind: " + kind + "\n    needs: [{name: u, attribute: urn:altinn:userid}]\n    " + block + "\n"
	for _, setting := range settings {
		text += "    " + setting + "\n"
	}
	from := "a"
	if kind == KindHTTP {
		from = "$.a"
	}
	return text + "    provides: [{attribute: urn:altinn:rolecode, from: [" + from + "]}]\n"
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
