package value

import (
	"fmt"
	"strings"
	"testing"
)

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
		{TypeX500Name, "cn=a,o=b", "cn=a,o=b"},
		{TypeX500Name, "", ""},
		{TypeX500Name, ` OID.2.5.4.3 = "Kari  NORDMANN" ; O=Example `, "cn=kari nordmann,o=example"},
		{TypeX500Name, `CN=#0C044B617269`, "cn=kari"},
		{TypeX500Name, "CN=#040aFF", "cn=#040aff"},
		{TypeX500Name, `cn=k+ou=x,uid=7+CN=k`, "ou=x+cn=k,uid=7+cn=k"},
		{TypeX500Name, `ou=x+cn=k,cn=k+uid=7`, "ou=x+cn=k,uid=7+cn=k"},
		{TypeX500Name, "emailAddress=A@B.no,X-Own=1,SN=ås,commonName=ÅS", "1.2.840.113549.1.9.1=a@b.no,x-own=1,2.5.4.4=\u00e5s,cn=\u00e5s"},
		{TypeX500Name, `O="a, b+c\\<d>\"e;#=\00\01\02\0b\7f",C=\#1`, `o=a\, b\+c\\\<d\>\"e\;#=\00\01\02\0b\7f,c=\#1`},
		{TypeX500Name, "CN=J\u030c \u212aari \u017fs\u1e9e \u03b1\u0345 \u0130\u0131", "cn=\u01f0 kari ss\u00df \u03b1\u03b9 i\u0307\u0131"},
		{TypeX500Name, "CN=\u039cΑΡΊΑ \u03a3ΟΦΊΑ", "cn=\u03bcαρία \u03c3οφία"}, // neither the micro sign nor the sigma at the end of words
		{TypeX500Name, `CN=\EF\BF\BEa\ef\bf\bf`, `cn=\ef\bf\bea\ef\bf\bf`},
	}
	for _, test := range tests {
		v := mustParse(t, test.typ, test.in)
		n := Normal(v)
		if n.Type() != test.typ || n.String() != test.want {
			t.Errorf("%s %q: got %q, want %q", test.typ, test.in, n, test.want)
		}
		if !Equal(v, n) {
			t.Errorf("%s %q: the normal value is another one", test.typ, test.in)
		}
		if again := Normal(n); again != n {
			t.Errorf("%s %q: got %q of the normal value, want itself", test.typ, test.in, again)
		}
	}
}

// A canonical name is read as the name that it is of, whatever letters it has: what
// composes with a mark in lower case only is one letter in both.
func TestNormal_X500NameIsReadAgain(t *testing.T) {
	for r := rune(' '); r < 0x2200; r++ {
		for _, mark := range []string{"", "\u0300", "\u0301", "\u0308", "\u030a", "\u030c", "\u0313", "\u0331", "\u0342", "\u0345"} {
			if r >= 0x600 && r < 0x1C80 && mark != "" {
				continue
			}
			var escaped strings.Builder
			for _, octet := range []byte(string(r) + mark) {
				fmt.Fprintf(&escaped, `\%02X`, octet)
			}
			v := mustParse(t, TypeX500Name, "CN=b"+escaped.String()+"a")
			n := Normal(v)
			if again := mustParse(t, TypeX500Name, n.String()); !Equal(v, again) || again != n {
				t.Errorf("U+%04X %q: %q is read as another name", r, mark, n)
			}
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
