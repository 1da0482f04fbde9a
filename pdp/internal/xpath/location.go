package xpath

import "slices"

// testKind is the form of a NodeTest (2.3).
type testKind uint8

const (
	testNode        testKind = iota // node()
	testText                        // text()
	testComment                     // comment()
	testInstruction                 // processing-instruction()
	testTarget                      // processing-instruction('local')
	testPrincipal                   // *
	testNamespace                   // prefix:*
	testName                        // a name
)

// nodeTest is a NodeTest (2.3).
type nodeTest struct {
	kind         testKind
	space, local string
}

// selects reports whether the test is true of a node, on an axis with that
// principal kind of node.
func (t nodeTest) selects(n Node, principal Kind) bool {
	kind := n.Kind()
	switch t.kind {
	case testNode:
		return true
	case testText:
		return kind == KindText
	case testComment:
		return kind == KindComment
	case testInstruction:
		return kind == KindProcessingInstruction
	case testTarget:
		return kind == KindProcessingInstruction && n.record().local == t.local
	case testPrincipal:
		return kind == principal
	case testNamespace, testName:
		space, local := n.Name()
		return kind == principal && space == t.space && (t.kind == testNamespace || local == t.local)
	default:
		return false
	}
}

// contextNode is the expression "." (2.5).
type contextNode struct{}

func (contextNode) static() Type { return TypeNodeSet }

func (contextNode) eval(_ *Budget, f focus) (Result, error) { return nodeSet([]Node{f.node}), nil }

// documentNode is the expression "/" (2).
type documentNode struct{}

func (documentNode) static() Type { return TypeNodeSet }

func (documentNode) eval(_ *Budget, f focus) (Result, error) {
	return nodeSet([]Node{f.node.doc.Root()}), nil
}

// path is a LocationPath (2), or steps from the nodes of another expression
// (3.3).
type path struct {
	start expr
	steps []step
}

func (*path) static() Type { return TypeNodeSet }

func (x *path) eval(budget *Budget, f focus) (Result, error) {
	start, err := x.start.eval(budget, f)
	if err != nil {
		return Result{}, err
	}
	nodes := start.nodes
	for i := range x.steps {
		if nodes, err = x.steps[i].from(budget, nodes); err != nil {
			return Result{}, err
		}
	}
	return nodeSet(nodes), nil
}

// step is a Step (2.1).
type step struct {
	axis       axis
	test       nodeTest
	predicates []predicate
}

// positional reports whether a predicate depends on positions, so that it makes
// a difference which of several context nodes a node is reached from.
func (s step) positional() bool {
	return slices.ContainsFunc(s.predicates, func(p predicate) bool { return p.positional })
}

// from selects from each of the nodes, and gives the union.
func (s step) from(budget *Budget, nodes []Node) ([]Node, error) {
	var out []Node
	var covered Node
	downward := (s.axis == axisDescendant || s.axis == axisDescendantOrSelf) && !s.positional()
	for _, n := range nodes {
		if err := budget.spend(1); err != nil {
			return nil, err
		}
		if downward && n.Kind() != KindAttribute && n.Kind() != KindNamespace {
			if n.Below(covered) {
				continue // what is below n was selected from covered
			}
			covered = n
		}
		selected, err := s.fromOne(budget, n)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = selected
		} else {
			out = append(out, selected...)
		}
	}
	return ordered(budget, out)
}

// fromOne selects from one node, in document order.
func (s step) fromOne(budget *Budget, n Node) ([]Node, error) {
	var selected []Node
	principal := s.axis.principal()
	err := walk(budget, n, s.axis, func(m Node) {
		if s.test.selects(m, principal) {
			selected = append(selected, m)
		}
	})
	if err != nil {
		return nil, err
	}
	if selected, err = keep(budget, selected, s.predicates); err != nil {
		return nil, err
	}
	if s.axis.reverse() {
		slices.Reverse(selected)
	}
	return selected, nil
}

// ordered sorts nodes in document order and removes duplicates, in place.
func ordered(budget *Budget, nodes []Node) ([]Node, error) {
	if slices.IsSortedFunc(nodes, Node.Compare) {
		return slices.Compact(nodes), nil
	}
	if err := budget.spend(len(nodes)); err != nil {
		return nil, err
	}
	slices.SortFunc(nodes, Node.Compare)
	return slices.Compact(nodes), nil
}

// predicate is a Predicate (2.4).
type predicate struct {
	expr       expr
	positional bool
}

// keep filters nodes that stand in the order of their positions by predicates.
func keep(budget *Budget, nodes []Node, predicates []predicate) ([]Node, error) {
	for _, p := range predicates {
		kept := nodes[:0]
		for i, n := range nodes {
			if err := budget.spend(1); err != nil {
				return nil, err
			}
			r, err := p.expr.eval(budget, focus{node: n, position: i + 1, size: len(nodes)})
			if err != nil {
				return nil, err
			}
			if r.typ == TypeNumber && r.number == float64(i+1) || r.typ != TypeNumber && r.Boolean() {
				kept = append(kept, n)
			}
		}
		nodes = kept
	}
	return nodes, nil
}

// filter is a FilterExpr (3.3). Positions are in document order.
type filter struct {
	primary    expr
	predicates []predicate
}

func (filter) static() Type { return TypeNodeSet }

func (x filter) eval(budget *Budget, f focus) (Result, error) {
	r, err := x.primary.eval(budget, f)
	if err != nil {
		return Result{}, err
	}
	nodes, err := keep(budget, r.nodes, x.predicates)
	return nodeSet(nodes), err
}

// union is a UnionExpr (3.3).
type union []expr

func (union) static() Type { return TypeNodeSet }

func (x union) eval(budget *Budget, f focus) (Result, error) {
	var all []Node
	for _, part := range x {
		r, err := part.eval(budget, f)
		if err != nil {
			return Result{}, err
		}
		if err := budget.spend(1 + len(r.nodes)); err != nil {
			return Result{}, err
		}
		all = append(all, r.nodes...)
	}
	all, err := ordered(budget, all)
	return nodeSet(all), err
}
