package config

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/grpc"
	"github.com/forseti-pdp/forseti/pip/http"
	"github.com/forseti-pdp/forseti/pip/ldap"
	"github.com/forseti-pdp/forseti/pip/sql"
)

// Every kind of source that asks something else can be checked.
var _ = []pip.Checker{(*sql.Provider)(nil), (*http.Provider)(nil), (*grpc.Provider)(nil), (*ldap.Provider)(nil)}

// TestRequiredAtStart_Sources: what is declared is required, gathered or not, and its
// check says whether it is there.
func TestRequiredAtStart_Sources(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("empty.db", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const provides = "    provides: [{attribute: urn:altinn:rolecode, from: [role]}]\n    required_at_start: true\n"
	const user = "    needs: [{name: user, attribute: urn:altinn:userid}]\n"
	c, err := load("f.yaml", []byte("sources:\n"+
		"  - name: table\n    kind: sql\n"+user+"    sql: {database: empty.db, query: 'SELECT :user AS role'}\n"+provides+
		"  - name: one\n    kind: http\n"+user+"    http: {url: 'http://127.0.0.1:1/{user}'}\n"+strings.Replace(provides, "[role]", "[$.role]", 1)+
		"  - name: many\n    kind: http\n"+user+
		"    http: {url: 'http://127.0.0.1:1/?id={user}', rows: $.rows, echo: {user: '@.id'}, bulk: {need: user}, health: /healthz}\n    gather: {max_batch: 5}\n"+
		strings.Replace(provides, "[role]", "['@.role']", 1)+
		"  - name: optional\n    kind: http\n"+user+"    http: {url: 'http://127.0.0.1:1/{user}'}\n    provides: [{attribute: urn:altinn:rolecode, from: [$.role]}]\n",
	), nil)
	if err != nil {
		t.Fatal(err)
	}
	sources, err := c.OpenSources(t.Context(), Environment{Logger: secrettest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer sources.Close() //nolint:errcheck // nothing was written
	got := make(map[string]bool)
	for _, r := range sources.Required {
		got[r.Name] = r.Check(t.Context()) == nil
	}
	want := map[string]bool{"source table": true, "source one": false, "source many": false}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for name, there := range want {
		if got[name] != there {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestRequiredAtStart_Issuers: keys are required where that is declared, and those of one
// issuer where callers have nothing but tokens.
func TestRequiredAtStart_Issuers(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(keys, []byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	issuer := "audiences: [a], algorithms: [EdDSA], keys: {%}"
	here, down := strings.Replace(issuer, "%", "file: "+keys, 1), strings.Replace(issuer, "%", "url: 'http://127.0.0.1:1/'", 1)
	for mode, want := range map[string]string{
		"token": `keys of the issuer "s" of subjects: false; keys of the issuer "down" of callers: false; keys of an issuer of callers: true`,
		"any":   `keys of the issuer "s" of subjects: false; keys of the issuer "down" of callers: false`,
	} {
		c, err := load("f.yaml", []byte("server:\n  tls: {cert_file: c, key_file: k, client_ca_file: a, client_auth: optional}\n  authentication:\n    mode: "+mode+"\n    issuers:\n"+
			"      - {as: p, claim: sub, name: here, "+here+"}\n"+
			"      - {as: q, claim: sub, name: down, required_at_start: true, "+down+"}\n"+
			"tokens:\n  issuers: [{name: s, required_at_start: true, "+down+"}]\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		log := secrettest.Logger(t)
		subjects, err := c.OpenTokens(log)
		if err != nil {
			t.Fatal(err)
		}
		callers, err := c.OpenCallers(log)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range c.RequiredIssuers(subjects, callers) {
			there := "false"
			if r.Check(context.Background()) == nil {
				there = "true"
			}
			got = append(got, r.Name+": "+there)
		}
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("mode %s:\ngot  %s\nwant %s", mode, text, want)
		}
		if err := subjects.Close(); err != nil {
			t.Error(err)
		}
		if err := callers.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestLifecycleDocument loads the configuration of docs/lifecycle.md.
func TestLifecycleDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash("../../../../docs/lifecycle.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Fatal("there is none")
	}
	for _, block := range blocks {
		if _, err := load("docs/lifecycle.md", []byte(block[1]), nil); err != nil {
			t.Errorf("%v\nfor\n%s", err, block[1])
		}
	}
}
