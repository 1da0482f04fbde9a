package xacmlxml

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// sharedFolder is the folder with the documents of third parties. Without it
// the test is skipped, though not where everything must be tested.
func sharedFolder(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("FORSETI_SHARED")
	switch {
	case folder != "":
	case os.Getenv("CI") == "true":
		t.Fatal("FORSETI_SHARED is not set: the corpora are missing")
	default:
		t.Skip("FORSETI_SHARED is not set: no corpora to read")
	}
	return folder
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func glob(t testing.TB, atLeast int, elements ...string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < atLeast {
		t.Fatalf("got %d files, want at least %d: %s", len(names), atLeast, filepath.Join(elements...))
	}
	return names
}

func TestCorpus_AltinnPolicies(t *testing.T) {
	for _, name := range glob(t, 182, sharedFolder(t), "altinn", "corpus", "*.xml") {
		document, problems := ReadPolicy(filepath.Base(name), readFile(t, name), Limits{})
		if len(problems.Errors()) > 0 || document.Root == nil {
			t.Errorf("got problems, want none:\n%v", problems)
		}
		for _, p := range problems {
			if p.Reason != policy.ReasonDuplicate {
				t.Errorf("got warning %v, want only duplicate ids", p)
			}
		}
	}
}

func TestCorpus_Conformance(t *testing.T) {
	for _, name := range glob(t, 566, sharedFolder(t), "conformance", "oasis-ct", "*", "meta.json") {
		var meta struct {
			ID, Category string
			Expect       struct{ Kind string }
		}
		if err := json.Unmarshal(readFile(t, name), &meta); err != nil {
			t.Fatal(err)
		}
		folder := filepath.Dir(name)
		refusable := strings.HasPrefix(meta.Category, "invalid-") || strings.HasSuffix(meta.Expect.Kind, "-error")
		for _, file := range glob(t, 1, folder, "policies", "*.xml") {
			_, problems := ReadPolicy(meta.ID+"/"+filepath.Base(file), readFile(t, file), Limits{})
			if len(problems) > 0 && !refusable {
				t.Errorf("got problems, want none:\n%v", problems)
			}
			if refusable {
				t.Logf("%s: %v", meta.ID, problems)
			}
		}
		if _, err := ReadRequest(readFile(t, filepath.Join(folder, "request.xml")), Limits{}); err != nil && !refusable {
			t.Errorf("%s/request.xml: got error, want none: %v", meta.ID, err)
		}
		response := filepath.Join(folder, "response.xml")
		if _, err := os.Stat(response); err != nil {
			continue
		}
		if _, err := ReadResponse(readFile(t, response), Limits{}); err != nil {
			t.Errorf("%s/response.xml: got error, want none: %v", meta.ID, err)
		}
	}
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
