package compile

import (
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

func (c *checker) child(child policy.Child) {
	switch p := child.(type) {
	case *policy.PolicySet:
		c.within(policySetElement, p.ID, func() { c.inVersion(p.XPathVersion, func() { c.policySet(p) }) })
	case *policy.Policy:
		c.within(policyElement, p.ID, func() { c.inVersion(p.XPathVersion, func() { c.policy(p) }) })
	case *policy.Reference: // left to the linker
		c.before = append(c.before, len(c.problems))
	case *policy.Invalid: // never in a document
		c.errorf(p.Position, policy.ReasonParse, "%s", p.Status.Message)
	}
}

func (c *checker) policySet(p *policy.PolicySet) {
	c.issuer(p.Issuer)
	if a := c.options.Algorithms.ForPolicies(p.Algorithm); a == nil {
		c.errorf(p.Position, policy.ReasonType, "%q is not a policy-combining algorithm%s", p.Algorithm, c.algorithmLike(p.Algorithm, false))
	} else {
		c.hiddenErrors(p.Position, a)
	}
	if a := c.options.Algorithms.ForPolicies(p.Algorithm); a != nil && a.Children != nil && !a.Children(len(p.Children)) {
		c.errorf(p.Position, policy.ReasonType, "%q does not work on %d policies", p.Algorithm, len(p.Children))
	}
	c.target(&p.Target)
	for _, inner := range p.Children {
		c.child(inner)
	}
	c.obligations(p.Obligations, p.Advice, nil)
}

func (c *checker) policy(p *policy.Policy) {
	c.issuer(p.Issuer)
	a, alias := c.options.Algorithms.ForRules(p.Algorithm)
	switch {
	case a == nil:
		c.errorf(p.Position, policy.ReasonType, "%q is not a rule-combining algorithm%s", p.Algorithm, c.algorithmLike(p.Algorithm, true))
	case alias:
		c.warnf(p.Position, policy.ReasonType, "%q is a policy-combining algorithm; it is taken for the rule-combining one of that name", p.Algorithm)
		fallthrough
	default:
		c.hiddenErrors(p.Position, a)
	}
	c.target(&p.Target)
	vars := c.variables(p)
	for i := range p.Rules {
		r := &p.Rules[i]
		c.within("Rule", r.ID, func() { c.rule(r, vars) })
	}
	c.obligations(p.Obligations, p.Advice, vars)
}

// issuer: without the administration profile nothing may treat a policy with an
// issuer as trusted (§5.3).
func (c *checker) issuer(i *policy.PolicyIssuer) {
	switch {
	case i == nil:
	case !c.options.Delegation:
		c.errorf(i.Position, policy.ReasonFeature, "PolicyIssuer needs the administration and delegation profile, which is not switched on")
	default:
		c.in("PolicyIssuer", func() {
			for _, a := range i.Attributes {
				for _, v := range a.Values {
					if c.literal(i.Position, v) {
						c.insideLiteral(i.Position, v)
					}
				}
			}
		})
	}
}

func (c *checker) hiddenErrors(at policy.Position, a *combine.Algorithm) {
	switch a.Hides {
	case combine.HidesAsPermit:
		if c.options.RefuseHiddenErrors {
			c.errorf(at, policy.ReasonForbidden, "permit-unless-deny turns errors into Permit, which the configuration refuses")
		} else {
			c.warnf(at, policy.ReasonForbidden, "permit-unless-deny turns errors into Permit (C.7)")
		}
	case combine.HidesBehindPermit:
		c.warnf(at, policy.ReasonForbidden, "permit-overrides hides a failing Deny behind any Permit (C.4)")
	case combine.HidesNothing:
	}
}

func (c *checker) rule(r *policy.Rule, vars *scope) {
	if r.Target != nil {
		c.target(r.Target)
	}
	if r.Condition != nil {
		c.in("Condition", func() {
			if k, ok := c.kind(r.Condition, vars); ok && k != boolean {
				c.errorf(r.Condition.Place(), policy.ReasonType, "a condition wants boolean, got %s", k)
			}
		})
	}
	c.obligations(r.Obligations, r.Advice, vars)
}

func (c *checker) target(t *policy.Target) {
	c.in("Target", func() {
		for i := range t.AnyOf {
			for j := range t.AnyOf[i].AllOf {
				for k := range t.AnyOf[i].AllOf[j].Matches {
					c.match(&t.AnyOf[i].AllOf[j].Matches[k])
				}
			}
		}
	})
}

// match: the function takes the literal and one element of the bag and gives a
// boolean (§7.6).
func (c *checker) match(m *policy.Match) {
	bag, ok := c.kind(m.Bag, nil)
	if !ok || !c.literal(m.Position, m.Literal) || !c.insideLiteral(m.Position, m.Literal) {
		return
	}
	f := c.options.Functions.Lookup(m.Function)
	if f == nil {
		c.errorf(m.Position, policy.ReasonType, "unknown function %q%s", m.Function, c.functionLike(m.Function))
		return
	}
	c.matchKinds = [2]value.Kind{m.Literal.Kind(), value.One(bag.Type)}
	c.matchLiterals = [2]value.Value{m.Literal, nil}
	got, err := f.Check(nil, c.matchKinds[:], c.matchLiterals[:])
	if err == nil && got != boolean {
		err = fmt.Errorf("wants a function that gives boolean, this one gives %s", got)
	}
	if err != nil {
		c.errorf(m.Position, policy.ReasonType, "%s in a Match: %v", m.Function, err)
		return
	}
	if c.literals(m.Position, f, c.matchLiterals[:]) {
		c.pathArguments(m.Position, f, c.matchKinds[:], c.matchLiterals[:])
	}
}

func (c *checker) obligations(obligations, advice []policy.ObligationExpression, vars *scope) {
	check := func(what string, list []policy.ObligationExpression) {
		for _, o := range list {
			c.within(what, o.ID, func() {
				for _, a := range o.Assignments {
					c.kind(a.Expression, vars) // a single value or a bag: both will do (§5.39)
				}
			})
		}
	}
	check("ObligationExpression", obligations)
	check("AdviceExpression", advice)
}
