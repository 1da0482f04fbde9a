package value

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Double is a value of http://www.w3.org/2001/XMLSchema#double, an IEEE 754
// number. Equality is that of IEEE 754 and of ==: NaN equals nothing, -0
// equals 0.
type Double float64

// Type is TypeDouble.
func (Double) Type() Type { return TypeDouble }

// Kind is a single double.
func (Double) Kind() Kind { return One(TypeDouble) }

// String is the canonical form of XML Schema part 2, §3.2.5.2, with the fewest
// digits that read back as the same number: "1.0E0", "-1.5E-7", "INF".
func (d Double) String() string {
	f := float64(d)
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	}
	// The exponent of FormatFloat has a sign and at least two digits.
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	digits := strings.TrimLeft(exponent[1:], "0")
	if digits == "" {
		sign, digits = "", "0"
	}
	return mantissa + "E" + sign + digits
}

func (Double) datum() {}

func parseDouble(s string) (Double, error) {
	switch s {
	case "INF":
		return Double(math.Inf(1)), nil
	case "-INF":
		return Double(math.Inf(-1)), nil
	case "NaN":
		return Double(math.NaN()), nil
	}
	if !isDecimal(s) {
		return 0, errForm
	}
	f, err := strconv.ParseFloat(s, 64)
	// IEEE 754: a literal beyond the range rounds to an infinity or to zero.
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errForm
	}
	return Double(f), nil
}

// isDecimal reports whether s is a mantissa with an optional exponent. Zeros at its
// end are optional, also after the point (XML Schema part 2, §3.2.3.1): 1. is 1.0.
// strconv accepts more: hexadecimal, underscores, "Infinity", "nan", "+INF".
func isDecimal(s string) bool {
	l := lexer{s}
	if !l.accept('-') {
		l.accept('+')
	}
	whole, fraction := l.digits(), ""
	if l.accept('.') {
		fraction = l.digits()
	}
	if whole == "" && fraction == "" {
		return false
	}
	if l.accept('e') || l.accept('E') {
		if !l.accept('-') {
			l.accept('+')
		}
		if l.digits() == "" {
			return false
		}
	}
	return l.rest == ""
}
