package xacmljson

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// parser makes the tree of a document. It is not encoding/json, because that
// keeps the last of several members of one name, compares names without case,
// replaces lone surrogates and invalid UTF-8, and does not tell places.
type parser struct {
	limits    Limits
	data      []byte
	at        int // the next byte
	line      int // the line of the next byte
	lineStart int // the first byte of that line
	nodes     int // of the tree so far
}

// parse reads one document, or tells the first thing that is wrong with it.
func parse(data []byte, limits Limits) (*node, *problem) {
	if len(data) > limits.Document {
		return nil, problemf(policy.Position{}, "document has %d bytes, more than %d", len(data), limits.Document)
	}
	p := &parser{limits: limits, data: data, line: 1}
	if bytes.HasPrefix(data, []byte("\uFEFF")) {
		return nil, problemf(p.place(0), "document starts with a byte order mark")
	}
	p.space()
	root, wrong := p.value(nil, 0)
	if wrong != nil {
		return nil, wrong
	}
	p.space()
	if p.at < len(data) {
		return nil, p.unexpected("the end of the document")
	}
	return root, nil
}

// place is that of a byte of the current line.
func (p *parser) place(offset int) policy.Position {
	return policy.Position{Line: p.line, Column: offset - p.lineStart + 1}
}

// next is the next byte, or zero at the end.
func (p *parser) next() byte {
	if p.at < len(p.data) {
		return p.data[p.at]
	}
	return 0
}

// space skips white space, the only place of line ends (RFC 8259, 2).
func (p *parser) space() {
	for ; p.at < len(p.data); p.at++ {
		switch p.data[p.at] {
		case ' ', '\t', '\r':
		case '\n':
			p.line++
			p.lineStart = p.at + 1
		default:
			return
		}
	}
}

// unexpected tells that the next thing is not what has to be there.
func (p *parser) unexpected(want string) *problem {
	at := p.place(p.at)
	if p.at >= len(p.data) {
		return problemf(at, "not JSON: document ends too early, before %s", want)
	}
	r, size := utf8.DecodeRune(p.data[p.at:])
	if r == utf8.RuneError && size == 1 {
		return problemf(at, "not JSON: invalid UTF-8")
	}
	return problemf(at, "not JSON: got %q where %s has to be", r, want)
}

// value reads a value inside depth objects and arrays.
func (p *parser) value(parent *node, depth int) (*node, *problem) {
	if p.nodes++; p.nodes > p.limits.Nodes {
		return nil, problemf(p.place(p.at), "document has more than %d values", p.limits.Nodes)
	}
	n := &node{Position: p.place(p.at), parent: parent, start: p.at}
	var wrong *problem
	switch c := p.next(); {
	case c == '{' || c == '[':
		if depth == p.limits.Depth {
			return nil, problemf(n.Position, "objects and arrays are nested deeper than %d", p.limits.Depth)
		}
		p.at++
		if c == '{' {
			n.kind = object
			wrong = p.members(n, depth+1)
		} else {
			n.kind = array
			wrong = p.items(n, depth+1)
		}
	case c == '"':
		n.kind = text
		n.text, wrong = p.text()
	case c == '-' || isDigit(c):
		n.kind = number
		wrong = p.number()
		n.text = string(p.data[n.start:p.at])
	default:
		wrong = p.literal(n)
	}
	n.end = p.at
	return n, wrong
}

// members reads an object after its brace.
func (p *parser) members(n *node, depth int) *problem {
	p.space()
	if p.next() == '}' {
		p.at++
		return nil
	}
	for {
		at := p.place(p.at)
		if p.next() != '"' {
			return p.unexpected("the name of a member")
		}
		name, wrong := p.text()
		if wrong != nil {
			return wrong
		}
		if n.member(name) != nil {
			return problemf(at, "member %s is given twice", quote(name))
		}
		if len(n.children) == p.limits.Members {
			return problemf(at, "an object has more than %d members", p.limits.Members)
		}
		p.space()
		if p.next() != ':' {
			return p.unexpected("a colon")
		}
		p.at++
		p.space()
		c, wrong := p.value(n, depth)
		if wrong != nil {
			return wrong
		}
		c.name, c.nameAt = name, at
		n.children = append(n.children, c)
		p.space()
		switch p.next() {
		case ',':
			p.at++
			p.space()
		case '}':
			p.at++
			return nil
		default:
			return p.unexpected("a comma or the end of the object")
		}
	}
}

