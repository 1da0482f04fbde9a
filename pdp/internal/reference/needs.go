package reference

import (
	"context"

	"github.com/forseti-pdp/forseti/pdp/internal/compile"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Needs gives the attributes that may still matter to the decision among those
// that are pending: obtainable, but not yet known. A policy or rule whose
// target is certain not to match, whatever the pending attributes are, needs
// nothing. The order is that of the policies. ok is false if a name is computed,
// so that anything pending may be meant.
func Needs(ctx context.Context, set *compile.Set, in Input, pending func(xacml.AttributeKey) bool) (keys []xacml.AttributeKey, ok bool) {
	n := &needs{
		e: newEvaluation(ctx, set, in), pending: pending,
		found: make(map[xacml.AttributeKey]bool), visited: make(map[policy.Child]bool),
		authorities: make(map[*policy.PolicySet]bool),
	}
	n.policySet(set.Root)
	return n.keys, !n.computes
}

type needs struct {
	e       *evaluation
	pending func(xacml.AttributeKey) bool
	keys    []xacml.AttributeKey
	found   map[xacml.AttributeKey]bool
	visited map[policy.Child]bool // what was looked at needs nothing more
	// authorities are the policy sets whose policies may authorise issued ones.
	authorities map[*policy.PolicySet]bool
	computes    bool // the name of an attribute
}

func (n *needs) add(keys []xacml.AttributeKey) {
	for _, k := range keys {
		if !n.found[k] {
			n.found[k] = true
			n.keys = append(n.keys, k)
		}
	}
}

func (n *needs) policySet(p *policy.PolicySet) {
	if !n.target(&p.Target) {
		return
	}
	for _, c := range p.Children {
		if r, ok := c.(*policy.Reference); ok {
			c = n.e.set.Referent(r)
		}
		n.authority(p, c)
		if n.visited[c] {
			continue
		}
		n.visited[c] = true
		switch c := c.(type) {
		case *policy.PolicySet:
			n.policySet(c)
		case *policy.Policy:
			n.policy(c)
		}
	}
	n.obligations(p.Obligations, p.Advice, nil)
}

func (n *needs) policy(p *policy.Policy) {
	if !n.target(&p.Target) {
		return
	}
	vars := make(map[string]policy.Expression, len(p.Variables))
	for _, v := range p.Variables {
		vars[v.ID] = v.Expression
	}
	any := false
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Target != nil && !n.target(r.Target) {
			continue
		}
		any = true
		if r.Condition != nil {
			n.expression(r.Condition, vars)
		}
		n.obligations(r.Obligations, r.Advice, vars)
	}
	if any || len(p.Rules) == 0 || n.decidesWithoutRules(p) {
		n.obligations(p.Obligations, p.Advice, vars)
	}
}

// decidesWithoutRules tells whether the policy can be Permit or Deny although
// no rule applies, as with deny-unless-permit.
func (n *needs) decidesWithoutRules(p *policy.Policy) bool {
	d, _ := n.e.set.RuleAlgorithm(p).Combine(&rules{policy: &policy.Policy{}})
	return d != xacml.NotApplicable
}

func (n *needs) obligations(obligations, advice []policy.ObligationExpression, vars map[string]policy.Expression) {
	for _, list := range [][]policy.ObligationExpression{obligations, advice} {
		for _, o := range list {
			for _, a := range o.Assignments {
				n.expression(a.Expression, vars)
			}
		}
	}
}

// expression needs every pending attribute that it names.
func (n *needs) expression(x policy.Expression, vars map[string]policy.Expression) {
	switch x := x.(type) {
	case *policy.Designator, *policy.Selector:
		if key, open := n.open(x); open {
			n.add([]xacml.AttributeKey{key})
		}
	case *policy.VariableReference:
		if definition := vars[x.ID]; definition != nil {
			delete(vars, x.ID) // once is enough
			n.expression(definition, vars)
		}
	case *policy.Apply:
		n.named(x)
		for _, a := range x.Arguments {
			n.expression(a, vars)
		}
	case *policy.FunctionReference:
		n.computes = n.computes || namesAttributes(x.Function)
	case *policy.Quantified:
		n.expression(x.Domain, vars)
		n.expression(x.Iterant, vars)
	}
}

// target reports whether the target can match or fail, and adds what it takes
// to know.
func (n *needs) target(t *policy.Target) bool {
	var keys []xacml.AttributeKey
	for i := range t.AnyOf {
		possible, open := n.anyOf(&t.AnyOf[i])
		if !possible {
			return false
		}
		keys = append(keys, open...)
	}
	n.add(keys)
	return true
}

func (n *needs) anyOf(a *policy.AnyOf) (possible bool, open []xacml.AttributeKey) {
	for i := range a.AllOf {
		ok, keys := n.allOf(&a.AllOf[i])
		if !ok {
			continue
		}
		possible = true
		if keys == nil {
			if m, _ := n.e.allOf(&a.AllOf[i]); m == match {
				return true, nil // the other alternatives do not matter
			}
		}
		open = append(open, keys...)
	}
	return possible, open
}

func (n *needs) allOf(a *policy.AllOf) (possible bool, open []xacml.AttributeKey) {
	for i := range a.Matches {
		m := &a.Matches[i]
		if key, ok := n.open(m.Bag); ok {
			open = append(open, key)
			continue
		}
		if ok, err := n.e.match(m); !ok && err == nil {
			return false, nil
		}
	}
	return true, open
}

// open gives the pending attribute that a designator names, or that tells where
// the path of a selector starts (§5.30).
func (n *needs) open(x policy.Expression) (key xacml.AttributeKey, ok bool) {
	switch x := x.(type) {
	case *policy.Designator:
		key = x.AttributeKey
	case *policy.Selector:
		if x.ContextSelectorID == "" {
			return key, false
		}
		key = xacml.AttributeKey{Category: x.Category, ID: x.ContextSelectorID, Type: value.TypeXPathExpression}
	default:
		return key, false
	}
	return key, n.isPending(key)
}

// isPending: values in the request win, so what it holds is not pending.
func (n *needs) isPending(key xacml.AttributeKey) bool {
	return n.pending(key) && n.e.in.Request.Lookup(key).Len() == 0
}
