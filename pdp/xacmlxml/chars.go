package xacmlxml

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// isChar is the production Char of XML 1.0 (2.2).
func isChar(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= unicode.MaxRune
}

// isSpace is the production S of XML 1.0 (2.3).
func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

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

// isNCName is NCName of Namespaces in XML 1.0.
func isNCName(s string) bool {
	for i, r := range s {
		if isNameStart(r) {
			continue
		}
		inside := r >= '0' && r <= '9' || r == '-' || r == '.' || r == 0xB7 ||
			r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
		if i == 0 || !inside {
			return false
		}
	}
	return s != ""
}

// isText reports whether an XML document can hold s.
func isText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !isChar(r) }) < 0
}

// collapse is the white space facet collapse of XML Schema part 2 (4.3.6).
func collapse(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }), " ")
}

// hasControl reports whether s holds a control character.
func hasControl(s string) bool { return strings.IndexFunc(s, unicode.IsControl) >= 0 }

// quote quotes user input for a message, and keeps it short.
func quote(s string) string {
	const most = 200
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "..."
}

// printable is a message that repeats input without quotes, made short and fit
// to be shown.
func printable(message string) string {
	const most = 200
	if len(message) > most {
		message = strings.ToValidUTF8(message[:most], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, message)
}

// checkChars finds the first thing in a document that is not a character of
// XML in UTF-8.
func checkChars(data []byte) *fault {
	for i := 0; i < len(data); {
		if b := data[i]; b >= 0x20 && b < utf8.RuneSelf || b == '\n' || b == '\t' || b == '\r' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return faultf(advance(start, data[:i]), policy.ReasonParse, "invalid UTF-8")
		case !isChar(r):
			return faultf(advance(start, data[:i]), policy.ReasonParse, "illegal character %U", r)
		}
		i += size
	}
	return nil
}

// start is the place of the first byte of a document.
var start = policy.Position{Line: 1, Column: 1}

// advance is the place after raw if raw starts at p.
func advance(p policy.Position, raw []byte) policy.Position {
	n := bytes.Count(raw, []byte{'\n'})
	if n == 0 {
		p.Column += len(raw)
		return p
	}
	p.Line += n
	p.Column = len(raw) - bytes.LastIndexByte(raw, '\n')
	return p
}

// resolve decodes the references in s, the source text of an attribute value or
// of character data (XML 1.0 4.1). With normalize, literal white space becomes
// spaces (3.3.3). ok is false if a reference is none that XML predefines.
func resolve(s string, normalize bool) (text string, ok bool) {
	if !strings.ContainsAny(s, "&\r\t\n") {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '&':
			end := strings.IndexByte(s[i:], ';')
			if end < 0 {
				return "", false
			}
			r, ok := reference(s[i+1 : i+end])
			if !ok {
				return "", false
			}
			b.WriteRune(r)
			i += end
		case c == '\r' && i+1 < len(s) && s[i+1] == '\n':
			// 2.11: the pair is one line end, written for the second of them.
		case c == '\r' && !normalize:
			b.WriteByte('\n')
		case isSpace(c) && normalize:
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// reference is the character that a reference without & and ; stands for.
func reference(name string) (r rune, ok bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, numeric := strings.CutPrefix(name, "#")
	base := 10
	if hex, is := strings.CutPrefix(digits, "x"); is {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if !numeric || err != nil || n > unicode.MaxRune || !isChar(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
