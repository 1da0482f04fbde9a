package pdp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Policies that no reader makes, as a program might: what is missing in them is
// reported, and nothing panics.
func TestNew_IncompletePolicies(t *testing.T) {
	const algorithm = xacml.RuleAlgorithm3 + "deny-overrides"
	x := &policy.Literal{Value: value.String("x")}
	designator := &policy.Designator{AttributeKey: xacml.AttributeKey{Category: "c", ID: "a", Type: value.TypeString}}
	target := func(m policy.Match) policy.Target {
		return policy.Target{AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: []policy.Match{m}}}}}}
	}
	condition := func(e policy.Expression) *policy.Policy {
		return &policy.Policy{ID: "p", Version: "1", Algorithm: algorithm, Rules: []policy.Rule{{ID: "r", Condition: e}}}
	}
	for _, tt := range []struct {
		name string
		root policy.Child
		want string
	}{
		{"no root", nil, "a.xml: the document holds no policy"},
		{"no value in a literal", condition(&policy.Literal{}), "a value is missing"},
		{"no value in an argument", condition(&policy.Apply{Function: xacml.Function1 + "not", Arguments: []policy.Expression{&policy.Literal{}}}), "a value is missing"},
		{"no argument where there is one", condition(&policy.Apply{Function: xacml.Function1 + "not", Arguments: []policy.Expression{nil}}), "an expression is missing"},
		{"no expression in an assignment", &policy.Policy{ID: "p", Version: "1", Algorithm: algorithm, Obligations: []policy.ObligationExpression{
			{ID: "o", Assignments: []policy.AssignmentExpression{{AttributeID: "a"}}},
		}}, "an expression is missing"},
		{"no expression in a variable", &policy.Policy{ID: "p", Version: "1", Algorithm: algorithm, Variables: []policy.VariableDefinition{{ID: "v"}}}, "an expression is missing"},
		{"no literal in a match", &policy.Policy{ID: "p", Version: "1", Algorithm: algorithm, Target: target(policy.Match{Function: xacml.Function1 + "string-equal", Bag: designator})}, "a value is missing"},
		{"no bag in a match", &policy.Policy{ID: "p", Version: "1", Algorithm: algorithm, Target: target(policy.Match{Function: xacml.Function1 + "string-equal", Literal: x.Value})}, "an expression is missing"},
		{"no algorithm", &policy.Policy{ID: "p", Version: "1"}, `"" is not a rule-combining algorithm`},
		{"an invalid policy in a document", &policy.Invalid{Status: xacml.Status{Message: "not a policy"}}, "not a policy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := pdp.New(pdp.Config{}, []policy.Document{{Name: "a.xml", Root: tt.root}})
			if p != nil || len(problems) != 1 || !strings.Contains(problems.Error(), tt.want) {
				t.Errorf("got PDP %t, problems %v; want the one problem %q", p != nil, problems, tt.want)
			}
			p, problems = pdp.New(pdp.Config{Lenient: true}, []policy.Document{{Name: "a.xml", Root: tt.root}})
			if p == nil {
				t.Fatalf("a lenient PDP refuses: %v", problems)
			}
			if got := p.Evaluate(t.Context(), &xacml.Request{}, nil); got.Decision != xacml.IndeterminateDP || !strings.Contains(got.Status.Message, tt.want) {
				t.Errorf("got %s, status %q; want Indeterminate{DP} with %q (§7.19.1)", got.Decision.Extended(), got.Status.Message, tt.want)
			}
		})
	}
}

// Row 9: a circle of any length is found, however it is come upon.
func TestRow9_CirclesOfReferences(t *testing.T) {
	for _, n := range []int{1, 2, 3, 60, 1000} {
		var documents []string
		for i := range n {
			documents = append(documents, fmt.Sprintf(`<PolicySet PolicySetId="s%d" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/><PolicySetIdReference>s%d</PolicySetIdReference></PolicySet>`, i, (i+1)%n))
		}
		documents = append([]string{`<PolicySet PolicySetId="in" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/><PolicySetIdReference>s0</PolicySetIdReference></PolicySet>`}, documents...)
		p, problems := pdp.New(pdp.Config{}, read(t, documents...))
		if p != nil || !contains(problems.Errors(), policy.ReasonCycle) {
			t.Errorf("circle of %d: got PDP %t, problems %v; want a circle", n, p != nil, first(problems))
		}
		p, _ = pdp.New(pdp.Config{Lenient: true}, read(t, documents...))
		if got := p.Evaluate(t.Context(), &xacml.Request{}, nil); !got.Decision.Indeterminate() {
			t.Errorf("circle of %d: got %v, want Indeterminate (§7.15)", n, got.Decision)
		}
	}
}

// Row 9: policy sets may not be too deep, nested and by reference together.
func TestRow9_Depth(t *testing.T) {
	chain := func(n int) []policy.Document {
		var documents []string
		for i := range n {
			documents = append(documents, fmt.Sprintf(`<PolicySet PolicySetId="s%d" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/><PolicySetIdReference>s%d</PolicySetIdReference></PolicySet>`, i, i+1))
		}
		return read(t, append(documents, fmt.Sprintf(`<PolicySet PolicySetId="s%d" Version="1" PolicyCombiningAlgId="p3:deny-unless-permit"><Target/></PolicySet>`, n))...)
	}
	if p, problems := pdp.New(pdp.Config{}, chain(63)); p == nil {
		t.Errorf("64 levels are refused: %v", first(problems))
	} else if got := p.Evaluate(t.Context(), &xacml.Request{}, nil); got.Decision != xacml.Deny {
		t.Errorf("got %v, want Deny", got.Decision)
	}
	if p, problems := pdp.New(pdp.Config{}, chain(64)); p != nil || !contains(problems.Errors(), policy.ReasonDepth) {
		t.Errorf("65 levels: got PDP %t, problems %v; want too deep", p != nil, first(problems))
	}
}

