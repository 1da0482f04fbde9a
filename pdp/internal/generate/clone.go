package generate

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Clone is a copy that shares nothing but values and Contents with the case,
// which nothing changes.
func (c *Case) Clone() *Case {
	out := &Case{
		RootAlgorithm: c.RootAlgorithm, Documents: slices.Clone(c.Documents), Request: cloneRequest(c.Request),
		Found: slices.Clone(c.Found), Failing: slices.Clone(c.Failing),
	}
	for i := range out.Documents {
		out.Documents[i].Root = CloneChild(out.Documents[i].Root)
	}
	return out
}

// CloneRequest is a copy that has the documents of the case, not copies of them.
func (c *Case) CloneRequest() *Case {
	return &Case{
		RootAlgorithm: c.RootAlgorithm, Documents: c.Documents, Request: cloneRequest(c.Request),
		Found: slices.Clone(c.Found), Failing: slices.Clone(c.Failing),
	}
}

func cloneRequest(r *xacml.Request) *xacml.Request {
	out := *r
	out.Attributes = slices.Clone(r.Attributes)
	for i := range out.Attributes {
		as := slices.Clone(out.Attributes[i].Attributes)
		for j := range as {
			as[j].Values = slices.Clone(as[j].Values)
		}
		out.Attributes[i].Attributes = as
	}
	return &out
}

// CloneChild is a copy of the child and all below it.
func CloneChild(child policy.Child) policy.Child {
	switch p := child.(type) {
	case *policy.PolicySet:
		out := *p
		out.Target = cloneTarget(p.Target)
		out.Children = slices.Clone(p.Children)
		for i := range out.Children {
			out.Children[i] = CloneChild(out.Children[i])
		}
		out.Obligations, out.Advice = cloneObligations(p.Obligations), cloneObligations(p.Advice)
		return &out
	case *policy.Policy:
		return clonePolicy(p)
	case *policy.Reference:
		return new(*p)
	default:
		return child
	}
}

func clonePolicy(p *policy.Policy) *policy.Policy {
	out := *p
	out.Target = cloneTarget(p.Target)
	out.Variables = slices.Clone(p.Variables)
	for i := range out.Variables {
		out.Variables[i].Expression = cloneExpression(out.Variables[i].Expression)
	}
	out.Rules = slices.Clone(p.Rules)
	for i := range out.Rules {
		r := &out.Rules[i]
		if r.Target != nil {
			r.Target = new(cloneTarget(*r.Target))
		}
		r.Condition = cloneExpression(r.Condition)
		r.Obligations, r.Advice = cloneObligations(r.Obligations), cloneObligations(r.Advice)
	}
	out.Obligations, out.Advice = cloneObligations(p.Obligations), cloneObligations(p.Advice)
	return &out
}

func cloneTarget(t policy.Target) policy.Target {
	t.AnyOf = slices.Clone(t.AnyOf)
	for i := range t.AnyOf {
		allOf := slices.Clone(t.AnyOf[i].AllOf)
		for j := range allOf {
			allOf[j].Matches = slices.Clone(allOf[j].Matches)
			for k := range allOf[j].Matches {
				m := &allOf[j].Matches[k]
				m.Bag = cloneExpression(m.Bag)
			}
		}
		t.AnyOf[i].AllOf = allOf
	}
	return t
}

func cloneObligations(list []policy.ObligationExpression) []policy.ObligationExpression {
	list = slices.Clone(list)
	for i := range list {
		as := slices.Clone(list[i].Assignments)
		for j := range as {
			as[j].Expression = cloneExpression(as[j].Expression)
		}
		list[i].Assignments = as
	}
	return list
}

func cloneExpression(x policy.Expression) policy.Expression {
	switch x := x.(type) {
	case *policy.Apply:
		out := *x
		out.Arguments = slices.Clone(x.Arguments)
		for i := range out.Arguments {
			out.Arguments[i] = cloneExpression(out.Arguments[i])
		}
		return &out
	case *policy.Quantified:
		out := *x
		out.Domain, out.Iterant = cloneExpression(x.Domain), cloneExpression(x.Iterant)
		return &out
	case *policy.Literal:
		return new(*x)
	case *policy.Designator:
		return new(*x)
	case *policy.Selector:
		return new(*x) // the namespaces are shared: nothing changes them
	case *policy.VariableReference:
		return new(*x)
	case *policy.FunctionReference:
		return new(*x)
	default:
		return nil
	}
}
