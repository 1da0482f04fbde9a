// Package cases runs third-party cases through the real server: those of a real platform, Altinn
// Authorization, which are no part of this project: FORSETI_SHARED names the
// folder that holds them. It consists of tests only.
//
// What is particular to the platform is said once, as configuration for operators:
// the profile in docs/altinn. The tests put tables in place of the services that
// its sources ask.
package cases

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// altinnCase is one case.
type altinnCase struct {
	id       string
	meta     meta
	pip      pipData
	request  *xacml.Request
	policies []policy.Document
	// want are the results, or the attributes after enrichment.
	want expected
	// logged are the attributes that the platform logged after its decision, or nil.
	logged []attributesJSON
}

// meta is the part of meta.json that matters here.
type meta struct {
	RequestFormat string `json:"requestFormat"`
	Policies      []struct {
		File string `json:"file"`
		Type string `json:"type"`
	} `json:"policies"`
	StandardDecisions []string `json:"standardDecisions"`
}

// sharedFolder is the folder with the data of third parties. Without it the
// test is skipped, though not where everything must be tested.
func sharedFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("FORSETI_SHARED")
	switch {
	case folder != "":
	case os.Getenv("CI") == "true":
		t.Fatal("FORSETI_SHARED is not set: the cases and policies of Altinn are missing")
	default:
		t.Skip("FORSETI_SHARED is not set: it names the folder with the cases and policies of Altinn")
	}
	return filepath.Join(folder, "altinn")
}

// caseFolders are those of the cases of a kind, at least as many as are known to exist.
func caseFolders(t *testing.T, kind string, atLeast int) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(sharedFolder(t), "cases", kind+"-*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) < atLeast {
		t.Fatalf("got %d cases of the kind %q, want at least %d", len(dirs), kind, atLeast)
	}
	return dirs
}

// loadCases reads the cases of a kind.
func loadCases(t *testing.T, kind string, atLeast int) []*altinnCase {
	t.Helper()
	var cases []*altinnCase
	for _, dir := range caseFolders(t, kind, atLeast) {
		cases = append(cases, loadCase(t, dir))
	}
	return cases
}

func loadCase(t *testing.T, dir string) *altinnCase {
	t.Helper()
	c := &altinnCase{id: filepath.Base(dir)}
	readJSON(t, filepath.Join(dir, "meta.json"), &c.meta)
	readJSON(t, filepath.Join(dir, "pip.json"), &c.pip)
	readJSON(t, filepath.Join(dir, "expected.json"), &c.want)
	if name := filepath.Join(dir, "expected_enriched.json"); exists(name) {
		var e struct {
			Attributes []attributesJSON `json:"attributes"`
		}
		readJSON(t, name, &e)
		c.logged = e.Attributes
	}
	data := readFile(t, filepath.Join(dir, "request."+c.meta.RequestFormat))
	var err error
	if c.meta.RequestFormat == "json" {
		c.request, err = readJSONRequest(data)
	} else {
		c.request, err = xacmlxml.ReadRequest(data, xacmlxml.DefaultLimits())
	}
	if err != nil {
		t.Fatalf("%s: the request cannot be read: %v", c.id, err)
	}
	for _, p := range c.meta.Policies {
		if p.Type == "resource" {
			c.policies = append(c.policies, readPolicy(t, filepath.Join(dir, "policies", p.File)))
		}
	}
	return c
}

// readPolicy reads a policy. The platform knows a policy by its place, so that
// many have the same PolicyId; here the name of the file is the PolicyId.
func readPolicy(t *testing.T, name string) policy.Document {
	t.Helper()
	document, problems := xacmlxml.ReadPolicy(filepath.Base(name), readFile(t, name), xacmlxml.DefaultLimits())
	if err := problems.Errors(); len(err) > 0 {
		t.Fatalf("%s: the policy cannot be read: %v", name, err)
	}
	if p, ok := document.Root.(*policy.Policy); ok {
		p.ID = "urn:file:" + strings.TrimSuffix(filepath.Base(name), ".xml")
	}
	return document
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, name), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
