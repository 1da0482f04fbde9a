package index_test

import (
	"fmt"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

// A large index by one attribute finds its children by symbols that are close to
// each other and by others, and does so after changes, while what it was made of
// stays as it was.
func TestLargeIndexes(t *testing.T) {
	for _, distance := range []int{1, 5, 50} {
		t.Run(fmt.Sprintf("every %d symbols", distance), func(t *testing.T) {
			const n = 5000
			child := func(i int) index.Child {
				return index.Child{ID: uint32(i), Constraints: []index.Constraint{{Symbols: []symbol.Symbol{symbol.Symbol(1 + i*distance)}}}}
			}
			children := make([]index.Child, n)
			for i := range children {
				children[i] = child(i)
			}
			x := index.Build(children)
			finds := func(x *index.Index, i int) bool {
				got := candidates(x, bags{one(symbol.Symbol(1+i*distance), 0, "")})
				if len(got) > 1 || len(got) == 1 && got[0] != uint32(i) {
					t.Fatalf("candidates of child %d are %v", i, got)
				}
				return len(got) == 1
			}
			// Each change takes every 100th child out and puts one in behind the last.
			next := x
			for i := range 50 {
				next = next.Update([]index.Child{children[100*i]}, []index.Child{child(n + 100*i)})
			}
			for i := range 3 * n {
				if got, want := finds(x, i), i < n; got != want {
					t.Errorf("child %d is found: %t, want %t", i, got, want)
				}
				if got, want := finds(next, i), i < n && i%100 != 0 || i >= n && i%100 == 0 && i < n+5000; got != want {
					t.Errorf("after the changes child %d is found: %t, want %t", i, got, want)
				}
			}
			if got := len(candidates(next, bags{{}})); got != n {
				t.Errorf("of a bag that is not known %d are candidates, want all %d", got, n)
			}
			if got := candidates(next, bags{one(0, 0, "")}); len(got) != 0 {
				t.Errorf("of a value that is no literal %v are candidates", got)
			}
		})
	}
}
