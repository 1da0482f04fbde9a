package generate

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// pool is the lexical forms that values of a data type are drawn from: few, so
// that values meet their equals, some in two forms of one value, and some that
// make functions fail.
func pool(t value.Type) []string {
	switch t {
	case value.TypeString:
		return []string{"a", "a", "A", " b  c ", "", "1", "-7", "true", "0.5", "12:30:00Z", "2026-11-21", "2026-11-21T12:30:00Z", "P1D", "P1Y", "urn:a", "a@example.org", "cn=a,o=b", "10.0.0.1", "example.org:80", "/doc/n"}
	case value.TypeBoolean:
		return []string{"true", "true", "false", "1"}
	case value.TypeInteger:
		return []string{"0", "1", "1", "2", "+1", "-7", "123456789012345678901234567890"}
	case value.TypeDouble:
		return []string{"0", "1", "1.0", "0.5", "-7", "NaN", "INF", "1e300"}
	case value.TypeTime:
		return []string{"12:30:00Z", "13:30:00+01:00", "12:30:00", "00:00:00Z", "23:59:59.5Z"}
	case value.TypeDate:
		return []string{"2026-11-21Z", "2026-11-21", "2024-02-29", "2026-11-22-14:00", "0001-01-01"}
	case value.TypeDateTime:
		return []string{"2026-11-21T12:30:00Z", "2026-11-21T13:30:00+01:00", "2024-02-29T00:00:00", "999999999-12-31T23:59:59Z"}
	case value.TypeDayTimeDuration, value.TypeLegacyDayTimeDuration:
		return []string{"PT0S", "P1D", "PT24H", "-P1DT2H3M4.5S"}
	case value.TypeYearMonthDuration, value.TypeLegacyYearMonthDuration:
		return []string{"P0M", "P1Y", "P12M", "-P13M"}
	case value.TypeAnyURI:
		return []string{"urn:a", "urn:a", "urn:b", "http://example.org/a?b=c", ""}
	case value.TypeHexBinary:
		return []string{"", "0aFF", "0AFF", "00"}
	case value.TypeBase64Binary:
		return []string{"", "aGVsbG8=", "Cv8="}
	case value.TypeRFC822Name:
		return []string{"a@example.org", "a@EXAMPLE.org", "A@example.org", "b@mail.example.org"}
	case value.TypeX500Name:
		return []string{"cn=a,o=b", "CN=A, O=B", "o=b", "cn=c,o=b"}
	case value.TypeIPAddress:
		return []string{"10.0.0.1", "10.0.0.1/255.0.0.0:80-90", "[::1]"}
	case value.TypeDNSName:
		return []string{"example.org", "Example.org:80", "*.example.org:-1024"}
	default:
		return nil
	}
}

// patterns are what literals of the functions on regular expressions are drawn from.
var patterns = []string{"a", ".*a.*", "[A-Za-z]+", "\\d{1,3}(\\.\\d+)*", "(x|y)?", ".*example\\.org.*", ".*"}

// paths are XPath expressions that select nodes.
var paths = []string{"/doc/n", "//s", "/doc/s/@at", "//*", "/doc/n[. > 1]", "n", "/none", "/doc"}

// contents of requests for access-permitted (A.3.16).
var nested = []string{"", "<Attribute", `<Attribute AttributeId="a" IncludeInResult="false"/>`}

// value is one of the data type.
func (d *draw) value(t value.Type) value.Value {
	if t == value.TypeXPathExpression {
		d.selected = true
		return value.NewXPathExpression(pick(d, paths), d.contentCategory(), nil, xacml.XPath10)
	}
	return parse(t, pick(d, pool(t)))
}

// parse is for lexical forms that are part of the package.
func parse(t value.Type, lexical string) value.Value {
	v, err := value.Parse(t, lexical)
	if err != nil {
		panic(err) // a fault of the pools, which a test looks for
	}
	return v
}

// literalType is t or, for durations, its legacy namesake at times (10.2.9).
func (d *draw) literalType(t value.Type) value.Type {
	switch {
	case t == value.TypeDayTimeDuration && d.chance(20):
		return value.TypeLegacyDayTimeDuration
	case t == value.TypeYearMonthDuration && d.chance(20):
		return value.TypeLegacyYearMonthDuration
	default:
		return t
	}
}

// contentCategory is where selectors and XPath expressions mostly look.
func (d *draw) contentCategory() string {
	if d.chance(90) {
		return xacml.CategoryResource
	}
	return xacml.CategoryAccessSubject
}
