package value

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// X500Name is a value of urn:oasis:names:tc:xacml:1.0:data-type:x500Name: a
// distinguished name in the string form of RFC 2253, the most specific RDN
// first. Compare values with [Equal]: == compares the original text too.
type X500Name struct {
	text string
	// key is the RDNs in normal form. Each starts with rdnMark, which occurs
	// nowhere else: keys are equal if and only if the names are, and one ends
	// in another if and only if the RDNs do.
	key string
}

// The marks that structure a key. Where a value of an attribute has one of
// these octets, escapeMark and another octet stand for it.
const (
	rdnMark    = "\x00"
	pairMark   = "\x01"
	escapeMark = "\x02"
)

// Type is TypeX500Name.
func (X500Name) Type() Type { return TypeX500Name }

// Kind is a single x500Name.
func (X500Name) Kind() Kind { return One(TypeX500Name) }

// String is the original text, without the white space around it.
func (n X500Name) String() string { return n.text }

func (X500Name) datum() {}

// Match is x500Name-match (A.3.14): whether the RDNs of n are the last RDNs of
// name, so that "o=Medico Corp,c=US" matches "cn=John Smith,o=Medico Corp,c=US".
func (n X500Name) Match(name X500Name) bool {
	return strings.HasSuffix(name.key, n.key)
}

// escapeMarks keeps the octets of a value apart from the marks.
var escapeMarks = strings.NewReplacer(
	rdnMark, escapeMark+"0", pairMark, escapeMark+"1", escapeMark, escapeMark+"2",
)

// normalValue is the normal form of a string for the comparison of RFC 3280,
// §4.1.2.4: without regard to case, outer white space or the amount of inner
// white space.
func normalValue(s string) string {
	s = collapse(s)
	if isASCII(s) {
		s = strings.ToLower(s)
	} else { // of letters without their marks, because small and large ones do not compose alike
		s = norm.NFC.String(strings.Map(lowerRune, norm.NFD.String(s)))
	}
	return escapeMarks.Replace(s)
}

// lowerRune is one rune for all that differ in case only: that of the smallest large letter,
// so that a word in lower case stays as people write it, with σ and μ and not ς and the micro
// sign; and the smallest rune if none is a large letter.
func lowerRune(r rune) rune {
	first := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if upper := unicode.IsUpper(other); upper == unicode.IsUpper(first) && other < first || upper && !unicode.IsUpper(first) {
			first = other
		}
	}
	if unicode.IsUpper(first) {
		return unicode.ToLower(first)
	}
	return first
}

// attributeType is the object identifier of a keyword (RFC 2253, §2.3; RFC
// 4519; RFC 2985 for e-mail), or the keyword itself in upper case if it is not
// one of them. Keywords have no case.
func attributeType(keyword string) string {
	switch keyword = strings.ToUpper(keyword); keyword {
	case "CN", "COMMONNAME":
		return "2.5.4.3"
	case "SN", "SURNAME":
		return "2.5.4.4"
	case "SERIALNUMBER":
		return "2.5.4.5"
	case "C", "COUNTRYNAME":
		return "2.5.4.6"
	case "L", "LOCALITYNAME":
		return "2.5.4.7"
	case "ST", "STATEORPROVINCENAME":
		return "2.5.4.8"
	case "STREET", "STREETADDRESS":
		return "2.5.4.9"
	case "O", "ORGANIZATIONNAME":
		return "2.5.4.10"
	case "OU", "ORGANIZATIONALUNITNAME":
		return "2.5.4.11"
	case "T", "TITLE":
		return "2.5.4.12"
	case "GIVENNAME", "GN":
		return "2.5.4.42"
	case "INITIALS":
		return "2.5.4.43"
	case "GENERATION", "GENERATIONQUALIFIER":
		return "2.5.4.44"
	case "DNQ", "DNQUALIFIER":
		return "2.5.4.46"
	case "UID", "USERID":
		return "0.9.2342.19200300.100.1.1"
	case "DC", "DOMAINCOMPONENT":
		return "0.9.2342.19200300.100.1.25"
	case "E", "EMAIL", "EMAILADDRESS":
		return "1.2.840.113549.1.9.1"
	default:
		return keyword
	}
}
