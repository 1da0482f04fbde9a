package xpath

import "slices"

// axis is one of the thirteen axes of 2.2.
type axis uint8

const (
	axisAncestor axis = iota
	axisAncestorOrSelf
	axisAttribute
	axisChild
	axisDescendant
	axisDescendantOrSelf
	axisFollowing
	axisFollowingSibling
	axisNamespace
	axisParent
	axisPreceding
	axisPrecedingSibling
	axisSelf
)

// axisNames are the names of the axes.
func axisNames() [13]string {
	return [...]string{
		axisAncestor:         "ancestor",
		axisAncestorOrSelf:   "ancestor-or-self",
		axisAttribute:        "attribute",
		axisChild:            "child",
		axisDescendant:       "descendant",
		axisDescendantOrSelf: "descendant-or-self",
		axisFollowing:        "following",
		axisFollowingSibling: "following-sibling",
		axisNamespace:        "namespace",
		axisParent:           "parent",
		axisPreceding:        "preceding",
		axisPrecedingSibling: "preceding-sibling",
		axisSelf:             "self",
	}
}

// reverse reports whether positions count against the document order (2.4).
func (a axis) reverse() bool {
	return a == axisAncestor || a == axisAncestorOrSelf || a == axisPreceding || a == axisPrecedingSibling
}

// principal is the kind of node that names and "*" select (2.3).
func (a axis) principal() Kind {
	switch a {
	case axisAttribute:
		return KindAttribute
	case axisNamespace:
		return KindNamespace
	default:
		return KindElement
	}
}

// walk visits the nodes of an axis from a node on, in the order of the axis.
// Each node that it passes takes a step.
func walk(budget *Budget, from Node, a axis, visit func(Node)) error {
	w := walker{budget: budget, from: from, visit: visit}
	switch a {
	case axisSelf:
		return w.pass(from)
	case axisParent:
		if parent, ok := from.Parent(); ok {
			return w.pass(parent)
		}
		return nil
	case axisAncestor, axisAncestorOrSelf:
		return w.ancestors(a == axisAncestorOrSelf)
	case axisAttribute:
		return w.attributes()
	case axisNamespace:
		return w.namespaces()
	case axisChild:
		return w.children()
	case axisFollowingSibling, axisPrecedingSibling:
		return w.siblings(a == axisFollowingSibling)
	case axisDescendant, axisDescendantOrSelf:
		return w.descendants(a == axisDescendantOrSelf)
	case axisFollowing:
		return w.following()
	default:
		return w.preceding()
	}
}

// walker visits nodes from a node on.
type walker struct {
	budget *Budget
	from   Node
	visit  func(Node)
}

// pass visits a node.
func (w walker) pass(n Node) error {
	if err := w.budget.spend(1); err != nil {
		return err
	}
	w.visit(n)
	return nil
}

func (w walker) ancestors(self bool) error {
	at, ok := w.from, true
	if !self {
		at, ok = w.from.Parent()
	}
	for ok {
		if err := w.pass(at); err != nil {
			return err
		}
		at, ok = at.Parent()
	}
	return nil
}

func (w walker) attributes() error {
	if w.from.bound != 0 {
		return nil
	}
	for i := range w.from.record().attributes {
		if err := w.pass(w.from.at(w.from.index + 1 + i)); err != nil {
			return err
		}
	}
	return nil
}

// namespaces visits the namespace nodes of an element (5.4), outermost
// declaration first.
func (w walker) namespaces() error {
	if w.from.Kind() != KindElement {
		return nil
	}
	var inForce []int32
	seen := make(map[string]bool)
	bindings := w.from.doc.bindings
	for scope := w.from.record().scope; scope >= 0; scope = bindings[scope].outer {
		if err := w.budget.spend(1); err != nil {
			return err
		}
		if b := &bindings[scope]; !seen[b.prefix] {
			seen[b.prefix] = true
			if b.uri != "" {
				inForce = append(inForce, scope)
			}
		}
	}
	for _, scope := range slices.Backward(inForce) {
		w.visit(Node{doc: w.from.doc, index: w.from.index, bound: scope + 1})
	}
	return nil
}

func (w walker) children() error {
	if w.from.bound != 0 {
		return nil
	}
	return w.chain(w.from.record().first, true)
}

func (w walker) siblings(following bool) error {
	if w.from.bound != 0 || w.from.record().kind == KindAttribute {
		return nil
	}
	if following {
		return w.chain(w.from.record().next, true)
	}
	return w.chain(w.from.record().previous, false)
}

// chain visits a record and its siblings to one side.
func (w walker) chain(i int32, forward bool) error {
	for i != 0 {
		if err := w.pass(w.from.at(i)); err != nil {
			return err
		}
		if r := &w.from.doc.records[i]; forward {
			i = r.next
		} else {
			i = r.previous
		}
	}
	return nil
}

func (w walker) descendants(self bool) error {
	if self {
		if err := w.pass(w.from); err != nil {
			return err
		}
	}
	if w.from.bound != 0 {
		return nil
	}
	r := w.from.record()
	return w.span(w.from.index+1+r.attributes, r.end)
}

// span visits the records from first to last without attributes; the first is
// none.
func (w walker) span(first, last int32) error {
	for i := first; i <= last; i += 1 + w.from.doc.records[i].attributes {
		if err := w.pass(w.from.at(i)); err != nil {
			return err
		}
	}
	return nil
}

// following visits what begins after the node has ended. What is below an
// element comes after its attributes and namespace nodes.
func (w walker) following() error {
	last := w.from.doc.records[0].end
	if kind := w.from.Kind(); kind != KindAttribute && kind != KindNamespace {
		return w.span(w.from.record().end+1, last)
	}
	element, _ := w.from.Parent()
	return w.span(element.index+1+element.record().attributes, last)
}

// preceding visits what ended before the node begins, backwards.
func (w walker) preceding() error {
	records := w.from.doc.records
	at := w.from.index
	if w.from.Kind() == KindAttribute {
		at = w.from.record().parent
	}
	ancestor := records[at].parent
	for i := at - 1; i > 0; i-- {
		if records[i].kind == KindAttribute {
			i = records[i].parent
		}
		if i == ancestor {
			if err := w.budget.spend(1); err != nil {
				return err
			}
			ancestor = records[i].parent
			continue
		}
		if err := w.pass(w.from.at(i)); err != nil {
			return err
		}
	}
	return nil
}
