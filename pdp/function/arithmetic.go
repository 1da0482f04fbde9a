package function

import (
	"math"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// arithmetic is the functions of A.3.2. Integers are unbounded; doubles follow
// IEEE 754 with round-half-even and a trap on division by zero (§7.5).
func arithmetic() []*Function {
	return []*Function{
		integerFold("integer-add", "The sum of two or more integers.",
			charged(linear, value.Integer.Add)),
		integerBinary("integer-subtract", "The first integer minus the second.",
			charged(linear, value.Integer.Sub)),
		integerFold("integer-multiply", "The product of two or more integers.",
			charged(times, value.Integer.Mul)),
		integerBinary("integer-divide", "The first integer divided by the second, truncated toward zero; fails on division by zero.",
			division(value.Integer.Quo)),
		integerBinary("integer-mod", "The remainder of integer-divide, with the sign of the first integer; fails on division by zero.",
			division(value.Integer.Rem)),
		{
			ID:         xacml.Function1 + "integer-abs",
			Section:    "A.3.2",
			Doc:        "The absolute value of an integer.",
			Parameters: ones(value.TypeInteger),
			Result:     value.One(value.TypeInteger),
			Strict:     pure1(value.Integer.Abs),
		},
		doubleFold("double-add", "The sum of two or more doubles.",
			func(a, b value.Double) value.Double { return a + b }),
		doubleBinary("double-subtract", "The first double minus the second.",
			pure2(func(a, b value.Double) value.Double { return a - b })),
		doubleFold("double-multiply", "The product of two or more doubles.",
			func(a, b value.Double) value.Double { return a * b }),
		doubleBinary("double-divide", "The first double divided by the second; fails on division by zero.",
			try2(func(_ Context, a, b value.Double) (value.Double, error) {
				if b == 0 {
					return 0, xacml.ProcessingErrorf("division of a double by zero")
				}
				return a / b, nil
			})),
		doubleUnary("double-abs", "The absolute value of a double.", math.Abs),
		doubleUnary("round", "The nearest whole number, the even one of two that are equally near.", math.RoundToEven),
		doubleUnary("floor", "The largest whole number that is not greater than the double.", math.Floor),
	}
}

// integerOp is an operation on two integers that can fail.
type integerOp = func(c Context, a, b value.Integer) (value.Integer, error)

// charged is f, paid for by the sizes of its arguments: products of products
// of large integers would otherwise be free.
func charged(cost func(a, b int) int, f func(a, b value.Integer) value.Integer) integerOp {
	return func(c Context, a, b value.Integer) (value.Integer, error) {
		if err := spend(c, cost(words(a), words(b))); err != nil {
			return a, err
		}
		return f(a, b), nil
	}
}

func linear(a, b int) int { return a + b }

// division is f guarded against a zero divisor.
func division(f func(a, b value.Integer) value.Integer) integerOp {
	divide := charged(times, f)
	return func(c Context, a, b value.Integer) (value.Integer, error) {
		if b.Sign() == 0 {
			return a, xacml.ProcessingErrorf("division of an integer by zero")
		}
		return divide(c, a, b)
	}
}

// words is the size of an integer in machine words of 64 bits, and 0 if it
// takes only one: arithmetic on those costs no steps.
func words(i value.Integer) int {
	if _, small := i.Int64(); small {
		return 0
	}
	return i.Big().BitLen()/64 + 1
}

func integerBinary(name, doc string, f integerOp) *Function {
	return &Function{
		ID:         xacml.Function1 + name,
		Section:    "A.3.2",
		Doc:        doc,
		Parameters: ones(value.TypeInteger, value.TypeInteger),
		Result:     value.One(value.TypeInteger),
		Strict:     try2(f),
	}
}

func integerFold(name, doc string, f integerOp) *Function {
	fn := integerBinary(name, doc, f)
	fn.Rest = rest(value.TypeInteger)
	fn.Strict = fold(f)
	return fn
}

func doubleBinary(name, doc string, f strict) *Function {
	return &Function{
		ID:         xacml.Function1 + name,
		Section:    "A.3.2",
		Doc:        doc,
		Parameters: ones(value.TypeDouble, value.TypeDouble),
		Result:     value.One(value.TypeDouble),
		Strict:     f,
	}
}

func doubleFold(name, doc string, f func(a, b value.Double) value.Double) *Function {
	fn := doubleBinary(name, doc, fold(func(_ Context, a, b value.Double) (value.Double, error) {
		return f(a, b), nil
	}))
	fn.Rest = rest(value.TypeDouble)
	return fn
}

func doubleUnary(name, doc string, f func(float64) float64) *Function {
	return &Function{
		ID:         xacml.Function1 + name,
		Section:    "A.3.2",
		Doc:        doc,
		Parameters: ones(value.TypeDouble),
		Result:     value.One(value.TypeDouble),
		Strict: pure1(func(a value.Double) value.Double {
			return value.Double(f(float64(a)))
		}),
	}
}
