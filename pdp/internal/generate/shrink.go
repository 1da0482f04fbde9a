package generate

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Shrink makes the case small while it still fails: as long as one step of
// [shrinker.walk] leads to a smaller case that fails too, it goes on with that.
// A case that cannot be loaded must not count as failing. The case itself stays
// as it is.
func Shrink(c *Case, stillFails func(*Case) bool) *Case {
	for shrunk := true; shrunk; {
		shrunk = false
		for step := 0; ; {
			smaller := c.Clone()
			s := &shrinker{step: step}
			s.walk(smaller)
			if !s.done {
				break
			}
			if stillFails(smaller) {
				c, shrunk = smaller, true // the same step now is another one
				continue
			}
			step++
		}
	}
	return c
}

// shrinker does the step-th of all steps that make a case smaller.
type shrinker struct {
	step int
	done bool
}

// now tells whether this is the step to do.
func (s *shrinker) now() bool {
	if s.done || s.step > 0 {
		s.step--
		return false
	}
	s.done = true
	return true
}

// drop leaves one element out.
func drop[T any](s *shrinker, list *[]T) {
	for i := range *list {
		if s.now() {
			*list = slices.Delete(*list, i, i+1)
			return
		}
	}
}

// set gives the place a simpler content if it does not have it yet.
func set[T comparable](s *shrinker, at *T, simpler T) {
	if *at != simpler && s.now() {
		*at = simpler
	}
}

// walk passes all steps in turn, those that leave most out first.
func (s *shrinker) walk(c *Case) {
	drop(s, &c.Documents)
	set(s, &c.RootAlgorithm, xacml.PolicyAlgorithm3+"deny-overrides")
	for i := range c.Documents {
		set(s, &c.Documents[i].ReferenceOnly, false)
		s.child(&c.Documents[i].Root, true)
	}
	s.request(c.Request)
	drop(s, &c.Failing)
	drop(s, &c.Found)
	for i := range c.Found {
		s.value(&c.Found[i].Value)
	}
}

func (s *shrinker) child(at *policy.Child, root bool) {
	switch p := (*at).(type) {
	case *policy.PolicySet:
		s.hoist(at, p, root)
		drop(s, &p.Children)
		s.target(&p.Target)
		set(s, &p.Algorithm, xacml.PolicyAlgorithm3+"deny-overrides")
		s.obligations(&p.Obligations)
		s.obligations(&p.Advice)
		for i := range p.Children {
			s.child(&p.Children[i], false)
		}
	case *policy.Policy:
		drop(s, &p.Rules)
		drop(s, &p.Variables)
		s.target(&p.Target)
		set(s, &p.Algorithm, xacml.RuleAlgorithm3+"deny-overrides")
		s.obligations(&p.Obligations)
		s.obligations(&p.Advice)
		for i := range p.Variables {
			s.expression(&p.Variables[i].Expression)
		}
		for i := range p.Rules {
			s.rule(&p.Rules[i])
		}
	}
}

// hoist puts a child in the place of its policy set. What becomes a document
// has the XPathVersion of the document, and is no reference.
func (s *shrinker) hoist(at *policy.Child, p *policy.PolicySet, root bool) {
	for _, inner := range p.Children {
		if _, ok := inner.(*policy.Reference); ok && root || !s.now() {
			continue
		}
		switch inner := inner.(type) {
		case *policy.PolicySet:
			inner.XPathVersion = p.XPathVersion
		case *policy.Policy:
			inner.XPathVersion = p.XPathVersion
		}
		*at = inner
	}
}

func (s *shrinker) rule(r *policy.Rule) {
	if r.Target != nil {
		if s.now() {
			r.Target = nil
		} else {
			s.target(r.Target)
		}
	}
	if r.Condition != nil {
		if s.now() {
			r.Condition = nil
		} else {
			s.expression(&r.Condition)
		}
	}
	s.obligations(&r.Obligations)
	s.obligations(&r.Advice)
}

func (s *shrinker) target(t *policy.Target) {
	drop(s, &t.AnyOf)
	for i := range t.AnyOf {
		if allOf := &t.AnyOf[i].AllOf; len(*allOf) > 1 {
			drop(s, allOf)
		}
		for j := range t.AnyOf[i].AllOf {
			matches := &t.AnyOf[i].AllOf[j].Matches
			if len(*matches) > 1 {
				drop(s, matches)
			}
			for k := range *matches {
				s.value(&(*matches)[k].Literal)
				s.expression(&(*matches)[k].Bag)
			}
		}
	}
}

func (s *shrinker) obligations(list *[]policy.ObligationExpression) {
	drop(s, list)
	for i := range *list {
		drop(s, &(*list)[i].Assignments)
		for j := range (*list)[i].Assignments {
			s.expression(&(*list)[i].Assignments[j].Expression)
		}
	}
}

// expression puts literals and arguments in the place of the expression. What
// is then ill-typed cannot be loaded and so does not count.
func (s *shrinker) expression(at *policy.Expression) {
	switch x := (*at).(type) {
	case *policy.Literal:
		s.value(&x.Value)
	case *policy.Designator:
		set(s, &x.MustBePresent, false)
		set(s, &x.Issuer, "")
	case *policy.Selector:
		set(s, &x.MustBePresent, false)
		set(s, &x.ContextSelectorID, "")
		set(s, &x.Path, "/none")
	case *policy.VariableReference:
		s.literal(at)
	case *policy.Quantified:
		s.literal(at)
		if s.now() {
			*at = x.Domain
		}
		s.expression(&x.Domain)
		s.expression(&x.Iterant)
	case *policy.Apply:
		s.literal(at)
		for _, inner := range x.Arguments {
			if s.now() {
				*at = inner
			}
		}
		drop(s, &x.Arguments)
		for i := range x.Arguments {
			s.expression(&x.Arguments[i])
		}
	}
}

// literal puts a literal of some type in the place of the expression.
func (s *shrinker) literal(at *policy.Expression) {
	for _, t := range value.Types() {
		if forms := pool(t); forms != nil {
			for _, lexical := range forms[:min(3, len(forms))] {
				if s.now() {
					*at = &policy.Literal{Value: parse(t, lexical)}
				}
			}
		}
	}
}

// value makes the value the first of its pool.
func (s *shrinker) value(at *value.Value) {
	if forms := pool((*at).Type()); forms != nil {
		if first := parse((*at).Type(), forms[0]); first.String() != (*at).String() && s.now() {
			*at = first
		}
	}
}

func (s *shrinker) request(r *xacml.Request) {
	drop(s, &r.Attributes)
	set(s, &r.ReturnPolicyIDList, false)
	for i := range r.Attributes {
		attrs := &r.Attributes[i]
		set(s, &attrs.Content, nil)
		drop(s, &attrs.Attributes)
		for j := range attrs.Attributes {
			a := &attrs.Attributes[j]
			set(s, &a.IncludeInResult, false)
			set(s, &a.Issuer, "")
			drop(s, &a.Values)
			for k := range a.Values {
				s.value(&a.Values[k])
			}
		}
	}
}
