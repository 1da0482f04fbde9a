package xacmlxml

import (
	"bytes"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// fastElement is an element that is open, or was.
type fastElement struct {
	policy.Position
	kind            kind
	closed          bool         // its end was read
	next            uint8        // the first of its possible children that may come
	found           uint16       // a bit for each particle of which it has a child
	given           uint16       // a bit for each attribute that it has
	nameAt, nameEnd int          // its name as written
	textSize        int          // bytes of its text
	outer, scope    *scope       // around it, and in it
	values          [slots]*name // of the attributes that it has
}

// value is that of an attribute, or nothing.
func (e *fastElement) value(s slot) string {
	if e.given&(1<<s) == 0 {
		return ""
	}
	return e.values[s].text
}

// flag is the value of an xs:boolean attribute.
func (e *fastElement) flag(s slot) bool {
	v := e.value(s)
	return v == "true" || v == "1"
}

// byteAt is the byte at an offset, or zero, which no document holds.
func (r *fastReader) byteAt(at int) byte {
	if at < len(r.data) {
		return r.data[at]
	}
	return 0
}

// isAt reports whether the document goes on with s at an offset.
func (r *fastReader) isAt(at int, s string) bool {
	return len(r.data)-at >= len(s) && string(r.data[at:at+len(s)]) == s
}

// skipSpace gives the offset of the first byte from at on that is not white space.
func (r *fastReader) skipSpace(at int) int {
	const indentation = "        "
	for ; at < len(r.data); at++ {
		for r.isAt(at, indentation) {
			at += len(indentation)
		}
		switch r.byteAt(at) {
		case ' ', '\t', '\r':
		case '\n':
			r.line, r.lineStart = r.line+1, at+1
		default:
			return at
		}
	}
	return at
}

// passLines takes note of the lines that end between two offsets.
func (r *fastReader) passLines(from, to int) {
	if n := bytes.Count(r.data[from:to], []byte{'\n'}); n > 0 {
		r.line += n
		r.lineStart = from + bytes.LastIndexByte(r.data[from:to], '\n') + 1
	}
}

// declaration passes the XML declaration, if there is one.
func (r *fastReader) declaration() bool {
	if !r.isAt(0, "<?") {
		return true
	}
	const usual, lower = `<?xml version="1.0" encoding="UTF-8"?>`, `<?xml version="1.0" encoding="utf-8"?>`
	if r.isAt(0, usual) || r.isAt(0, lower) {
		r.at = len(usual)
		return true
	}
	end := bytes.Index(r.data, []byte("?>")) + len("?>")
	if !r.isAt(0, "<?xml") || !isSpace(r.byteAt(len("<?xml"))) || end < len("<?xml ?>") {
		return r.giveUp()
	}
	strict := &reader{limits: r.limits, data: r.data, at: start}
	if f := strict.checkDeclaration(r.data[:end]); f != nil {
		return r.giveUp()
	}
	r.passLines(0, end)
	r.at = end
	return true
}

// outside passes white space and comments outside of the root.
func (r *fastReader) outside() bool {
	for {
		r.at = r.skipSpace(r.at)
		if !r.isAt(r.at, "<!") {
			return true
		}
		if !r.comment() {
			return false
		}
	}
}

// comment passes a comment.
func (r *fastReader) comment() bool {
	if !r.isAt(r.at, "<!--") {
		return r.giveUp()
	}
	from := r.at + len("<!--")
	length := bytes.Index(r.data[from:], []byte("--"))
	if length < 0 || r.byteAt(from+length+len("--")) != '>' || checkChars(r.data[from:from+length]) != nil {
		return r.giveUp()
	}
	r.passLines(from, from+length)
	r.at = from + length + len("-->")
	r.nodes++
	return true
}

// child reads on to the next child of e, whose start tag it reads, or to the end
// tag of e.
func (r *fastReader) child(e, child *fastElement) bool {
	if r.failed || e.closed {
		return false
	}
	for {
		from := r.at
		if r.at = r.skipSpace(from); r.at > from && !r.countText(e, r.at-from) {
			return false
		}
		if r.byteAt(r.at) != '<' {
			return r.giveUp()
		}
		switch r.byteAt(r.at + 1) {
		case '/':
			r.end(e)
			return false
		case '!':
			if !r.comment() {
				return false
			}
		default:
			return r.start(e, child)
		}
	}
}

// countText counts a piece of text of e that has at most n bytes.
func (r *fastReader) countText(e *fastElement, n int) bool {
	r.nodes++
	if e.textSize += n; e.textSize > r.limits.Text {
		return r.giveUp()
	}
	return true
}

// start reads the start tag of a child of e.
func (r *fastReader) start(e, child *fastElement) bool {
	child.Position = policy.Position{Line: r.line, Column: r.at - r.lineStart + 1}
	child.closed, child.next, child.found, child.given = false, 0, 0, 0
	child.nameAt, child.textSize, child.outer = r.at+1, 0, r.scope
	if !r.startName(e, child) || !r.attributes(child) {
		return r.giveUp()
	}
	child.scope = r.scope
	if !r.bound {
		space, _ := r.scope.find(strings.TrimSuffix(r.prefix, ":"))
		if r.bound = space == xacml.Namespace; !r.bound {
			return r.giveUp()
		}
	}
	r.nodes++
	r.depth++
	if fastDecls[child.kind].requiredAttributes&^child.given != 0 || r.depth > r.limits.Depth {
		return r.giveUp()
	}
	return !child.closed || r.close(child)
}

// startName reads the name of a child of e.
func (r *fastReader) startName(e, child *fastElement) bool {
	if !r.knownName(e, child) {
		length := asciiNameLength(r.data[child.nameAt:])
		if length > 0 && r.byteAt(child.nameAt+length) == ':' {
			length++
		} else {
			length = 0
		}
		r.prefix, r.bound = string(r.data[child.nameAt:child.nameAt+length]), false
		if !r.knownName(e, child) {
			return false
		}
	}
	return child.nameEnd-child.nameAt <= r.limits.Name
}

// knownName tells which of the possible children of e has the name that starts
// there, if it has the prefix of the last element.
func (r *fastReader) knownName(e, child *fastElement) bool {
	if !r.isAt(child.nameAt, r.prefix) {
		return false
	}
	at := child.nameAt + len(r.prefix)
	possible := fastDecls[e.kind].children
	for i := range possible[e.next:] {
		c := &possible[int(e.next)+i]
		if !r.isAt(at, c.local) {
			continue
		}
		if b := r.byteAt(at + len(c.local)); b == '>' || b == '/' || isSpace(b) {
			child.kind, child.nameEnd = c.kind, at+len(c.local)
			e.next, e.found = c.next, e.found|c.bit
			return true
		}
	}
	return false
}

// asciiNameLength is the length of the NCName of ASCII at the head of src, or
// zero.
func asciiNameLength(src []byte) int {
	for i, b := range src {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == '_':
		case i > 0 && (b >= '0' && b <= '9' || b == '-' || b == '.'):
		default:
			return i
		}
	}
	return len(src)
}

