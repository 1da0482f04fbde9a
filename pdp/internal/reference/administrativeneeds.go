package reference

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// authority needs what may matter to the reduction of the child c of the policy
// set, if it is issued and its target may match: whatever any sibling may ask of
// an administrative request. That a sibling's target does not match the request
// itself says nothing of that, so nothing is left out.
func (n *needs) authority(p *policy.PolicySet, c policy.Child) {
	if issuer(c) == nil || n.authorities[p] {
		return
	}
	switch c := c.(type) {
	case *policy.Policy:
		n.authorities[p] = n.target(&c.Target)
	case *policy.PolicySet:
		n.authorities[p] = n.target(&c.Target)
	}
	if n.authorities[p] {
		n.walk(p, n.delegated)
	}
}

// walk shows every attribute that the children of the policy set name.
func (n *needs) walk(p *policy.PolicySet, seen func(xacml.AttributeKey)) {
	// The inner needs see every designator and call none pending.
	every := &needs{pending: func(key xacml.AttributeKey) bool { seen(key); return false }}
	w := walk{needs: n, every: every, visited: make(map[policy.Child]bool)}
	for _, c := range p.Children {
		w.child(c)
	}
	n.computes = n.computes || every.computes
}

// delegated needs what an attribute of an administrative request comes from:
// evaluation.delegated in reverse.
func (n *needs) delegated(key xacml.AttributeKey) {
	base, ok := strings.CutPrefix(key.Category, xacml.CategoryDelegatedPrefix)
	if !ok {
		return
	}
	key.Category = delegatedFrom(n.e.in.Request, base)
	if n.isPending(key) {
		n.add([]xacml.AttributeKey{key})
	}
}

// walk goes through all expressions of policies, used or not.
type walk struct {
	needs   *needs
	every   *needs
	visited map[policy.Child]bool
}

func (w *walk) child(c policy.Child) {
	if r, ok := c.(*policy.Reference); ok {
		c = w.needs.e.set.Referent(r)
	}
	if w.visited[c] {
		return
	}
	w.visited[c] = true
	switch p := c.(type) {
	case *policy.PolicySet:
		w.target(&p.Target)
		for _, inner := range p.Children {
			w.child(inner)
		}
		w.every.obligations(p.Obligations, p.Advice, nil)
	case *policy.Policy:
		w.target(&p.Target)
		for i := range p.Variables {
			w.every.expression(p.Variables[i].Expression, nil)
		}
		for i := range p.Rules {
			w.rule(&p.Rules[i])
		}
		w.every.obligations(p.Obligations, p.Advice, nil)
	}
}

func (w *walk) rule(r *policy.Rule) {
	if r.Target != nil {
		w.target(r.Target)
	}
	if r.Condition != nil {
		w.every.expression(r.Condition, nil)
	}
	w.every.obligations(r.Obligations, r.Advice, nil)
}

func (w *walk) target(t *policy.Target) {
	for _, anyOf := range t.AnyOf {
		for _, allOf := range anyOf.AllOf {
			for i := range allOf.Matches {
				w.every.expression(allOf.Matches[i].Bag, nil)
			}
		}
	}
}
