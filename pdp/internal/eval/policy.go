package eval

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// done is the value of a child that was evaluated.
type done struct {
	decision xacml.Decision
	// err is why the decision is Indeterminate, and nil otherwise.
	err *xacml.Error
	// from and to are its part of the stack of calls.
	from, to int
}

// rule is §7.11 with table 4. What it calls for is put on the stack. matched tells
// that its target is known to match.
func (e *evaluation) rule(p *Policy, r *rule, matched bool) (xacml.Decision, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return r.effect.Indeterminate(), err
	}
	if !matched && r.target.from != r.target.to { // without one it applies where its policy does
		switch m, err := e.target(p.code[r.target.from:r.target.to], p.parts); m {
		case noMatch:
			return xacml.NotApplicable, nil
		case indeterminate:
			return r.effect.Indeterminate(), err
		case matches:
		}
	}
	if r.condition >= 0 {
		switch holds, err := p.parts.conditions[r.condition].truth(e); {
		case err != nil:
			return r.effect.Indeterminate(), err
		case !holds:
			return xacml.NotApplicable, nil
		}
	}
	if r.duties >= 0 {
		if err := e.ownDuties(&p.parts.duties[r.duties], r.effect); err != nil {
			return r.effect.Indeterminate(), err
		}
	}
	return r.effect.Decision(), nil
}

// policy is §7.12 with tables 5 and 7.
func (e *evaluation) policy(p *Policy) (xacml.Decision, *xacml.Error) {
	named := e.name(xacml.PolicyIdentifier{ID: p.ID, Version: p.Version})
	if p.parts != nil && p.parts.memos > 0 {
		e.memos = append(e.memos[:0], make([]memo, p.parts.memos)...)
	}
	e.rules = ruleChildren{e: e, policy: p, all: e.in.NoIndex || p.Algorithm.Omits != combine.OmitsNotApplicable}
	decision, err := e.combined(node{p.code[p.target.from:p.target.to], p.parts, p.Algorithm, p.duties}, &e.rules)
	if decision == xacml.NotApplicable {
		e.applicable = e.applicable[:named]
	}
	return decision, err
}

// policySet is §7.13 with tables 6 and 7.
func (e *evaluation) policySet(p *PolicySet) (xacml.Decision, *xacml.Error) {
	named := len(e.applicable)
	if !p.anonymous {
		e.name(xacml.PolicyIdentifier{PolicySet: true, ID: p.ID, Version: p.Version})
	}
	if e.depth == len(e.sets) {
		e.sets = append(e.sets, new(setChildren))
	}
	children := e.sets[e.depth]
	e.depth++
	*children = setChildren{e: e, set: p, all: p.Index == nil || e.in.NoIndex}
	decision, err := e.combined(node{p.target, p.parts, p.Algorithm, p.duties}, children)
	e.depth--
	*children = setChildren{}
	if decision == xacml.NotApplicable {
		e.applicable = e.applicable[:named]
	}
	return decision, err
}

// name notes that the policy is applicable (§5.48), before those below it, if
// the request asks for it. Nothing is applicable in a policy that is not: the
// caller goes back to where the list was.
func (e *evaluation) name(id xacml.PolicyIdentifier) (before int) {
	before = len(e.applicable)
	if e.in.Request.ReturnPolicyIDList {
		e.applicable = append(e.applicable, id)
	}
	return before
}

// node is what a policy and a policy set have in common.
type node struct {
	target    code
	parts     *parts
	algorithm *combine.Algorithm
	duties    *duties
}

// children are the children of a node.
type children interface {
	combine.Children
	// narrow finds the children that may not be NotApplicable.
	narrow()
}

