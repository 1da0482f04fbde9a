package xacmlxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// reader makes the tree of a document. The tokens are those of encoding/xml; the
// reader adds what its raw tokens leave open: the limits, before a token is
// built; the structure of the document; namespaces; and the rules of XML 1.0
// that encoding/xml does not keep.
type reader struct {
	limits Limits
	data   []byte // the document without its byte order mark
	dec    *xml.Decoder
	offset int             // of the next token
	at     policy.Position // of the next token
	root   *element
	open   *element // the innermost element without its end tag
	nodes  int      // of the tree so far
}

// parse reads one document, or tells the first thing that is wrong with it.
func parse(data []byte, limits Limits) (*element, *fault) {
	if len(data) > limits.Document {
		return nil, faultf(policy.Position{}, policy.ReasonSize,
			"document has %d bytes, more than %d", len(data), limits.Document)
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if f := checkChars(data); f != nil {
		return nil, f
	}
	r := &reader{limits: limits, data: data, dec: xml.NewDecoder(bytes.NewReader(data)), at: start}
	// checkDeclaration sees to it that a declared encoding is UTF-8 or a part of it.
	r.dec.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	for {
		done, f := r.step()
		if f != nil {
			return nil, f
		}
		if done {
			return r.root, nil
		}
	}
}

// step reads one token.
func (r *reader) step() (done bool, f *fault) {
	rest := r.data[r.offset:]
	if f := r.refuse(rest); f != nil {
		return false, f
	}
	var attributes []rawAttribute
	isTag := len(rest) > 1 && rest[0] == '<' && rest[1] != '/' && rest[1] != '!' && rest[1] != '?'
	if isTag {
		if attributes, f = r.scanTag(rest); f != nil {
			return false, f
		}
	}
	token, err := r.dec.RawToken()
	if errors.Is(err, io.EOF) {
		return true, r.checkEnd()
	}
	if err != nil {
		return false, r.syntaxFault(err)
	}
	end := int(r.dec.InputOffset())
	raw := r.data[r.offset:end]
	switch token := token.(type) {
	case xml.StartElement:
		f = r.startElement(token, attributes)
	case xml.EndElement:
		f = r.endElement(token.Name)
	case xml.CharData:
		f = r.text(raw)
	case xml.Comment:
		f = r.add(comment(lineEnds(string(token))))
	case xml.ProcInst:
		f = r.checkDeclaration(raw)
	case xml.Directive:
		f = faultf(r.at, policy.ReasonParse, "unknown markup declaration")
	}
	r.at = advance(r.at, raw)
	r.offset = end
	return false, f
}

// lineEnds is the end-of-line handling of XML 1.0 (2.11).
func lineEnds(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// refuse tells whether rest starts with what no document may hold: a DOCTYPE, or
// a processing instruction that is not the XML declaration.
func (r *reader) refuse(rest []byte) *fault {
	if bytes.HasPrefix(rest, []byte("<!DOCTYPE")) {
		return faultf(r.at, policy.ReasonDoctype, "a DOCTYPE is not allowed")
	}
	if !bytes.HasPrefix(rest, []byte("<?")) {
		return nil
	}
	if r.offset == 0 && bytes.HasPrefix(rest, []byte("<?xml")) && len(rest) > 5 && isSpace(rest[5]) {
		return nil
	}
	return faultf(r.at, policy.ReasonDoctype, "a processing instruction is not allowed")
}

// syntaxFault is an error of encoding/xml with the place where it was noticed.
func (r *reader) syntaxFault(err error) *fault {
	message := err.Error()
	if syntax := (*xml.SyntaxError)(nil); errors.As(err, &syntax) {
		message = syntax.Msg
	}
	message = strings.TrimPrefix(message, "xml: ")
	switch {
	case strings.HasPrefix(message, "unexpected EOF"):
		message = "document ends too early"
	case strings.HasPrefix(message, "invalid XML name"): // without what is there, which may be a value
		message = "invalid XML name"
	case strings.HasPrefix(message, "invalid character entity"):
		message = "invalid character entity"
	}
	line, column := r.dec.InputPos()
	return faultf(policy.Position{Line: line, Column: max(column, 1)}, policy.ReasonParse, "not well-formed: %s", printable(message))
}

// checkEnd checks that the document is complete.
func (r *reader) checkEnd() *fault {
	switch {
	case r.open != nil:
		return faultf(r.at, policy.ReasonParse, "element %s of %s is not closed",
			quote(qualified(r.open.prefix, r.open.local)), r.open.Position)
	case r.root == nil:
		return faultf(r.at, policy.ReasonParse, "document has no root element")
	default:
		return nil
	}
}

// checkDeclaration checks the XML declaration (2.8) and that the encoding that it
// declares is UTF-8 or US-ASCII.
func (r *reader) checkDeclaration(raw []byte) *fault {
	wrong := func(format string, args ...any) *fault { return faultf(r.at, policy.ReasonParse, format, args...) }
	pseudo, rest, f := r.scanAttributes(raw[len("<?xml"):], advance(r.at, raw[:len("<?xml")]))
	if f != nil {
		return f
	}
	if string(rest) != "?>" {
		return wrong("malformed XML declaration")
	}
	order := []string{"version", "encoding", "standalone"}
	for i, a := range pseudo {
		for len(order) > 0 && order[0] != a.name && i > 0 {
			order = order[1:]
		}
		if len(order) == 0 || order[0] != a.name {
			return wrong("malformed XML declaration")
		}
		order = order[1:]
		switch a.name {
		case "version":
			if a.raw != "1.0" {
				return wrong("XML version %s is not supported", quote(a.raw))
			}
		case "encoding":
			ascii := strings.EqualFold(a.raw, "us-ascii")
			if !ascii && !strings.EqualFold(a.raw, "utf-8") {
				return wrong("encoding %s is not supported, only UTF-8 is", quote(a.raw))
			}
			if ascii {
				if beyond := bytes.IndexFunc(r.data, func(c rune) bool { return c > 0x7F }); beyond >= 0 {
					return faultf(advance(start, r.data[:beyond]), policy.ReasonParse, "a character that is not US-ASCII")
				}
			}
		case "standalone":
			if a.raw != "yes" && a.raw != "no" {
				return wrong("malformed XML declaration")
			}
		}
	}
	if len(pseudo) == 0 {
		return wrong("malformed XML declaration")
	}
	return nil
}

// text takes character data, which raw is the source of.
func (r *reader) text(raw []byte) *fault {
	cdata := bytes.HasPrefix(raw, []byte("<![CDATA["))
	if r.open == nil {
		if !cdata && len(bytes.Trim(raw, " \t\r\n")) == 0 {
			return nil
		}
		return faultf(r.at, policy.ReasonParse, "text outside the root element")
	}
	var s string
	if cdata {
		s = lineEnds(string(raw[len("<![CDATA[") : len(raw)-len("]]>")]))
	} else {
		var ok bool
		if s, ok = resolve(string(raw), false); !ok {
			return faultf(r.at, policy.ReasonParse, "text refers to what is not a character of XML")
		}
	}
	r.open.textSize += len(s)
	if r.open.textSize > r.limits.Text {
		return faultf(r.at, policy.ReasonSize, "element %s has more than %d bytes of text",
			quote(r.open.local), r.limits.Text)
	}
	if s == "" {
		return nil
	}
	return r.add(text(s))
}

// startElement opens an element. raw are the attributes as they are written.
func (r *reader) startElement(token xml.StartElement, raw []rawAttribute) *fault {
	e := &element{Position: r.at, parent: r.open, local: token.Name.Local, prefix: token.Name.Space, depth: 1}
	name := func() string { return quote(qualified(e.prefix, e.local)) }
	if r.root != nil && r.open == nil {
		return faultf(r.at, policy.ReasonParse, "element %s follows the root element", name())
	}
	if !isQName(token.Name) || e.prefix == "xmlns" {
		return faultf(r.at, policy.ReasonParse, "%s is not a name", name())
	}
	if r.open != nil {
		e.depth, e.scope = r.open.depth+1, r.open.scope
	}
	if e.depth > r.limits.Depth {
		return faultf(r.at, policy.ReasonDepth, "elements are nested deeper than %d", r.limits.Depth)
	}
	if len(raw) != len(token.Attr) {
		return faultf(r.at, policy.ReasonParse, "malformed tag of element %s", name())
	}
	for i, a := range raw {
		if f := r.addAttribute(e, a, token.Attr[i].Name); f != nil {
			return f
		}
	}
	if f := r.bind(e); f != nil {
		return f
	}
	f := r.add(e)
	r.open = e
	return f
}

// add puts a node into the innermost element, or makes it the root.
func (r *reader) add(n node) *fault {
	if r.nodes++; r.nodes > r.limits.Nodes {
		return faultf(r.at, policy.ReasonSize, "document has more than %d elements, comments and texts", r.limits.Nodes)
	}
	if r.open != nil {
		r.open.content = append(r.open.content, n)
	} else if e, ok := n.(*element); ok {
		r.root = e
	}
	return nil
}

// endElement closes the innermost element.
func (r *reader) endElement(name xml.Name) *fault {
	e := r.open
	if e == nil || e.prefix != name.Space || e.local != name.Local {
		return faultf(r.at, policy.ReasonParse, "end tag %s has no start tag", quote(qualified(name.Space, name.Local)))
	}
	r.open = e.parent
	return nil
}

// addAttribute adds an attribute or a namespace declaration to e.
func (r *reader) addAttribute(e *element, raw rawAttribute, name xml.Name) *fault {
	wrong := func(format string, args ...any) *fault {
		return faultf(raw.Position, policy.ReasonParse, format, args...)
	}
	value, ok := resolve(raw.raw, true)
	switch {
	case raw.name != qualified(name.Space, name.Local) || !isQName(name):
		return wrong("%s is not a name", quote(raw.name))
	case !ok:
		return wrong("attribute %s refers to what is not a character of XML", quote(raw.name))
	}
	for _, other := range e.attributes {
		if other.prefix == name.Space && other.local == name.Local {
			return wrong("attribute %s is given twice", quote(raw.name))
		}
	}
	declared, isDeclaration := name.Local, name.Space == "xmlns"
	if name.Space == "" && name.Local == "xmlns" {
		declared, isDeclaration = "", true
	}
	if !isDeclaration {
		e.attributes = append(e.attributes, attribute{Position: raw.Position, local: name.Local, prefix: name.Space, value: value})
		return nil
	}
	if f := r.checkNamespace(raw, declared, value); f != nil {
		return f
	}
	var outer *scope
	if e.parent != nil {
		outer = e.parent.scope
	}
	for s := e.scope; s != outer; s = s.outer {
		if s.prefix == declared {
			return wrong("attribute %s is given twice", quote(raw.name))
		}
	}
	size := 1
	if e.scope != nil {
		size += e.scope.size
	}
	if size > r.limits.Namespaces {
		return faultf(raw.Position, policy.ReasonSize, "more than %d namespace declarations are in scope", r.limits.Namespaces)
	}
	e.scope = &scope{outer: e.scope, prefix: declared, uri: value, size: size}
	return nil
}

// xmlnsNamespace is the namespace of declarations, which has no other prefix than
// xmlns (Namespaces in XML 1.0, 3).
const xmlnsNamespace = "http://www.w3.org/2000/xmlns/"

// checkNamespace checks a declaration (Namespaces in XML 1.0, 2.2 and 3).
func (r *reader) checkNamespace(raw rawAttribute, prefix, uri string) *fault {
	switch {
	case prefix == "xmlns":
		return faultf(raw.Position, policy.ReasonParse, "the prefix xmlns cannot be declared")
	case uri == xmlnsNamespace, (prefix == "xml") != (uri == xacml.XMLNamespace):
		return faultf(raw.Position, policy.ReasonParse, "prefix %s cannot be bound to %s", quote(prefix), quote(uri))
	case prefix != "" && uri == "":
		return faultf(raw.Position, policy.ReasonParse, "prefix %s is bound to no namespace", quote(prefix))
	default:
		return nil
	}
}

// bind resolves the prefixes of e and its attributes.
func (r *reader) bind(e *element) *fault {
	space, ok := e.scope.find(e.prefix)
	if !ok {
		return faultf(e.Position, policy.ReasonParse, "prefix %s is not declared", quote(e.prefix))
	}
	e.space = space
	for i := range e.attributes {
		a := &e.attributes[i]
		if a.prefix == "" {
			continue
		}
		if a.space, ok = e.scope.find(a.prefix); !ok {
			return faultf(a.Position, policy.ReasonParse, "prefix %s is not declared", quote(a.prefix))
		}
		for _, other := range e.attributes[:i] {
			if other.space == a.space && other.local == a.local {
				return faultf(a.Position, policy.ReasonParse, "attribute %s of namespace %s is given twice", quote(a.local), quote(a.space))
			}
		}
	}
	return nil
}

func isQName(name xml.Name) bool {
	return isNCName(name.Local) && (name.Space == "" || isNCName(name.Space))
}
