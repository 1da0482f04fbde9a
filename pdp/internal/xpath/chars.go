package xpath

import "strings"

// isSpace is the production S of XML 1.0 (2.3), white space in XPath.
func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

// isDigit is the production Digits of 3.7.
func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isNameStart is NameStartChar of XML 1.0 (2.3) without the colon.
func isNameStart(r rune) bool {
	switch {
	case r < 0x80:
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
	case r >= 0xC0 && r <= 0x2FF:
		return r != 0xD7 && r != 0xF7
	case r >= 0x370 && r <= 0x1FFF:
		return r != 0x37E
	default:
		return r == 0x200C || r == 0x200D || r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF ||
			r >= 0x3001 && r <= 0xD7FF || r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD ||
			r >= 0x10000 && r <= 0xEFFFF
	}
}

// isName is NameChar of XML 1.0 (2.3) without the colon.
func isName(r rune) bool {
	return isNameStart(r) || r >= '0' && r <= '9' || r == '-' || r == '.' || r == 0xB7 ||
		r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

// nameLength is the length of the longest NCName that s begins with.
func nameLength(s string) int {
	for i, r := range s {
		if !isName(r) || i == 0 && !isNameStart(r) {
			return i
		}
	}
	return len(s)
}

// isNCName is NCName of Namespaces in XML 1.0.
func isNCName(s string) bool { return s != "" && nameLength(s) == len(s) }

// normalizeSpace strips white space at both ends and makes all other white
// space one space each (4.2).
func normalizeSpace(s string) string { return strings.Join(strings.FieldsFunc(s, isSpace), " ") }
