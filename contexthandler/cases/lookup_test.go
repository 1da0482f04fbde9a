package cases

import (
	"maps"
	"slices"
	"testing"
)

// TestAltinnLookups asks the services nothing that the platform does not ask, and
// tells how many questions that saves.
func TestAltinnLookups(t *testing.T) {
	asked, recorded := 0, 0
	for _, c := range append(loadCases(t, "decision", 55), loadCases(t, "enrich", 4)...) {
		t.Run(c.id, func(t *testing.T) {
			got, want := ask(t, c, guarded(t, c.policies), true).asked, c.pip.recorded()
			for _, l := range slices.Sorted(maps.Keys(got)) {
				if !want[l] {
					t.Errorf("got the lookup %s, which the platform does not make: it makes %v", l, slices.Sorted(maps.Keys(want)))
				}
			}
			asked, recorded = asked+len(got), recorded+len(want)
		})
	}
	t.Logf("%d lookups, of %d that the platform makes", asked, recorded)
}
