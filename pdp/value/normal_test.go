package value

import "testing"

// What policies cannot tell apart, others are asked about in one text.
func TestNormal(t *testing.T) {
	tests := []struct {
		typ      Type
		in, want string
	}{
		{TypeString, "Ase", "Ase"},
		{TypeString, "A\u030ase", "\u00c5se"},
		{TypeString, "\u212bse", "\u00c5se"}, // the sign of the unit
		{TypeString, "\u212aari", "Kari"},    // the sign of Kelvin
		{TypeString, " a ", " a "},
		{TypeRFC822Name, "Kari@Example.ORG", "Kari@example.org"},
		{TypeAnyURI, "urn:a\u030a", "urn:a\u030a"}, // compared code point by code point
		{TypeInteger, "007", "7"},
		{TypeX500Name, "CN=a", "CN=a"},
	}
	for _, test := range tests {
		v := mustParse(t, test.typ, test.in)
		n := Normal(v)
		if n.Type() != test.typ || n.String() != test.want {
			t.Errorf("%s %q: got %q, want %q", test.typ, test.in, n, test.want)
		}
		if test.typ != TypeX500Name && !Equal(v, n) {
			t.Errorf("%s %q: the normal value is another one", test.typ, test.in)
		}
		if again := Normal(n); again != n {
			t.Errorf("%s %q: got %q of the normal value, want itself", test.typ, test.in, again)
		}
	}
}

// Values that share an identity are equal.
func TestIdentity(t *testing.T) {
	tests := []struct {
		typ  Type
		a, b string
		want bool
	}{
		{TypeTime, "23:00:00-01:00", "00:00:00Z", false},
		{TypeTime, "24:00:00Z", "00:00:00.0Z", true},
		{TypeDateTime, "2024-01-01T23:00:00-01:00", "2024-01-02T00:00:00Z", true},
		{TypeDate, "2002-10-10+13:00", "2002-10-09-11:00", true},
		{TypeDouble, "1", "1.0E0", true},
		{TypeInteger, "+07", "7", true},
		{TypeBoolean, "1", "true", true},
		{TypeHexBinary, "ff", "FF", true},
	}
	for _, test := range tests {
		a, b := mustParse(t, test.typ, test.a), mustParse(t, test.typ, test.b)
		if got := Identity(a) == Identity(b); got != test.want || got != Equal(a, b) {
			t.Errorf("%s and %s: got one value %t, want %t as Equal has it", test.a, test.b, got, test.want)
		}
	}
}
