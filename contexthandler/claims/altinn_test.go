package claims

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sharedFolder is the folder with the data of third parties. Without it the test is
// skipped, though not where everything must be tested.
func sharedFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("FORSETI_SHARED")
	switch {
	case folder != "":
	case os.Getenv("CI") == "true":
		t.Fatal("FORSETI_SHARED is not set: the cases of Altinn are missing")
	default:
		t.Skip("FORSETI_SHARED is not set: it names the folder with the cases of Altinn")
	}
	return filepath.Join(folder, "altinn")
}

// TestAltinnCases makes subjects of the claims that the platform's own tests use.
// Two of those are of nobody in particular, which here must be allowed.
func TestAltinnCases(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(sharedFolder(t), "cases", "pep-claims-*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) < 6 {
		t.Fatalf("got %d cases, want at least 6", len(dirs))
	}
	cfg := altinnProfile()
	cfg.AllowUntyped = true
	m := mapping(t, cfg)
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var request struct {
				Claims map[string]any `json:"claims"`
			}
			var want struct {
				Contains map[string]string `json:"subjectContains"`
				Lacks    []string          `json:"subjectLacks"`
			}
			readJSON(t, filepath.Join(dir, "request.json"), &request)
			readJSON(t, filepath.Join(dir, "expected.json"), &want)
			if len(want.Contains) == 0 {
				t.Fatal("the case expects nothing")
			}
			r, err := m.Subject(verified(t, request.Claims))
			if err != nil {
				t.Fatal(err)
			}
			got := attributesOf(r)
			for id, v := range want.Contains {
				if diff := cmp.Diff([]string{v}, got[id]); diff != "" {
					t.Errorf("attribute %q (-want +got):\n%s", id, diff)
				}
			}
			for _, id := range want.Lacks {
				if _, has := got[id]; has {
					t.Errorf("got attribute %q, want none", id)
				}
			}
			if r.Level != 2 || !r.LevelKnown {
				t.Errorf("got level %d, want 2", r.Level)
			}
		})
	}
}

// readJSON reads a file of a case.
func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
