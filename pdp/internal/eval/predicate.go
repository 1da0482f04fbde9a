package eval

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// onlyOne is TYPE-one-and-only of an attribute (A.3.10).
type onlyOne struct{ designator }

func (o *onlyOne) datum(e *evaluation) (value.Datum, *xacml.Error) {
	b, err := o.only(e)
	if err != nil {
		return nil, err
	}
	return e.valuesOf(b)[0], nil
}

// only is the bag, if it holds exactly one value.
func (o *onlyOne) only(e *evaluation) (*bag, *xacml.Error) {
	b, err := o.read(e)
	if err != nil {
		return nil, err
	}
	if b.size != 1 {
		return nil, xacml.ProcessingErrorf("one-and-only of a bag of %d values", b.size)
	}
	return b, nil
}

// oneAmong tells whether the only value of an attribute is one of some literals:
// string-equal with a literal, or string-is-in with a bag of literals.
type oneAmong struct {
	onlyOne
	literals []symbol.Symbol // sorted
}

func (o *oneAmong) truth(e *evaluation) (bool, *xacml.Error) {
	b, err := o.only(e)
	if err != nil {
		return false, err
	}
	return among(o.literals, e.symbolsOf(b)), nil
}

func (o *oneAmong) datum(e *evaluation) (value.Datum, *xacml.Error) { return asDatum(o.truth(e)) }

// anyAmong tells whether some value of an attribute is one of some literals:
// string-is-in with a literal, or string-at-least-one-member-of with a bag of them.
type anyAmong struct {
	designator
	literals []symbol.Symbol // sorted
}

func (a *anyAmong) truth(e *evaluation) (bool, *xacml.Error) {
	b, err := a.read(e)
	if err != nil {
		return false, err
	}
	symbols := e.symbolsOf(b)
	if err := e.spend(len(symbols)); err != nil {
		return false, err
	}
	return among(a.literals, symbols), nil
}

func (a *anyAmong) datum(e *evaluation) (value.Datum, *xacml.Error) { return asDatum(a.truth(e)) }

// among tells whether one of the symbols is one of the sorted literals.
func among(literals, symbols []symbol.Symbol) bool {
	for _, y := range symbols {
		if _, ok := slices.BinarySearch(literals, y); ok {
			return true
		}
	}
	return false
}

// ordered is a comparison of the only value of an attribute with literals, of
// which is known where the value lies if it holds.
type ordered struct {
	strict
	slot   Slot
	ranges []index.Range
}

// prefixed is a function on the only value of an attribute, a string, which in
// normalization form C begins with the prefix if it holds.
type prefixed struct {
	strict
	slot   Slot
	prefix string
}
