package config

import (
	"strings"
	"testing"
)

// TestLoad_Secrets: a secret in a place where it would be printed is refused, and
// is not in the error.
func TestLoad_Secrets(t *testing.T) {
	const secret = "hunter2"
	for _, text := range []string{
		remote("sql: {postgres: {url: 'postgres://u:hunter2@h/d'}, query: q}"),
		remote("sql: {postgres: {url: 'postgres://h/d?password=hunter2'}, query: q}"),
		remote("sql: {postgres: {url: 'postgres://h/d?sslpassword=hunter2'}, query: q}"),
		remote("sql: {postgres: {url: 'postgres://u:hunter2%zz@h/d'}, query: q}"),
		remote("sql: {postgres: {url: 'postgres://h/d', listen: {channels: [a], url: 'postgres://u:hunter2@h/d'}}, query: q}"),
		remote("sql: {database: 'postgres://u:hunter2@h/d', query: q}"),
		remote("http: {url: 'https://u:hunter2@h/{u}'}"),
		remote("http: {url: 'https://u:hunter2%zz@h/{u}'}"),
		remote("http: {url: 'https://h/{u}?api_key=hunter2'}"),
		remote("http: {url: 'https://h/{u}?accessToken=hunter2'}"),
		remote("http: {url: 'https://h/{u}', headers: [{name: X-Api-Key, value: hunter2}]}"),
		remote("http: {url: 'https://h/{u}', headers: [{name: authorization, value: hunter2}]}"),
		remote("http: {url: 'https://h/{u}', connection: {proxy: 'http://u:hunter2@h'}}"),
		remote("http: {url: 'https://h/{u}', auth: {oauth2: {token_url: 'https://u:hunter2@h', client_id: a, secret_file: b}}}"),
		remote("http: {url: 'https://h/{u}', auth: {oauth2: {token_url: 'https://h', client_id: a, secret_file: b, parameters: {client_assertion: hunter2}}}}"),
		remote("ldap: {urls: ['ldaps://u:hunter2@h'], base: 'dc=a', filter: '(a={u})'}"),
		remote("grpc: {address: 'u:hunter2@h:1'}"),
		"tokens: {issuers: [{name: a, audiences: [a], algorithms: [RS256], keys: {url: 'https://u:hunter2@h'}}]}\n",
	} {
		_, err := load("f.yaml", []byte(text), nil)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v, want an error without the secret, for\n%s", err, text)
		}
	}
}

// TestSecretName: parameters that only look a little like secrets are none.
func TestSecretName(t *testing.T) {
	for name, want := range map[string]bool{
		"Ocp-Apim-Subscription-Key": true, "api_key": true, "apiKey": true, "X-Auth-Token": true, "sig": true, "Cookie": true, "PASSWORD": true,
		"keyType": false, "keyword": false, "monkey": false, "author": false, "tokenized": false, "Accept": false, "": false, "-": false,
	} {
		if got := secretName(name); got != want {
			t.Errorf("got %v, want %v, for %q", got, want, name)
		}
	}
}
