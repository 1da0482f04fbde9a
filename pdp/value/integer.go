package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Integer is a value of http://www.w3.org/2001/XMLSchema#integer, unbounded.
// The zero Integer is 0. Compare values with Cmp or [Equal]: == is exact for
// values that fit in 64 bits only.
type Integer struct {
	small int64
	// INVARIANT: large is nil if the value fits in small, otherwise small is
	// 0; large is never written to.
	large *big.Int
}

// maxIntegerDigits bounds a lexical form, because the time to read one grows
// faster than its length. Leading zeros do not count.
const maxIntegerDigits = 4096

// NewInteger is i as an Integer.
func NewInteger(i int64) Integer { return Integer{small: i} }

// IntegerFromBig is b as an Integer. It keeps no reference to b.
func IntegerFromBig(b *big.Int) Integer {
	if b.IsInt64() {
		return Integer{small: b.Int64()}
	}
	return Integer{large: new(big.Int).Set(b)}
}

// IntegerFromDouble drops the fraction of d (A.3.4, double-to-integer). ok is
// false for NaN and the infinities.
func IntegerFromDouble(d Double) (i Integer, ok bool) {
	f := math.Trunc(float64(d))
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Integer{}, false
	case math.Abs(f) < 1<<63:
		return Integer{small: int64(f)}, true
	}
	b, _ := big.NewFloat(f).Int(nil)
	return normalise(b), true
}

// normalise takes b over.
func normalise(b *big.Int) Integer {
	if b.IsInt64() {
		return Integer{small: b.Int64()}
	}
	return Integer{large: b}
}

func parseInteger(s string) (Integer, error) {
	l := lexer{s}
	negative := l.accept('-')
	if !negative {
		l.accept('+')
	}
	digits := l.digits()
	if digits == "" || l.rest != "" {
		return Integer{}, errForm
	}
	digits = strings.TrimLeft(digits, "0")
	if len(digits) > maxIntegerDigits {
		return Integer{}, errDigits
	}
	if digits == "" {
		return Integer{}, nil
	}
	if negative {
		digits = "-" + digits
	}
	if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return Integer{small: i}, nil
	}
	b, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return Integer{}, errForm
	}
	return normalise(b), nil
}

// Type is TypeInteger.
func (Integer) Type() Type { return TypeInteger }

// Kind is a single integer.
func (Integer) Kind() Kind { return One(TypeInteger) }

// String is the canonical form: no plus sign, no leading zeros, no "-0".
func (i Integer) String() string {
	if i.large != nil {
		return i.large.String()
	}
	return strconv.FormatInt(i.small, 10)
}

func (Integer) datum() {}

// Int64 is the value as an int64. ok is false if it does not fit.
func (i Integer) Int64() (n int64, ok bool) { return i.small, i.large == nil }

// Big is the value as a big.Int that the caller owns.
func (i Integer) Big() *big.Int { return new(big.Int).Set(i.operand()) }

// operand is the value as a big.Int that must not be written to.
func (i Integer) operand() *big.Int {
	if i.large != nil {
		return i.large
	}
	return big.NewInt(i.small)
}

// Sign is -1, 0 or +1.
func (i Integer) Sign() int { return i.Cmp(Integer{}) }

// Cmp is -1, 0 or +1 as i is less than, equal to or greater than j.
func (i Integer) Cmp(j Integer) int {
	if i.large == nil && j.large == nil {
		switch {
		case i.small < j.small:
			return -1
		case i.small > j.small:
			return 1
		default:
			return 0
		}
	}
	return i.operand().Cmp(j.operand())
}

// Add is i + j.
func (i Integer) Add(j Integer) Integer {
	if i.large == nil && j.large == nil {
		if sum := i.small + j.small; (sum > i.small) == (j.small > 0) {
			return Integer{small: sum}
		}
	}
	return normalise(new(big.Int).Add(i.operand(), j.operand()))
}

// Sub is i - j.
func (i Integer) Sub(j Integer) Integer {
	if i.large == nil && j.large == nil {
		if difference := i.small - j.small; (difference < i.small) == (j.small > 0) {
			return Integer{small: difference}
		}
	}
	return normalise(new(big.Int).Sub(i.operand(), j.operand()))
}

// Mul is i * j.
func (i Integer) Mul(j Integer) Integer {
	if i.fits32() && j.fits32() {
		return Integer{small: i.small * j.small}
	}
	return normalise(new(big.Int).Mul(i.operand(), j.operand()))
}

func (i Integer) fits32() bool {
	return i.large == nil && int64(int32(i.small)) == i.small
}

// Quo is i / j, truncated toward zero (A.3.2, integer-divide). j must not be 0.
func (i Integer) Quo(j Integer) Integer {
	if i.large == nil && j.large == nil && j.small != -1 {
		return Integer{small: i.small / j.small}
	}
	return normalise(new(big.Int).Quo(i.operand(), j.operand()))
}

// Rem is i - j*(i/j), with the sign of i (A.3.2, integer-mod). j must not be 0.
func (i Integer) Rem(j Integer) Integer {
	if i.large == nil && j.large == nil {
		return Integer{small: i.small % j.small}
	}
	return normalise(new(big.Int).Rem(i.operand(), j.operand()))
}

// Abs is the absolute value of i.
func (i Integer) Abs() Integer {
	if i.Sign() < 0 {
		return Integer{}.Sub(i)
	}
	return i
}

// Float64 is the nearest double, ties to even (§7.5), and an infinity for a
// value beyond the range of double.
func (i Integer) Float64() float64 {
	if i.large == nil {
		return float64(i.small)
	}
	f, _ := i.large.Float64()
	return f
}
