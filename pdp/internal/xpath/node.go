package xpath

import "cmp"

// Kind is one of the seven kinds of node of section 5.
type Kind uint8

// The kinds of node.
const (
	KindDocument              Kind = iota + 1 // 5.1, there "root node"
	KindElement                               // 5.2
	KindAttribute                             // 5.3
	KindNamespace                             // 5.4
	KindProcessingInstruction                 // 5.5
	KindComment                               // 5.6
	KindText                                  // 5.7
)

// String is the kind in words.
func (k Kind) String() string {
	switch k {
	case KindDocument:
		return "document"
	case KindElement:
		return "element"
	case KindAttribute:
		return "attribute"
	case KindNamespace:
		return "namespace"
	case KindProcessingInstruction:
		return "processing instruction"
	case KindComment:
		return "comment"
	case KindText:
		return "text"
	default:
		return "no node"
	}
}

// Node is a node of a document. Nodes compare with ==, as identity (A.3.15).
// The zero Node is no node.
type Node struct {
	doc   *Document
	index int32
	// bound is 0, or the index of a binding plus one: then this is a namespace
	// node of the element.
	bound int32
}

// IsZero reports whether n is no node.
func (n Node) IsZero() bool { return n.doc == nil }

// Document is the document that the node belongs to.
func (n Node) Document() *Document { return n.doc }

func (n Node) record() *record { return &n.doc.records[n.index] }

// at is another node of the same document.
func (n Node) at(index int32) Node { return Node{doc: n.doc, index: index} }

// Kind is the kind of the node.
func (n Node) Kind() Kind {
	switch {
	case n.doc == nil:
		return 0
	case n.bound != 0:
		return KindNamespace
	default:
		return n.record().kind
	}
}

// Name is the expanded name (section 5): the namespace name, which may be
// empty, and the local part. Documents, text and comments have none. The local
// part of a namespace node is its prefix, that of a processing instruction its
// target.
func (n Node) Name() (space, local string) {
	switch {
	case n.doc == nil:
		return "", ""
	case n.bound != 0:
		return "", n.doc.bindings[n.bound-1].prefix
	default:
		return n.record().space, n.record().local
	}
}

// qualified is the name with the prefix that the document has (4.1, name).
func (n Node) qualified() string {
	space, local := n.Name()
	if space != "" && n.record().prefix != "" {
		return n.record().prefix + ":" + local
	}
	return local
}

// StringValue is the string-value (section 5). It takes no time in proportion
// to its length.
func (n Node) StringValue() string {
	switch n.Kind() {
	case KindDocument, KindElement, KindText:
		return n.doc.text[n.record().start:n.record().stop]
	case KindNamespace:
		return n.doc.bindings[n.bound-1].uri
	case KindAttribute, KindComment, KindProcessingInstruction:
		return n.record().value
	default:
		return ""
	}
}

// Parent is the parent; the document node has none. Attributes and namespace
// nodes have the element as parent.
func (n Node) Parent() (parent Node, ok bool) {
	switch {
	case n.doc == nil || n.index == 0:
		return Node{}, false
	case n.bound != 0:
		return n.at(n.index), true
	default:
		return n.at(n.record().parent), true
	}
}

// Below reports whether other is among the ancestors of n, so also for the
// attributes of other (A.3.15, xpath-node-match).
func (n Node) Below(other Node) bool {
	if n.doc == nil || n.doc != other.doc || other.bound != 0 {
		return false
	}
	if n.index == other.index {
		return n.bound != 0
	}
	return n.index > other.index && n.index <= other.record().end
}

// Compare orders nodes of one document in document order: the namespace nodes
// of an element come after it and before its attributes (section 5).
func (n Node) Compare(other Node) int {
	return cmp.Or(cmp.Compare(n.index, other.index), cmp.Compare(n.bound, other.bound))
}
