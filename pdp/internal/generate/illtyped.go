package generate

import (
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// breakType breaks the case in one place, in a way that no policy may be: the
// static errors of chapters 5 and 7 and of A.3.
func (d *draw) breakType(c *Case) {
	ways := []func(*Case) bool{
		d.unknownFunction, d.missingArgument, d.argumentOfAnotherType, d.strayFunction, d.unknownVariable, d.circle,
		d.badCondition, d.unknownAlgorithm, d.danglingReference, d.duplicate, d.badMatch, d.badSelector,
	}
	for _, i := range d.Perm(len(ways)) {
		if ways[i](c) {
			return
		}
	}
}

// applies are the function applications of the case.
func applies(c *Case) []*policy.Apply {
	var out []*policy.Apply
	c.Expressions(func(x *policy.Expression) {
		if a, ok := (*x).(*policy.Apply); ok {
			out = append(out, a)
		}
	})
	return out
}

func (d *draw) unknownFunction(c *Case) bool {
	all := applies(c)
	if all == nil {
		return false
	}
	pick(d, all).Function = xacml.Function3 + "string-equals"
	return true
}

// missingArgument leaves an argument out where none may be.
func (d *draw) missingArgument(c *Case) bool {
	library := function.All()
	var all []*policy.Apply
	for _, a := range applies(c) {
		if f := library.Lookup(a.Function); f.Higher == nil && f.Rest == nil && f.Typed == nil {
			all = append(all, a)
		}
	}
	if all == nil {
		return false
	}
	a := pick(d, all)
	if d.chance(50) {
		a.Arguments = a.Arguments[1:]
	} else {
		a.Arguments = append(a.Arguments, a.Arguments[0])
	}
	return true
}

func (d *draw) argumentOfAnotherType(c *Case) bool {
	var literals []*policy.Literal
	for _, a := range applies(c) {
		for _, x := range a.Arguments {
			if l, ok := x.(*policy.Literal); ok {
				literals = append(literals, l)
			}
		}
	}
	if literals == nil {
		return false
	}
	l := pick(d, literals)
	l.Value = d.other(l.Value.Type())
	return true
}

// other is a value of any other type.
func (d *draw) other(than value.Type) value.Value {
	for {
		if t := pick(d, value.Types()); t.Canonical() != than.Canonical() {
			return d.value(t)
		}
	}
}

func (d *draw) strayFunction(c *Case) bool {
	return d.replaceCondition(c, &policy.FunctionReference{Function: xacml.Function1 + "not"})
}

func (d *draw) unknownVariable(c *Case) bool {
	return d.replaceCondition(c, &policy.VariableReference{ID: "none"})
}

func (d *draw) badCondition(c *Case) bool {
	return d.replaceCondition(c, &policy.Literal{Value: d.other(value.TypeBoolean)})
}

func (d *draw) replaceCondition(c *Case, x policy.Expression) bool {
	for _, p := range c.Policies() {
		if len(p.Rules) > 0 {
			p.Rules[d.IntN(len(p.Rules))].Condition = x
			return true
		}
	}
	return false
}

func (d *draw) circle(c *Case) bool {
	for _, p := range c.Policies() {
		if n := len(p.Variables); n > 0 {
			p.Variables[0].Expression = &policy.VariableReference{ID: p.Variables[n-1].ID}
			p.Variables[n-1].Expression = &policy.VariableReference{ID: p.Variables[0].ID}
			return true
		}
	}
	return false
}

func (d *draw) unknownAlgorithm(c *Case) bool {
	if sets := c.Sets(); sets != nil && d.chance(50) {
		pick(d, sets).Algorithm = pick(d, []string{xacml.RuleAlgorithm3 + "deny-overrides", xacml.PolicyAlgorithm3 + "first-applicable", ""})
		return true
	}
	if policies := c.Policies(); policies != nil {
		pick(d, policies).Algorithm = pick(d, []string{xacml.RuleAlgorithm1 + "only-one-applicable", xacml.RuleAlgorithm3 + "first-applicable", ""})
		return true
	}
	return false
}

func (d *draw) danglingReference(c *Case) bool {
	sets := c.Sets()
	if sets == nil {
		return false
	}
	s := pick(d, sets)
	r := &policy.Reference{PolicySet: true, ID: s.ID, Version: "7.*"}
	if d.chance(30) { // a circle
		r.Version = s.Version
	}
	s.Children = append(s.Children, r)
	return true
}

// duplicate defines a policy twice (§5.1, 5.14).
func (d *draw) duplicate(c *Case) bool {
	again := pick(d, c.Documents)
	again.Name = fmt.Sprintf("again-%s", again.Name)
	again.Root = CloneChild(again.Root)
	c.Documents = append(c.Documents, again)
	return true
}

func (d *draw) badMatch(c *Case) bool {
	var all []*policy.Match
	c.Matches(func(m *policy.Match) { all = append(all, m) })
	if all == nil {
		return false
	}
	m := pick(d, all)
	switch d.IntN(3) {
	case 0:
		m.Literal = d.other(m.Literal.Type())
	case 1: // not a boolean, or of a bag
		m.Function = xacml.Function1 + pick(d, []string{"integer-add", "string-is-in", "string-one-and-only"})
	default:
		m.Function, m.Literal = xacml.Function1+"string-regexp-match", value.String("(")
	}
	return true
}

func (d *draw) badSelector(c *Case) bool {
	bad := false
	c.Expressions(func(x *policy.Expression) {
		if s, ok := (*x).(*policy.Selector); ok && !bad {
			bad = true
			s.Path = pick(d, []string{"/doc[", "count(/doc)", "", "m:doc"})
		}
	})
	return bad
}
