package value

import (
	"math"
	"testing"

	"github.com/forseti-pdp/forseti/internal/bounds"
)

// FuzzParse reads any text as every type. Parse must not panic, the text of a
// value must read back as an equal value, and be final.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", " a ", "true", "1", "-0", "123456789012345678901234567890", "1.5e-3", "-INF", "NaN", "12:00:00.5-14:00", "24:00:00",
		"2002-10-10+13:00", "-0001-02-29T24:00:00Z", "999999999-12-31T23:59:59", "P1DT2H3M4.5S", "-P14M", "http://a/%41#b", "0fB7", "Zm9v\nYg==",
		`"a@b"@Sun.com`, "a@[10.0.0.1]", `CN="a, b"+O=#0c0161,2.5.4.6=\,\41\ `, "10.0.0.0/255.0.0.0:80-", "[::1]/[ffff::]:-80", "*.a.no:1-2", "e\u0301",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, lexical string) {
		defer bounds.Check(t)()
		for _, typ := range Types() {
			v, err := Parse(typ, lexical)
			if err != nil {
				continue
			}
			if v.Type() != typ {
				t.Fatalf("Parse(%s, %q): got type %s", typ, lexical, v.Type())
			}
			again, err := Parse(typ, v.String())
			if err != nil {
				t.Fatalf("Parse(%s, %q): text %q does not read back: %v", typ, lexical, v, err)
			}
			if again.String() != v.String() {
				t.Fatalf("Parse(%s, %q): text %q reads back as %q", typ, lexical, v, again)
			}
			if readsBackEqual(v) && !Equal(v, again) {
				t.Fatalf("Parse(%s, %q): reads back as another value from %q", typ, lexical, v)
			}
			if Equal(v, v) != Equal(v, mustParse(t, typ, lexical)) {
				t.Fatalf("Parse(%s, %q): equality depends on identity", typ, lexical)
			}
		}
	})
}

// readsBackEqual is false for types without equality, for NaN, and for a time
// whose canonical form drops a day.
func readsBackEqual(v Value) bool {
	switch v := v.(type) {
	case IPAddress, DNSName:
		return false
	case Double:
		return !math.IsNaN(float64(v))
	case Time:
		return 0 <= v.reference() && v.reference() < daySeconds
	default:
		return true
	}
}

// FuzzRelations holds pairs of values of one type against the laws of
// equality and order.
func FuzzRelations(f *testing.F) {
	f.Add("a", "A")
	f.Add("e\u0301", "\u00e9")
	f.Add("1", "01")
	f.Add("12:00:00Z", "13:00:00+01:00")
	f.Add("2002-10-10+13:00", "2002-10-09-11:00")
	f.Add("2002-10-10T24:00:00", "2002-10-11T00:00:00Z")
	f.Add("P1D", "PT24H")
	f.Add("a@b.no", "a@B.no")
	f.Add("cn=a+o=b,c=no", "C=NO")
	f.Add(`CN="A, b\00"+O=#0C0162;OID.2.5.4.6=J\CC\8C`, `o=b+cn=a\, B\00,c=\C7\B0`)
	f.Fuzz(func(t *testing.T, x, y string) {
		defer bounds.Check(t)()
		for _, typ := range Types() {
			a, errA := Parse(typ, x)
			b, errB := Parse(typ, y)
			if errA != nil || errB != nil {
				continue
			}
			if Equal(a, b) != Equal(b, a) {
				t.Fatalf("%s: Equal(%q, %q) is not symmetric", typ, x, y)
			}
			order, ok := Compare(a, b)
			reverse, okReverse := Compare(b, a)
			if order != -reverse || ok != okReverse || ok && (order == 0) != Equal(a, b) {
				t.Fatalf("%s: Compare(%q, %q) = %d, %v, reverse %d, %v, Equal %v", typ, x, y, order, ok, reverse, okReverse, Equal(a, b))
			}
			checkOperations(t, a, b)
			checkNormal(t, a, b)
		}
	})
}

// checkNormal holds the texts by which others are asked against Equal: what policies take
// for one has one, and is read again from it.
func checkNormal(t *testing.T, a, b Value) {
	t.Helper()
	switch a.Type() {
	case TypeString, TypeRFC822Name, TypeX500Name:
	default:
		return
	}
	n := Normal(a)
	if (n == Normal(b)) != Equal(a, b) {
		t.Fatalf("%q and %q: normal values %q and %q, Equal %v", a, b, n, Normal(b), Equal(a, b))
	}
	if again, err := Parse(a.Type(), n.String()); err != nil || again != n {
		t.Fatalf("%q: normal value %q is read as %q, %v", a, n, again, err)
	}
}

// checkOperations holds the methods of values against Equal and Compare.
func checkOperations(t *testing.T, a, b Value) {
	t.Helper()
	switch a := a.(type) {
	case Integer:
		b, _ := b.(Integer)
		if got := a.Add(b).Sub(b); got.Cmp(a) != 0 {
			t.Fatalf("%s + %s - %s: got %s", a, b, b, got)
		}
		if b.Sign() != 0 && a.Quo(b).Mul(b).Add(a.Rem(b)).Cmp(a) != 0 {
			t.Fatalf("%s / %s: quotient and remainder do not fit", a, b)
		}
	case X500Name:
		b, _ := b.(X500Name)
		if a.Match(b) && b.Match(a) != Equal(a, b) {
			t.Fatalf("%q and %q match but are not equal", a, b)
		}
	case RFC822Name:
		b, _ := b.(RFC822Name)
		if b.Match(a.String()) != Equal(a, b) {
			t.Fatalf("pattern %q and name %q: match and equality differ", a, b)
		}
		if !a.Match(a.Domain()) || !a.Match("."+a.Domain()) {
			t.Fatalf("%q does not match its own domain", a)
		}
	case Time:
		b, _ := b.(Time)
		if !a.InRange(a, b) || !b.InRange(b, b) {
			t.Fatalf("%s is not in a range that starts with it", a)
		}
	}
}
