package value

import (
	"cmp"
	"math"
	"strings"
	"unicode/utf8"
)

// Equal reports whether a and b are equal by the TYPE-equal function of their
// data type (A.3.1). Values of different canonical types, values of types
// without equality (ipAddress, dnsName, xpathExpression, entity) and foreign values
// are never equal. A legacy duration and its current namesake share a
// canonical type. A missing time zone is [ImplicitZone].
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case String:
		b, ok := b.(String)
		return ok && equalText(string(a), string(b))
	case Boolean, AnyURI, HexBinary, Base64Binary:
		return a == b
	case Integer:
		b, ok := b.(Integer)
		return ok && a.Cmp(b) == 0
	case Double:
		b, ok := b.(Double)
		return ok && a == b
	case Time:
		b, ok := b.(Time)
		return ok && a.Compare(b) == 0
	case Date:
		b, ok := b.(Date)
		return ok && a.Compare(b) == 0
	case DateTime:
		b, ok := b.(DateTime)
		return ok && a.Compare(b) == 0
	case DayTimeDuration:
		b, ok := b.(DayTimeDuration)
		return ok && a.Cmp(b) == 0
	case YearMonthDuration:
		b, ok := b.(YearMonthDuration)
		return ok && a.Cmp(b) == 0
	case RFC822Name:
		b, ok := b.(RFC822Name)
		return ok && a.local == b.local && a.domain == b.domain
	case X500Name:
		b, ok := b.(X500Name)
		return ok && a.key == b.key
	default:
		return false
	}
}

// Compare is the order of A.3.6 and A.3.8: -1, 0 or +1 as a is less than,
// equal to or greater than b. ok is false for values of different types, for
// types without an order (the standard orders string, integer, double, time,
// date and dateTime) and for NaN. A missing time zone is [ImplicitZone]: a
// function that forbids to mix (A.3.8, the order of time) asks HasZone first.
func Compare(a, b Value) (order int, ok bool) {
	switch a := a.(type) {
	case String:
		if b, ok := b.(String); ok {
			return compareText(string(a), string(b)), true
		}
	case Integer:
		if b, ok := b.(Integer); ok {
			return a.Cmp(b), true
		}
	case Double:
		// cmp.Compare orders NaN, IEEE 754 does not.
		if b, ok := b.(Double); ok && !math.IsNaN(float64(a)) && !math.IsNaN(float64(b)) {
			return cmp.Compare(a, b), true
		}
	case Time:
		if b, ok := b.(Time); ok {
			return a.Compare(b), true
		}
	case Date:
		if b, ok := b.(Date); ok {
			return a.Compare(b), true
		}
	case DateTime:
		if b, ok := b.(DateTime); ok {
			return a.Compare(b), true
		}
	}
	return 0, false
}

// equalText is string-equal: the code points of the NFC forms (§7.1.1).
func equalText(a, b string) bool {
	if a == b {
		return true
	}
	if isASCII(a) && isASCII(b) {
		return false
	}
	return String(a).NFC() == String(b).NFC()
}

// compareText is the Unicode codepoint collation of the NFC forms, which is
// also the order of their UTF-8 octets.
func compareText(a, b string) int {
	if isASCII(a) && isASCII(b) {
		return strings.Compare(a, b)
	}
	return strings.Compare(String(a).NFC(), String(b).NFC())
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
