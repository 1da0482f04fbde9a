package xpath

import (
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Document is the data model of section 5 over one element: a document node
// with that element as its only child. It is immutable.
type Document struct {
	// INVARIANT: records are in document order. The attributes of an element
	// follow it at once, and its subtree ends before its next sibling.
	records  []record
	bindings []binding // namespace declarations; the first is that of "xml"
	text     string    // all text nodes one after the other
	ids      map[string]int32
}

// record is a node other than a namespace node. Links are indices of records;
// 0, which is the document node, stands for none.
type record struct {
	kind        Kind
	prefix      string
	local       string
	space       string
	value       string // of attributes, comments and processing instructions
	parent      int32
	first       int32 // first child
	previous    int32 // sibling
	next        int32 // sibling
	end         int32 // last record of the subtree, itself if there is none
	attributes  int32 // how many
	scope       int32 // innermost binding in force at an element
	start, stop int   // the text below, as a range of Document.text
}

// binding is a namespace declaration. An empty uri takes a binding back.
type binding struct {
	prefix, uri string
	outer       int32 // the next binding outwards, -1 after the last
	shadowed    int32 // the next one outwards of the same prefix, -1 after the last
}

// NewDocument indexes an element and all that is below it (§7.3.7): elements,
// attributes, text, comments and processing instructions. Namespace
// declarations, also those of the elements around it, become namespace nodes
// and not attributes; adjacent character data becomes one text node (5.7). The
// element must not change while the call lasts; afterwards the document does
// not depend on it. A nil element makes an empty document.
func NewDocument(root *etree.Element) *Document {
	b := builder{doc: &Document{ids: make(map[string]int32)}, inForce: map[string]int32{"xml": 0}}
	b.doc.records = append(b.doc.records, record{kind: KindDocument})
	b.doc.bindings = append(b.doc.bindings, binding{prefix: "xml", uri: xacml.XMLNamespace, outer: -1, shadowed: -1})
	if root != nil {
		b.build(root)
	}
	b.doc.records[0].end = int32(len(b.doc.records) - 1)
	b.doc.records[0].stop = b.text.Len()
	b.doc.text = b.text.String()
	return b.doc
}

// Root is the document node.
func (d *Document) Root() Node { return Node{doc: d} }

// Len is the number of nodes without namespace nodes.
func (d *Document) Len() int { return len(d.records) }

// builder fills the records of a document. It keeps the open elements on a
// stack of its own, so that deep documents cost no deep recursion.
type builder struct {
	doc     *Document
	text    strings.Builder
	open    []openElement
	inForce map[string]int32 // the binding of each prefix at the innermost element
}

// openElement is an element whose content is being read.
type openElement struct {
	element *etree.Element
	child   int   // the next child token to read
	record  int32 // of the element
	last    int32 // record of the child read last, or 0
}

func (b *builder) build(root *etree.Element) {
	b.open = append(b.open, openElement{}) // the document node
	b.start(root, b.outside(root))
	for len(b.open) > 1 {
		top := &b.open[len(b.open)-1]
		if top.child == len(top.element.Child) {
			b.finish()
			continue
		}
		token := top.element.Child[top.child]
		top.child++
		switch token := token.(type) {
		case *etree.Element:
			b.start(token, b.doc.records[top.record].scope)
		case *etree.CharData:
			b.characters(token.Data)
		case *etree.Comment:
			b.add(record{kind: KindComment, value: token.Data})
		case *etree.ProcInst:
			b.add(record{kind: KindProcessingInstruction, local: token.Target, value: token.Inst})
		}
	}
}

// outside declares the namespaces of the elements around the root.
func (b *builder) outside(root *etree.Element) (scope int32) {
	var around []*etree.Element
	for e := root.Parent(); e != nil; e = e.Parent() {
		around = append(around, e)
	}
	for _, e := range slices.Backward(around) {
		scope = b.declare(e, scope)
	}
	return scope
}

// declare adds the namespace declarations of an element inside of a scope.
func (b *builder) declare(e *etree.Element, scope int32) int32 {
	for _, a := range e.Attr {
		if prefix, ok := declared(a); ok && prefix != "xml" {
			shadowed, ok := b.inForce[prefix]
			if !ok {
				shadowed = -1
			}
			b.doc.bindings = append(b.doc.bindings, binding{prefix, a.Value, scope, shadowed})
			scope = int32(len(b.doc.bindings) - 1)
			b.inForce[prefix] = scope
		}
	}
	return scope
}

// declared is the prefix that an attribute declares, if it is a declaration.
func declared(a etree.Attr) (prefix string, ok bool) {
	switch {
	case a.Space == "xmlns":
		return a.Key, true
	case a.Space == "" && a.Key == "xmlns":
		return "", true
	default:
		return "", false
	}
}

// start opens an element inside of a scope and adds its attributes.
func (b *builder) start(e *etree.Element, outer int32) {
	scope := b.declare(e, outer)
	r := record{kind: KindElement, prefix: e.Space, scope: scope}
	r.space, r.local = b.expand(e.Space, e.Tag)
	if e.Space == "" {
		r.space = b.lookup("")
	}
	element := b.add(r)
	b.open = append(b.open, openElement{element: e, record: element})
	for _, a := range e.Attr {
		if _, ok := declared(a); ok {
			continue
		}
		attribute := record{kind: KindAttribute, prefix: a.Space, value: a.Value, parent: element}
		attribute.space, attribute.local = b.expand(a.Space, a.Key)
		attribute.start, attribute.stop = b.text.Len(), b.text.Len()
		attribute.end = int32(len(b.doc.records))
		b.doc.records = append(b.doc.records, attribute)
		b.doc.records[element].attributes++
		if attribute.space == xacml.XMLNamespace && attribute.local == "id" {
			id := normalizeSpace(a.Value)
			if _, taken := b.doc.ids[id]; !taken {
				b.doc.ids[id] = element
			}
		}
	}
}

// finish closes the innermost open element.
func (b *builder) finish() {
	r := &b.doc.records[b.open[len(b.open)-1].record]
	r.end = int32(len(b.doc.records) - 1)
	r.stop = b.text.Len()
	b.open = b.open[:len(b.open)-1]
	for scope := r.scope; scope != b.doc.records[r.parent].scope; {
		ended := b.doc.bindings[scope]
		if b.inForce[ended.prefix] = ended.shadowed; ended.shadowed < 0 {
			delete(b.inForce, ended.prefix)
		}
		scope = ended.outer
	}
}

// characters adds text, to the text node before it if that is adjacent.
func (b *builder) characters(data string) {
	if data == "" {
		return
	}
	last := b.open[len(b.open)-1].last
	if last == 0 || b.doc.records[last].kind != KindText {
		last = b.add(record{kind: KindText})
	}
	b.text.WriteString(data)
	b.doc.records[last].stop = b.text.Len()
}

// add appends a child of the innermost open element.
func (b *builder) add(r record) int32 {
	parent := &b.open[len(b.open)-1]
	index := int32(len(b.doc.records))
	r.parent, r.previous, r.end = parent.record, parent.last, index
	r.start, r.stop = b.text.Len(), b.text.Len()
	b.doc.records = append(b.doc.records, r)
	if parent.last == 0 {
		b.doc.records[parent.record].first = index
	} else {
		b.doc.records[parent.last].next = index
	}
	parent.last = index
	return index
}

// expand is the expanded name of a name with a prefix, or in no namespace.
func (b *builder) expand(prefix, name string) (space, local string) {
	if prefix == "" {
		return "", name
	}
	if uri := b.lookup(prefix); uri != "" {
		return uri, name
	}
	return "", prefix + ":" + name
}

// lookup is the namespace that a prefix is bound to, "" for the default one;
// it is empty if there is none.
func (b *builder) lookup(prefix string) (uri string) {
	if i, ok := b.inForce[prefix]; ok {
		return b.doc.bindings[i].uri
	}
	return ""
}
