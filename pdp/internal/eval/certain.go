package eval

import (
	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// certainty is the value of a rule, policy or policy set, if that is the same
// whatever the pending attributes are.
type certainty struct {
	known    bool
	decision xacml.Decision
}

// certain is a value that is known.
func certain(d xacml.Decision) certainty { return certainty{true, d} }

// rule adds what the rule needs, and tells what is certain of it.
func (n *needs) rule(p *Policy, r *rule) certainty {
	open := n.open
	if !n.target(r.target, p.parts) {
		return certain(xacml.NotApplicable)
	}
	settled := n.open == open
	if settled {
		if m, _ := n.e.target(r.target, p.parts); m == indeterminate {
			return certain(r.effect.Indeterminate())
		}
	}
	if r.condition != none {
		switch c := p.parts.conditions[r.condition]; {
		case !settled: // all that it names may matter
			n.expression(c)
		default:
			if value := n.condition(c, r.effect); value.known && value.decision != xacml.Permit {
				return value
			}
		}
	}
	var own *duties
	if r.duties != none {
		own = &p.parts.duties[r.duties]
	}
	return n.called(own, r.effect, open)
}

// condition adds what a condition needs that will be evaluated, and tells what is
// certain of the rule: NotApplicable, Indeterminate, or Permit, which stands for True.
// A connective that has a value although something in it is pending has it in any
// case; what is pending shows in an error.
func (n *needs) condition(c truth, effect xacml.Effect) certainty {
	open := n.open
	n.noteAnew()
	holds, err := c.truth(n.e)
	switch {
	case n.e.meter.stopped != nil:
	case err == nil && holds:
		return certain(xacml.Permit)
	case err == nil:
		return certain(xacml.NotApplicable)
	}
	n.addComputed()
	n.expression(c)
	if n.open != open || n.e.meter.stopped != nil {
		return certainty{}
	}
	return certain(effect.Indeterminate())
}

// noteAnew makes ready to note which pending attributes the next evaluation names. A
// value that was kept of one that named some must not hide them from the next.
func (n *needs) noteAnew() {
	if len(n.e.computed) > 0 {
		clear(n.e.memos)
		n.e.computed = n.e.computed[:0]
	}
}

// addComputed adds the pending attributes whose names the last evaluation computed.
func (n *needs) addComputed() {
	for _, key := range n.e.computed {
		n.add(key)
	}
}

// called adds what the obligations and advice on the effect need, and tells what is
// certain of a rule or node that has this effect, if nothing of it has been open.
func (n *needs) called(d *duties, effect xacml.Effect, open int) certainty {
	n.dutiesOn(d, effect)
	if n.open != open {
		return certainty{}
	}
	e := n.e
	n.noteAnew()
	before := len(e.calls)
	err := e.ownDuties(d, effect)
	e.calls = e.calls[:before]
	switch {
	case err != nil && len(e.computed) > 0:
		n.addComputed()
		return certainty{}
	case e.meter.stopped != nil:
		return certainty{}
	case err != nil:
		return certain(effect.Indeterminate())
	default:
		return certain(effect.Decision())
	}
}

// policy adds what the policy needs, and tells what is certain of it.
func (n *needs) policy(p *Policy) certainty {
	if p.parts != nil && p.parts.memos > 0 {
		n.e.memos = append(n.e.memos[:0], make([]memo, p.parts.memos)...)
	}
	return n.node(&p.base, func() certainChildren { return &certainRules{n, p} })
}

// policySet adds what the policy set needs, and tells what is certain of it.
func (n *needs) policySet(p *PolicySet) certainty {
	if c, ok := n.visited[p]; ok {
		return c
	}
	c := n.node(&p.base, func() certainChildren { return &certainNodes{n, p, n.candidates(p)} })
	n.visited[p] = c
	return c
}

// node adds what a policy or policy set needs, and tells what is certain of it.
func (n *needs) node(x *base, children func() certainChildren) certainty {
	keys, open := len(n.keys), n.open
	if !n.target(x.own(), x.parts) {
		return certain(xacml.NotApplicable)
	}
	m, targeted := matches, n.open
	if targeted == open {
		m, _ = n.e.target(x.own(), x.parts)
	}
	u := &unsettled{certainChildren: children()}
	u.unknown = n.open != targeted
	decision, _ := x.algorithm.Combine(u)
	effect := xacml.EffectDeny
	if decision == xacml.Permit {
		effect = xacml.EffectPermit
	}
	switch {
	case u.unknown:
		n.dutiesOn(x.duties, xacml.EffectDeny)
		n.dutiesOn(x.duties, xacml.EffectPermit)
		return certainty{}
	case decision == xacml.NotApplicable: // so is the node, whether or not its target matches
		n.keys, n.open = n.keys[:keys], open
		return certain(decision)
	case decision.Indeterminate() && targeted == open:
		return certain(decision)
	case decision.Indeterminate():
		return certainty{}
	case m == indeterminate: // table 7
		return certain(effect.Indeterminate())
	default:
		return n.called(x.duties, effect, open)
	}
}

// certainChildren are the children of a node, as far as they are certain.
type certainChildren interface {
	Len() int
	Effect(i int) xacml.Effect
	// child is the value of the i-th child.
	child(i int) certainty
	// applies tells whether the own target of the i-th child matches (C.9); known is
	// false if that is not certain.
	applies(i int) (ok, known bool, err *xacml.Error)
}

// unsettled are children for a combining algorithm, to which those that are not
// certain look NotApplicable. No algorithm stops at such a child, so that it comes
// to every child to which it can come while nothing more is certain.
type unsettled struct {
	certainChildren
	unknown bool // it came to a child that is not certain
}

var _ combine.Children = (*unsettled)(nil)

func (u *unsettled) Evaluate(i int) xacml.Decision {
	c := u.child(i)
	if !c.known {
		u.unknown = true
		return xacml.NotApplicable
	}
	return c.decision
}

func (u *unsettled) Applicable(i int) (bool, *xacml.Error) {
	ok, known, err := u.applies(i)
	if !known {
		u.unknown = true
		return false, nil
	}
	return ok, err
}

// Disregard is about obligations, of which there are none here.
func (u *unsettled) Disregard() {}

// certainRules are the rules of a policy.
type certainRules struct {
	n      *needs
	policy *Policy
}

func (c *certainRules) Len() int { return int(c.policy.count) }

func (c *certainRules) Effect(i int) xacml.Effect { return c.policy.rule(c.policy.begins(i)).effect }

func (c *certainRules) child(i int) certainty {
	r := c.policy.rule(c.policy.begins(i))
	return c.n.rule(c.policy, &r)
}

func (c *certainRules) applies(int) (ok, known bool, err *xacml.Error) { return true, true, nil }

// certainNodes are the children of a policy set that may not be NotApplicable.
type certainNodes struct {
	n      *needs
	set    *PolicySet
	chosen []uint32
}

func (c *certainNodes) Len() int { return len(c.chosen) }

func (c *certainNodes) Effect(int) xacml.Effect { return xacml.EffectDeny }

func (c *certainNodes) child(i int) certainty {
	switch x := c.set.Children[c.chosen[i]].(type) {
	case *Policy:
		return c.n.policy(x)
	case *PolicySet:
		return c.n.policySet(x)
	default: // §7.19.1, 7.15
		return certain(xacml.IndeterminateDP)
	}
}

func (c *certainNodes) applies(i int) (ok, known bool, err *xacml.Error) {
	x := c.set.Children[c.chosen[i]]
	var target code
	var parts *parts
	switch x := x.(type) {
	case *Policy:
		target, parts = x.own(), x.parts
	case *PolicySet:
		target, parts = x.own(), x.parts
	default:
		return false, true, noReferent()
	}
	open := c.n.open
	if !c.n.target(target, parts) {
		return false, true, nil
	}
	if c.n.open != open {
		return false, false, nil
	}
	m, err := c.n.e.target(target, parts)
	return m == matches, true, err
}
