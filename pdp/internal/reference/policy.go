package reference

import (
	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// rule is §7.11 with table 4.
func (e *evaluation) rule(r *policy.Rule, vars *variables) (out outcome) {
	defer e.trace.rule(r).decided(&out)
	failed := func(err *xacml.Error) outcome { return outcome{decision: r.Effect.Indeterminate(), err: err} }
	if err := e.spend(1); err != nil {
		return failed(err)
	}
	if r.Target != nil { // without a target the rule applies where its policy does
		switch m, err := e.target(r.Target); m {
		case noMatch:
			return outcome{decision: xacml.NotApplicable}
		case indeterminate:
			return failed(err)
		case match:
		}
	}
	if r.Condition != nil {
		holds, err := e.condition(r.Condition, vars)
		switch {
		case err != nil:
			return failed(err)
		case !holds:
			return outcome{decision: xacml.NotApplicable}
		}
	}
	out = outcome{decision: r.Effect.Decision()}
	if err := e.ownObligations(&out, r.Obligations, r.Advice, vars); err != nil {
		return failed(err)
	}
	return out
}

// policy is §7.12 with tables 5 and 7.
func (e *evaluation) policy(p *policy.Policy) outcome {
	vars := &variables{definitions: make(map[string]*policy.VariableDefinition), results: make(map[string]datumResult)}
	for i := range p.Variables {
		vars.definitions[p.Variables[i].ID] = &p.Variables[i]
	}
	out := e.combined(&p.Target, e.set.RuleAlgorithm(p), &rules{e: e, policy: p, vars: vars}, p.Obligations, p.Advice, vars)
	e.name(&out, xacml.PolicyIdentifier{ID: p.ID, Version: p.Version})
	return out
}

// policySet is §7.13 with tables 6 and 7.
func (e *evaluation) policySet(p *policy.PolicySet) outcome {
	out := e.combined(&p.Target, e.set.PolicyAlgorithm(p), &policies{e: e, children: p.Children}, p.Obligations, p.Advice, nil)
	if p != e.set.Root {
		e.name(&out, xacml.PolicyIdentifier{PolicySet: true, ID: p.ID, Version: p.Version})
	}
	if out.decision == xacml.NotApplicable {
		out.applicable = nil
	}
	return out
}

// name puts the policy before those below it; nothing is applicable in a
// policy that is not (§5.48).
func (e *evaluation) name(out *outcome, id xacml.PolicyIdentifier) {
	switch {
	case out.decision == xacml.NotApplicable:
		out.applicable = nil
	case e.in.Request.ReturnPolicyIDList:
		out.applicable = withoutDuplicates(append([]xacml.PolicyIdentifier{id}, out.applicable...))
	}
}

// evaluated is children that keep the outcomes of those that were evaluated.
type evaluated interface {
	combine.Children
	outcomes() []outcome
}

// combined is what a policy and a policy set have in common.
func (e *evaluation) combined(t *policy.Target, a *combine.Algorithm, children evaluated, obligations, advice []policy.ObligationExpression, vars *variables) outcome {
	if err := e.spend(1); err != nil {
		return outcome{err: err}
	}
	matched, targetErr := e.target(t)
	if matched == noMatch {
		return outcome{decision: xacml.NotApplicable} // the children need not be evaluated
	}
	var out outcome
	var own *xacml.Error
	out.decision, own = a.Combine(children)
	done := children.outcomes()
	for _, c := range done {
		out.applicable = append(out.applicable, c.applicable...)
	}

	if matched == indeterminate { // table 7
		switch out.decision {
		case xacml.Permit:
			out.decision = xacml.IndeterminateP
		case xacml.Deny:
			out.decision = xacml.IndeterminateD
		case xacml.NotApplicable, xacml.IndeterminateD, xacml.IndeterminateP, xacml.IndeterminateDP:
		}
		if out.decision.Indeterminate() {
			out.err = targetErr
		}
		return out
	}

	switch {
	case out.decision == xacml.NotApplicable:
	case out.decision.Indeterminate():
		causes := []*xacml.Error{own}
		for _, c := range done {
			causes = append(causes, c.err)
		}
		out.err = xacml.MergeErrors(causes...)
	default:
		// §7.18: obligations go up from the children with the same decision.
		for _, c := range done {
			if c.decision == out.decision {
				out.obligations = append(out.obligations, c.obligations...)
				out.advice = append(out.advice, c.advice...)
			}
		}
		if err := e.ownObligations(&out, obligations, advice, vars); err != nil {
			failed := xacml.IndeterminateD
			if out.decision == xacml.Permit {
				failed = xacml.IndeterminateP
			}
			return outcome{decision: failed, err: err, applicable: out.applicable}
		}
	}
	return out
}

// rules are the children of a policy.
type rules struct {
	e      *evaluation
	policy *policy.Policy
	vars   *variables
	done   []outcome
}

func (rs *rules) Len() int                  { return len(rs.policy.Rules) }
func (rs *rules) Effect(i int) xacml.Effect { return rs.policy.Rules[i].Effect }
func (rs *rules) outcomes() []outcome       { return rs.done }

func (rs *rules) Evaluate(i int) xacml.Decision {
	out := rs.e.rule(&rs.policy.Rules[i], rs.vars)
	rs.done = append(rs.done, out)
	return out.decision
}

// Disregard drops what the last rule calls for.
func (rs *rules) Disregard() { disregard(rs.done) }

// Applicable is for policies: no rule-combining algorithm asks for it (C.9).
func (rs *rules) Applicable(int) (bool, *xacml.Error) { return true, nil }

// policies are the children of a policy set.
type policies struct {
	e        *evaluation
	children []policy.Child
	done     []outcome
	issued   map[policy.Child]outcome // the values of children with an issuer
}

func (ps *policies) Len() int                { return len(ps.children) }
func (ps *policies) Effect(int) xacml.Effect { return xacml.EffectDeny } // only rules have one
func (ps *policies) outcomes() []outcome     { return ps.done }

func (ps *policies) Evaluate(i int) xacml.Decision {
	out := ps.value(ps.at(i))
	ps.done = append(ps.done, out)
	return out.decision
}

// child is the value of a policy, policy set or what takes their place.
func (e *evaluation) child(c policy.Child) (out outcome) {
	defer e.trace.child(c, c == policy.Child(e.set.Root)).decided(&out)
	switch p := c.(type) {
	case *policy.Policy:
		return e.policy(p)
	case *policy.PolicySet:
		return e.policySet(p)
	case *policy.Invalid: // §7.19.1
		return outcome{err: &xacml.Error{Status: p.Status}}
	default:
		return outcome{err: noReferent()}
	}
}

// Disregard drops what the last child calls for.
func (ps *policies) Disregard() { disregard(ps.done) }

func disregard(done []outcome) {
	last := &done[len(done)-1]
	last.obligations, last.advice = nil, nil
}

// Applicable is the own target of the child (C.9), if the child counts.
func (ps *policies) Applicable(i int) (ok bool, err *xacml.Error) {
	defer ps.e.trace.child(ps.at(i), false).applicable(&ok, &err)
	if ps.discarded(ps.at(i)) {
		return false, nil
	}
	switch p := ps.at(i).(type) {
	case *policy.Policy:
		return ps.e.applicable(&p.Target)
	case *policy.PolicySet:
		return ps.e.applicable(&p.Target)
	case *policy.Invalid:
		return false, &xacml.Error{Status: p.Status}
	default:
		return false, noReferent()
	}
}

// noReferent is §7.15; a set that was checked has no such reference.
func noReferent() *xacml.Error {
	return xacml.ProcessingErrorf("a policy reference cannot be resolved")
}

// at is the i-th child; a referenced policy is evaluated as if in place (§7.15).
func (ps *policies) at(i int) policy.Child {
	if r, ok := ps.children[i].(*policy.Reference); ok {
		return ps.e.set.Referent(r)
	}
	return ps.children[i]
}

func (e *evaluation) applicable(t *policy.Target) (bool, *xacml.Error) {
	m, err := e.target(t)
	return m == match, err
}
