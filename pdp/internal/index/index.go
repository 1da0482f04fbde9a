package index

import "github.com/forseti-pdp/forseti/pdp/internal/symbol"

// Slot is the number of an attribute: category, id, data type and issuer.
type Slot uint32

// Constraint is one necessary condition for a child not to be NotApplicable.
// With the bag of Slot known and without error, the child is NotApplicable
//   - if the bag is empty and Empty is not set;
//   - if it holds one value, and that is not accepted;
//   - if it holds several values, Many is not set, and none of them is accepted.
//
// A bag that is not known (an error, or not looked up yet) rules nothing out.
//
// Exactly one of Symbols, Ranges and Prefixes is set: what is accepted.
type Constraint struct {
	Slot        Slot
	Empty, Many bool
	Symbols     []symbol.Symbol // equality with one of these literals, never symbol 0
	Ranges      []Range         // order: the value lies in one of them
	Prefixes    []string        // text: its octets begin with those of one of them
}

// Range is an interval of ordinals (value.Ordinal), both bounds included.
type Range struct{ Low, High int64 }

// Child is a rule, policy or policy set below the same parent: its number, and
// constraints that must all hold. Without constraints it is always a candidate.
type Child struct {
	ID          uint32
	Constraints []Constraint
}

// View is what the index may see of a request. Where a bag is not known, the
// other results are ignored.
type View interface {
	// Symbols is the number of values in the bag, and the symbols of those that are
	// literals of a policy, in any order and each at least once.
	Symbols(s Slot) (n int, symbols []symbol.Symbol, known bool)
	// Ordinal is the number of values in the bag, and the ordinal of the only one.
	// A single value without an ordinal counts as an unknown bag.
	Ordinal(s Slot) (n int, ordinal int64, known bool)
	// Text is the number of values in the bag, and the text that prefixes are
	// compared with if there is one value only.
	Text(s Slot) (n int, text string, known bool)
}

// Index finds the children that can apply to a request. It is immutable and
// safe for concurrent use.
type Index struct {
	root  node
	slots []Slot // ascending
	size  int    // children
}

// Candidates appends the IDs of all children that can be anything else than
// NotApplicable for the request, in any order, and perhaps twice. It allocates
// nothing but room in into.
func (x *Index) Candidates(v View, into []uint32) []uint32 {
	return x.root.candidates(v, into)
}

// Slots is every slot that Candidates asks a View for, in ascending order. The
// caller must not change it.
func (x *Index) Slots() []Slot { return x.slots }