// combined is the value of a node. What it calls for is put on the stack.
func (e *evaluation) combined(n node, cs children) (xacml.Decision, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return xacml.IndeterminateDP, err
	}
	matched, targetErr := matches, (*xacml.Error)(nil)
	if len(n.target) > 0 {
		if matched, targetErr = e.target(n.target, n.parts); matched == noMatch {
			return xacml.NotApplicable, nil // the children need not be evaluated
		}
	}
	firstCandidate, firstDone, firstCall := len(e.candidates), len(e.done), len(e.calls)
	cs.narrow()
	decision, own := n.algorithm.Combine(cs)
	decided, err := e.settle(n, matched, decision, targetErr, own, firstDone, firstCall)
	e.candidates = e.candidates[:firstCandidate]
	e.done = e.done[:firstDone]
	return decided, err
}

// settle is the value of the node for the value of its children.
func (e *evaluation) settle(n node, matched matching, decision xacml.Decision, targetErr, own *xacml.Error, firstDone, firstCall int) (xacml.Decision, *xacml.Error) {
	if matched == indeterminate { // table 7
		e.calls = e.calls[:firstCall]
		switch decision {
		case xacml.Permit:
			return xacml.IndeterminateP, targetErr
		case xacml.Deny:
			return xacml.IndeterminateD, targetErr
		case xacml.NotApplicable:
			return decision, nil
		default:
			return decision, targetErr
		}
	}
	children := e.done[firstDone:]
	switch {
	case decision == xacml.NotApplicable:
		e.calls = e.calls[:firstCall]
		return decision, nil
	case decision.Indeterminate():
		e.calls = e.calls[:firstCall]
		err := own
		for i := range children {
			if cause := children[i].err; cause != nil {
				err = merge(err, cause)
			}
		}
		return decision, err
	}
	// §7.18: obligations go up from the children with the same decision.
	if len(e.calls) > firstCall {
		e.keepCalls(children, decision, firstCall)
	}
	effect := xacml.EffectDeny
	if decision == xacml.Permit {
		effect = xacml.EffectPermit
	}
	if err := e.ownDuties(n.duties, effect); err != nil {
		e.calls = e.calls[:firstCall]
		return effect.Indeterminate(), err
	}
	return decision, nil
}

// keepCalls drops what children with another decision call for.
func (e *evaluation) keepCalls(children []done, decision xacml.Decision, first int) {
	to := first
	for i := range children {
		if c := &children[i]; c.decision == decision && c.from != c.to {
			to += copy(e.calls[to:], e.calls[c.from:c.to])
		}
	}
	e.calls = e.calls[:to]
}

// ruleChildren are the rules of the policy that is evaluated: policies are not
// inside each other.
type ruleChildren struct {
	e      *evaluation
	policy *Policy
	// chosen are the candidates of the index, unless all rules are.
	all    bool
	chosen []uint32
}

// isMatched marks a chosen rule whose target is known to match.
const isMatched = 1 << 31

func (rs *ruleChildren) narrow() {
	switch {
	case rs.all:
	case rs.policy.index != nil:
		rs.chosen = rs.e.choose(rs.policy.index, nil)
	default:
		rs.chosen = rs.e.sift(rs.policy)
	}
}

// at is the i-th rule to look at.
func (rs *ruleChildren) at(i int) (r *rule, matched bool) {
	if rs.all {
		return &rs.policy.rules[i], false
	}
	number := rs.chosen[i]
	return &rs.policy.rules[number&^isMatched], number&isMatched != 0
}

// Len is the number of rules to look at.
func (rs *ruleChildren) Len() int {
	if rs.all {
		return len(rs.policy.rules)
	}
	return len(rs.chosen)
}

// Effect is that of the rule.
func (rs *ruleChildren) Effect(i int) xacml.Effect {
	r, _ := rs.at(i)
	return r.effect
}

// Evaluate evaluates the rule.
func (rs *ruleChildren) Evaluate(i int) xacml.Decision {
	e := rs.e
	from := len(e.calls)
	r, matched := rs.at(i)
	d, err := e.rule(rs.policy, r, matched)
	e.done = append(e.done, done{d, err, from, len(e.calls)})
	return d
}

// Disregard drops what the last rule calls for.
func (rs *ruleChildren) Disregard() { rs.e.disregard() }

