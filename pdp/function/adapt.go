package function

import (
	"math"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// strict is the shape of Function.Strict. The adapters below make one of a Go
// function over the types of package value; their type assertions hold because
// Check accepted the kinds of the arguments.
type strict = func(c Context, args []value.Datum) (value.Datum, error)

// pure1 adapts a function of one argument that cannot fail.
func pure1[A, R value.Datum](f func(a A) R) strict {
	return func(_ Context, args []value.Datum) (value.Datum, error) {
		return f(args[0].(A)), nil
	}
}

// pure2 adapts a function of two arguments that cannot fail.
func pure2[A, B, R value.Datum](f func(a A, b B) R) strict {
	return func(_ Context, args []value.Datum) (value.Datum, error) {
		return f(args[0].(A), args[1].(B)), nil
	}
}

// try1 adapts a function of one argument that can fail.
func try1[A, R value.Datum](f func(c Context, a A) (R, error)) strict {
	return func(c Context, args []value.Datum) (value.Datum, error) {
		r, err := f(c, args[0].(A))
		if err != nil {
			return nil, err
		}
		return r, nil
	}
}

// try2 adapts a function of two arguments that can fail.
func try2[A, B, R value.Datum](f func(c Context, a A, b B) (R, error)) strict {
	return func(c Context, args []value.Datum) (value.Datum, error) {
		r, err := f(c, args[0].(A), args[1].(B))
		if err != nil {
			return nil, err
		}
		return r, nil
	}
}

// fold adapts an operation on two values to a function of two or more (A.3.2).
func fold[A value.Datum](f func(c Context, a, b A) (A, error)) strict {
	return func(c Context, args []value.Datum) (value.Datum, error) {
		sum := args[0].(A)
		for _, a := range args[1:] {
			var err error
			if sum, err = f(c, sum, a.(A)); err != nil {
				return nil, err
			}
		}
		return sum, nil
	}
}

// ones is the kinds of parameters that are single values of these types.
func ones(types ...value.Type) []value.Kind {
	kinds := make([]value.Kind, len(types))
	for i, t := range types {
		kinds[i] = value.One(t)
	}
	return kinds
}

// bags is the kinds of n parameters that are bags of t.
func bags(t value.Type, n int) []value.Kind {
	kinds := make([]value.Kind, n)
	for i := range kinds {
		kinds[i] = value.BagOf(t)
	}
	return kinds
}

// rest is the kind of further arguments that are single values of t.
func rest(t value.Type) *value.Kind {
	k := value.One(t)
	return &k
}

// boolean is the kind of the result of a predicate.
func boolean() value.Kind { return value.One(value.TypeBoolean) }

// bytesPerStep is how much text counts as one step of the cost budget.
const bytesPerStep = 64

// textSteps is the cost of going once over n bytes. Short text costs nothing:
// the evaluator counts the application itself.
func textSteps(n int) int { return n / bytesPerStep }

// madeBytesPerStep is how much text that is made counts as one step: a bag of
// results keeps all of it, so that the budget bounds memory too.
const madeBytesPerStep = 8

// madeSteps is the cost of making a text of n bytes.
func madeSteps(n int) int { return n / madeBytesPerStep }

// times is a*b for a cost: both are not negative, and it saturates.
func times(a, b int) int {
	if a != 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

// spend asks for steps unless there are none.
func spend(c Context, steps int) error {
	if steps == 0 {
		return nil
	}
	return c.Spend(steps)
}
