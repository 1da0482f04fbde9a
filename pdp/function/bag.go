package function

import (
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// bagFunctions is the functions of A.3.10. Types without equality have no
// is-in.
func bagFunctions() []*Function {
	var fs []*Function
	for _, tp := range comparableTypes() {
		fs = append(fs, oneAndOnly(tp), bagSize(tp), isIn(tp), bag(tp))
	}
	for _, t := range []value.Type{value.TypeIPAddress, value.TypeDNSName} {
		tp := typePrefix{t, xacml.Function2}
		fs = append(fs, oneAndOnly(tp), bagSize(tp), bag(tp))
	}
	return fs
}

func oneAndOnly(tp typePrefix) *Function {
	return &Function{
		ID:         tp.id("one-and-only"),
		Section:    "A.3.10",
		Doc:        fmt.Sprintf("The only %s of the bag; fails unless the bag holds exactly one.", tp.typ),
		Parameters: bags(tp.typ, 1),
		Result:     value.One(tp.typ),
		Strict: try1(func(_ Context, b value.Bag) (value.Value, error) {
			if b.Len() != 1 {
				return nil, xacml.ProcessingErrorf("one-and-only of a bag of %d values", b.Len())
			}
			return b.At(0), nil
		}),
	}
}

func bagSize(tp typePrefix) *Function {
	return &Function{
		ID:         tp.id("bag-size"),
		Section:    "A.3.10",
		Doc:        "The number of values in the bag, duplicates counted.",
		Parameters: bags(tp.typ, 1),
		Result:     value.One(value.TypeInteger),
		Strict: pure1(func(b value.Bag) value.Integer {
			return value.NewInteger(int64(b.Len()))
		}),
	}
}

func isIn(tp typePrefix) *Function {
	return &Function{
		ID:         tp.id("is-in"),
		Section:    "A.3.10",
		Doc:        fmt.Sprintf("True if a value of the bag is %s-equal to the first argument.", tp.typ),
		Parameters: []value.Kind{value.One(tp.typ), value.BagOf(tp.typ)},
		Result:     boolean(),
		Strict: try2(func(c Context, v value.Value, b value.Bag) (value.Boolean, error) {
			if err := spend(c, b.Len()); err != nil {
				return false, err
			}
			return value.Boolean(contains(b.Values(), v)), nil
		}),
	}
}

// contains reports whether a value equal to v is among the values.
func contains(values []value.Value, v value.Value) bool {
	if s, ok := v.(value.String); ok {
		text := nfc(s) // once, however many there are
		return slices.ContainsFunc(values, func(w value.Value) bool { return nfc(w.(value.String)) == text })
	}
	for _, w := range values {
		if value.Equal(v, w) {
			return true
		}
	}
	return false
}

func bag(tp typePrefix) *Function {
	return &Function{
		ID:      tp.id("bag"),
		Section: "A.3.10",
		Doc:     "The bag of the arguments; without arguments an empty bag.",
		Rest:    rest(tp.typ),
		Result:  value.BagOf(tp.typ),
		Strict: func(_ Context, args []value.Datum) (value.Datum, error) {
			values := make([]value.Value, len(args))
			for i, a := range args {
				values[i] = a.(value.Value)
			}
			return value.NewBag(tp.typ, values...), nil
		},
	}
}
