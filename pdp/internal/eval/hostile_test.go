package eval_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

var roleKey = xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "role", Type: value.TypeString}

// equalTo is a target that one attribute with one of some values matches.
func equalTo(key xacml.AttributeKey, literals ...string) policy.Target {
	var anyOf policy.AnyOf
	for _, l := range literals {
		anyOf.AllOf = append(anyOf.AllOf, policy.AllOf{Matches: []policy.Match{{
			Function: xacml.Function1 + "string-equal", Literal: value.String(l), Bag: &policy.Designator{AttributeKey: key},
		}}})
	}
	return policy.Target{AnyOf: []policy.AnyOf{anyOf}}
}

// crowdOf is many documents of some rules each.
func crowdOf(n int, document func(i int) *policy.Policy) *generate.Case {
	c := &generate.Case{RootAlgorithm: xacml.PolicyAlgorithm3 + "deny-overrides"}
	for i := range n {
		p := document(i)
		p.ID, p.Version, p.Algorithm = fmt.Sprintf("urn:p:%d", i), "1.0", xacml.RuleAlgorithm3+"permit-overrides"
		c.Documents = append(c.Documents, policy.Document{Name: fmt.Sprintf("%06d.xml", i), Root: p})
	}
	return c
}

// withRoles is a request with these values in one attribute, or in one attribute each.
func withRoles(each bool, values ...value.Value) *xacml.Request {
	as := xacml.Attributes{Category: roleKey.Category}
	if !each {
		as.Attributes = []xacml.Attribute{{ID: roleKey.ID, Values: values}}
	} else {
		for _, v := range values {
			as.Attributes = append(as.Attributes, xacml.Attribute{ID: roleKey.ID, Values: []value.Value{v}})
		}
	}
	return &xacml.Request{Attributes: []xacml.Attributes{as}}
}

func roles(n int, name func(i int) string) []value.Value {
	out := make([]value.Value, n)
	for i := range out {
		out[i] = value.String(name(i))
	}
	return out
}

// What the index does for a request is bounded by the size of the policies, by
// that of the request, and by the budget: not by products of these.
func TestIndex_HostileShapes(t *testing.T) {
	const many, wide = 5000, 50_000
	permits := func() []policy.Rule { return []policy.Rule{{ID: "r", Effect: xacml.EffectPermit}} }
	numbered := func(i int) string { return fmt.Sprintf("r%d", i) }
	same := crowdOf(many, func(int) *policy.Policy { return &policy.Policy{Target: equalTo(roleKey, "same"), Rules: permits()} })
	alternatives := crowdOf(many, func(i int) *policy.Policy {
		var literals []string
		for j := range 40 {
			literals = append(literals, numbered(7*i+j))
		}
		return &policy.Policy{Target: equalTo(roleKey, literals...), Rules: permits()}
	})
	// Each policy has an index of its own over its rules.
	indexed := crowdOf(many, func(i int) *policy.Policy {
		p := &policy.Policy{Rules: []policy.Rule{{ID: "always", Effect: xacml.EffectPermit, Condition: &policy.Literal{Value: value.Boolean(false)}}}}
		for j := range 40 {
			p.Rules = append(p.Rules, policy.Rule{ID: numbered(j), Effect: xacml.EffectPermit, Target: new(equalTo(roleKey, numbered(41*i+j)))})
		}
		return p
	})
	few := crowdOf(many, func(i int) *policy.Policy {
		p := &policy.Policy{Rules: []policy.Rule{{ID: "always", Effect: xacml.EffectPermit, Condition: &policy.Literal{Value: value.Boolean(false)}}}}
		for j := range 6 {
			p.Rules = append(p.Rules, policy.Rule{ID: numbered(j), Effect: xacml.EffectPermit, Target: new(equalTo(roleKey, numbered(41*i+j), "x"+numbered(i)))})
		}
		return p
	})
	for _, test := range []struct {
		name    string
		c       *generate.Case
		request *xacml.Request
		want    xacml.Decision
	}{
		{"many policies on one value", same, withRoles(false, value.String("same")), xacml.Permit},
		{"many policies on one value that comes often", same, withRoles(false, roles(wide, func(int) string { return "same" })...), xacml.Permit},
		{"many policies on one value that comes as many attributes", same, withRoles(true, roles(wide, func(int) string { return "same" })...), xacml.Permit},
		{"a wide bag of other values", same, withRoles(false, roles(wide, numbered)...), xacml.NotApplicable},
		{"a wide bag of the values of all policies", alternatives, withRoles(false, roles(wide, numbered)...), xacml.Permit},
		{"a wide bag for policies with an index", indexed, withRoles(false, roles(wide, numbered)...), xacml.IndeterminateDP},
		{"a wide bag for policies of few rules", few, withRoles(false, roles(wide, func(i int) string { return "none" + numbered(i) })...), xacml.NotApplicable},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := policies(function.All(), test.c, eval.Options{}, false)
			if p == nil {
				t.Fatal("the policies are refused")
			}
			in := (&pair{request: test.request}).input()
			in.Finder = nil
			start := time.Now()
			result := eval.Evaluate(t.Context(), p.Program, in)
			t.Logf("%s in %v", result.Decision, time.Since(start))
			if result.Decision != test.want {
				t.Errorf("got %s, want %s: %v", result.Decision.Extended(), test.want.Extended(), result.Status)
			}
			q := eval.NewQuery(p.Program)
			defer q.Close(q.Turn())
			start = time.Now()
			for _, a := range test.request.Attributes[0].Attributes {
				for i, v := range a.Values {
					q.AddText(roleKey.Category, roleKey.ID, v.String())
					if i%2 == 0 {
						q.AddText(roleKey.Category, "other", v.String())
					}
				}
			}
			result = q.Evaluate(t.Context(), in)
			t.Logf("%s in %v, attribute by attribute", result.Decision, time.Since(start))
			if result.Decision != test.want {
				t.Errorf("got %s, want %s, attribute by attribute: %v", result.Decision.Extended(), test.want.Extended(), result.Status)
			}
		})
	}
}

