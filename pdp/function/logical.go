package function

import (
	"iter"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// logical is the functions of A.3.5. Apart from not they evaluate arguments
// only until the result is fixed, so an argument that decides wins over one
// that is Indeterminate, wherever each of them stands.
func logical() []*Function {
	return []*Function{
		{
			ID:      xacml.Function1 + "or",
			Section: "A.3.5",
			Doc:     "True if some argument is true, even if another fails; False without arguments.",
			Rest:    rest(value.TypeBoolean),
			Result:  boolean(),
			Lazy:    connective(true),
		},
		{
			ID:      xacml.Function1 + "and",
			Section: "A.3.5",
			Doc:     "False if some argument is false, even if another fails; True without arguments.",
			Rest:    rest(value.TypeBoolean),
			Result:  boolean(),
			Lazy:    connective(false),
		},
		{
			ID:         xacml.Function1 + "n-of",
			Section:    "A.3.5",
			Doc:        "True if at least n of the other arguments are true; fails if n is negative or greater than their number.",
			Parameters: ones(value.TypeInteger),
			Rest:       rest(value.TypeBoolean),
			Result:     boolean(),
			Lazy:       nOf,
		},
		{
			ID:         xacml.Function1 + "not",
			Section:    "A.3.5",
			Doc:        "The negation of the argument.",
			Parameters: ones(value.TypeBoolean),
			Result:     boolean(),
			Strict:     pure1(func(b value.Boolean) value.Boolean { return !b }),
		},
	}
}

// connective is or for decisive true, and and for decisive false.
func connective(decisive value.Boolean) func(Context, []Argument) (value.Datum, error) {
	return func(_ Context, args []Argument) (value.Datum, error) {
		return decide(decisive, func(yield func(value.Datum, error) bool) {
			for _, arg := range args {
				if !yield(arg()) {
					return
				}
			}
		})
	}
}

// decide combines truth values with or (decisive true) or and (decisive
// false): one decisive value fixes the result, else the first error does.
func decide(decisive value.Boolean, truths iter.Seq2[value.Datum, error]) (value.Datum, error) {
	var failed error
	for v, err := range truths {
		switch {
		case err == nil && v.(value.Boolean) == decisive:
			return decisive, nil
		case err != nil && failed == nil:
			failed = err
		}
	}
	if failed != nil {
		return nil, failed
	}
	return !decisive, nil
}

// nOf is n-of. INVARIANT: in the loop, n > yes and yes+unknown+left >= n, that
// is, the result is not fixed yet.
func nOf(_ Context, args []Argument) (value.Datum, error) {
	first, err := args[0]()
	if err != nil {
		return nil, err
	}
	args = args[1:]
	wanted, ok := first.(value.Integer).Int64()
	switch {
	case first.(value.Integer).Sign() < 0:
		return nil, xacml.ProcessingErrorf("n-of needs an n that is not negative")
	case !ok || wanted > int64(len(args)):
		return nil, xacml.ProcessingErrorf("n-of needs at least n further arguments, got %d", len(args))
	case wanted == 0:
		return value.Boolean(true), nil
	}

	n := int(wanted)
	yes, unknown := 0, 0
	var failed error
	for i, arg := range args {
		v, err := arg()
		switch {
		case err != nil:
			unknown++
			if failed == nil {
				failed = err
			}
		case bool(v.(value.Boolean)):
			yes++
		}
		if yes >= n {
			return value.Boolean(true), nil
		}
		if left := len(args) - i - 1; yes+unknown+left < n {
			return value.Boolean(false), nil
		}
	}
	return nil, failed
}
