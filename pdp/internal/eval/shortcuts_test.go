package eval_test

import (
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ofRole is a rule on a role, of an issuer or of any.
func ofRole(effect xacml.Effect, issuer string, mustBePresent bool, literals ...string) policy.Rule {
	key := roleKey
	key.Issuer = issuer
	target := equalTo(key, literals...)
	for i := range target.AnyOf[0].AllOf {
		target.AnyOf[0].AllOf[i].Matches[0].Bag = &policy.Designator{AttributeKey: key, MustBePresent: mustBePresent}
	}
	return policy.Rule{ID: string(rune('a' + len(literals))), Effect: effect, Target: &target}
}

// startsWith is a rule on what the only role begins with.
func startsWith(effect xacml.Effect, prefix string) policy.Rule {
	return policy.Rule{ID: prefix, Effect: effect, Condition: &policy.Apply{
		Function: xacml.Function3 + "string-starts-with",
		Arguments: []policy.Expression{
			&policy.Literal{Value: value.String(prefix)},
			&policy.Apply{Function: xacml.Function1 + "string-one-and-only", Arguments: []policy.Expression{&policy.Designator{AttributeKey: roleKey}}},
		},
	}}
}

// impossible is a rule whose condition fails whatever the request is.
func impossible(effect xacml.Effect) policy.Rule {
	return policy.Rule{ID: "impossible", Effect: effect, Condition: &policy.Apply{
		Function:  xacml.Function1 + "boolean-one-and-only",
		Arguments: []policy.Expression{&policy.Apply{Function: xacml.Function1 + "boolean-bag"}},
	}}
}

// What the engine finds out without evaluating, it finds out rightly where that is
// easily got wrong: each of these cases is one in which leaving out a rule, or taking
// a value for that of another attribute, gives a Permit. The reference evaluator says
// what is right.
func TestShortCuts_GiveNoPermit(t *testing.T) {
	role := func(issuer string, values ...string) *xacml.Request {
		a := xacml.Attribute{ID: roleKey.ID, Issuer: issuer}
		for _, v := range values {
			a.Values = append(a.Values, value.String(v))
		}
		return &xacml.Request{Attributes: []xacml.Attributes{{Category: roleKey.Category, Attributes: []xacml.Attribute{a}}}}
	}
	always := policy.Rule{ID: "always", Effect: xacml.EffectPermit}
	fails := []generate.Name{{Category: roleKey.Category, ID: roleKey.ID}}
	denied := []policy.Rule{
		ofRole(xacml.EffectDeny, "", false, "blocked"), ofRole(xacml.EffectDeny, "", false, "gone", "left"), always,
	}
	beginnings := []policy.Rule{startsWith(xacml.EffectDeny, "\u00e9x"), startsWith(xacml.EffectDeny, "y"), startsWith(xacml.EffectDeny, "z"), always}
	tests := []struct {
		name    string
		rules   []policy.Rule
		request *xacml.Request
		failing []generate.Name
		want    xacml.Decision
	}{
		{"a sieve on what nobody knows", denied, &xacml.Request{}, fails, xacml.IndeterminateDP},
		{"a sieve on a value", denied, role("", "gone"), nil, xacml.Deny},
		{"another issuer", []policy.Rule{ofRole(xacml.EffectPermit, "register", false, "boss")}, role("", "boss"), nil, xacml.NotApplicable},
		{"the issuer", []policy.Rule{ofRole(xacml.EffectPermit, "register", false, "boss")}, role("register", "boss"), nil, xacml.Permit},
		{"a bag that must not be empty, after it was seen to be", []policy.Rule{
			ofRole(xacml.EffectDeny, "", false, "blocked"), ofRole(xacml.EffectDeny, "", true, "gone", "left"), always,
		}, &xacml.Request{}, nil, xacml.IndeterminateDP},
		{"a beginning that is written otherwise", beginnings, role("", "e\u0301xtra"), nil, xacml.Deny},
		{"a beginning as it is written", beginnings, role("", "\u00e9xtra"), nil, xacml.Deny},
		{"an error among constants", []policy.Rule{impossible(xacml.EffectDeny), always}, &xacml.Request{}, nil, xacml.IndeterminateDP},
		{"another beginning", beginnings, role("", "extra"), nil, xacml.Permit},
	}
	library := function.Standard()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &generate.Case{
				RootAlgorithm: xacml.PolicyAlgorithm3 + "deny-overrides", Request: tt.request, Failing: tt.failing,
				Documents: []policy.Document{{Name: "p.xml", Root: &policy.Policy{
					ID: "urn:p", Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", Rules: slices.Clone(tt.rules),
				}}},
			}
			s := newSubject(library, c, false)
			if s == nil {
				t.Fatal("the policies are refused")
			}
			for _, from := range []supplied{asGenerated, allInRequest, allFound} {
				p := newPair(c, from)
				if p.want = s.reference(p); p.want.Decision != tt.want {
					t.Errorf("the reference evaluator: got %s, want %s", p.want.Decision.Extended(), tt.want.Extended())
				}
				if why := s.differs(p); why != "" {
					t.Errorf("attributes supplied in way %d: %s", from, why)
				}
				if why := s.again(p, true); why != "" {
					t.Errorf("attribute by attribute, supplied in way %d: %s", from, why)
				}
			}
		})
	}
}
