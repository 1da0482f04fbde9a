package value

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestA2_X500NameForms(t *testing.T) {
	testForms(t, TypeX500Name,
		[]form{
			{lexical: "CN=Steve Kille,O=Isode Limited,C=GB"},
			{lexical: "cn=John Smith, o=Medico Corp , c = US"},
			{lexical: "OU=Sales+CN=J. Smith,O=Widget Inc.,C=US"},
			{lexical: `CN=L. Eagle,O="Sue, Grabbit and Runn",C=GB`},
			{lexical: `CN=L. Eagle,O=Sue\, Grabbit and Runn,C=GB`},
			{lexical: `CN=Before\0DAfter,O=Test,C=GB`},
			{lexical: "1.3.6.1.4.1.1466.0=#04024869,O=Test,C=GB"},
			{lexical: "OID.2.5.4.3=a"},
			{lexical: "oid.2.5.4.3=a"},
			{lexical: `SN=Lu\C4\8Di\C4\87`},
			{lexical: "CN=Lučić"},
			{lexical: "CN="},
			{lexical: "CN=,O="},
			{lexical: `CN=""`},
			{lexical: "o=a;c=b"},
			{lexical: "my-own-Keyword2=x"},
			{lexical: "CN=a=b"},
			{lexical: "CN=a#b"},
			{lexical: `CN=\#a\ \=\<\>\;\+\"\\`},
			{lexical: `CN="a+b;<c>\""`},
			{lexical: "CN=a\tb"},
		},
		[]string{
			"a", "=a", "CN", "CN=a,", ",CN=a", "CN=a,,O=b", "CN=a+", "+CN=a", "CN=a;", "CN=a<b", "CN=a>b", `CN=a"b`, `CN="a`, `CN="a"b`,
			`CN=a\`, `CN=a\x`, `CN=a\4`, `CN=\ff`, `CN="\ff"`, `CN="a\"`, `CN="a\z"`, "CN=#", "CN=#4", "CN=#zz", "CN=#0402486", "CN=#0402 4869",
			"C N=a", "-CN=a", "2.5.=a", ".2=a", "2..5=a", "2.05=a", "OID.=a", "OID.x=a", "CN.1=a", "1CN=a", "CN_x=a", "ØN=a", "CN:a", "/CN=a",
		})
	if v := mustParse(t, TypeX500Name, " "); v.String() != "" {
		t.Errorf("empty name: got %q", v)
	}
	// The space that a backslash protects is part of the name.
	for lexical, want := range map[string]string{`CN=a\  `: `CN=a\ `, `CN=a\\ `: `CN=a\\`, `CN=a\ `: `CN=a\ `} {
		if v := mustParse(t, TypeX500Name, lexical); v.String() != want {
			t.Errorf("Parse(%q): got %q, want %q", lexical, v, want)
		}
	}
}

