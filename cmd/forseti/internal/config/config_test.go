package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestDefault checks that the defaults are in order and hold what the rest of
// the project relies on.
func TestDefault(t *testing.T) {
	c, err := Default()
	if err != nil {
		t.Fatalf("the defaults are wrong:\n%v", err)
	}
	if got, want := c.Server.Listen, "127.0.0.1:7341"; got != want {
		t.Errorf("server.listen: got %q, want %q", got, want)
	}
	if got, want := c.Server.DefaultDeadline, 2*time.Second; got != want {
		t.Errorf("server.default_deadline: got %v, want %v", got, want)
	}
	if diff := cmp.Diff([]string{"data/demo.db"}, c.Databases()); diff != "" {
		t.Errorf("databases (-want +got):\n%s", diff)
	}
	if _, err := c.Dictionary(); err != nil {
		t.Errorf("dictionary: %v", err)
	}
}

// TestDefault_Complete checks that the file of the defaults, which is the
// reference, names every key of the sections.
func TestDefault_Complete(t *testing.T) {
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for section, keys := range map[string][]string{
		"server":   fieldNames(reflect.TypeOf(c.Server)),
		"log":      fieldNames(reflect.TypeOf(c.Log)),
		"policies": fieldNames(reflect.TypeOf(c.Policies)),
		"demo":     fieldNames(reflect.TypeOf(c.Demo)),
		"tokens":   fieldNames(reflect.TypeOf(c.Tokens)),
		"":         fieldNames(reflect.TypeOf(*c)),

		"server.tls":            fieldNames(reflect.TypeOf(c.Server.TLS)),
		"server.authentication": fieldNames(reflect.TypeOf(c.Server.Authentication)),

		"tokens.claims":       fieldNames(reflect.TypeOf(c.Tokens.Claims)),
		"tokens.claims.level": fieldNames(reflect.TypeOf(c.Tokens.Claims.Level)),
		"enforcement":         fieldNames(reflect.TypeOf(c.Enforcement)),
	} {
		for _, key := range keys {
			if _, ok := c.places[join(section, key)]; !ok {
				t.Errorf("forseti.yaml does not name %q", join(section, key))
			}
		}
	}
}

// TestYAML_RoundTrip checks that what is printed reads back to the same.
func TestYAML_RoundTrip(t *testing.T) {
	want, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	text, err := want.YAML()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Load(write(t, string(text)), nil)
	if err != nil {
		t.Fatalf("reading what was printed:\n%v\n%s", err, text)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// TestLoad_Overlay checks that a file holds only what differs, and that a list
// replaces the list.
func TestLoad_Overlay(t *testing.T) {
	c, err := Load(write(t, `
server:
  listen: "[::1]:1"
  max_deadline: 1m
log:
callers: []
sources:
  - name: own
    kind: static
    needs: [{name: user, attribute: urn:altinn:userid}]
    provides: [{attribute: urn:altinn:rolecode, from: [role]}]
    static: {file: roles.yaml, match: {user: user}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Server; got.Listen != "[::1]:1" || got.MaxDeadline != time.Minute || got.Admin != "127.0.0.1:9090" {
		t.Errorf("server: got %+v", got)
	}
	if c.Log.Level != "info" || len(c.Callers) != 0 || len(c.Sources) != 1 || len(c.Attributes) == 0 {
		t.Errorf("got log %+v, %d callers, %d sources, %d attributes", c.Log, len(c.Callers), len(c.Sources), len(c.Attributes))
	}
}

// TestLoad_Environment checks that variables override the file, and that a bad
// one is named.
func TestLoad_Environment(t *testing.T) {
	set := map[string]string{
		"FORSETI_SERVER_LISTEN":        "0.0.0.0:1",
		"FORSETI_SERVER_INSECURE":      "true",
		"FORSETI_SERVER_REFLECTION":    "false",
		"FORSETI_SERVER_MAX_BATCH":     "7",
		"FORSETI_POLICIES_FOLDER":      "/policies",
		"FORSETI_POLICIES_RESCAN":      "1m",
		"FORSETI_DEMO_SEED":            "false",
		"FORSETI_SERVER_PORT_7341_TCP": "ignored",
	}
	lookup := func(name string) (string, bool) { v, ok := set[name]; return v, ok }
	c, err := Load(write(t, "server: {listen: 127.0.0.1:2, max_batch: 8}\n"), lookup)
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Listen != "0.0.0.0:1" || c.Server.Reflection || c.Server.MaxBatch != 7 ||
		c.Policies.Folder != "/policies" || c.Policies.Rescan != time.Minute || c.Demo.Seed {
		t.Errorf("got %+v %+v %+v", c.Server, c.Policies, c.Demo)
	}
	set["FORSETI_SERVER_MAX_BATCH"] = "many"
	set["FORSETI_POLICIES_RESCAN"] = "often"
	_, err = Load("", lookup)
	want := `environment variable FORSETI_POLICIES_RESCAN: policies.rescan: "often" is not a duration such as 250ms, 2s or 5m
environment variable FORSETI_SERVER_MAX_BATCH: server.max_batch: "many" is not a whole number`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	delete(set, "FORSETI_POLICIES_RESCAN")
	set["FORSETI_SERVER_MAX_BATCH"] = "0"
	_, err = Load("", lookup)
	want = "environment variable FORSETI_SERVER_MAX_BATCH: server.max_batch: 0 is not between 1 and 1073741824"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestLoad_NoFile checks that a file that is not there is an error.
func TestLoad_NoFile(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil); !os.IsNotExist(err) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "forseti.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withoutFolder makes the name of a file of write the same everywhere.
func withoutFolder(err error, path string) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), path, "f.yaml")
}

// TestLoad_Supply checks the example of the reference: a URI in a list in
// braces is one value.
func TestLoad_Supply(t *testing.T) {
	c, err := Load(write(t, `callers:
  - {caller: "*", category: environment, may_supply: [urn:oasis:names:tc:xacml:1.0:environment:current-time, 'urn:b']}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Caller{{
		Caller: "*", Category: "environment", MaySupply: []string{"urn:oasis:names:tc:xacml:1.0:environment:current-time", "urn:b"},
	}}
	if diff := cmp.Diff(want, c.Callers); diff != "" {
		t.Errorf("callers (-want +got):\n%s", diff)
	}
}
