package cases

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// moreLookups are the lookups that the platform does not make. The platform
// has the uuid of the party when the caller gives it; here the party that was
// found by it is asked for its uuid again, since a source cannot be told to be
// asked only if nobody else knows.
func moreLookups(id string) []string {
	return map[string][]string{
		"decision-internal-ResourceRegistry_SubjectWithoutAccessPackage_NotApplicable": {"register.partiesById(51235100)"},
	}[id]
}

// TestAltinnLookups asks the services nothing that the platform does not ask,
// with the exceptions above, and tells how many questions that saves.
func TestAltinnLookups(t *testing.T) {
	asked, recorded := 0, 0
	for _, c := range append(loadCases(t, "decision", 55), loadCases(t, "enrich", 4)...) {
		t.Run(c.id, func(t *testing.T) {
			got, want := ask(t, c, c.policies, true).asked, c.pip.recorded()
			var more []string
			for _, l := range slices.Sorted(maps.Keys(got)) {
				if !want[l] {
					more = append(more, l)
				}
			}
			if diff := cmp.Diff(moreLookups(c.id), more); diff != "" {
				t.Errorf("lookups that the platform does not make (-want +got):\n%s\nit makes %v", diff, slices.Sorted(maps.Keys(want)))
			}
			asked, recorded = asked+len(got), recorded+len(want)
		})
	}
	t.Logf("%d lookups, of %d that the platform makes", asked, recorded)
}
