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

// rule is §7.11 with table 4, for the rule that begins there in the code. What it
// calls for is put on the stack. matched tells that its target is known to match.
func (e *evaluation) rule(p *Policy, begin uint32, matched bool) (xacml.Decision, *xacml.Error) {
	header := p.code[begin]
	effect := xacml.Effect(header >> 31)
	if err := e.spend(1); err != nil {
		return effect.Indeterminate(), err
	}
	if !matched && header&lengthMask != 0 { // without one it applies where its policy does
		switch m, err := e.target(p.targetOf(begin), p.parts); m {
		case noMatch:
			return xacml.NotApplicable, nil
		case indeterminate:
			return effect.Indeterminate(), err
		case matches:
		}
	}
	if header&(hasCondition|hasDuties) == 0 {
		return effect.Decision(), nil
	}
	numbers := p.code[begin+1+uint32(header&lengthMask):]
	if header&hasCondition != 0 {
		switch holds, err := p.parts.conditions[numbers[0]].truth(e); {
		case err != nil:
			return effect.Indeterminate(), err
		case !holds:
			return xacml.NotApplicable, nil
		}
		numbers = numbers[1:]
	}
	if header&hasDuties != 0 {
		if err := e.ownDuties(&p.parts.duties[numbers[0]], effect); err != nil {
			return effect.Indeterminate(), err
		}
	}
	return effect.Decision(), nil
}

// policy is §7.12 with tables 5 and 7. If the request asks for it, its name is noted
// (§5.48), before those below it; nothing is applicable in a policy that is not.
func (e *evaluation) policy(p *Policy) (xacml.Decision, *xacml.Error) {
	named := len(e.applicable)
	if e.in.Request.ReturnPolicyIDList {
		e.applicable = append(e.applicable, xacml.PolicyIdentifier{ID: p.id, Version: p.version})
	}
	if p.parts != nil && p.parts.memos > 0 {
		e.memos = append(e.memos[:0], make([]memo, p.parts.memos)...)
	}
	e.rules = ruleChildren{e: e, policy: p, all: e.in.NoIndex || p.algorithm.Omits != combine.OmitsNotApplicable}
	decision, err := e.combined(&p.base, &e.rules)
	e.rules.policy = nil // who is to blame for what comes next
	if decision == xacml.NotApplicable {
		e.applicable = e.applicable[:named]
	}
	return decision, err
}

// policySet is §7.13 with tables 6 and 7.
func (e *evaluation) policySet(p *PolicySet) (xacml.Decision, *xacml.Error) {
	named := len(e.applicable)
	if e.in.Request.ReturnPolicyIDList && !p.anonymous {
		e.applicable = append(e.applicable, xacml.PolicyIdentifier{PolicySet: true, ID: p.id, Version: p.version})
	}
	if e.depth == len(e.sets) {
		e.sets = append(e.sets, new(setChildren))
	}
	children := e.sets[e.depth]
	e.depth++
	*children = setChildren{e: e, set: p, all: p.Index == nil || e.in.NoIndex}
	decision, err := e.combined(&p.base, children)
	e.depth--
	*children = setChildren{}
	if decision == xacml.NotApplicable {
		e.applicable = e.applicable[:named]
	}
	return decision, err
}

// children are the children of a node.
type children interface {
	combine.Children
	// narrow finds the children that may not be NotApplicable.
	narrow()
}

// combined is the value of a node. What it calls for is put on the stack.
func (e *evaluation) combined(n *base, cs children) (xacml.Decision, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return xacml.IndeterminateDP, err
	}
	matched, targetErr := matches, (*xacml.Error)(nil)
	if n.target > 0 {
		if matched, targetErr = e.target(n.own(), n.parts); matched == noMatch {
			return xacml.NotApplicable, nil // the children need not be evaluated
		}
	}
	firstCandidate, firstDone, firstCall := len(e.candidates), len(e.done), len(e.calls)
	cs.narrow()
	decision, err := n.algorithm.Combine(cs)
	switch {
	case matched == indeterminate: // table 7
		decision, err = undecided(decision, targetErr)
	case decision == xacml.Permit:
		decision, err = e.settle(n, xacml.EffectPermit, firstDone, firstCall)
	case decision == xacml.Deny:
		decision, err = e.settle(n, xacml.EffectDeny, firstDone, firstCall)
	case decision != xacml.NotApplicable:
		for i := range e.done[firstDone:] {
			if cause := e.done[firstDone+i].err; cause != nil {
				err = merge(err, cause)
			}
		}
	}
	if decision != xacml.Permit && decision != xacml.Deny {
		e.calls = e.calls[:firstCall]
	}
	e.candidates = e.candidates[:firstCandidate]
	e.done = e.done[:firstDone]
	return decision, err
}

// undecided is table 7 for a target that is Indeterminate, by the value of the
// children.
func undecided(children xacml.Decision, targetErr *xacml.Error) (xacml.Decision, *xacml.Error) {
	switch children {
	case xacml.Permit:
		return xacml.IndeterminateP, targetErr
	case xacml.Deny:
		return xacml.IndeterminateD, targetErr
	case xacml.NotApplicable:
		return children, nil
	default:
		return children, targetErr
	}
}

// settle is §7.18 for a node whose children have a decision: obligations go up from
// those with the same one, and those of the node itself follow.
func (e *evaluation) settle(n *base, effect xacml.Effect, firstDone, firstCall int) (xacml.Decision, *xacml.Error) {
	if len(e.calls) > firstCall {
		e.keepCalls(e.done[firstDone:], effect.Decision(), firstCall)
	}
	if err := e.ownDuties(n.duties, effect); err != nil {
		return effect.Indeterminate(), err
	}
	return effect.Decision(), nil
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
	// chosen are where the candidates of the index begin, unless all rules are.
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
		rs.chosen = rs.e.candidateRules(rs.policy)
	}
}

// at is where the i-th rule to look at begins.
func (rs *ruleChildren) at(i int) (begin uint32, matched bool) {
	if rs.all {
		return rs.policy.begins(i), false
	}
	return rs.chosen[i] &^ isMatched, rs.chosen[i]&isMatched != 0
}

// Len is the number of rules to look at.
func (rs *ruleChildren) Len() int {
	if rs.all {
		return int(rs.policy.count)
	}
	return len(rs.chosen)
}

// Effect is that of the rule.
func (rs *ruleChildren) Effect(i int) xacml.Effect {
	begin, _ := rs.at(i)
	return rs.policy.rule(begin).effect
}

// Evaluate evaluates the rule.
func (rs *ruleChildren) Evaluate(i int) xacml.Decision {
	e := rs.e
	from := len(e.calls)
	begin, matched := rs.at(i)
	d, err := e.rule(rs.policy, begin, matched)
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
		m, err = cs.e.target(n.own(), n.parts)
	case *PolicySet:
		m, err = cs.e.target(n.own(), n.parts)
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
