package compile

import (
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// unit is what stays of a document after it was checked. Nothing changes it.
type unit struct {
	name     string
	outline  *outline        // nil if the document holds no policy
	problems policy.Problems // its own, as they were found
	// references are the outlines of its references, in document order.
	references []*outline
	// index finds the policies of a document that holds many.
	index         map[key][]*outline
	referenceOnly bool
	issued        bool // a policy in it has an issuer
	excessive     bool // by itself it is too deep or too large
	*model             // nil unless it is kept
}

// model is the policy model of a document with what was found out about it.
type model struct {
	root   policy.Child
	paths  map[*policy.Selector]*xpath.Expr
	mapped map[*policy.Quantified]value.Type
}

// check checks a document by itself.
func check(o *Options, d policy.Document) *unit {
	c := &checker{options: o, file: d.Name}
	u := &unit{name: d.Name, referenceOnly: d.ReferenceOnly}
	if d.Root == nil {
		c.errorf(policy.Position{}, policy.ReasonParse, "the document holds no policy")
	} else {
		c.child(d.Root)
		u.draw(d.Root, c.before)
		u.issued = u.issued && o.Delegation // otherwise the document has an error
		u.model = &model{root: d.Root, paths: c.paths, mapped: c.mapped}
	}
	u.problems = c.problems
	if len(u.references) == 0 {
		sortProblems(u.problems)
	}
	return u
}

// broken tells that the document itself has an error.
func (u *unit) broken() bool {
	for i := range u.problems {
		if !u.problems[i].Warning {
			return true
		}
	}
	return false
}

// outline is what documents see of each other: a policy, policy set, reference
// or what takes their place, without what is in it.
type outline struct {
	id, version  string
	children     []*outline // of a policy set, in document order
	reference    *reference // nil unless it is one
	node         eval.Node  // nil if the document has an error
	line, column uint32
	place        uint32 // in document order
	kind         kind
}

// kind is what an outline is of.
type kind uint8

const (
	other kind = iota // nothing that a reference can mean
	aPolicy
	aPolicySet
)

// reference is a reference with the number of problems that its document has
// before it.
type reference struct {
	policy.Reference
	before int
}

func (o *outline) position() policy.Position {
	return policy.Position{Line: int(o.line), Column: int(o.column)}
}

func (o *outline) key() key { return key{o.kind == aPolicySet, o.id} }

// draw makes the outline of the document.
func (u *unit) draw(root policy.Child, before []int) {
	var policies uint32
	var walk func(policy.Child) *outline
	walk = func(c policy.Child) *outline {
		o := &outline{place: policies}
		policies++
		if c != nil {
			at := c.Place()
			o.line, o.column = uint32(at.Line), uint32(at.Column)
		}
		switch p := c.(type) {
		case *policy.Policy:
			o.kind, o.id, o.version = aPolicy, p.ID, p.Version
			u.issued = u.issued || p.Issuer != nil
		case *policy.PolicySet:
			o.kind, o.id, o.version = aPolicySet, p.ID, p.Version
			u.issued = u.issued || p.Issuer != nil
			o.children = make([]*outline, len(p.Children))
			for i, inner := range p.Children {
				o.children[i] = walk(inner)
			}
		case *policy.Reference:
			o.reference = &reference{*p, before[len(u.references)]}
			u.references = append(u.references, o)
		case *policy.Invalid:
		}
		return o
	}
	u.outline = walk(root)
	u.excessive = u.outline.extent().excessive()
	if policies > indexFrom {
		u.index = make(map[key][]*outline)
		u.outline.each(func(o *outline) { u.index[o.key()] = append(u.index[o.key()], o) })
	}
}

// indexFrom is how many policies are found faster by an index than one by one.
const indexFrom = 8

// each goes through the policies and policy sets in document order.
func (o *outline) each(do func(*outline)) {
	if o.kind == other {
		return
	}
	do(o)
	for _, inner := range o.children {
		inner.each(do)
	}
}

// named gives the policies or policy sets of this name in document order.
func (u *unit) named(k key) (found []*outline) {
	if u.index != nil {
		return u.index[k]
	}
	if u.outline != nil {
		u.outline.each(func(o *outline) {
			if o.key() == k {
				found = append(found, o)
			}
		})
	}
	return found
}

// names goes through the names of its policies and policy sets with how many
// there are of each, in document order.
func (u *unit) names(do func(k key, versions int)) {
	if u.outline == nil {
		return
	}
	u.outline.each(func(o *outline) {
		if same := u.named(o.key()); same[0] == o {
			do(o.key(), len(same))
		}
	})
}

// pathOf is where the reference stands, for problems.
func (u *unit) pathOf(reference *outline) string {
	var path []part
	for o := u.outline; o.kind == aPolicySet; {
		path = append(path, part{policySetElement, o.id, true})
		// The last child that does not begin behind the reference holds it.
		var next *outline
		for _, inner := range o.children {
			if inner.place <= reference.place {
				next = inner
			}
		}
		o = next
	}
	return pathText(path)
}

// attach gives the outlines their nodes.
func (o *outline) attach(n eval.Node) {
	o.node = n
	if set, ok := n.(*eval.PolicySet); ok {
		for i, inner := range o.children {
			inner.attach(set.Children[i])
		}
	}
}
