package function

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// dateArithmetic is the functions of A.3.7, which add durations as XML Schema
// part 2, appendix E says. To subtract is to add the negated duration.
func dateArithmetic() []*Function {
	return []*Function{
		shift("dateTime-add-dayTimeDuration", value.TypeDateTime, value.TypeDayTimeDuration, value.DateTime.AddDayTime),
		shift("dateTime-add-yearMonthDuration", value.TypeDateTime, value.TypeYearMonthDuration, value.DateTime.AddYearMonth),
		shift("dateTime-subtract-dayTimeDuration", value.TypeDateTime, value.TypeDayTimeDuration, negated(value.DateTime.AddDayTime)),
		shift("dateTime-subtract-yearMonthDuration", value.TypeDateTime, value.TypeYearMonthDuration, negated(value.DateTime.AddYearMonth)),
		shift("date-add-yearMonthDuration", value.TypeDate, value.TypeYearMonthDuration, value.Date.AddYearMonth),
		shift("date-subtract-yearMonthDuration", value.TypeDate, value.TypeYearMonthDuration, negated(value.Date.AddYearMonth)),
	}
}

// negatable is a duration D.
type negatable[D any] interface {
	value.Value
	Negate() D
}

// negated is add with the duration negated.
func negated[T value.Value, D negatable[D]](add func(T, D) (T, bool)) func(T, D) (T, bool) {
	return func(t T, d D) (T, bool) { return add(t, d.Negate()) }
}

// shift is one function of A.3.7. add reports false if there is no such date.
func shift[T, D value.Value](name string, t, duration value.Type, add func(T, D) (T, bool)) *Function {
	return &Function{
		ID:         xacml.Function3 + name,
		Section:    "A.3.7",
		Doc:        "The " + t.String() + " shifted by the duration, the day cut to the length of the month; fails if the year gets out of range.",
		Parameters: ones(t, duration),
		Result:     value.One(t),
		Strict: try2(func(_ Context, at T, d D) (T, error) {
			r, ok := add(at, d)
			if !ok {
				return r, xacml.ProcessingErrorf("the sum of a %s and a %s is out of range", t, duration)
			}
			return r, nil
		}),
	}
}
