package value

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse reads the lexical form of a value of type t (A.2, B.3).
//
// White space around the form is ignored, save for a string, which keeps all
// of it; inside a form, anyURI collapses it and base64Binary drops it. The
// other types of the standard have no white space inside, or keep it as part
// of the original text. A legacy duration type gives a value of that type.
//
// The text of an xpathExpression means nothing without its category and
// namespaces, an entity is no text, and other types than those of the standard
// have no lexical form here, so TypeXPathExpression, TypeEntity and TypeUnknown
// are refused.
//
// The error names the input, cut to 64 octets, and the type.
func Parse(t Type, lexical string) (Value, error) {
	v, err := parse(t, lexical)
	switch {
	case err == nil:
		return v, nil
	case errors.Is(err, errForm):
		return nil, fmt.Errorf("%s is not %s", quote(lexical), withArticle(t))
	default:
		return nil, fmt.Errorf("%s is not %s: %w", quote(lexical), withArticle(t), err)
	}
}

// errForm says no more than that the input lacks the form of its type.
var errForm = errors.New("wrong form")

// Reasons that the input alone does not show at a glance.
var (
	errNotText   = errors.New("it contains characters that XML does not allow")
	errNoForm    = errors.New("the type has no lexical form of its own")
	errRange     = errors.New("it is out of the supported range")
	errPrecision = errors.New("it has more than 18 fraction digits")
	errNoDay     = errors.New("the month has no such day")
	errNoYear    = errors.New("there is no year 0000")
	errZone      = errors.New("a time zone lies between -14:00 and +14:00")
	errDigits    = errors.New("it has too many digits")
)

func parse(t Type, lexical string) (Value, error) {
	if !isText(lexical) {
		return nil, errNotText
	}
	if t == TypeString {
		return String(lexical), nil
	}
	s := strings.Trim(lexical, whiteSpace)
	switch t {
	case TypeBoolean:
		return parsed(parseBoolean(s))
	case TypeInteger:
		return parsed(parseInteger(s))
	case TypeDouble:
		return parsed(parseDouble(s))
	case TypeTime:
		return parsed(parseTime(s))
	case TypeDate:
		return parsed(parseDate(s))
	case TypeDateTime:
		return parsed(parseDateTime(s))
	case TypeDayTimeDuration, TypeLegacyDayTimeDuration:
		return parsed(parseDayTimeDuration(s, t == TypeLegacyDayTimeDuration))
	case TypeYearMonthDuration, TypeLegacyYearMonthDuration:
		return parsed(parseYearMonthDuration(s, t == TypeLegacyYearMonthDuration))
	case TypeAnyURI:
		return parsed(parseAnyURI(s))
	case TypeHexBinary:
		return parsed(parseHexBinary(s))
	case TypeBase64Binary:
		return parsed(parseBase64Binary(s))
	case TypeRFC822Name:
		return parsed(parseRFC822Name(s))
	case TypeX500Name:
		return parsed(parseX500Name(lexical)) // may end in an escaped space
	case TypeIPAddress:
		return parsed(parseIPAddress(s))
	case TypeDNSName:
		return parsed(parseDNSName(s))
	case TypeUnknown, TypeString, TypeXPathExpression, TypeEntity:
	}
	return nil, errNoForm
}

// parsed makes a Value of what a parser gives, without an interface that
// holds a half-made value beside an error.
func parsed[T Value](v T, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// whiteSpace is the S of XML 1.0.
const whiteSpace = " \t\n\r"

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

// collapse is the whiteSpace facet "collapse" of XML Schema part 2, §4.3.6.
func collapse(s string) string {
	return strings.Join(strings.FieldsFunc(s, isSpace), " ")
}

// isText reports whether s is UTF-8 and has only characters of XML 1.0 (§2.2).
func isText(s string) bool {
	for i, r := range s {
		switch {
		case r >= ' ' && r < utf8.RuneSelf, r == '\t', r == '\n', r == '\r':
		case r < ' ', r == 0xFFFE, r == 0xFFFF:
			return false
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
	}
	return true
}

// quoteLimit bounds how much input an error repeats, in octets.
const quoteLimit = 64

func quote(s string) string {
	if len(s) <= quoteLimit {
		return fmt.Sprintf("%q", s)
	}
	cut := quoteLimit
	for cut > quoteLimit-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%q...", s[:cut])
}

func withArticle(t Type) string {
	switch t {
	case TypeUnknown:
		return "of a known type"
	case TypeInteger, TypeAnyURI, TypeRFC822Name, TypeX500Name, TypeIPAddress, TypeXPathExpression, TypeEntity:
		return "an " + t.String()
	default:
		return "a " + t.String()
	}
}
