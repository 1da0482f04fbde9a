package reference

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Reduction (Administration and Delegation profile): an issued policy, one with
// a PolicyIssuer, counts in its policy set only if a path leads from it to a
// trusted policy, one without, of the same policy set. An edge leads from P to
// Q where Q, evaluated on the administrative request about P, permits that the
// issuer of P decides so. The text of the profile was not at hand for what is
// marked as inferred.

// issuer is the issuer of a child of a policy set, references resolved: the
// PolicyIssuer of the policy that is meant counts. What could not be read has
// none, so that its Indeterminate is never discarded (inferred).
func issuer(c policy.Child) *policy.PolicyIssuer {
	switch p := c.(type) {
	case *policy.Policy:
		return p.Issuer
	case *policy.PolicySet:
		return p.Issuer
	default:
		return nil
	}
}

// allowsDepth tells whether the child may authorise when this many policies are
// delegated: one for the policy directly below it.
func allowsDepth(c policy.Child, delegated int) bool {
	var limit *int
	switch p := c.(type) {
	case *policy.Policy:
		limit = p.MaxDelegationDepth
	case *policy.PolicySet:
		limit = p.MaxDelegationDepth
	}
	return limit == nil || delegated <= *limit
}

// value is the value of the child as the combining algorithm sees it.
func (ps *policies) value(c policy.Child) outcome {
	if issuer(c) == nil {
		return ps.e.child(c)
	}
	if known, ok := ps.issued[c]; ok {
		return known
	}
	if ps.issued == nil {
		ps.issued = make(map[policy.Child]outcome)
	}
	out := ps.reduce(c, ps.e.child(c))
	ps.e.trace.reduced(out.decision)
	ps.issued[c] = out
	return out
}

// discarded tells whether an issued child counts for nothing. Such a child is
// not applicable for only-one-applicable either, and neither is one that is
// NotApplicable by itself, of which nobody can tell whether it would be
// authorised (inferred): otherwise everybody could issue a policy that makes
// the others Indeterminate.
func (ps *policies) discarded(c policy.Child) bool {
	return issuer(c) != nil && ps.value(c).decision == xacml.NotApplicable
}

// reduce gives the value with which an issued child counts: NotApplicable, as
// if it did not exist, unless it is authorised. Obligations and advice are
// those of the child itself; the policies that authorise it give none, and are
// not in the list of applicable policies for that (inferred).
func (ps *policies) reduce(c policy.Child, out outcome) outcome {
	switch out.decision {
	case xacml.Permit:
		return ps.reduceDecision(c, out, xacml.EffectPermit)
	case xacml.Deny:
		return ps.reduceDecision(c, out, xacml.EffectDeny)
	case xacml.IndeterminateD, xacml.IndeterminateP, xacml.IndeterminateDP:
		return ps.reduceIndeterminate(c, out)
	case xacml.NotApplicable: // there is nothing to authorise
	}
	return outcome{decision: xacml.NotApplicable}
}

// reduceDecision: a path of PP (or DP) edges keeps the decision; one with PI (or
// DI) edges leaves it open whether there is such a decision (the extended value
// is inferred).
func (ps *policies) reduceDecision(c policy.Child, out outcome, effect xacml.Effect) outcome {
	if found, _ := ps.path(c, effect, false); found {
		return out
	}
	if found, err := ps.path(c, effect, true); found {
		return outcome{decision: effect.Indeterminate(), err: err, applicable: out.applicable}
	}
	return outcome{decision: xacml.NotApplicable}
}

// reduceIndeterminate: what the child might have decided is left of it as far as
// it might have been authorised (inferred for Indeterminate{DP}).
func (ps *policies) reduceIndeterminate(c policy.Child, out outcome) outcome {
	var permit, deny bool
	if out.decision != xacml.IndeterminateD {
		permit, _ = ps.path(c, xacml.EffectPermit, true)
	}
	if out.decision != xacml.IndeterminateP {
		deny, _ = ps.path(c, xacml.EffectDeny, true)
	}
	switch {
	case permit && deny:
		out.decision = xacml.IndeterminateDP
	case permit:
		out.decision = xacml.IndeterminateP
	case deny:
		out.decision = xacml.IndeterminateD
	default:
		return outcome{decision: xacml.NotApplicable}
	}
	return out
}

// step is one policy on a path.
type step struct {
	child policy.Child
	below *step        // whom it authorises; nil for the start of the path
	err   *xacml.Error // why its answer is Indeterminate; nil if it is Permit
}

// path looks for a path to a trusted policy, over edges PP (or DP for Deny) or,
// if open, PI (or DI) as well; the error is then why they are open.
//
// Steps are taken breadth first. A depth limit counts the steps below a policy,
// so the shortest way to it is the best one, and it goes through no policy twice.
func (ps *policies) path(from policy.Child, effect xacml.Effect, open bool) (found bool, err *xacml.Error) {
	reached := map[policy.Child]bool{from: true}
	level := []*step{{child: from}}
	for delegated := 1; len(level) > 0; delegated++ {
		var next []*step
		for _, below := range level {
			request, err := ps.e.administrativeOf(issuer(below.child), effect)
			if err != nil {
				return false, err
			}
			for i := range ps.children {
				if err := ps.e.spend(1); err != nil {
					return false, err
				}
				q := ps.at(i)
				if reached[q] || !allowsDepth(q, delegated) {
					continue
				}
				a := request.ask(q)
				edge := a.decision == xacml.Permit || open && a.decision.Indeterminate()
				if !edge {
					continue
				}
				reached[q] = true
				s := &step{q, below, a.err}
				if issuer(q) == nil {
					return true, s.errors()
				}
				next = append(next, s)
			}
		}
		level = next
	}
	return false, nil
}

// errors is why the steps down from here are open, the lowest first.
func (s *step) errors() *xacml.Error {
	var merged *xacml.Error
	for ; s != nil; s = s.below {
		merged = xacml.MergeErrors(s.err, merged)
	}
	return merged
}
