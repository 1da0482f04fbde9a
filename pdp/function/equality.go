package function

import (
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// comparableTypes is the types with a TYPE-equal function (A.3.1), in the order of
// the bag functions in 10.2.8, with the prefix of their functions on bags.
func comparableTypes() []typePrefix {
	return []typePrefix{
		{value.TypeString, xacml.Function1},
		{value.TypeBoolean, xacml.Function1},
		{value.TypeInteger, xacml.Function1},
		{value.TypeDouble, xacml.Function1},
		{value.TypeTime, xacml.Function1},
		{value.TypeDate, xacml.Function1},
		{value.TypeDateTime, xacml.Function1},
		{value.TypeAnyURI, xacml.Function1},
		{value.TypeHexBinary, xacml.Function1},
		{value.TypeBase64Binary, xacml.Function1},
		{value.TypeDayTimeDuration, xacml.Function3},
		{value.TypeYearMonthDuration, xacml.Function3},
		{value.TypeX500Name, xacml.Function1},
		{value.TypeRFC822Name, xacml.Function1},
	}
}

// typePrefix is a data type and the prefix of the identifiers of its functions.
type typePrefix struct {
	typ    value.Type
	prefix string
}

// id is the identifier of the function `TYPE-name`.
func (tp typePrefix) id(name string) string { return tp.prefix + tp.typ.String() + "-" + name }

// equality is the functions of A.3.1.
func equality() []*Function {
	var fs []*Function
	for _, tp := range comparableTypes() {
		fs = append(fs, &Function{
			ID:         tp.id("equal"),
			Section:    "A.3.1",
			Doc:        fmt.Sprintf("True if the two values are equal as %s values are: %s.", tp.typ, equalityRule(tp.typ)),
			Parameters: ones(tp.typ, tp.typ),
			Result:     boolean(),
			Strict: try2(func(c Context, a, b value.Value) (value.Boolean, error) {
				if err := spend(c, comparisonSteps(a, b)); err != nil {
					return false, err
				}
				return value.Boolean(value.Equal(a, b)), nil
			}),
		})
		if tp.typ == value.TypeString {
			fs = append(fs, equalIgnoreCase())
		}
	}
	return fs
}

// equalIgnoreCase is string-equal of the arguments in lower case (A.3.1).
func equalIgnoreCase() *Function {
	return &Function{
		ID:         xacml.Function3 + "string-equal-ignore-case",
		Section:    "A.3.1",
		Doc:        "True if the two strings are equal after string-normalize-to-lower-case.",
		Parameters: ones(value.TypeString, value.TypeString),
		Result:     boolean(),
		Strict: try2(func(c Context, a, b value.String) (value.Boolean, error) {
			if err := spend(c, textSteps(len(a)+len(b))); err != nil {
				return false, err
			}
			return value.Boolean(value.Equal(lowerCase(a), lowerCase(b))), nil
		}),
	}
}

// equalityRule says for the catalogue what equality means for values of t.
func equalityRule(t value.Type) string {
	switch t {
	case value.TypeString:
		return "the same code points in normalization form C"
	case value.TypeBoolean:
		return "the same truth value"
	case value.TypeInteger:
		return "the same number"
	case value.TypeDouble:
		return "the same number by IEEE 754, NaN being equal to nothing"
	case value.TypeTime, value.TypeDate, value.TypeDateTime:
		return "the same instant, a missing time zone being UTC"
	case value.TypeAnyURI:
		return "the same code points, nothing normalized"
	case value.TypeHexBinary, value.TypeBase64Binary:
		return "the same octets"
	case value.TypeDayTimeDuration:
		return "the same number of seconds"
	case value.TypeYearMonthDuration:
		return "the same number of months"
	case value.TypeX500Name:
		return "the same relative distinguished names in the same order, case ignored"
	case value.TypeRFC822Name:
		return "the same local part, and the same domain with case ignored"
	default:
		return "never, as the type has no equality"
	}
}
