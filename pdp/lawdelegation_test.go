package pdp_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The laws of the Administration and Delegation profile compare decisions that
// take reduction with those on the same policies without issuers, which the
// compiled engine makes.

// notDelegated is what the laws leave out: access-permitted may be asked more often, and
// on-permit-apply-second counts its children.
var notDelegated = generate.Options{Without: []string{
	xacml.Function3 + "access-permitted", xacml.PolicyAlgorithm3 + "on-permit-apply-second",
}}

// isIssued tells that a policy of the case has an issuer.
func isIssued(c *generate.Case) bool {
	return slices.ContainsFunc(c.Policies(), func(p *policy.Policy) bool { return p.Issuer != nil }) ||
		slices.ContainsFunc(c.Sets(), func(s *policy.PolicySet) bool { return s.Issuer != nil })
}

func issuerNamed(name string) *policy.PolicyIssuer {
	return &policy.PolicyIssuer{Attributes: []xacml.Attribute{{ID: "id", Values: []value.Value{value.String(name)}}}}
}

// ifEqual is an alternative that matches where the attribute has that value.
func ifEqual(category, id, text string) policy.AnyOf {
	key := xacml.AttributeKey{Category: category, ID: id, Type: value.TypeString}
	return policy.AnyOf{AllOf: []policy.AllOf{{Matches: []policy.Match{{
		Function: xacml.Function1 + "string-equal", Literal: value.String(text), Bag: &policy.Designator{AttributeKey: key},
	}}}}}
}

// A policy whose issuer may issue it decides as one without an issuer, but to
// only-one-applicable: one that is NotApplicable by itself is not asked for.
func TestLaw_Delegation_AuthorisedPolicies(t *testing.T) {
	options := generate.Options{Without: append([]string{xacml.PolicyAlgorithm1 + "only-one-applicable"}, notDelegated.Without...)}
	checkLawOn(t, lawCases()/10, 10, options, keeps(change{policies: func(c *generate.Case, rng *rand.Rand) bool {
		names := []string{"alice", "bob"}
		for _, p := range c.Policies() {
			if rng.IntN(2) == 0 {
				p.Issuer = issuerNamed(names[rng.IntN(len(names))])
			}
		}
		authorities := 0
		// bob is trusted by alice, and alice by a policy without an issuer.
		authority := func(to string, by *policy.PolicyIssuer) policy.Child {
			authorities++
			return &policy.Policy{
				ID: fmt.Sprintf("urn:law:%d", authorities), Version: "1", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", Issuer: by,
				Target: policy.Target{AnyOf: []policy.AnyOf{ifEqual(xacml.CategoryDelegate, "id", to)}},
				Rules:  []policy.Rule{{ID: "r", Effect: xacml.EffectPermit}},
			}
		}
		for _, s := range c.Sets() {
			if rng.IntN(2) == 0 {
				s.Issuer = issuerNamed(names[rng.IntN(len(names))])
			}
			for _, a := range []policy.Child{authority("alice", nil), authority("bob", issuerNamed("alice"))} {
				s.Children = slices.Insert(s.Children, rng.IntN(len(s.Children)+1), a)
			}
		}
		for i, a := range []policy.Child{authority("alice", nil), authority("bob", issuerNamed("alice"))} {
			c.Documents = append(c.Documents, policy.Document{Name: fmt.Sprintf("law%d.xml", i), Root: a})
		}
		return true
	}}, nil))
}

