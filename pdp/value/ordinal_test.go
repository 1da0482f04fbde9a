package value

import (
	"math"
	"testing"
)

// A.3.6, 3.8: ordinals keep the order of their type.
func TestA3_6_OrdinalKeepsTheOrder(t *testing.T) {
	values := map[Type][]string{
		TypeInteger:  {"-9223372036854775808", "-70", "-1", "0", "1", "12", "9223372036854775807"},
		TypeDouble:   {"-INF", "-1.5E300", "-2", "-1.0E-300", "-0", "0", "1.0E-300", "0.5", "2", "1.5E300", "INF"},
		TypeDate:     {"-0044-03-15", "1969-12-31+14:00", "1969-12-31", "1970-01-01Z", "1970-01-01-05:00", "2026-11-21"},
		TypeDateTime: {"1969-12-31T23:59:59.25Z", "1970-01-01T00:00:00+01:00", "1970-01-01T00:00:00", "1970-01-01T00:00:00.5Z", "1970-01-01T00:00:01Z"},
	}
	for typ, texts := range values {
		for _, a := range texts {
			for _, b := range texts {
				x, y := mustParse(t, typ, a), mustParse(t, typ, b)
				order, ok := Compare(x, y)
				m, okM := Ordinal(x)
				n, okN := Ordinal(y)
				if !ok || !okM || !okN || order < 0 && m > n || order > 0 && m < n || order == 0 && m != n {
					t.Errorf("%s: %s has ordinal %d, %s has %d, but they compare as %d", typ, a, m, b, n, order)
				}
			}
		}
	}
}

// A.3.8: times go around the clock.
func TestA3_8_OrdinalOfTimes(t *testing.T) {
	for text, want := range map[string]int64{
		"00:00:00Z": 0, "23:59:59.75Z": 86399, "00:30:00+01:00": 84600, "23:00:00-01:00": 0, "12:00:00": 43200,
	} {
		if got, ok := Ordinal(mustParse(t, TypeTime, text)); !ok || got != want {
			t.Errorf("ordinal of %s is %d, want %d", text, got, want)
		}
	}
}

func TestOrdinal_None(t *testing.T) {
	for _, v := range []Value{String("a"), Boolean(true), Double(math.NaN()), mustParse(t, TypeInteger, "9223372036854775808"), AnyURI("a")} {
		if n, ok := Ordinal(v); ok {
			t.Errorf("%v has the ordinal %d, want none", v, n)
		}
	}
}
