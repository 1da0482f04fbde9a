package xpath

import (
	"slices"
	"strconv"
	"strings"
)

// Path is an absolute expression that selects this node of its document and no
// other, and needs no namespace bindings (for the content-selector of the
// Multiple Decision Profile). Children are counted by kind: "/*/*[2]/text()".
func (n Node) Path() string {
	var steps []string
	for at := n; ; {
		parent, ok := at.Parent()
		if !ok {
			break
		}
		steps = append(steps, at.pathStep())
		at = parent
	}
	if len(steps) == 0 {
		return "/"
	}
	slices.Reverse(steps)
	return "/" + strings.Join(steps, "/")
}

// pathStep selects the node from its parent.
func (n Node) pathStep() string {
	space, local := n.Name()
	switch n.Kind() {
	case KindAttribute:
		if space == "" && isNCName(local) {
			return "@" + local
		}
		return "@*[local-name() = " + quote(local) + " and namespace-uri() = " + quote(space) + "]"
	case KindNamespace:
		if isNCName(local) {
			return "namespace::" + local
		}
		return "namespace::*[name() = " + quote(local) + "]"
	case KindElement:
		return "*" + n.ordinal()
	case KindText:
		return "text()" + n.ordinal()
	case KindComment:
		return "comment()" + n.ordinal()
	default:
		return "processing-instruction()" + n.ordinal()
	}
}

// ordinal is a predicate with the place of the node among its siblings of the
// same kind, or nothing if there is no other.
func (n Node) ordinal() string {
	place, alone := 1, true
	records := n.doc.records
	for i := n.record().previous; i != 0; i = records[i].previous {
		if records[i].kind == n.record().kind {
			place, alone = place+1, false
		}
	}
	for i := n.record().next; i != 0 && alone; i = records[i].next {
		alone = records[i].kind != n.record().kind
	}
	if alone {
		return ""
	}
	return "[" + strconv.Itoa(place) + "]"
}

// quote is an expression for the string s: a Literal (3.7), which cannot hold
// both kinds of quote, or a concatenation of several.
func quote(s string) string {
	switch {
	case !strings.Contains(s, "'"):
		return "'" + s + "'"
	case !strings.Contains(s, `"`):
		return `"` + s + `"`
	}
	var parts []string
	for part := range strings.SplitAfterSeq(s, "'") {
		before, found := strings.CutSuffix(part, "'")
		parts = append(parts, "'"+before+"'")
		if found {
			parts = append(parts, `"'"`)
		}
	}
	return "concat(" + strings.Join(parts, ", ") + ")"
}
