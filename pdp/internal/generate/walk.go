package generate

import "github.com/forseti-pdp/forseti/pdp/policy"

// Sets are all policy sets of the case, outer ones first.
func (c *Case) Sets() []*policy.PolicySet {
	var out []*policy.PolicySet
	c.each(func(child policy.Child) {
		if s, ok := child.(*policy.PolicySet); ok {
			out = append(out, s)
		}
	})
	return out
}

// Policies are all policies of the case in the order of the documents.
func (c *Case) Policies() []*policy.Policy {
	var out []*policy.Policy
	c.each(func(child policy.Child) {
		if p, ok := child.(*policy.Policy); ok {
			out = append(out, p)
		}
	})
	return out
}

// References are all references of the case in the order of the documents.
func (c *Case) References() []*policy.Reference {
	var out []*policy.Reference
	c.each(func(child policy.Child) {
		if r, ok := child.(*policy.Reference); ok {
			out = append(out, r)
		}
	})
	return out
}

func (c *Case) each(visit func(policy.Child)) {
	var walk func(policy.Child)
	walk = func(child policy.Child) {
		visit(child)
		if s, ok := child.(*policy.PolicySet); ok {
			for _, inner := range s.Children {
				walk(inner)
			}
		}
	}
	for _, d := range c.Documents {
		if d.Root != nil {
			walk(d.Root)
		}
	}
}

// Matches visits every Match of the case, to read or change it.
func (c *Case) Matches(visit func(*policy.Match)) {
	c.targets(func(t *policy.Target) {
		for i := range t.AnyOf {
			for j := range t.AnyOf[i].AllOf {
				for k := range t.AnyOf[i].AllOf[j].Matches {
					visit(&t.AnyOf[i].AllOf[j].Matches[k])
				}
			}
		}
	})
}

func (c *Case) targets(visit func(*policy.Target)) {
	for _, s := range c.Sets() {
		visit(&s.Target)
	}
	for _, p := range c.Policies() {
		visit(&p.Target)
		for i := range p.Rules {
			if p.Rules[i].Target != nil {
				visit(p.Rules[i].Target)
			}
		}
	}
}

// Expressions visits every expression of the case, those inside of others after
// them and those of matches last, to read or replace it.
func (c *Case) Expressions(visit func(*policy.Expression)) {
	for _, s := range c.Sets() {
		ofObligations(visit, s.Obligations, s.Advice)
	}
	for _, p := range c.Policies() {
		for i := range p.Variables {
			expressions(&p.Variables[i].Expression, visit)
		}
		for i := range p.Rules {
			if p.Rules[i].Condition != nil {
				expressions(&p.Rules[i].Condition, visit)
			}
			ofObligations(visit, p.Rules[i].Obligations, p.Rules[i].Advice)
		}
		ofObligations(visit, p.Obligations, p.Advice)
	}
	c.Matches(func(m *policy.Match) { visit(&m.Bag) })
}

func ofObligations(visit func(*policy.Expression), lists ...[]policy.ObligationExpression) {
	for _, list := range lists {
		for i := range list {
			for j := range list[i].Assignments {
				expressions(&list[i].Assignments[j].Expression, visit)
			}
		}
	}
}

func expressions(at *policy.Expression, visit func(*policy.Expression)) {
	visit(at)
	switch x := (*at).(type) {
	case *policy.Apply:
		for i := range x.Arguments {
			expressions(&x.Arguments[i], visit)
		}
	case *policy.Quantified:
		expressions(&x.Domain, visit)
		expressions(&x.Iterant, visit)
	}
}