// end reads the end tag of e.
func (r *fastReader) end(e *fastElement) bool {
	at := r.at + len("</")
	if !r.isAt(r.at, "</") || !bytes.HasPrefix(r.data[at:], r.data[e.nameAt:e.nameEnd]) {
		return r.giveUp()
	}
	at = r.skipSpace(at + e.nameEnd - e.nameAt)
	if r.byteAt(at) != '>' {
		return r.giveUp()
	}
	r.at = at + 1
	return r.close(e)
}

// close ends e.
func (r *fastReader) close(e *fastElement) bool {
	e.closed = true
	r.depth--
	if r.scope != e.outer {
		r.scope, r.bound = e.outer, false
	}
	if fastDecls[e.kind].requiredChildren&^e.found != 0 {
		return r.giveUp()
	}
	return true
}

// empty reads the end of an element that must be empty.
func (r *fastReader) empty(e *fastElement) {
	if !r.failed && !e.closed {
		r.end(e)
	}
}

// text reads the text of e and its end tag. The text is plain if it has neither
// references nor line ends nor other characters than those of ASCII.
func (r *fastReader) text(e *fastElement) (raw []byte, plain bool) {
	if r.failed || e.closed {
		return nil, true
	}
	from := r.at
	for isPlain(r.byteAt(r.at)) {
		r.at++
	}
	if plain = r.byteAt(r.at) == '<'; !plain {
		length := bytes.IndexByte(r.data[from:], '<')
		if length < 0 || checkChars(r.data[from:from+length]) != nil || bytes.Contains(r.data[from:from+length], []byte("]]>")) {
			r.giveUp()
			return nil, false
		}
		r.at = from + length
		r.passLines(from, r.at)
	}
	raw = r.data[from:r.at]
	if len(raw) > 0 && !r.countText(e, len(raw)) || !r.end(e) {
		return nil, false
	}
	return raw, plain
}

// isPlain reports whether b is a character of text that stands for itself.
func isPlain(b byte) bool { return b >= ' ' && b < 0x7F && b != '<' && b != '&' && b != ']' }

// string is the text of e, which is read to its end.
func (r *fastReader) string(e *fastElement) string {
	raw, plain := r.text(e)
	if plain {
		return string(raw)
	}
	text, ok := resolve(string(raw), false)
	if !ok {
		r.giveUp()
	}
	return text
}
