package pdp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// The tables of this file are those of appendix C and chapter 7 for two
// children, read row first. They go through documents and the whole engine:
// package combine tests the algorithms by themselves.
const (
	denyOverrides = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  Permit  Deny    Permit  Permit  I{DP}   I{DP}
	Deny    Deny    Deny    Deny    Deny    Deny    Deny
	NA      Permit  Deny    NA      I{P}    I{D}    I{DP}
	I{P}    Permit  Deny    I{P}    I{P}    I{DP}   I{DP}
	I{D}    I{DP}   Deny    I{D}    I{DP}   I{D}    I{DP}
	I{DP}   I{DP}   Deny    I{DP}   I{DP}   I{DP}   I{DP}`
	permitOverrides = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  Permit  Permit  Permit  Permit  Permit  Permit
	Deny    Permit  Deny    Deny    I{DP}   Deny    I{DP}
	NA      Permit  Deny    NA      I{P}    I{D}    I{DP}
	I{P}    Permit  I{DP}   I{P}    I{P}    I{DP}   I{DP}
	I{D}    Permit  Deny    I{D}    I{DP}   I{D}    I{DP}
	I{DP}   Permit  I{DP}   I{DP}   I{DP}   I{DP}   I{DP}`
	denyUnlessPermit = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  Permit  Permit  Permit  Permit  Permit  Permit
	Deny    Permit  Deny    Deny    Deny    Deny    Deny
	NA      Permit  Deny    Deny    Deny    Deny    Deny
	I{P}    Permit  Deny    Deny    Deny    Deny    Deny
	I{D}    Permit  Deny    Deny    Deny    Deny    Deny
	I{DP}   Permit  Deny    Deny    Deny    Deny    Deny`
	permitUnlessDeny = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  Permit  Deny    Permit  Permit  Permit  Permit
	Deny    Deny    Deny    Deny    Deny    Deny    Deny
	NA      Permit  Deny    Permit  Permit  Permit  Permit
	I{P}    Permit  Deny    Permit  Permit  Permit  Permit
	I{D}    Permit  Deny    Permit  Permit  Permit  Permit
	I{DP}   Permit  Deny    Permit  Permit  Permit  Permit`
	// The Indeterminate of a child loses its extended value (C.1).
	firstApplicable = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  Permit  Permit  Permit  Permit  Permit  Permit
	Deny    Deny    Deny    Deny    Deny    Deny    Deny
	NA      Permit  Deny    NA      I{DP}   I{DP}   I{DP}
	I{P}    I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}
	I{D}    I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}
	I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}`
	// The targets of both children are empty, so more than one is applicable.
	onlyOneApplicable = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}
	Deny    I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}
	NA      I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}
	I{P}    I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}
	I{D}    I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}
	I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}`
	onPermitApplySecond = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  Permit  Deny    NA      I{P}    I{D}    I{DP}
	Deny    NA      NA      NA      NA      NA      NA
	NA      NA      NA      NA      NA      NA      NA
	I{P}    I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}
	I{D}    NA      NA      NA      NA      NA      NA
	I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}   I{DP}`

	// Algorithms that know one Indeterminate only give I{DP} (C.1).
	legacyDenyOverridesRules = `
	        Permit  Deny    NA      I{P}    I{D}
	Permit  Permit  Deny    Permit  Permit  I{DP}
	Deny    Deny    Deny    Deny    Deny    Deny
	NA      Permit  Deny    NA      I{DP}   I{DP}
	I{P}    Permit  Deny    I{DP}   I{DP}   I{DP}
	I{D}    I{DP}   Deny    I{DP}   I{DP}   I{DP}`
	legacyPermitOverridesRules = `
	        Permit  Deny    NA      I{P}    I{D}
	Permit  Permit  Permit  Permit  Permit  Permit
	Deny    Permit  Deny    Deny    I{DP}   Deny
	NA      Permit  Deny    NA      I{DP}   I{DP}
	I{P}    Permit  I{DP}   I{DP}   I{DP}   I{DP}
	I{D}    Permit  Deny    I{DP}   I{DP}   I{DP}`
	legacyDenyOverridesPolicies = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  Permit  Deny    Permit  Deny    Deny    Deny
	Deny    Deny    Deny    Deny    Deny    Deny    Deny
	NA      Permit  Deny    NA      Deny    Deny    Deny
	I{P}    Deny    Deny    Deny    Deny    Deny    Deny
	I{D}    Deny    Deny    Deny    Deny    Deny    Deny
	I{DP}   Deny    Deny    Deny    Deny    Deny    Deny`
	legacyPermitOverridesPolicies = `
	        Permit  Deny    NA      I{P}    I{D}    I{DP}
	Permit  Permit  Permit  Permit  Permit  Permit  Permit
	Deny    Permit  Deny    Deny    Deny    Deny    Deny
	NA      Permit  Deny    NA      I{DP}   I{DP}   I{DP}
	I{P}    Permit  Deny    I{DP}   I{DP}   I{DP}   I{DP}
	I{D}    Permit  Deny    I{DP}   I{DP}   I{DP}   I{DP}
	I{DP}   Permit  Deny    I{DP}   I{DP}   I{DP}   I{DP}`
)