// Applicable is for policies: no rule-combining algorithm asks for it (C.9).
func (rs *ruleChildren) Applicable(int) (bool, *xacml.Error) { return true, nil }

// setChildren are the children of a policy set.
type setChildren struct {
	e      *evaluation
	set    *PolicySet
	all    bool
	chosen []uint32
}

func (cs *setChildren) narrow() {
	switch {
	case !cs.all:
		cs.chosen = cs.e.choose(cs.set.Index, cs.set.Rank)
	case cs.set.Order != nil:
		cs.chosen, cs.all = cs.set.Order, false
	}
}

func (cs *setChildren) at(i int) Node {
	if !cs.all {
		i = int(cs.chosen[i])
	}
	return cs.set.Children[i]
}

// Len is the number of children to look at.
func (cs *setChildren) Len() int {
	if cs.all {
		return len(cs.set.Children)
	}
	return len(cs.chosen)
}

// Effect is for rules: only they have one.
func (cs *setChildren) Effect(int) xacml.Effect { return xacml.EffectDeny }

// Evaluate evaluates the child.
func (cs *setChildren) Evaluate(i int) xacml.Decision {
	e := cs.e
	from := len(e.calls)
	d, err := e.child(cs.at(i))
	e.done = append(e.done, done{d, err, from, len(e.calls)})
	return d
}

// child is the value of a policy, policy set or what takes their place.
func (e *evaluation) child(n Node) (xacml.Decision, *xacml.Error) {
	switch n := n.(type) {
	case *Policy:
		return e.policy(n)
	case *PolicySet:
		return e.policySet(n)
	case *Invalid: // §7.19.1
		return xacml.IndeterminateDP, &xacml.Error{Status: n.Status}
	default:
		return xacml.IndeterminateDP, noReferent()
	}
}

// Disregard drops what the last child calls for.
func (cs *setChildren) Disregard() { cs.e.disregard() }

func (e *evaluation) disregard() {
	last := &e.done[len(e.done)-1]
	e.calls = e.calls[:last.from]
	last.to = last.from
}

// Applicable is the own target of the child (C.9).
func (cs *setChildren) Applicable(i int) (bool, *xacml.Error) {
	var m matching
	var err *xacml.Error
	switch n := cs.at(i).(type) {
	case *Policy:
		m, err = cs.e.target(n.code[n.target.from:n.target.to], n.parts)
	case *PolicySet:
		m, err = cs.e.target(n.target, n.parts)
	case *Invalid:
		return false, &xacml.Error{Status: n.Status}
	default:
		return false, noReferent()
	}
	return m == matches, err
}

// noReferent is §7.15; what was linked has no such reference.
func noReferent() *xacml.Error {
	return xacml.ProcessingErrorf("a policy reference cannot be resolved")
}

// sortAbove is how many candidates are sorted by more than insertion.
const sortAbove = 12

// choose gives the candidates of an index in document order, each once. rank is
// the place of each in document order; nil if that is its number.
func (e *evaluation) choose(x *index.Index, rank []uint32) []uint32 {
	from := len(e.candidates)
	e.candidates = x.Candidates((*view)(e), e.candidates)
	chosen := e.candidates[from:]
	place := func(n uint32) uint32 {
		if rank == nil {
			return n
		}
		return rank[n]
	}
	if len(chosen) > sortAbove {
		_ = e.spend(len(chosen)) // if that stops the evaluation, any choice will do
		slices.SortFunc(chosen, func(a, b uint32) int { return int(place(a)) - int(place(b)) })
	} else {
		for i := 1; i < len(chosen); i++ {
			for j := i; j > 0 && place(chosen[j]) < place(chosen[j-1]); j-- {
				chosen[j], chosen[j-1] = chosen[j-1], chosen[j]
			}
		}
	}
	chosen = slices.Compact(chosen)
	e.candidates = e.candidates[:from+len(chosen)]
	return chosen
}
