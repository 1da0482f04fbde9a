package xacmlxml

import (
	"bytes"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// attributes reads what follows the name in a start tag.
func (r *fastReader) attributes(e *fastElement) bool {
	at, hint := e.nameEnd, ""
	declared := fastDecls[e.kind].attributes
	likely := 0 // the attribute that is likely to come
	for count := 0; ; count++ {
		before := at
		if r.byteAt(at) == ' ' {
			at++
		}
		if isSpace(r.byteAt(at)) {
			at = r.skipSpace(at)
		}
		switch r.byteAt(at) {
		case '>':
			r.at = at + 1
			return r.isHintPrefix(hint)
		case '/':
			e.closed = true
			r.at = at + len("/>")
			return r.byteAt(at+1) == '>' && r.isHintPrefix(hint)
		}
		if at == before || count == r.limits.Attributes {
			return false
		}
		found := false
		for range declared {
			if likely == len(declared) {
				likely = 0
			}
			if a := &declared[likely]; r.isAt(at, a.head) {
				found = true
				break
			}
			likely++
		}
		if found {
			at = r.attribute(e, likely, at)
			likely++
		} else {
			at, hint = r.otherAttribute(e, at, hint)
		}
		if at == 0 {
			return false
		}
	}
}

// attribute reads an attribute of the schema, the one with this index, and gives
// the offset where it ends, or zero.
func (r *fastReader) attribute(e *fastElement, index, at int) (end int) {
	a := &fastDecls[e.kind].attributes[index]
	at += len(a.head) + 1
	quote := r.byteAt(at - 1)
	last := &r.last[e.kind][index]
	n := *last
	if n == nil || !r.isAt(at, n.text) || r.byteAt(at+len(n.text)) != quote {
		if n = r.quotedName(at, quote); n == nil || !n.is(a.typ) {
			return 0
		}
		if !n.quoted {
			*last = n
		}
	}
	if quote != '"' && quote != '\'' || len(a.head) > len("=")+r.limits.Name || len(n.text) > r.limits.AttributeValue ||
		e.given&(1<<a.slot) != 0 {
		return 0
	}
	e.given |= 1 << a.slot
	e.values[a.slot] = n
	return at + len(n.text) + 1
}

// quotedName is the attribute value from an offset to a quotation mark, or nil.
func (r *fastReader) quotedName(at int, quote byte) *name {
	if at > len(r.data) {
		return nil
	}
	length := bytes.IndexByte(r.data[at:], quote)
	if length < 0 {
		return nil
	}
	return r.names.of(r.data[at : at+length])
}

// otherAttribute reads a namespace declaration, or a hint where a schema is to be
// found. It gives the offset where it ends, or zero, and the prefix of the hint;
// hint is that of one before.
func (r *fastReader) otherAttribute(e *fastElement, at int, hint string) (end int, prefix string) {
	first := r.data[at : at+asciiNameLength(r.data[at:])]
	second := first[len(first):]
	end = at + len(first)
	if r.byteAt(end) == ':' {
		second = r.data[end+1 : end+1+asciiNameLength(r.data[end+1:])]
		end += 1 + len(second)
		if len(second) == 0 {
			return 0, ""
		}
	}
	quote := r.byteAt(end + 1)
	if len(first) == 0 || end-at > r.limits.Name || r.byteAt(end) != '=' || quote != '"' && quote != '\'' {
		return 0, ""
	}
	value := end + len(`="`)
	length := bytes.IndexByte(r.data[value:], quote)
	if length < 0 || length > r.limits.AttributeValue {
		return 0, ""
	}
	raw := r.data[value : value+length]
	end = value + length + 1
	switch {
	case string(first) == "xmlns":
		if !r.declareNamespace(e, string(second), raw) {
			return 0, ""
		}
		return end, hint
	case hint == "" && (string(second) == "schemaLocation" || string(second) == "noNamespaceSchemaLocation"):
		if bytes.ContainsAny(raw, "<&") || checkChars(raw) != nil {
			return 0, ""
		}
		r.passLines(value, end)
		return end, string(first)
	default:
		return 0, ""
	}
}

// declareNamespace binds a prefix in e, the empty one for the default namespace.
func (r *fastReader) declareNamespace(e *fastElement, prefix string, raw []byte) bool {
	uri := r.names.of(raw)
	switch {
	case uri == nil, uri.text == "", uri.text == xacml.XMLNamespace, uri.text == xmlnsNamespace, prefix == "xml", prefix == "xmlns":
		return false
	}
	for s := r.scope; s != e.outer; s = s.outer {
		if s.prefix == prefix {
			return false
		}
	}
	size := 1
	if r.scope != nil {
		size += r.scope.size
	}
	r.scope = &scope{outer: r.scope, prefix: prefix, uri: uri.text, size: size}
	r.bound = false
	return size <= r.limits.Namespaces
}

// isHintPrefix reports whether the prefix of a hint, if there is one, is that of
// hints.
func (r *fastReader) isHintPrefix(prefix string) bool {
	if prefix == "" {
		return true
	}
	space, _ := r.scope.find(prefix)
	return isInstance(attribute{space: space})
}