func TestA3_1_X500NameEquality(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"CN=a,O=b", "cn=A , o = B", true},
		{"CN=a,O=b", "CN=a;O=b", true},
		{"CN=a,O=b", "O=b,CN=a", false},
		{"CN=a,O=b", "CN=a", false},
		{"CN=a,O=b", "CN=a+O=b", false},
		{"CN=a+O=b", "O=b+CN=a", true},
		{"CN=a+CN=a", "CN=a", false},
		{"CN=a+CN=b,O=c", "cn=B+cn=A,O=C", true},
		{"CN=a", "2.5.4.3=a", true},
		{"CN=a", "oid.2.5.4.3=a", true},
		{"CN=a", "commonName=a", true},
		{"E=a@b.no", "emailAddress=A@B.no", true},
		{"E=a@b.no", "1.2.840.113549.1.9.1=a@b.no", true},
		{"X-own=a", "x-OWN=a", true},
		{"X-own=a", "X-other=a", false},
		{"CN=a  b", "CN= a b ", true},
		{"CN=a b", "CN=ab", false},
		{`CN=\ a\ `, "CN=a", true},
		{`CN="a, b"`, `CN=a\, b`, true},
		{`CN=a\2c b`, `CN=a\, b`, true},
		{`CN=a\, O=b`, "CN=a, O=b", false},
		{`CN=a\+O\=b`, "CN=a+O=b", false},
		{`CN=Lu\C4\8Di\C4\87`, "CN=LUČIĆ", true},
		{"CN=\u00e9", "CN=e\u0301", true},
		{"CN=\u03c3", "CN=\u03c2", true}, // the two small sigmas
		// One character with one mark in one case, with another in the other.
		{"CN=\u1fcc\u0300", "CN=\u1fc3\u0300", true},
		{"CN=\u0391\u0399", "CN=\u1fb3", true}, // in large letters the iota stands beside
		{"CN=\u0130", "CN=i\u0307", true},
		{"CN=\u0130", "CN=i", false}, // Turkish has both
		{"CN=I", "CN=\u0131", false},
		{"CN=é", "CN=e", false},
		{"CN=#0c0161", "CN=A", true},
		{"CN=#130161", "CN=#160161", true},
		{"CN=#0C810161", "CN=a", true}, // a length in more octets than it takes
		{"CN=#0C840000000161", "CN=a", true},
		{"CN=#0C8180" + strings.Repeat("61", 128), "CN=" + strings.Repeat("a", 128), true},
		{"CN=#0C82008061", "CN=a", false}, // a length of more than there is
		{"CN=#0C89FFFFFFFFFFFFFFFFFF61", "CN=a", false},
		{"CN=#0C8061", "CN=a", false},
		{"CN=#0C8261", "CN=a", false},
		{"CN=#04024869", "CN=#04024869", true},
		{"CN=#04024869", "CN=#04024868", false},
		{`CN=\#04024869`, "CN=#04024869", false},
		{`CN=a\00b`, `CN=a\01b`, false},
		{`CN=a\00\32.5.4.10=b`, "CN=a,O=b", false}, // marks of the key inside a value
		{`CN=a\01\32.5.4.10=b`, "CN=a+O=b", false},
		{`CN=\020`, `CN=\00`, false},
		{"", "", true},
		{"", "CN=", false},
	}
	for _, test := range tests {
		a, b := mustParse(t, TypeX500Name, test.a), mustParse(t, TypeX500Name, test.b)
		if Equal(a, b) != test.want || Equal(b, a) != test.want {
			t.Errorf("%q = %q: got %v, want %v", test.a, test.b, Equal(a, b), test.want)
		}
	}
}

// RFC 2253, §2.3; RFC 4519.
func TestA3_1_X500NameKeywords(t *testing.T) {
	for keyword, id := range map[string]string{
		"CN": "2.5.4.3", "SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8", "STREET": "2.5.4.9",
		"O": "2.5.4.10", "OU": "2.5.4.11", "T": "2.5.4.12", "GIVENNAME": "2.5.4.42", "INITIALS": "2.5.4.43",
		"GENERATION": "2.5.4.44", "DNQ": "2.5.4.46", "UID": "0.9.2342.19200300.100.1.1", "DC": "0.9.2342.19200300.100.1.25",
		"E": "1.2.840.113549.1.9.1",
	} {
		a, b := mustParse(t, TypeX500Name, strings.ToLower(keyword)+"=x"), mustParse(t, TypeX500Name, id+"=x")
		if !Equal(a, b) {
			t.Errorf("%q = %q: got false, want true", a, b)
		}
	}
}

// Pitfall 28: names are compared, not texts.
func TestA3_14_X500NameMatch(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"O=Medico Corp,C=US", "cn=John Smith,o=Medico Corp, c=US", true},
		{"O=Medico Corp,C=US", "O=Medico Corp,C=US", true},
		{"cn=John Smith,o=Medico Corp, c=US", "O=Medico Corp,C=US", false},
		{"O=Medico Corp", "cn=John Smith,o=Medico Corp, c=US", false},
		{"C=US", "cn=John Smith,o=Medico Corp, c=US", true},
		{"O=Corp,C=US", `cn=x\,O=Corp,C=US`, false}, // no RDN of its own
		{"O=Corp,C=US", `cn=x,O=a\,O=Corp,C=US`, false},
		{"O=Corp,C=US", `cn="x,O=Corp",C=US`, false},
		{"O=Corp,C=US", "cn=a+O=Corp,C=US", false}, // part of an RDN
		{"O=Corp+CN=a,C=US", "OU=x,cn=a+O=Corp,C=US", true},
		{"O=dico,C=US", "O=Medico,C=US", false},
		{"", "C=US", true},
		{"", "", true},
		{"C=US", "", false},
	}
	for _, test := range tests {
		pattern, name := parseAs[X500Name](t, TypeX500Name, test.pattern), parseAs[X500Name](t, TypeX500Name, test.name)
		if got := pattern.Match(name); got != test.want {
			t.Errorf("%q matches %q: got %v, want %v", test.pattern, test.name, got, test.want)
		}
	}
}

