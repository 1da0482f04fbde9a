package function

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
)

func rowsSet(t *testing.T) []row {
	t.Helper()
	rows := []row{
		{"1.0:string-union", "bag string:[a b], bag string:[b c], bag string:[d a]", "bag string:[a b c d]"},
		{"1.0:double-union", "bag double:[NaN], bag double:[NaN]", "bag double:[NaN NaN]"},
		{"1.0:double-intersection", "bag double:[NaN], bag double:[NaN]", "bag double:[]"},
		{"1.0:double-set-equals", "bag double:[NaN], bag double:[NaN]", "boolean:false"},
		{"3.0:dayTimeDuration-union", "bag old-dayTimeDuration:[P1D], bag dayTimeDuration:[PT24H P2D]", "bag dayTimeDuration:[P1D P2D]"},
		{"1.0:string-subset", "bag string:[], fails bag string", "failure 1"}, // A.3
	}
	for _, s := range samples() {
		id := s.prefix + ":" + s.typ + "-"
		one, other := canonical(t, s.typ, s.one), canonical(t, s.typ, s.other)
		bag := func(lexical ...string) string { return fmt.Sprintf("bag %s:%s", s.typ, lexical) }
		pair := func(a, b string) string { return a + ", " + b }
		rows = append(
			rows,
			row{id + "intersection", pair(bag(s.one, s.other, s.same), bag(s.same)), bag(one)},
			row{id + "intersection", pair(bag(s.one), bag(s.other)), bag()},
			row{id + "intersection", pair(bag(), bag(s.one)), bag()},
			row{id + "at-least-one-member-of", pair(bag(s.other, s.one), bag(s.same)), "boolean:true"},
			row{id + "at-least-one-member-of", pair(bag(s.one), bag(s.other)), "boolean:false"},
			row{id + "at-least-one-member-of", pair(bag(), bag(s.other)), "boolean:false"},
			row{id + "at-least-one-member-of", pair(bag(s.other), bag()), "boolean:false"},
			row{id + "union", pair(bag(s.one, s.same), bag(s.other, s.one)), bag(one, other)},
			row{id + "union", pair(bag(), bag()), bag()},
			row{id + "subset", pair(bag(s.one, s.one), bag(s.other, s.same)), "boolean:true"},
			row{id + "subset", pair(bag(s.one, s.other), bag(s.same)), "boolean:false"},
			row{id + "subset", pair(bag(), bag()), "boolean:true"},
			row{id + "set-equals", pair(bag(s.one, s.same, s.other), bag(s.other, s.one)), "boolean:true"},
			row{id + "set-equals", pair(bag(s.one), bag(s.one, s.other)), "boolean:false"},
			row{id + "set-equals", pair(bag(s.one, s.other), bag(s.one)), "boolean:false"},
			row{id + "set-equals", pair(bag(), bag()), "boolean:true"},
		)
	}
	return rows
}

func TestA3_11_Sets(t *testing.T) { run(t, rowsSet(t)) }

// Hash tables must agree with TYPE-equal, one by one.
func TestA3_11_HashingAgreesWithEqual(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range samples() {
		typ := typeNamed(t, s.typ)
		forms := []value.Value{parse(t, typ, s.one), parse(t, typ, s.same), parse(t, typ, s.other)}
		if typ == value.TypeInteger {
			for i := range 40 {
				forms = append(forms, parse(t, typ, fmt.Sprint(i)))
			}
		}
		for range 20 {
			a, b := pick(rng, typ, forms), pick(rng, typ, forms)
			if got, want := texts(intersection(typ, a, b).Values()), texts(slowIntersection(a, b)); !cmp.Equal(got, want) {
				t.Errorf("got intersection %v, want %v, for %s and %s", got, want, show(a), show(b))
			}
			if got, want := bool(subset(typ, a, b)), slowSubset(a, b); got != want {
				t.Errorf("got subset %v, want %v, for %s and %s", got, want, show(a), show(b))
			}
		}
	}
}

// pick is a bag of random length that is sometimes large enough to be hashed.
func pick(rng *rand.Rand, typ value.Type, forms []value.Value) value.Bag {
	values := make([]value.Value, rng.IntN(3*hashFrom))
	for i := range values {
		values[i] = forms[rng.IntN(len(forms))]
	}
	return value.NewBag(typ, values...)
}

func slowIntersection(a, b value.Bag) []value.Value {
	var both []value.Value
	for _, v := range a.Values() {
		if contains(b.Values(), v) && !contains(both, v) {
			both = append(both, v)
		}
	}
	return both
}

func slowSubset(a, b value.Bag) bool {
	for _, v := range a.Values() {
		if !contains(b.Values(), v) {
			return false
		}
	}
	return true
}

func texts(values []value.Value) []string {
	ts := []string{}
	for _, v := range values {
		ts = append(ts, v.String())
	}
	return ts
}
