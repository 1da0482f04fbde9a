package value

import (
	"math"
	"math/big"
	"testing"
)

var integerEdges = []string{
	"0", "1", "-1", "2", "-2", "3", "-7", "7", "2147483647", "-2147483648", "4294967296",
	"9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809",
	"18446744073709551616", "-18446744073709551617", "123456789012345678901234567890",
}

// The operations agree with math/big, and their results are normal.
func TestA3_2_IntegerOperations(t *testing.T) {
	operations := []struct {
		name    string
		got     func(a, b Integer) Integer
		want    func(z, a, b *big.Int) *big.Int
		divides bool
	}{
		{"Add", Integer.Add, (*big.Int).Add, false},
		{"Sub", Integer.Sub, (*big.Int).Sub, false},
		{"Mul", Integer.Mul, (*big.Int).Mul, false},
		{"Quo", Integer.Quo, (*big.Int).Quo, true},
		{"Rem", Integer.Rem, (*big.Int).Rem, true},
	}
	for _, x := range integerEdges {
		for _, y := range integerEdges {
			a, b := parseAs[Integer](t, TypeInteger, x), parseAs[Integer](t, TypeInteger, y)
			for _, op := range operations {
				if op.divides && b.Sign() == 0 {
					continue
				}
				got, want := op.got(a, b), op.want(new(big.Int), a.Big(), b.Big())
				if got.Big().Cmp(want) != 0 {
					t.Errorf("%s(%s, %s): got %s, want %s", op.name, x, y, got, want)
				}
				if _, fits := got.Int64(); fits != want.IsInt64() {
					t.Errorf("%s(%s, %s) = %s: got fits %v, want %v", op.name, x, y, got, fits, want.IsInt64())
				}
			}
			if got, want := a.Cmp(b), a.Big().Cmp(b.Big()); got != want {
				t.Errorf("Cmp(%s, %s): got %d, want %d", x, y, got, want)
			}
			if a.String() != x || b.String() != y {
				t.Errorf("operands changed: got %s and %s, want %s and %s", a, b, x, y)
			}
		}
	}
}

func TestA3_2_IntegerUnary(t *testing.T) {
	for _, x := range integerEdges {
		i := parseAs[Integer](t, TypeInteger, x)
		b := i.Big()
		if got := i.Sign(); got != b.Sign() {
			t.Errorf("Sign(%s): got %d, want %d", x, got, b.Sign())
		}
		if got, want := i.Abs(), new(big.Int).Abs(b); got.Big().Cmp(want) != 0 {
			t.Errorf("Abs(%s): got %s, want %s", x, got, want)
		}
		if got := IntegerFromBig(b); got.Cmp(i) != 0 {
			t.Errorf("IntegerFromBig(%s): got %s", x, got)
		}
		// What the caller owns, the caller may change.
		owned := i.Big()
		kept := IntegerFromBig(owned)
		owned.SetInt64(42)
		if i.String() != x || kept.String() != x {
			t.Errorf("changing a big.Int: got %s and %s, want %s", i, kept, x)
		}
	}
}

func TestA3_2_DivisionTruncates(t *testing.T) {
	tests := []struct{ a, b, quotient, remainder int64 }{
		{7, 3, 2, 1}, {-7, 3, -2, -1}, {7, -3, -2, 1}, {-7, -3, 2, -1}, {6, 3, 2, 0}, {0, 5, 0, 0},
	}
	for _, test := range tests {
		a, b := NewInteger(test.a), NewInteger(test.b)
		if q, r := a.Quo(b), a.Rem(b); q != NewInteger(test.quotient) || r != NewInteger(test.remainder) {
			t.Errorf("%s / %s: got %s rest %s, want %d rest %d", a, b, q, r, test.quotient, test.remainder)
		}
	}
}

func TestA3_4_IntegerFromDouble(t *testing.T) {
	tests := []struct {
		double, want string
		ok           bool
	}{
		{"0", "0", true},
		{"-0", "0", true},
		{"1.9", "1", true},
		{"-1.9", "-1", true},
		{"0.5", "0", true},
		{"9223372036854774784", "9223372036854774784", true},
		{"9223372036854775808", "9223372036854775808", true},
		{"-9223372036854775808", "-9223372036854775808", true},
		{"1e22", "10000000000000000000000", true},
		{"-1e20", "-100000000000000000000", true},
		{"NaN", "0", false},
		{"INF", "0", false},
		{"-INF", "0", false},
	}
	for _, test := range tests {
		got, ok := IntegerFromDouble(parseAs[Double](t, TypeDouble, test.double))
		if got.String() != test.want || ok != test.ok {
			t.Errorf("IntegerFromDouble(%s): got %s, %v, want %s, %v", test.double, got, ok, test.want, test.ok)
		}
		if got.Cmp(parseAs[Integer](t, TypeInteger, test.want)) != 0 {
			t.Errorf("IntegerFromDouble(%s): not normal", test.double)
		}
	}
}

func TestA3_4_IntegerToDouble(t *testing.T) {
	huge := NewInteger(10)
	for range 9 {
		huge = huge.Mul(huge) // 10 to the 512th
	}
	tests := []struct {
		integer Integer
		want    float64
	}{
		{NewInteger(0), 0},
		{NewInteger(-3), -3},
		{NewInteger(1<<53 + 1), 1 << 53}, // ties to even
		{NewInteger(1<<53 + 3), 1<<53 + 4},
		{NewInteger(math.MaxInt64), 1 << 63},
		{NewInteger(math.MaxInt64).Mul(NewInteger(2)), 1 << 64},
		{huge, math.Inf(1)},
		{NewInteger(0).Sub(huge), math.Inf(-1)},
	}
	for _, test := range tests {
		if got := test.integer.Float64(); got != test.want {
			t.Errorf("Float64(%s): got %g, want %g", test.integer, got, test.want)
		}
	}
}
