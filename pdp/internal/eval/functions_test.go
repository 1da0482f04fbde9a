package eval_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Each function of the standard gives the program what it gives the reference
// evaluator, in conditions that apply it: as often as wanted its application has a
// value, and as often it is Indeterminate, by itself or by an argument.
// FORSETI_LONG=1 wants a thousand of each.
func TestDifferential_Functions(t *testing.T) {
	least, requests := 10, 10
	switch {
	case os.Getenv("FORSETI_LONG") != "":
		least, requests = 1000, 25
	case testing.Short(), raceEnabled:
		least = 1
	}
	library := function.All()
	seed := differentialSeed(t)
	pairs := 0
	var rare []string
	for _, f := range function.Standard().Functions() {
		g := generate.New(seed, generate.Options{Function: f.ID})
		var values, failures int
		for n := uint64(0); (values < least || failures < least) && int(n)*requests < 1000*least; n++ {
			cases := g.Cases(n, requests)
			s := newSubject(library, cases[0], n%2 == 0)
			if s == nil {
				t.Fatalf("seed %d, %s, case %d is refused", seed, f.ID, n)
			}
			for i, c := range cases {
				p := newPair(c, supplied(n%3))
				p.want = s.reference(p)
				if why := s.differs(p); why != "" {
					w := &worker{t: t, seed: seed, library: library}
					t.Fatalf("seed %d, %s, case %d, request %d: %s\n%s", seed, f.ID, n, i, why, w.minimal(p))
				}
				if p.want.Decision.Indeterminate() {
					failures++
				} else {
					values++
				}
				pairs++
			}
		}
		// Where there is no Content these find nothing, and their arguments are literals.
		cannotFail := f.ID == xacml.Function3+"xpath-node-equal" || f.ID == xacml.Function3+"xpath-node-match"
		if values < least || failures < least && !cannotFail {
			t.Errorf("%s has a value %d times and is Indeterminate %d times, want %d of each", f.ID, values, failures, least)
		}
		rare = append(rare, fmt.Sprintf("%8d values %8d failures %s", values, failures, strings.TrimPrefix(f.ID, xacml.Function1)))
	}
	slices.Sort(rare)
	t.Logf("seed %d: %d pairs; the rarest:\n%s", seed, pairs, strings.Join(rare[:5], "\n"))
}