// cell is one field of a table of two children.
type cell struct{ first, second, want string }

func cells(t *testing.T, table string) []cell {
	t.Helper()
	var out []cell
	var columns []string
	for line := range strings.Lines(strings.TrimSpace(table)) {
		fields := strings.Fields(line)
		if columns == nil {
			columns = fields
			continue
		}
		if len(fields) != len(columns)+1 {
			t.Fatalf("table row %q: want %d fields", line, len(columns)+1)
		}
		for i, want := range fields[1:] {
			out = append(out, cell{fields[0], columns[i], want})
		}
	}
	return out
}

// failing is a condition that is Indeterminate.
const failing = `<Condition><Apply FunctionId="f1:boolean-one-and-only"><Apply FunctionId="f1:boolean-bag"/></Apply></Condition>`

// ruleWith is a rule with this value.
func ruleWith(id, value string) string {
	switch value {
	case "NA":
		return fmt.Sprintf(`<Rule RuleId="%s" Effect="Permit"><Condition><boolean>false</boolean></Condition></Rule>`, id)
	case "I{P}":
		return fmt.Sprintf(`<Rule RuleId="%s" Effect="Permit">%s</Rule>`, id, failing)
	case "I{D}":
		return fmt.Sprintf(`<Rule RuleId="%s" Effect="Deny">%s</Rule>`, id, failing)
	default:
		return fmt.Sprintf(`<Rule RuleId="%s" Effect="%s"/>`, id, value)
	}
}

// policyWith is a policy with an empty target and this value.
func policyWith(id, value string) string {
	rules := ruleWith("r", value)
	if value == "I{DP}" {
		rules = ruleWith("p", "I{P}") + ruleWith("d", "I{D}")
	}
	return fmt.Sprintf(`<Policy PolicyId="%s" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/>%s</Policy>`, id, rules)
}

// decide gives the decision on an empty request by this document, with the
// extended value, as the tables write it.
func decide(t *testing.T, document string) string {
	t.Helper()
	d, problems := xacmlxml.ReadPolicy("test.xml", []byte(expand(document)), xacmlxml.DefaultLimits())
	var p *pdp.PDP
	if len(problems) == 0 {
		p, problems = pdp.New(pdp.Config{}, []policy.Document{d})
	}
	if len(problems.Errors()) > 0 {
		t.Fatalf("got %v, want no problems; policy:\n%s", problems, document)
	}
	result := p.Evaluate(t.Context(), &xacml.Request{}, nil)
	if result.Decision.Indeterminate() != (result.Status.Code != xacml.StatusOK) {
		t.Errorf("got %v with status %q; policy:\n%s", result.Decision.Extended(), result.Status.Code, document)
	}
	return strings.NewReplacer("Indeterminate", "I", "NotApplicable", "NA").Replace(result.Decision.Extended())
}

func TestC_PairTablesOfPolicySets(t *testing.T) {
	for _, tt := range []struct{ algorithm, table string }{
		{"p3:deny-overrides", denyOverrides},
		{"p3:ordered-deny-overrides", denyOverrides},
		{"p3:permit-overrides", permitOverrides},
		{"p3:ordered-permit-overrides", permitOverrides},
		{"p3:deny-unless-permit", denyUnlessPermit},
		{"p3:permit-unless-deny", permitUnlessDeny},
		{"p1:first-applicable", firstApplicable},
		{"p1:only-one-applicable", onlyOneApplicable},
		{"p1:deny-overrides", legacyDenyOverridesPolicies},
		{"p11:ordered-deny-overrides", legacyDenyOverridesPolicies},
		{"p1:permit-overrides", legacyPermitOverridesPolicies},
		{"p11:ordered-permit-overrides", legacyPermitOverridesPolicies},
		{"p3:on-permit-apply-second", onPermitApplySecond},
	} {
		for _, c := range cells(t, tt.table) {
			document := fmt.Sprintf(`<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="%s"><Target/>%s%s</PolicySet>`,
				tt.algorithm, policyWith("first", c.first), policyWith("second", c.second))
			if got := decide(t, document); got != c.want {
				t.Errorf("%s of %s and %s: got %s, want %s", tt.algorithm, c.first, c.second, got, c.want)
			}
		}
	}
}

