package value

import (
	"cmp"
	"iter"
	"slices"
)

// XPathExpression is a value of
// urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression (A.2): an XPath
// with what it needs to be evaluated. The standard defines neither equality
// nor order for it, so that [Equal] is always false.
type XPathExpression struct {
	XPath      string     // the text of the expression
	Category   string     // the category whose Content is the document
	Namespaces Namespaces // the prefixes in scope where the text stood
	Version    string     // the XPathVersion in force, or "" if none is
}

// NewXPathExpression makes an expression. It copies the namespaces, which map
// prefixes to namespace names.
func NewXPathExpression(xpath, category string, namespaces map[string]string, version string) XPathExpression {
	return XPathExpression{xpath, category, NewNamespaces(namespaces), version}
}

// Type is TypeXPathExpression.
func (XPathExpression) Type() Type { return TypeXPathExpression }

// Kind is a single xpathExpression.
func (XPathExpression) Kind() Kind { return One(TypeXPathExpression) }

// String is the text of the expression. It lacks the category and the
// namespaces, so it does not stand for the value.
func (x XPathExpression) String() string { return x.XPath }

func (XPathExpression) datum() {}

// Namespaces is an immutable set of namespace bindings. The zero Namespaces
// has none.
type Namespaces struct {
	// A pointer keeps expressions comparable with ==, as identity; sorted by
	// prefix, never written to.
	bindings *[]binding
}

type binding struct{ prefix, uri string }

// NewNamespaces makes a set of bindings from prefix to namespace name. It
// copies the map.
func NewNamespaces(uriByPrefix map[string]string) Namespaces {
	if len(uriByPrefix) == 0 {
		return Namespaces{}
	}
	bindings := make([]binding, 0, len(uriByPrefix))
	for prefix, uri := range uriByPrefix {
		bindings = append(bindings, binding{prefix, uri})
	}
	slices.SortFunc(bindings, func(a, b binding) int { return cmp.Compare(a.prefix, b.prefix) })
	return Namespaces{&bindings}
}

// Len is the number of bindings.
func (n Namespaces) Len() int {
	if n.bindings == nil {
		return 0
	}
	return len(*n.bindings)
}

// Lookup is the namespace name that the prefix is bound to.
func (n Namespaces) Lookup(prefix string) (uri string, ok bool) {
	if n.bindings == nil {
		return "", false
	}
	i, ok := slices.BinarySearchFunc(*n.bindings, prefix, func(b binding, prefix string) int {
		return cmp.Compare(b.prefix, prefix)
	})
	if !ok {
		return "", false
	}
	return (*n.bindings)[i].uri, true
}

// All yields each prefix and its namespace name, in the order of the prefixes.
func (n Namespaces) All() iter.Seq2[string, string] {
	return func(yield func(prefix, uri string) bool) {
		if n.bindings == nil {
			return
		}
		for _, b := range *n.bindings {
			if !yield(b.prefix, b.uri) {
				return
			}
		}
	}
}