// Pitfall 29: the last @ that is not quoted divides.
func TestA2_RFC822NameForms(t *testing.T) {
	testForms(t, TypeRFC822Name,
		[]form{
			{lexical: "Anderson@sun.com"},
			{lexical: "Anderson@SUN.com"},
			{lexical: "first.last+tag@a-b.c1.no"},
			{lexical: "a@localhost"},
			{lexical: "a@1.no"},
			{lexical: `"a@b"@sun.com`},
			{lexical: `"a b\"\\c"@sun.com`},
			{lexical: `"a  b"@sun.com`},
			{lexical: `""@sun.com`},
			{lexical: "a@[10.0.0.1]"},
			{lexical: "a@[IPv6:2001:db8::1]"},
			{lexical: "!#$%&'*+-/=?^_`{|}~@a.no"},
		},
		[]string{
			"", "@", "a", "sun.com", ".sun.com", "@sun.com", "a@", "a@b@c.no", `"a"b@c.no`, `a"b"@c.no`, `"a@c.no`, `a"@c.no`, `"a\"@c.no`, `"\`,
			"a b@c.no", ".a@c.no", "a.@c.no", "a..b@c.no", "a@.c.no", "a@c.no.", "a@c..no", "a@-c.no", "a@c-.no", "a@c_d.no", "a@c d.no",
			"a@[10.0.0.1", "a@10.0.0.1]", "a@[]", "a@[[1]]", "a@[a b]", "A <a@c.no>", "<a@c.no>", "a,b@c.no", "é@c.no", "a@é.no", "\"\u00e9\"@c.no",
			"a(comment)@c.no", "mailto:a@c.no", "\"a\nb\"@c.no",
		})
	n := parseAs[RFC822Name](t, TypeRFC822Name, `"A@B"@Sun.COM`)
	if n.LocalPart() != `"A@B"` || n.Domain() != "sun.com" {
		t.Errorf("parts: got %q and %q", n.LocalPart(), n.Domain())
	}
}

func TestA3_14_RFC822NameMatch(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"Anderson@sun.com", "Anderson@sun.com", true},
		{"Anderson@sun.com", "Anderson@SUN.COM", true},
		{"Anderson@SUN.COM", "Anderson@sun.com", true},
		{"anderson@sun.com", "Anderson@sun.com", false},
		{`"a@b"@Sun.com`, `"a@b"@sun.com`, true},
		{"b@sun.com", `"a@b"@sun.com`, false},
		{"@sun.com", "a@sun.com", false},
		{"@", "a@sun.com", false},
		{"sun.com", "Anderson@sun.com", true},
		{"SUN.com", "Baxter@Sun.COM", true},
		{"sun.com", "Anderson@east.sun.com", false},
		{"un.com", "a@sun.com", false},
		{"", "a@sun.com", false},
		{".east.sun.com", "Anderson@east.sun.com", true},
		{".east.sun.com", "anne@ISRG.EAST.SUN.COM", true},
		{".EAST.sun.com", "anne@isrg.east.sun.com", true},
		{".east.sun.com", "a@west.sun.com", false},
		{".sun.com", "a@notsun.com", false},
		{".com", "a@sun.com", true},
		{".", "a@sun.com", false},
		{"..com", "a@sun.com", false},
		{" sun.com", "a@sun.com", false},
		{"\u212aim.no", "a@kim.no", false}, // the Kelvin sign is no k
		{"a@\u212aIM.no", "a@kim.no", false},
	}
	for _, test := range tests {
		if got := parseAs[RFC822Name](t, TypeRFC822Name, test.name).Match(test.pattern); got != test.want {
			t.Errorf("%q matches %q: got %v, want %v", test.pattern, test.name, got, test.want)
		}
	}
}

// Pitfall 30: a mask is an address.
func TestA2_IPAddressForms(t *testing.T) {
	testForms(t, TypeIPAddress,
		[]form{
			{lexical: "10.0.0.1"},
			{lexical: "0.0.0.0"},
			{lexical: "10.0.0.0/255.0.0.0"},
			{lexical: "10.0.0.1:80"},
			{lexical: "10.0.0.1:"},
			{lexical: "10.0.0.0/255.0.0.0:80-90"},
			{lexical: "10.0.0.1:-90"},
			{lexical: "10.0.0.1:1024-"},
			{lexical: "10.0.0.0/255.0.0.0:"},
			{lexical: "[2001:DB8::1]"},
			{lexical: "[2001:db8::]/[ffff:ffff::]"},
			{lexical: "[2001:db8::]/[ffff:ffff::]:443"},
			{lexical: "[::]:0-65535"},
			{lexical: "[::ffff:10.0.0.1]"},
			{lexical: "10.0.0.1:007"},
		},
		[]string{
			"", "10.0.0", "10.0.0.0/8", "10.0.0.0/", "10.0.0.256", "010.0.0.1", "10.0.0.0.1", "localhost", "a.no", "2001:db8::1", "[2001:db8::1",
			"[10.0.0.1]", "[fe80::1%eth0]", "[]", "10.0.0.0/[ffff::]", "[2001:db8::]/255.0.0.0", "[2001:db8::]/32", "[::]/[::", "[::]x", "[::]80",
			"10.0.0.1:80:90", "10.0.0.1:90-80", "10.0.0.1:65536", "10.0.0.1:-", "10.0.0.1:+80", "10.0.0.1:a", "10.0.0.1:1-2-3", "10.0.0.1:80 ,90",
			"10.0.0.1:80/255.0.0.0", "10.0.0.0/255.0.0.0/255.0.0.0", "10.0.0.1:99999999999999999999", "10.0.0.0 /255.0.0.0", "10.0.0.1:0x50",
		})
	a := parseAs[IPAddress](t, TypeIPAddress, "[2001:db8::]/[ffff:ffff::]:80-90")
	mask, masked := a.Mask()
	if a.Addr() != netip.MustParseAddr("2001:db8::") || mask != netip.MustParseAddr("ffff:ffff::") || !masked || a.Ports() != (PortRange{80, 90}) {
		t.Errorf("parts of %s: got %v, %v, %v, %v", a, a.Addr(), mask, masked, a.Ports())
	}
	a = parseAs[IPAddress](t, TypeIPAddress, "10.0.0.1")
	if _, masked := a.Mask(); masked || a.Ports() != AllPorts() {
		t.Errorf("parts of %s: got mask %v, ports %v", a, masked, a.Ports())
	}
}

func TestA2_DNSNameForms(t *testing.T) {
	testForms(t, TypeDNSName,
		[]form{
			{lexical: "example.com"},
			{lexical: "Example.COM."},
			{lexical: "localhost"},
			{lexical: "*.example.com"},
			{lexical: "*.com:80"},
			{lexical: "a-b.1c.no:80-90"},
			{lexical: "a:-1024"},
			{lexical: "a:1024-"},
			{lexical: "1.no"},
			{lexical: "a.:8080"},
		},
		[]string{
			"", "*", "*.", ".", "a..b", ".a", "-a.no", "a-.no", "a_b.no", "a.*.no", "a*.no", "**.no", "*.*.no", "*a.no", "a b.no", "10.0.0.1", "a.1", "a.1b",
			"é.no", "a.no/b", "http://a.no", "a:", "a:-", "a:b", "a:90-80", "a:65536", "a:80:90", "[::1]", "*:80", "a.no..",
		})
	n := parseAs[DNSName](t, TypeDNSName, "*.Example.com:443")
	if n.Host() != "*.Example.com" || !n.Wildcard() || n.Ports() != (PortRange{443, 443}) {
		t.Errorf("parts of %s: got %q, %v, %v", n, n.Host(), n.Wildcard(), n.Ports())
	}
	n = parseAs[DNSName](t, TypeDNSName, "a.no")
	if n.Wildcard() || n.Ports() != AllPorts() {
		t.Errorf("parts of %s: got %v, %v", n, n.Wildcard(), n.Ports())
	}
}

func TestA2_PortRange(t *testing.T) {
	tests := []struct {
		ports string
		want  PortRange
	}{
		{"80", PortRange{80, 80}},
		{"-80", PortRange{0, 80}},
		{"80-", PortRange{80, 65535}},
		{"80-90", PortRange{80, 90}},
		{"80-80", PortRange{80, 80}},
		{"0-65535", AllPorts()},
	}
	for _, test := range tests {
		got := parseAs[DNSName](t, TypeDNSName, "a:"+test.ports).Ports()
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.ports, got, test.want)
		}
		if !got.Contains(got.First) || !got.Contains(got.Last) {
			t.Errorf("%s: does not contain its bounds", test.ports)
		}
	}
	if r := (PortRange{80, 90}); r.Contains(79) || r.Contains(91) {
		t.Errorf("%v contains 79 or 91", r)
	}
}

func TestA2_XPathExpression(t *testing.T) {
	source := map[string]string{"md": "urn:md", "": "urn:default", "xs": "urn:xs"}
	x := NewXPathExpression("md:record", "urn:resource", source, "http://www.w3.org/TR/1999/REC-xpath-19991116")
	clear(source)
	want := map[string]string{"md": "urn:md", "": "urn:default", "xs": "urn:xs"}
	if diff := cmp.Diff(want, maps.Collect(x.Namespaces.All())); diff != "" {
		t.Errorf("namespaces: (-want +got)\n%s", diff)
	}
	var prefixes []string
	for prefix := range x.Namespaces.All() {
		prefixes = append(prefixes, prefix)
		if prefix == "md" {
			break
		}
	}
	if diff := cmp.Diff([]string{"", "md"}, prefixes); diff != "" {
		t.Errorf("prefixes: (-want +got)\n%s", diff)
	}
	for prefix, wantURI := range want {
		if uri, ok := x.Namespaces.Lookup(prefix); uri != wantURI || !ok {
			t.Errorf("Lookup(%q): got %q, %v, want %q", prefix, uri, ok, wantURI)
		}
	}
	if uri, ok := x.Namespaces.Lookup("none"); ok {
		t.Errorf("Lookup(none): got %q", uri)
	}
	if x.Type() != TypeXPathExpression || x.Kind() != One(TypeXPathExpression) || x.String() != "md:record" || x.Namespaces.Len() != 3 {
		t.Errorf("got type %v, kind %v, text %q, %d namespaces", x.Type(), x.Kind(), x, x.Namespaces.Len())
	}
	none := NewNamespaces(nil)
	if _, ok := none.Lookup(""); ok || none.Len() != 0 || len(maps.Collect(none.All())) != 0 || none != (Namespaces{}) {
		t.Errorf("no namespaces: got %v", none)
	}
	if Equal(x, x) {
		t.Error("Equal(x, x): got true, want false")
	}
}

// A value of X.500 of many pairs is sorted, not searched.
func TestX500Name_ManyPairs(t *testing.T) {
	name := strings.Repeat("cn=a+", 100_000) + "cn=a"
	if v := mustParse(t, TypeX500Name, name); v.String() != name {
		t.Error("text changed")
	}
}

func ExampleRFC822Name_Match() {
	v, _ := Parse(TypeRFC822Name, "Anne@isrg.East.sun.com")
	name, _ := v.(RFC822Name)
	fmt.Println(name.Match(".east.sun.com"), name.Match("sun.com"), name.Match("anne@isrg.east.sun.com"))
	// Output: true false false
}

func ExampleX500Name_Match() {
	pattern, _ := parseX500Name("O=Medico Corp,C=US")
	name, _ := parseX500Name("cn=John Smith,o=Medico Corp, c=US")
	fmt.Println(pattern.Match(name), name.Match(pattern))
	// Output: true false
}