// items reads an array after its bracket.
func (p *parser) items(n *node, depth int) *problem {
	p.space()
	if p.next() == ']' {
		p.at++
		return nil
	}
	for {
		c, wrong := p.value(n, depth)
		if wrong != nil {
			return wrong
		}
		c.index = len(n.children)
		n.children = append(n.children, c)
		p.space()
		switch p.next() {
		case ',':
			p.at++
			p.space()
		case ']':
			p.at++
			return nil
		default:
			return p.unexpected("a comma or the end of the array")
		}
	}
}

// literal reads true, false or null (RFC 8259, 3).
func (p *parser) literal(n *node) *problem {
	for _, name := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(p.data[p.at:], []byte(name)) {
			if name != "null" {
				n.kind = boolean
			}
			n.text = name
			p.at += len(name)
			return nil
		}
	}
	return p.unexpected("a value")
}

// number reads a number (RFC 8259, 6).
func (p *parser) number() *problem {
	if p.next() == '-' {
		p.at++
	}
	switch c := p.next(); {
	case c == '0':
		p.at++
	case isDigit(c):
		p.digits()
	default:
		return p.unexpected("a digit")
	}
	if p.next() == '.' {
		p.at++
		if !p.digits() {
			return p.unexpected("a digit")
		}
	}
	if c := p.next(); c == 'e' || c == 'E' {
		p.at++
		if c := p.next(); c == '+' || c == '-' {
			p.at++
		}
		if !p.digits() {
			return p.unexpected("a digit")
		}
	}
	return nil
}

// digits skips digits; ok is false if there are none.
func (p *parser) digits() (ok bool) {
	for ; isDigit(p.next()); p.at++ {
		ok = true
	}
	return ok
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// text reads a string (RFC 8259, 7).
func (p *parser) text() (string, *problem) {
	p.at++
	var decoded []byte // nil as long as the source is the text
	for start := p.at; ; {
		switch c := p.next(); {
		case c == '"':
			rest := p.data[start:p.at]
			p.at++
			return string(append(decoded, rest...)), nil
		case c == '\\':
			decoded = append(decoded, p.data[start:p.at]...)
			r, wrong := p.escape()
			if wrong != nil {
				return "", wrong
			}
			decoded = utf8.AppendRune(decoded, r)
			start = p.at
		case p.at >= len(p.data):
			return "", p.unexpected("the end of a string")
		case c < ' ':
			return "", problemf(p.place(p.at), "not JSON: a string holds the control character %U", c)
		case c < utf8.RuneSelf:
			p.at++
		default:
			r, size := utf8.DecodeRune(p.data[p.at:])
			if r == utf8.RuneError && size == 1 {
				return "", p.unexpected("a character")
			}
			p.at += size
		}
	}
}

// escape reads the escape of a character that starts at the next byte.
func (p *parser) escape() (rune, *problem) {
	at := p.place(p.at)
	if p.at++; p.at == len(p.data) {
		return 0, p.unexpected("the end of an escape")
	}
	c := p.data[p.at]
	p.at++
	if r, ok := unescaped(c); ok {
		return r, nil
	}
	r, ok := p.hex()
	if c != 'u' || !ok {
		return 0, problemf(at, "not JSON: a string holds an unknown escape")
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if bytes.HasPrefix(p.data[p.at:], []byte(`\u`)) {
		p.at += 2
		if low, ok := p.hex(); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, nil
			}
		}
	}
	return 0, problemf(at, "not JSON: a string holds half of a surrogate pair")
}

// unescaped is the character that a backslash with c stands for.
func unescaped(c byte) (r rune, ok bool) {
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	default:
		return 0, false
	}
}

// hex reads the four digits of an escape.
func (p *parser) hex() (r rune, ok bool) {
	if p.at+4 > len(p.data) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.data[p.at:p.at+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.at += 4
	return rune(n), true
}