// A regular expression that takes too long for a text fails, whatever the text
// begins with: the index must not take its rule for one that does not apply.
func TestIndex_ExpressionThatTakesTooLong(t *testing.T) {
	var rules []policy.Rule
	for i := range 20 {
		rules = append(rules, policy.Rule{ID: fmt.Sprintf("r%d", i), Effect: xacml.EffectDeny, Condition: &policy.Apply{
			Function: xacml.Function1 + "string-regexp-match",
			Arguments: []policy.Expression{
				&policy.Literal{Value: value.String(fmt.Sprintf("^bad%d(a{1,30}b{1,30}c{1,30}){1,9}$", i))},
				&policy.Apply{Function: xacml.Function1 + "string-one-and-only", Arguments: []policy.Expression{&policy.Designator{AttributeKey: roleKey}}},
			},
		}})
	}
	rules = append(rules, policy.Rule{ID: "otherwise", Effect: xacml.EffectPermit})
	c := crowdOf(1, func(int) *policy.Policy { return &policy.Policy{Rules: rules} })
	c.Documents[0].Root.(*policy.Policy).Algorithm = xacml.RuleAlgorithm3 + "deny-overrides"
	for _, length := range []int{10, 250, 260, 100_000} {
		c.Request = withRoles(false, value.String(strings.Repeat("x", length)))
		s := newSubject(function.All(), c, false)
		p := newPair(c, asGenerated)
		p.want = s.reference(p)
		t.Logf("%d characters: %s", length, p.want.Decision.Extended())
		if why := s.differs(p); why != "" {
			t.Errorf("%d characters: %s", length, why)
		}
		if length == 100_000 && !p.want.Decision.Indeterminate() {
			t.Errorf("the expression does not take too long: %s", p.want.Decision)
		}
	}
}

// A value that comes many times is several values: it is not the only one of its
// bag (A.3.10), and the index must not take it for that.
func TestIndex_OneValueManyTimes(t *testing.T) {
	c := crowdOf(30, func(i int) *policy.Policy {
		only := &policy.Apply{Function: xacml.Function1 + "string-one-and-only", Arguments: []policy.Expression{&policy.Designator{AttributeKey: roleKey}}}
		return &policy.Policy{Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit, Condition: &policy.Apply{
			Function: xacml.Function1 + "string-equal", Arguments: []policy.Expression{only, &policy.Literal{Value: value.String(fmt.Sprint(i))}},
		}}}}
	})
	for _, n := range []int{1, 2, 9, 20} {
		for _, role := range []string{"7", "none"} {
			c.Request = withRoles(false, roles(n, func(int) string { return role })...)
			s := newSubject(function.All(), c, false)
			p := newPair(c, asGenerated)
			p.want = s.reference(p)
			if why := s.differs(p); why != "" {
				t.Errorf("%d times %q: %s", n, role, why)
			}
			if want := n > 1; p.want.Decision.Indeterminate() != want {
				t.Errorf("%d times %q: got %s, Indeterminate: %t", n, role, p.want.Decision, want)
			}
		}
	}
}
