package cases

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// loadLimit is how long it may take to load all policies of the corpus.
const loadLimit = 2 * time.Second

// TestAltinnCorpus loads every policy alone, since many have the same id. An
// algorithm of policies on a Policy is accepted with a warning.
func TestAltinnCorpus(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(sharedFolder(t), "corpus", "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 182 {
		t.Fatalf("got %d policies, want at least 182", len(names))
	}
	files := make([][]byte, len(names))
	for i, name := range names {
		files[i] = readFile(t, name)
	}
	aliases := 0
	began := time.Now()
	for i, name := range names {
		document, problems := xacmlxml.ReadPolicy(filepath.Base(name), files[i], xacmlxml.DefaultLimits())
		if document.Root == nil {
			t.Errorf("got problems, want none: %v", problems.Errors())
			continue
		}
		decider, problems := pdp.New(pdp.Config{}, []policy.Document{document})
		if decider == nil {
			t.Errorf("got problems, want none: %v", problems.Errors())
		}
		for _, p := range problems {
			if strings.Contains(p.Message, xacml.PolicyAlgorithm3) && p.Warning {
				aliases++
			} else {
				t.Logf("other warning: %v", p)
			}
		}
	}
	took := time.Since(began)
	t.Logf("%d policies in %v, %d with an algorithm of policies", len(names), took, aliases)
	if aliases < 94 {
		t.Errorf("got %d warnings on algorithms of policies, want at least 94", aliases)
	}
	if took > loadLimit && !raceDetector {
		t.Errorf("loading took %v, want at most %v", took, loadLimit)
	}
}