// A policy that nobody may issue is as if it were not there. No other policy applies
// to an administrative request: each wants what only the request itself says.
func TestLaw_Delegation_PoliciesOfNobody(t *testing.T) {
	const category, id, text = "urn:law:category", "urn:law:id", "yes"
	holds := keeps(change{
		policies: func(c *generate.Case, rng *rand.Rand) bool {
			policies, sets := c.Policies(), c.Sets()
			if len(policies) == 0 {
				return false
			}
			for _, p := range policies {
				p.Target.AnyOf = append(p.Target.AnyOf, ifEqual(category, id, text))
			}
			for _, s := range sets {
				s.Target.AnyOf = append(s.Target.AnyOf, ifEqual(category, id, text))
			}
			for i := range 1 + rng.IntN(4) {
				child := generate.CloneChild(policies[rng.IntN(len(policies))])
				p := child.(*policy.Policy)
				p.ID, p.XPathVersion, p.Issuer = fmt.Sprintf("urn:law:%d", i), xacml.XPath10, issuerNamed("nobody")
				if at := rng.IntN(len(sets) + 1); at < len(sets) {
					s := sets[at]
					s.Children = slices.Insert(s.Children, rng.IntN(len(s.Children)+1), child)
				} else {
					d := policy.Document{Name: fmt.Sprintf("law%d.xml", i), Root: child}
					c.Documents = slices.Insert(c.Documents, rng.IntN(len(c.Documents)+1), d)
				}
			}
			return true
		},
		request: func(c *generate.Case, _ *rand.Rand) bool {
			a := xacml.Attribute{ID: id, Values: []value.Value{value.String(text)}}
			c.Request.Attributes = append(c.Request.Attributes, xacml.Attributes{Category: category, Attributes: []xacml.Attribute{a}})
			return true
		},
	}, nil)
	checkLawOn(t, lawCases()/10, 10, notDelegated, holds)
}

// delegate makes some policies issued, and puts beside them such as say who may issue
// them: policies of the case that ask of an administrative request what the
// others ask of the request.
func delegate(c *generate.Case, rng *rand.Rand) {
	names, policies := []string{"alice", "bob"}, c.Policies()
	name := func() string { return names[rng.IntN(len(names))] }
	serial := 0
	authority := func() policy.Child {
		serial++
		p := generate.CloneChild(policies[rng.IntN(len(policies))]).(*policy.Policy)
		p.ID, p.XPathVersion = fmt.Sprintf("urn:law:%d", serial), xacml.XPath10
		whole := &generate.Case{Documents: []policy.Document{{Root: p}}}
		whole.Expressions(func(x *policy.Expression) {
			switch x := (*x).(type) {
			case *policy.Designator:
				x.Category = xacml.CategoryDelegatedPrefix + x.Category
			case *policy.Selector:
				x.Category = xacml.CategoryDelegatedPrefix + x.Category
			}
		})
		p.Target.AnyOf = slices.Insert(p.Target.AnyOf, 0, ifEqual(xacml.CategoryDelegate, "id", name()))
		if rng.IntN(3) == 0 {
			p.Issuer = issuerNamed(name())
		}
		return p
	}
	for _, p := range policies {
		if rng.IntN(2) == 0 {
			p.Issuer = issuerNamed(name())
		}
	}
	for _, s := range c.Sets() {
		if rng.IntN(3) == 0 {
			s.Issuer = issuerNamed(name())
		}
		for range 1 + rng.IntN(3) {
			s.Children = slices.Insert(s.Children, rng.IntN(len(s.Children)+1), authority())
		}
	}
	for i := range 1 + rng.IntN(3) {
		c.Documents = append(c.Documents, policy.Document{Name: fmt.Sprintf("law%d.xml", i), Root: authority()})
	}
}

// What those who authorise policies may ask of the request is needed, too.
func TestLaw_Delegation_NeedsIsEnough(t *testing.T) {
	decisions := make(map[xacml.Decision]int)
	checkLawOn(t, lawCases()/5, 10, notDelegated, func(tr *trial, c *generate.Case, rng *rand.Rand) string {
		if tr.changed == nil {
			tr.changed = c.Clone()
			if len(c.Policies()) > 0 {
				delegate(tr.changed, tr.choices())
			}
		}
		changed := c.CloneRequest()
		changed.Documents = tr.changed.Documents
		if result, ok := tr.decided(changed); ok && isIssued(changed) {
			decisions[result.Decision]++
		}
		return needsIsEnough(tr, changed, rng)
	})
	if len(decisions) != 6 {
		t.Errorf("got the decisions %v, want each of six", decisions)
	}
}