func TestC_PairTablesOfPolicies(t *testing.T) {
	for _, tt := range []struct{ algorithm, table string }{
		{"r3:deny-overrides", denyOverrides},
		{"r3:ordered-deny-overrides", denyOverrides},
		{"r3:permit-overrides", permitOverrides},
		{"r3:ordered-permit-overrides", permitOverrides},
		{"r3:deny-unless-permit", denyUnlessPermit},
		{"r3:permit-unless-deny", permitUnlessDeny},
		{"r1:first-applicable", firstApplicable},
		{"r1:deny-overrides", legacyDenyOverridesRules},
		{"r11:ordered-deny-overrides", legacyDenyOverridesRules},
		{"r1:permit-overrides", legacyPermitOverridesRules},
		{"r11:ordered-permit-overrides", legacyPermitOverridesRules},
	} {
		for _, c := range cells(t, tt.table) {
			if c.first == "I{DP}" || c.second == "I{DP}" {
				continue // no rule has this value
			}
			document := fmt.Sprintf(`<Policy PolicyId="p" Version="1" RuleCombiningAlgId="%s"><Target/>%s%s</Policy>`,
				tt.algorithm, ruleWith("first", c.first), ruleWith("second", c.second))
			if got := decide(t, document); got != c.want {
				t.Errorf("%s of %s and %s: got %s, want %s", tt.algorithm, c.first, c.second, got, c.want)
			}
		}
	}
}

// §7.14, table 7: what the algorithm gives decides what an Indeterminate target
// makes of it. Both algorithms around pass the value of an only child on.
func TestS7_14_Table7OfPoliciesAndPolicySets(t *testing.T) {
	const target = `<Target><AnyOf><AllOf><Match MatchId="f1:string-equal"><string>x</string><must>subject a string</must></Match></AllOf></AnyOf></Target>`
	for value, want := range map[string]string{
		"Permit": "I{P}", "Deny": "I{D}", "NA": "NA", "I{P}": "I{P}", "I{D}": "I{D}", "I{DP}": "I{DP}",
	} {
		child := strings.Replace(policyWith("p", value), "<Target/>", target, 1)
		set := fmt.Sprintf(`<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides">%s%s</PolicySet>`, target, policyWith("p", value))
		around := fmt.Sprintf(`<PolicySet PolicySetId="t" Version="1" PolicyCombiningAlgId="p3:permit-overrides">%s%s</PolicySet>`, target, set)
		for what, document := range map[string]string{"policy": child, "policy set": set, "policy set in a policy set": around} {
			if got := decide(t, document); got != want {
				t.Errorf("%s of %s with an Indeterminate target: got %s, want %s", what, value, got, want)
			}
		}
	}
}

// §7.13, 7.14: extended values go through two levels, and what they are made of
// there decides; the same children in one level and in two agree, because the
// algorithm is associative.
func TestC_ExtendedIndeterminateThroughTwoLevels(t *testing.T) {
	values := []string{"Permit", "Deny", "NA", "I{P}", "I{D}", "I{DP}"}
	for _, algorithm := range []string{"p3:deny-overrides", "p3:permit-overrides"} {
		set := func(id, children string) string {
			return fmt.Sprintf(`<PolicySet PolicySetId="%s" Version="1" PolicyCombiningAlgId="%s"><Target/>%s</PolicySet>`, id, algorithm, children)
		}
		for _, a := range values {
			for _, b := range values {
				for _, c := range values {
					flat := decide(t, set("s", policyWith("a", a)+policyWith("b", b)+policyWith("c", c)))
					left := decide(t, set("s", set("inner", policyWith("a", a)+policyWith("b", b))+policyWith("c", c)))
					right := decide(t, set("s", policyWith("a", a)+set("inner", policyWith("b", b)+policyWith("c", c))))
					if left != flat || right != flat {
						t.Errorf("%s of %s, %s, %s: got %s with the first two in a set and %s with the last two, want %s", algorithm, a, b, c, left, right, flat)
					}
				}
			}
		}
	}
}