// Row 9: nor nested alone, in documents that nobody read from XML.
func TestRow9_DepthWithoutReferences(t *testing.T) {
	nested := func(n int) []policy.Document {
		var child policy.Child
		for i := range n {
			s := &policy.PolicySet{ID: fmt.Sprint("s", i), Version: "1", Algorithm: xacml.PolicyAlgorithm3 + "deny-unless-permit"}
			if child != nil {
				s.Children = []policy.Child{child}
			}
			child = s
		}
		return []policy.Document{{Name: "a.xml", Root: child}}
	}
	if p, problems := pdp.New(pdp.Config{}, nested(64)); p == nil {
		t.Errorf("64 levels are refused: %v", first(problems))
	} else if got := p.Evaluate(t.Context(), &xacml.Request{}, nil); got.Decision != xacml.Deny {
		t.Errorf("got %v, want Deny", got.Decision)
	}
	if p, problems := pdp.New(pdp.Config{}, nested(65)); p != nil || !contains(problems.Errors(), policy.ReasonDepth) {
		t.Errorf("65 levels: got PDP %t, problems %v; want too deep", p != nil, first(problems))
	}
}

// Row 9: expressions may not be too deep, variables included.
func TestRow9_DepthOfExpressions(t *testing.T) {
	deep := func(n int) policy.Expression {
		var e policy.Expression = &policy.Literal{Value: value.Boolean(true)}
		for range n {
			e = &policy.Apply{Function: xacml.Function1 + "not", Arguments: []policy.Expression{e}}
		}
		return e
	}
	variables := func(n int) []policy.Document {
		p := &policy.Policy{ID: "p", Version: "1", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides"}
		for i := range n {
			p.Variables = append(p.Variables, policy.VariableDefinition{ID: fmt.Sprint(i), Expression: &policy.VariableReference{ID: fmt.Sprint(i + 1)}})
		}
		p.Variables = append(p.Variables, policy.VariableDefinition{ID: fmt.Sprint(n), Expression: &policy.Literal{Value: value.Boolean(true)}})
		p.Rules = []policy.Rule{{ID: "r", Effect: xacml.EffectPermit, Condition: &policy.VariableReference{ID: "0"}}}
		return []policy.Document{{Name: "a.xml", Root: p}}
	}
	reversed := func(n int) []policy.Document {
		ds := variables(n)
		vs := ds[0].Root.(*policy.Policy).Variables
		for i, j := 0, len(vs)-1; i < j; i, j = i+1, j-1 {
			vs[i], vs[j] = vs[j], vs[i]
		}
		return ds
	}
	condition := func(n int) []policy.Document {
		return []policy.Document{{Name: "a.xml", Root: &policy.Policy{
			ID: "p", Version: "1", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides",
			Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit, Condition: deep(n)}},
		}}}
	}
	for _, tt := range []struct {
		name      string
		documents []policy.Document
		ok        bool
	}{
		{"1024 applications", condition(1024), true},
		{"1025 applications", condition(1025), false},
		{"255 variables", variables(255), true},
		{"300 variables", variables(300), false},
		{"255 variables, the last one first", reversed(255), true},
		{"300 variables, the last one first", reversed(300), false},
	} {
		p, problems := pdp.New(pdp.Config{}, tt.documents)
		switch {
		case (p != nil) != tt.ok || p == nil && !contains(problems, policy.ReasonDepth):
			t.Errorf("%s: got PDP %t, problems %v; want it accepted: %t", tt.name, p != nil, first(problems), tt.ok)
		case p != nil:
			if got := p.Evaluate(t.Context(), &xacml.Request{}, nil); got.Decision != xacml.Permit {
				t.Errorf("%s: got %v, want Permit", tt.name, got.Decision)
			}
		}
	}
}

// Problems come in the order of files and places.
func TestNew_ProblemsAreOrdered(t *testing.T) {
	_, problems := pdp.New(pdp.Config{RootAlgorithm: "none"}, read(t,
		"<PolicySet PolicySetId=\"s\" Version=\"1\" PolicyCombiningAlgId=\"p3:none\"><Target/>\n<PolicyIdReference>x</PolicyIdReference><PolicyIdReference>y</PolicyIdReference></PolicySet>",
		`<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:none"><Target/></Policy>`))
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%s:%s", p.File, p.Position))
	}
	if diff := cmp.Diff([]string{"0.xml:1:1", "0.xml:2:1", "0.xml:2:41", "1.xml:1:1", "configuration:0:0"}, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func contains(problems policy.Problems, reason policy.Reason) bool {
	for _, p := range problems {
		if p.Reason == reason {
			return true
		}
	}
	return false
}

// first keeps failure messages short.
func first(problems policy.Problems) policy.Problems { return problems[:min(len(problems), 3)] }
