package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAccess_Refused: what is configured in part, or would let in whoever comes, is
// refused, with its place.
func TestAccess_Refused(t *testing.T) {
	const (
		tls    = "  tls: {cert_file: c, key_file: k}\n"
		mutual = "  tls: {cert_file: c, key_file: k, client_ca_file: a, client_auth: optional}\n"
		issuer = "{as: platform, claim: sub, name: p, audiences: [f], algorithms: [RS256], keys: {file: k}}"
	)
	tests := []struct{ name, text, want string }{
		{"everywhere", "server: {listen: '0.0.0.0:1'}\n", `f.yaml:1:18: server.listen: "0.0.0.0:1" is not an address of this machine alone, and callers are not authenticated and connections are not encrypted; server.insecure accepts that`},
		{"a name", "server: {listen: 'pdp.example:1'}\n", `f.yaml:1:18: server.listen: "pdp.example:1" is not an address of this machine alone, and callers`},
		{"TLS alone", "server:\n  listen: ':1'\n" + tls, `server.listen: ":1" is not an address of this machine alone, and callers are not authenticated; server.insecure`},
		{"tokens alone", "server:\n  listen: ':1'\n  authentication: {mode: token, issuers: [" + issuer + "]}\n", `and connections are not encrypted; server.insecure`},
		{"mode", "server: {authentication: {mode: maybe}}\n", `server.authentication.mode: "maybe" is none of none, mtls, token, any`},
		{"key alone", "server: {tls: {key_file: k}}\n", `server.tls: a certificate and its key belong together`},
		{"authorities alone", "server: {tls: {client_ca_file: a, client_auth: required}}\n", `server.tls.client_ca_file: there is no TLS without cert_file`},
		{"authorities without asking", "server: {tls: {cert_file: c, key_file: k, client_ca_file: a}}\n", `client_ca_file and a client_auth other than none belong together`},
		{"asking without authorities", "server: {tls: {cert_file: c, key_file: k, client_auth: required}}\n", `client_ca_file and a client_auth other than none belong together`},
		{"certificates for nothing", "server:\n" + mutual, `server.tls.client_auth: certificates of callers are of no use while server.authentication.mode is none`},
		{"mtls without certificates", "server:\n" + tls + "  authentication: {mode: mtls}\n", `server.authentication.mode: "mtls" needs server.tls.client_auth`},
		{"no names", "server:\n" + mutual + "  authentication: {mode: mtls, certificates: []}\n", `server.authentication.certificates: there are no kinds of names`},
		{"kind of names", "server:\n" + mutual + "  authentication: {mode: mtls, certificates: [email]}\n", `certificates[0]: "email" is none of uri, dns, cn`},
		{"tokens without issuers", "server: {authentication: {mode: token}}\n", `server.authentication.issuers: tokens have no issuer`},
		{"issuers for nothing", "server: {authentication: {issuers: [" + issuer + "]}}\n", `tokens are of no use while server.authentication.mode is none`},
		{"tokens nowhere", "server: {authentication: {mode: token, bearer: false, issuers: [" + issuer + "]}}\n", `it is not said where tokens are`},
		{"no audience", "server: {authentication: {mode: token, issuers: [" + strings.Replace(issuer, "[f]", "[]", 1) + "]}}\n", `the audiences are missing or empty`},
		{"kind that is taken", "server: {authentication: {mode: token, issuers: [" + strings.Replace(issuer, "platform", "dns", 1) + "]}}\n", `issuers[0].as: "dns" is taken`},
		{"claim", "server: {authentication: {mode: token, issuers: [" + strings.Replace(issuer, "claim: sub", "claim: ''", 1) + "]}}\n", `issuers[0].claim: the name of a claim is missing`},
		{"header", "server: {authentication: {metadata: [x-bin]}}\n", `metadata[0]: the header "x-bin" cannot hold a token as it is`},
		{"cookie", "server: {authentication: {cookies: ['a b']}}\n", `cookies[0]: "a b" is not the name of a cookie`},
		{"leeway", "server: {authentication: {leeway: 1m}}\n", `server.authentication.leeway: 1m0s is more than 30s`},
		{"rights for nothing", "callers: [{caller: '*', methods: ['*']}]\n", `f.yaml:1:11: callers[0]: identities and rights have no effect while server.authentication.mode is none`},
		{"method", "server: {authentication: {mode: token, issuers: [" + issuer + "]}}\ncallers: [{caller: '*', methods: [Decide]}]\n", `callers[0].methods[0]: "Decide" is none of Authorize, AuthorizeBatch, Evaluate, AuthorizeStream, ServerReflectionInfo, *`},
		{"nobody", "server: {authentication: {mode: token, issuers: [" + issuer + "]}}\ncallers: [{caller: pep, methods: [Evaluate]}]\n", `callers: caller "pep": without identities nobody can be it`},
		{"two callers", "server: {authentication: {mode: token, issuers: [" + issuer + "]}}\ncallers:\n- {caller: a, identities: ['platform:x'], methods: [Evaluate]}\n- {caller: b, identities: ['platform:x'], methods: [Evaluate]}\n", `callers: "platform:x" is an identity of both "a" and "b"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, tt.text)
			_, err := Load(path, nil)
			if got := withoutFolder(err, path); !strings.Contains(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestOperationsDocument loads every configuration of docs/operations.md.
func TestOperationsDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash("../../../../docs/operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Fatal("docs/operations.md has no configurations")
	}
	for _, block := range blocks {
		c, err := load("docs/operations.md", []byte(block[1]), nil)
		if err != nil {
			t.Errorf("%v\nfor\n%s", err, block[1])
		} else if missing := c.Unprotected(); missing != "" {
			t.Errorf("%s in\n%s", missing, block[1])
		}
	}
}

// TestAccess_Accepted: what is whole is accepted, and so is what was asked for.
func TestAccess_Accepted(t *testing.T) {
	for name, text := range map[string]string{
		"loopback":      "server: {listen: '[::1]:1'}\n",
		"IPv4 in IPv6":  "server: {listen: '[::ffff:127.0.0.1]:1'}\n",
		"by name":       "server: {listen: 'LocalHost:1'}\n",
		"insecure":      "server: {listen: '0.0.0.0:1', insecure: true}\n",
		"health behind": "server: {listen: '0.0.0.0:1', tls: {cert_file: c, key_file: k, client_ca_file: a, client_auth: optional}, authentication: {mode: mtls}}\ncallers: [{caller: 'uri:spiffe://a/b', methods: [Authorize], may_explain: true}]\n",
	} {
		if _, err := Load(write(t, text), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
