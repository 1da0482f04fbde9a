package compile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// merged is the stable order of both lists, one after the other.
func TestMerged_IsSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	list := func() (ps policy.Problems) {
		for i := range rng.IntN(1 + rng.IntN(20)) {
			ps = append(ps, policy.Problem{
				File: fmt.Sprint(rng.IntN(3)), Position: policy.Position{Line: rng.IntN(2), Column: rng.IntN(2)}, Message: fmt.Sprint(i),
			})
		}
		return ps
	}
	for range 2000 {
		a, b := list(), list()
		want := slices.Concat(a, b)
		want.Sort()
		if diff := cmp.Diff(want, merged(a, b), equateEmpty); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

// equateEmpty makes no difference between no problems and none.
var equateEmpty = cmp.Transformer("empty", func(ps policy.Problems) []policy.Problem { return append([]policy.Problem{}, ps...) })
