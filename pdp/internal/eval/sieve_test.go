package eval

import (
	"math/rand/v2"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

// A sieve leaves each rule whose literals the values may be: it looks at all bits,
// also at the highest, and at all rules, however many there are.
func TestOpen_LeavesRulesWithCommonBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	bit := func() signature { return 1 << rng.IntN(64) }
	some := func() signature {
		s := bit()
		for range rng.IntN(4) {
			s |= bit()
		}
		return s
	}
	for range 20_000 {
		first, second := some()|always, some()|always
		var rules code
		var want ruleSet
		for i := range rng.IntN(manyRules) {
			a, b := some(), some()
			rules = append(rules, word(a), word(a>>32), word(b), word(b>>32))
			if a&first != 0 && b&second != 0 {
				want |= 1 << i
			}
		}
		if got := open(rules, first, second); got != want {
			t.Fatalf("got rules %b, want %b: of %x with %x and %x", got, want, rules, first, second)
		}
	}
}

// The signature of a set has a bit in common with that of each other set that has
// one of its symbols.
func TestSignature_OfSetsWithACommonSymbol(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		a, b := make([]symbol.Symbol, 1+rng.IntN(5)), make([]symbol.Symbol, 1+rng.IntN(5))
		for i := range a {
			a[i] = symbol.Symbol(rng.Uint32())
		}
		for i := range b {
			b[i] = symbol.Symbol(rng.Uint32())
		}
		b[rng.IntN(len(b))] = a[rng.IntN(len(a))]
		if signatureOf(a...)&signatureOf(b...) == 0 {
			t.Fatalf("the signatures of %v and %v have nothing in common", a, b)
		}
	}
}
