package xacmlxml

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// fault is why a document is not well-formed or beyond the limits.
type fault struct {
	policy.Position
	reason  policy.Reason
	message string
}

func faultf(at policy.Position, reason policy.Reason, format string, args ...any) *fault {
	return &fault{at, reason, fmt.Sprintf(format, args...)}
}

// element is an element of a document. Its namespace declarations are in its
// scope, not among its attributes.
type element struct {
	policy.Position
	parent       *element // nil for the root
	space, local string   // the expanded name
	prefix       string   // as written
	attributes   []attribute
	content      []node // in document order; text may be in several pieces
	depth        int    // 1 for the root
	textSize     int    // bytes of all text nodes
	scope        *scope // the innermost namespace declaration in force
}

// attribute is an attribute of an element; it is in no namespace if space is
// empty.
type attribute struct {
	policy.Position
	space, local, prefix string
	value                string // normalised (XML 1.0 3.3.3)
}

// node is an *element, a text or a comment.
type node interface{ node() }

type (
	text    string
	comment string
)

func (*element) node() {}
func (text) node()     {}
func (comment) node()  {}

// is reports whether e is the XACML element with this local name.
func (e *element) is(local string) bool { return e.space == xacml.Namespace && e.local == local }

// lookup finds an attribute by its expanded name.
func (e *element) lookup(space, local string) (attribute, bool) {
	for _, a := range e.attributes {
		if a.space == space && a.local == local {
			return a, true
		}
	}
	return attribute{}, false
}

// str is the value of an unqualified attribute of type xs:string, or nothing.
func (e *element) str(local string) string {
	a, _ := e.lookup("", local)
	return a.value
}

// uri is the value of an unqualified attribute whose type collapses white
// space, such as xs:anyURI, or nothing.
func (e *element) uri(local string) string { return collapse(e.str(local)) }

// flag is the value of an unqualified xs:boolean attribute.
func (e *element) flag(local string) bool {
	v := e.uri(local)
	return v == "true" || v == "1"
}

// elements are the children of e that are elements.
func (e *element) elements() []*element {
	var out []*element
	for _, n := range e.content {
		if c, ok := n.(*element); ok {
			out = append(out, c)
		}
	}
	return out
}

// all are the XACML children of e with one of these local names.
func (e *element) all(locals ...string) []*element {
	return slices.DeleteFunc(e.elements(), func(c *element) bool {
		return c.space != xacml.Namespace || !slices.Contains(locals, c.local)
	})
}

// first is the first XACML child of e with this local name, or nil.
func (e *element) first(local string) *element {
	for _, n := range e.content {
		if c, ok := n.(*element); ok && c.is(local) {
			return c
		}
	}
	return nil
}

// text is the character data directly inside e, without comments.
func (e *element) text() string {
	var b strings.Builder
	for _, n := range e.content {
		if t, ok := n.(text); ok {
			b.WriteString(string(t))
		}
	}
	return b.String()
}

// scope is a namespace declaration and those around it; nil is no declaration.
type scope struct {
	outer       *scope
	prefix, uri string // an empty uri takes the default namespace back
	size        int    // declarations from here to the outermost
}

// find is the namespace that a prefix is bound to; the empty prefix stands for
// the default namespace. The prefix xml is bound always.
func (s *scope) find(prefix string) (uri string, ok bool) {
	if prefix == "xml" {
		return xacml.XMLNamespace, true
	}
	for ; s != nil; s = s.outer {
		if s.prefix == prefix {
			return s.uri, true
		}
	}
	return "", prefix == ""
}

// bindings are the declarations in force, without that of the prefix xml.
func (s *scope) bindings() map[string]string {
	out := map[string]string{}
	for ; s != nil; s = s.outer {
		if _, shadowed := out[s.prefix]; !shadowed {
			out[s.prefix] = s.uri
		}
	}
	if out[""] == "" {
		delete(out, "")
	}
	delete(out, "xml")
	return out
}

// prefixes are the bindings without the default namespace, which XPath 1.0 has
// no use for (E01: un-prefixed names are in no namespace).
func (s *scope) prefixes() map[string]string {
	out := s.bindings()
	delete(out, "")
	return out
}

// declarations are the namespaces that e itself declares, in document order.
func (e *element) declarations() []*scope {
	var outer *scope
	if e.parent != nil {
		outer = e.parent.scope
	}
	var own []*scope
	for s := e.scope; s != outer; s = s.outer {
		own = append(own, s)
	}
	slices.Reverse(own)
	return own
}

// dom copies e for use outside its document: every namespace in scope is
// declared on the copy, those that e does not declare itself in the order of
// their prefixes (§7.3.7, E01).
func (e *element) dom() *etree.Element {
	inScope := e.scope.bindings()
	var declarations []*scope
	for _, s := range e.declarations() {
		if s.uri != "" { // there is no default namespace to take back
			declarations = append(declarations, s)
		}
		delete(inScope, s.prefix)
	}
	for _, prefix := range slices.Sorted(maps.Keys(inScope)) {
		declarations = append(declarations, &scope{prefix: prefix, uri: inScope[prefix]})
	}
	return e.copyTo(nil, declarations)
}

// copyTo copies e with these namespace declarations below parent.
func (e *element) copyTo(parent *etree.Element, declarations []*scope) *etree.Element {
	out := etree.NewElement(qualified(e.prefix, e.local))
	if parent != nil {
		parent.AddChild(out)
	}
	for _, s := range declarations {
		if s.prefix == "" {
			out.CreateAttr("xmlns", s.uri)
		} else {
			out.CreateAttr("xmlns:"+s.prefix, s.uri)
		}
	}
	for _, a := range e.attributes {
		out.CreateAttr(qualified(a.prefix, a.local), a.value)
	}
	var pending strings.Builder // XPath knows no adjacent text nodes
	flush := func() {
		if pending.Len() > 0 {
			out.CreateText(pending.String())
			pending.Reset()
		}
	}
	for _, n := range e.content {
		switch n := n.(type) {
		case text:
			pending.WriteString(string(n))
		case *element:
			flush()
			n.copyTo(out, n.declarations())
		case comment:
			flush()
			out.CreateComment(string(n))
		}
	}
	flush()
	return out
}

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}
