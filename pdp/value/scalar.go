package value

import (
	"strings"
	"unicode"
)

// String is a value of http://www.w3.org/2001/XMLSchema#string: characters of
// XML 1.0, none of them trimmed. Equality and order are those of NFC (§7.1.1);
// == compares octets.
type String string

// Type is TypeString.
func (String) Type() Type { return TypeString }

// Kind is a single string.
func (String) Kind() Kind { return One(TypeString) }

// String is the text itself.
func (s String) String() string { return string(s) }

func (String) datum() {}

// Boolean is a value of http://www.w3.org/2001/XMLSchema#boolean. Values are
// comparable with ==.
type Boolean bool

// Type is TypeBoolean.
func (Boolean) Type() Type { return TypeBoolean }

// Kind is a single boolean.
func (Boolean) Kind() Kind { return One(TypeBoolean) }

// String is "true" or "false".
func (b Boolean) String() string {
	if b {
		return "true"
	}
	return "false"
}

func (Boolean) datum() {}

func parseBoolean(s string) (Boolean, error) {
	switch s {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	default:
		return false, errForm
	}
}

// AnyURI is a value of http://www.w3.org/2001/XMLSchema#anyURI: the original
// text, white space collapsed. Nothing is escaped, resolved or normalised, so
// that values are comparable with == (A.3.1: code point by code point).
type AnyURI string

// Type is TypeAnyURI.
func (AnyURI) Type() Type { return TypeAnyURI }

// Kind is a single anyURI.
func (AnyURI) Kind() Kind { return One(TypeAnyURI) }

// String is the original text.
func (u AnyURI) String() string { return string(u) }

func (AnyURI) datum() {}

// parseAnyURI accepts what XLink escaping turns into a URI reference (XML
// Schema part 2, §3.2.17): the empty text, relative references, IRIs and
// inner spaces too. Only what no escaping mends is refused.
func parseAnyURI(s string) (AnyURI, error) {
	s = collapse(s)
	if strings.Count(s, "#") > 1 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", errForm
	}
	for rest := s; ; {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			return AnyURI(s), nil
		}
		if len(after) < 2 || !isHex(after[0]) || !isHex(after[1]) {
			return "", errForm
		}
		rest = after[2:]
	}
}
