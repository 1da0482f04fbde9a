package function

import (
	"math"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// numericConversion is the functions of A.3.4.
func numericConversion() []*Function {
	return []*Function{
		{
			ID:         xacml.Function1 + "double-to-integer",
			Section:    "A.3.4",
			Doc:        "The double truncated toward zero; fails if it is infinite or not a number.",
			Parameters: ones(value.TypeDouble),
			Result:     value.One(value.TypeInteger),
			Strict: try1(func(_ Context, d value.Double) (value.Integer, error) {
				i, ok := value.IntegerFromDouble(d)
				if !ok {
					return i, xacml.ProcessingErrorf("a double that is not finite is no integer")
				}
				return i, nil
			}),
		},
		{
			ID:         xacml.Function1 + "integer-to-double",
			Section:    "A.3.4",
			Doc:        "The nearest double; fails if the integer is out of the range of doubles.",
			Parameters: ones(value.TypeInteger),
			Result:     value.One(value.TypeDouble),
			Strict: try1(func(_ Context, i value.Integer) (value.Double, error) {
				f := i.Float64()
				if math.IsInf(float64(f), 0) {
					return 0, xacml.ProcessingErrorf("the integer is out of the range of doubles")
				}
				return value.Double(f), nil
			}),
		},
	}
}
