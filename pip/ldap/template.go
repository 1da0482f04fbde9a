package ldap

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pip"
)

// template is literal text and needs, in order.
type template []segment

// segment is the need with this number, or literal text if it is negative.
type segment struct {
	literal string
	need    int
}

// parseTemplate reads a template.
func parseTemplate(text string, needs []pip.Need) (template, error) {
	var t template
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t = append(t, segment{literal: literal.String(), need: -1})
			literal.Reset()
		}
	}
	for rest := text; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			literal.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '}':
			return nil, errors.New("a closing brace without an opening one")
		case rest[0] == '{':
			name, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return nil, errors.New("an opening brace without a closing one")
			}
			need := -1
			for i, n := range needs {
				if n.Name == name {
					need = i
				}
			}
			if need < 0 {
				return nil, fmt.Errorf("unknown need %q", name)
			}
			flush()
			t = append(t, segment{need: need})
			rest = after
		default:
			literal.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	flush()
	return t, nil
}

// uses reports whether the need stands in the template; a negative one asks for
// any need.
func (t template) uses(need int) bool {
	for _, s := range t {
		if s.need >= 0 && (need < 0 || s.need == need) {
			return true
		}
	}
	return false
}

// fill puts the values of the needs in, escaped.
func (t template) fill(values []string) string {
	var b strings.Builder
	for _, s := range t {
		if s.need < 0 {
			b.WriteString(s.literal)
		} else {
			writeEscaped(&b, values[s.need])
		}
	}
	return b.String()
}

// writeEscaped writes a value such that it can be nothing but a part of a value,
// in a filter (RFC 4515 §3) as well as in a distinguished name (RFC 4514 §2.4):
// both take any octet as a backslash and two hexadecimal digits, so everything
// is written like that but for what is harmless in both.
func writeEscaped(b *strings.Builder, text string) {
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_':
			b.WriteByte(c)
		default:
			b.WriteByte('\\')
			b.WriteString(hex.EncodeToString([]byte{c}))
		}
	}
}

// maxValue bounds a value in octets. Names are shorter, and servers close the
// connection on requests that are too long: one question must not do so to the
// others of a batch.
const maxValue = 4096

// values are the texts of a question. A value that is empty would turn the
// search for a beginning, (cn={name}*), into the search for anything, and no
// directory holds an empty value of the usual syntaxes (RFC 4517 §3.3.6).
func values(q pip.Question, needs []pip.Need) ([]string, error) {
	if len(q) != len(needs) {
		return nil, pip.Invalidf("the question has %d values for %d needs", len(q), len(needs))
	}
	texts := make([]string, len(q))
	for i, v := range q {
		if v != nil {
			texts[i] = v.String()
		}
		if texts[i] == "" || !utf8.ValidString(texts[i]) {
			return nil, pip.Invalidf("the value of the need %q is empty, or not text in UTF-8", needs[i].Name)
		}
		if len(texts[i]) > maxValue {
			return nil, pip.Invalidf("the value of the need %q has more than %d octets", needs[i].Name, maxValue)
		}
	}
	return texts, nil
}
