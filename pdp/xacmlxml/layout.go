package xacmlxml

import (
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// hoist moves to the root what all elements agree on for which the namespaces in
// scope matter. A content keeps its declarations: it is what it is by itself.
func (p *writer) hoist(root *etree.Element) {
	if len(p.scoped) == 0 {
		return
	}
	shared := slices.DeleteFunc(slices.Clone(p.scoped[0].Attr), func(a etree.Attr) bool {
		return a.Space != "xmlns" || slices.ContainsFunc(p.scoped, func(e *etree.Element) bool { return !declaresSame(e, a) })
	})
	slices.SortFunc(shared, func(a, b etree.Attr) int { return strings.Compare(a.Key, b.Key) })
	for _, e := range p.scoped {
		if e.Parent().Tag == "Content" {
			continue
		}
		e.Attr = slices.DeleteFunc(e.Attr, func(a etree.Attr) bool {
			return slices.ContainsFunc(shared, func(s etree.Attr) bool { return s.FullKey() == a.FullKey() })
		})
	}
	root.Attr = slices.Insert(root.Attr, 1, shared...) // after xmlns
}

// declaresSame reports whether e declares a namespace as a does.
func declaresSame(e *etree.Element, a etree.Attr) bool {
	return slices.ContainsFunc(e.Attr, func(b etree.Attr) bool { return a.FullKey() == b.FullKey() && a.Value == b.Value })
}

// indent puts each element on a line of its own where the schema says that white
// space does not matter. newline is the line break before e.
func indent(e *etree.Element, newline string) {
	children := e.ChildElements()
	if schema[e.Tag].content.kind != particles || len(children) == 0 {
		return
	}
	inner := newline + "  "
	for _, c := range children {
		e.InsertChildAt(c.Index(), etree.NewText(inner))
		indent(c, inner)
	}
	e.CreateText(newline)
}
