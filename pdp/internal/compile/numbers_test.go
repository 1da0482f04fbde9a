package compile

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A directory is a map from hashes to sets of numbers; one that is shared stays
// as it is.
func TestDirectory_IsAMap(t *testing.T) {
	type naive map[uint64]map[uint32]bool
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(d *directory, want naive) {
		t.Helper()
		for hash, numbers := range want {
			if diff := cmp.Diff(slices.Sorted(maps.Keys(numbers)), slices.Sorted(d.find(hash))); diff != "" {
				t.Fatalf("hash %x (-want +got):\n%s", hash, diff)
			}
		}
	}
	for _, hashes := range []uint64{1, 5, 300} { // many collisions to few
		var now directory
		want := make(naive)
		for range 20 {
			last, lastWant := now, make(naive)
			for hash, numbers := range want {
				lastWant[hash] = maps.Clone(numbers)
			}
			now = last.shared()
			for range 100 {
				hash := rng.Uint64N(min(hashes, 256))<<56 | rng.Uint64N(hashes)
				n := rng.Uint32N(50)
				switch {
				case want[hash][n]:
					now.remove(hash, n)
					delete(want[hash], n)
				default:
					now.add(hash, n)
					if want[hash] == nil {
						want[hash] = make(map[uint32]bool)
					}
					want[hash][n] = true
				}
			}
			check(&now, want)
			check(&last, lastWant)
		}
	}
}

func TestBitset_IsASet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var s bitset
	want := make(map[uint32]bool)
	for range 5000 {
		n, in := rng.Uint32N(300), rng.IntN(2) == 0
		s.set(n, in)
		if want[n] = in; !in {
			delete(want, n)
		}
		other := bitset{7}
		for n := range uint32(320) {
			if s.has(n) != want[n] {
				t.Fatalf("%d: got %t, want %t", n, s.has(n), want[n])
			}
			if got := union(s, other).has(n); got != (want[n] || n < 3) {
				t.Fatalf("%d of a union: got %t", n, got)
			}
		}
		if s.empty() != (len(want) == 0) {
			t.Fatalf("empty: got %t of %d", s.empty(), len(want))
		}
	}
}
