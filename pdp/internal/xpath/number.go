package xpath

import (
	"math"
	"strconv"
	"strings"
)

// formatNumber is a number as a string (4.2): never with an exponent, with as
// few digits as tell it apart from all other numbers.
func formatNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0" // negative zero as well
	default:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
}

// parseNumber is a string as a number (4.4): white space, an optional minus
// sign, a Number, white space; all else is NaN, also a plus sign and an
// exponent.
func parseNumber(s string) float64 {
	s = strings.TrimFunc(s, isSpace)
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || numberLength(digits) != len(digits) {
		return math.NaN()
	}
	f, _ := strconv.ParseFloat(s, 64) // out of range is Infinity, as IEEE 754 rounds it
	return f
}

// round is the closest integer, of two the one closer to positive infinity
// (4.4). What is between -0.5 and zero becomes negative zero.
func round(f float64) float64 {
	whole := math.Floor(f)
	if f-whole >= 0.5 {
		whole++
	}
	if whole == 0 {
		return math.Copysign(0, f)
	}
	return whole
}
