package value

import "math"

// Ordinal maps a value to a number that keeps the order of its type: where
// [Compare] says that a is less than b, the ordinal of a is not greater than
// that of b. Values that differ by less than a second may share one. ok is false
// for types without such a number, for NaN and for integers beyond 64 bits.
//
// The ordinal of a time is the second of the day in UTC, a missing zone being
// [ImplicitZone]: that is the order of time-in-range, which goes around the
// clock, and not that of Compare.
func Ordinal(v Value) (n int64, ok bool) {
	switch v := v.(type) {
	case Integer:
		return v.Int64()
	case Double:
		if math.IsNaN(float64(v)) {
			return 0, false
		}
		bits := int64(math.Float64bits(float64(v) + 0)) // -0 becomes 0
		if bits < 0 {
			bits ^= math.MaxInt64 // negative numbers grow towards zero
		}
		return bits, true
	case Time:
		return floorMod(v.reference(), daySeconds), true
	case Date:
		return v.day*daySeconds - v.zone.seconds(), true
	case DateTime:
		return v.instant(), true
	default:
		return 0, false
	}
}
