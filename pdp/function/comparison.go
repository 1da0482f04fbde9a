package function

import (
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// numericComparison is the functions of A.3.6.
func numericComparison() []*Function {
	return append(
		orderFunctions("A.3.6", value.TypeInteger, "by number", compare),
		orderFunctions("A.3.6", value.TypeDouble, "by IEEE 754, False if one is NaN", compare)...,
	)
}

// nonNumericComparison is the functions of A.3.8.
func nonNumericComparison() []*Function {
	fs := orderFunctions("A.3.8", value.TypeString, "by code points in normalization form C", compare)
	fs = append(fs, orderFunctions("A.3.8", value.TypeTime, "as instants of one day; fails if exactly one has a time zone", compareTimes)...)
	fs = append(fs, timeInRange())
	fs = append(fs, orderFunctions("A.3.8", value.TypeDateTime, "as instants, a missing time zone being UTC", compare)...)
	return append(fs, orderFunctions("A.3.8", value.TypeDate, "by their first instants, a missing time zone being UTC", compare)...)
}

// order compares two values of a type. ok is false if neither is less than,
// equal to or greater than the other.
type order func(a, b value.Value) (cmp int, ok bool, err error)

// orderFunctions is the four functions for the order of a type.
func orderFunctions(section string, t value.Type, how string, cmp order) []*Function {
	rows := []struct {
		name, doc string
		holds     func(cmp int) bool
	}{
		{"greater-than", "greater than", func(cmp int) bool { return cmp > 0 }},
		{"greater-than-or-equal", "greater than or equal to", func(cmp int) bool { return cmp >= 0 }},
		{"less-than", "less than", func(cmp int) bool { return cmp < 0 }},
		{"less-than-or-equal", "less than or equal to", func(cmp int) bool { return cmp <= 0 }},
	}
	fs := make([]*Function, len(rows))
	for i, row := range rows {
		fs[i] = &Function{
			ID:         typePrefix{t, xacml.Function1}.id(row.name),
			Section:    section,
			Doc:        fmt.Sprintf("True if the first %s is %s the second, %s.", t, row.doc, how),
			Parameters: ones(t, t),
			Result:     boolean(),
			Strict: try2(func(c Context, a, b value.Value) (value.Boolean, error) {
				if err := spend(c, comparisonSteps(a, b)); err != nil {
					return false, err
				}
				got, ok, err := cmp(a, b)
				return value.Boolean(ok && row.holds(got)), err
			}),
		}
	}
	return fs
}

func compare(a, b value.Value) (int, bool, error) {
	cmp, ok := value.Compare(a, b)
	return cmp, ok, nil
}

// A.3.8: it is illegal to compare a time that has a time zone with one that
// has none.
func compareTimes(a, b value.Value) (int, bool, error) {
	if a.(value.Time).HasZone() != b.(value.Time).HasZone() {
		return 0, false, xacml.ProcessingErrorf("comparison of a time that has a time zone with one that has none")
	}
	return compare(a, b)
}

func timeInRange() *Function {
	return &Function{
		ID:         xacml.Function2 + "time-in-range",
		Section:    "A.3.8",
		Doc:        "True if the first time is in the range from the second to the next third time of day, both included; a missing time zone is that of the first time, and there UTC.",
		Parameters: ones(value.TypeTime, value.TypeTime, value.TypeTime),
		Result:     boolean(),
		Strict: func(_ Context, args []value.Datum) (value.Datum, error) {
			t, low, high := args[0].(value.Time), args[1].(value.Time), args[2].(value.Time)
			return value.Boolean(t.InRange(low, high)), nil
		},
	}
}
