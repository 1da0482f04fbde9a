package eval

import (
	"cmp"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// Options is how policies become programs. The zero Options are the usual ones;
// no option changes what is decided.
type Options struct {
	// IndexFrom is how many rules or policies are worth an index. Zero stands for
	// the usual number.
	IndexFrom int
	// Plain translates expressions as they are written, each by itself: nothing is
	// found out before there is a request, and there are no quick forms.
	Plain bool
}

// Compiler makes a program of policies that were checked. Slots and symbols keep
// their numbers from one program to those that extend it, so that nodes can be
// part of several. It is not safe for concurrent use.
type Compiler struct {
	attributes    *attributesBuilder
	strings, uris *symbol.Builder
	functions     *function.Library
	algorithms    *combine.Table
	options       Options
	duties        map[string]*duties // those that are constant, by what they say
}

// NewCompiler makes a compiler that extends a program; nil for a new one.
func NewCompiler(from *Program, functions *function.Library, algorithms *combine.Table, o Options) *Compiler {
	if from == nil {
		from = &Program{Attributes: &Attributes{}}
	}
	return &Compiler{
		attributes: extendAttributes(from.Attributes),
		strings:    symbol.Extend(from.Strings), uris: symbol.Extend(from.URIs),
		functions: functions, algorithms: algorithms, options: o,
		duties: make(map[string]*duties),
	}
}

// Program is the program with this root. The compiler must not be used afterwards.
func (c *Compiler) Program(root *PolicySet) *Program {
	return &Program{
		Attributes: c.attributes.attributes(),
		Strings:    c.strings.Table(), URIs: c.uris.Table(),
		Functions: c.functions, Root: root,
	}
}

// Checked is what the check of a document found out about its expressions.
type Checked struct {
	// Paths are the compiled paths of its selectors.
	Paths map[*policy.Selector]*xpath.Expr
	// Mapped are the types of the values that Map expressions give.
	Mapped map[*policy.Quantified]value.Type
}

// Compile makes the node of a policy, policy set or reference of a document that
// was checked without errors. It keeps nothing of the model.
func (c *Compiler) Compile(child policy.Child, checked Checked) Node {
	switch p := child.(type) {
	case *policy.Policy:
		return c.policy(p, checked)
	case *policy.PolicySet:
		return c.policySet(p, checked)
	case *policy.Reference:
		return &Reference{p}
	case *policy.Invalid:
		return &Invalid{p.Status}
	default:
		return &Invalid{noReferent().Status}
	}
}

func (c *Compiler) policy(p *policy.Policy, checked Checked) *Policy {
	algorithm, _ := c.algorithms.ForRules(p.Algorithm)
	t := newTranslator(c, checked, p)
	own := t.target(&p.Target)
	rules := make([]rule, len(p.Rules))
	for i := range p.Rules {
		r := &p.Rules[i]
		rules[i] = rule{effect: r.Effect, condition: none, duties: none}
		if r.Target != nil {
			rules[i].target = t.target(r.Target)
		}
		if r.Condition != nil {
			rules[i].condition = int32(len(t.parts.conditions))
			t.parts.conditions = append(t.parts.conditions, asTruth(t.expression(r.Condition)))
		}
		if d := t.allDuties(r.Obligations, r.Advice); d != nil {
			rules[i].duties = int32(len(t.parts.duties))
			t.parts.duties = append(t.parts.duties, *d)
		}
	}
	duties, parts := t.allDuties(p.Obligations, p.Advice), t.done()
	few := len(rules) < cmp.Or(c.options.IndexFrom, manyRules) && len(rules) < manyRules
	var sieve code
	if few && algorithm.Omits == combine.OmitsNotApplicable {
		sieve = newSieve(rules, parts)
	}
	out := newPolicy(layOut(own, rules, sieve))
	out.id, out.version, out.algorithm, out.duties, out.parts = p.ID, p.Version, algorithm, duties, parts
	out.target, out.count = uint32(len(own)), uint32(len(rules))
	if !few && algorithm.Omits == combine.OmitsNotApplicable {
		out.index = index.Build(out.children(rules))
	}
	return out
}

// manyRules is how many rules are worth an index.
const manyRules = 16

// children is the rules for an index, each by where it begins.
func (p *Policy) children(rules []rule) []index.Child {
	children := make([]index.Child, len(rules))
	for i := range rules {
		children[i] = index.Child{ID: p.begins(i), Constraints: ruleConstraints(&rules[i], p.parts)}
	}
	return children
}

func (c *Compiler) policySet(p *policy.PolicySet, checked Checked) *PolicySet {
	out := &PolicySet{id: p.ID, version: p.Version, indexFrom: cmp.Or(c.options.IndexFrom, manyChildren)}
	t := newTranslator(c, checked, nil)
	out.algorithm, out.code = c.algorithms.ForPolicies(p.Algorithm), layOut(t.target(&p.Target), nil, nil)
	out.target = uint32(len(out.code))
	out.duties = t.allDuties(p.Obligations, p.Advice)
	out.parts = t.done()
	for _, child := range p.Children {
		out.Children = append(out.Children, c.Compile(child, checked))
	}
	out.indexChildren()
	return out
}

// With is the policy set with other children, in document order.
func (p *PolicySet) With(children []Node) *PolicySet {
	out := *p
	out.Children, out.Order, out.Rank, out.Index = children, nil, nil, nil
	out.indexChildren()
	return &out
}

// NewRoot is the policy set over all documents (§7.17), without children.
func NewRoot(algorithm *combine.Algorithm, o Options) *PolicySet {
	return &PolicySet{
		base: base{algorithm: algorithm}, anonymous: true, Order: []uint32{}, indexFrom: cmp.Or(o.IndexFrom, manyChildren),
	}
}

// Edit is the policy set with some children removed and others set, by number.
// order is the numbers of all its children in document order. What does not
// change is shared.
func (p *PolicySet) Edit(removed []uint32, set map[uint32]Node, order []uint32) *PolicySet {
	out := *p
	out.Order = order
	out.Children = slices.Clone(p.Children)
	for _, n := range removed {
		out.Children[n] = nil
	}
	for n, child := range set {
		for len(out.Children) <= int(n) {
			out.Children = append(out.Children, nil)
		}
		out.Children[n] = child
	}
	out.Rank = make([]uint32, len(out.Children))
	for place, n := range order {
		out.Rank[n] = uint32(place)
	}
	out.edits += len(removed) + len(set)
	if out.edits > len(order) || out.Index == nil && (len(order) < fewChildren || out.edits > len(order)/8) {
		out.edits = 0
		out.indexChildren()
		return &out
	}
	if out.Index == nil { // none would have helped a short time ago
		return &out
	}
	var gone, added []index.Child
	leave := func(n uint32) {
		if int(n) < len(p.Children) && p.Children[n] != nil {
			gone = append(gone, p.indexed(n, p.Children[n]))
		}
	}
	for _, n := range removed {
		leave(n)
	}
	for n, child := range set {
		leave(n)
		added = append(added, p.indexed(n, child))
	}
	out.Index = out.Index.Update(gone, added)
	return &out
}

// fewChildren is how many are quickly indexed.
const fewChildren = 1000

// manyChildren is how many children of a policy set are worth an index.
const manyChildren = 4

func (p *PolicySet) indexChildren() {
	p.Index = nil
	if p.algorithm.Omits == combine.OmitsNothing || len(p.Children) < p.indexFrom {
		return
	}
	children := make([]index.Child, 0, len(p.Children))
	for i, n := range p.Children {
		if n != nil {
			children = append(children, p.indexed(uint32(i), n))
		}
	}
	p.Index = index.Build(children)
}

// indexed is a child as the index sees it.
func (p *PolicySet) indexed(n uint32, child Node) index.Child {
	return index.Child{ID: n, Constraints: constraintsOf(child, p.algorithm)}
}

// live is the children that are there, in document order.
func (p *PolicySet) live() []Node {
	if p.Order == nil {
		return p.Children
	}
	out := make([]Node, len(p.Order))
	for i, n := range p.Order {
		out[i] = p.Children[n]
	}
	return out
}
