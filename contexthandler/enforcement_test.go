package contexthandler

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// obligation writes an obligation whose assignments are category=value.
func obligation(id string, assignments ...[2]string) xacml.Obligation {
	o := xacml.Obligation{ID: id}
	for _, a := range assignments {
		o.Assignments = append(o.Assignments, xacml.AttributeAssignment{AttributeID: "level", Category: a[0], Value: value.String(a[1])})
	}
	return o
}

// 7.2: access is granted only if every obligation is carried out; those about the
// level of authentication are compared here.
func TestEnforcement(t *testing.T) {
	rules := EnforcementRules{Level: "level", Levels: []LevelRule{{Category: "min"}, {Category: "min-org", If: "org"}}}
	permit := func(obligations ...xacml.Obligation) []xacml.Result {
		return []xacml.Result{{Decision: xacml.Permit, Obligations: obligations}}
	}
	ask := func(level string) xacml.Obligation { return obligation("o", [2]string{"min", level}) }
	askOrg := func(level string) xacml.Obligation { return obligation("o", [2]string{"min-org", level}) }
	for _, tt := range []struct {
		name    string
		results []xacml.Result
		request *xacml.Request
		want    Enforcement
	}{
		{"permit without obligations", permit(), request("s.user=1"), Enforcement{Granted: true}},
		{"deny", []xacml.Result{{Decision: xacml.Deny}}, request("s.level=4"), Enforcement{}},
		{"not applicable", []xacml.Result{{Decision: xacml.NotApplicable}}, request("s.level=4"), Enforcement{}},
		{"indeterminate", []xacml.Result{{Decision: xacml.IndeterminateP}}, request("s.level=4"), Enforcement{}},
		{"no result", nil, request("s.level=4"), Enforcement{}},
		{"two permits", append(permit(), permit()...), request("s.level=4"), Enforcement{}},
		{"level met", permit(ask("2")), request("s.level=2"), Enforcement{Granted: true}},
		{"level too low", permit(ask("3")), request("s.level=2"), Enforcement{RequiredLevel: 3}},
		{"no level", permit(ask("2")), request("s.user=1"), Enforcement{}},
		{"level 0 needs none", permit(ask("0")), request("s.user=1"), Enforcement{Granted: true}},
		{"the highest counts", permit(ask("2"), ask("4")), request("s.level=2"), Enforcement{RequiredLevel: 4}},
		{"the highest counts, in any order", permit(ask("4"), ask("2")), request("s.level=2"), Enforcement{RequiredLevel: 4}},
		{"organisation by its own level", permit(ask("4"), askOrg("2")), request("s.level=2", "s.org=ttd"), Enforcement{Granted: true}},
		{"organisation by the general level", permit(ask("2"), askOrg("4")), request("s.level=2", "s.org=ttd"), Enforcement{Granted: true}},
		{"organisation below both", permit(ask("4"), askOrg("3")), request("s.level=2", "s.org=ttd"), Enforcement{RequiredLevel: 3}},
		{"a person is no organisation", permit(ask("4"), askOrg("2")), request("s.level=2"), Enforcement{RequiredLevel: 4}},
		{"asked of organisations only", permit(askOrg("4")), request("s.level=1"), Enforcement{Granted: true}},
		{"the least of several levels is the subject's", permit(ask("3")), request("s.level=4", "s.level=2"), Enforcement{RequiredLevel: 3}},
		{"a level that is none", permit(ask("3")), request("s.level=high"), Enforcement{}},
		{"a negative level", permit(ask("3")), request("s.level=-4"), Enforcement{}},
		{"an unreadable obligation", permit(ask("2"), ask("many")), request("s.level=4"), Enforcement{}},
		{"a huge obligation", permit(ask("99999999999999999999")), request("s.level=4"), Enforcement{}},
		{"another obligation is the caller's", permit(obligation("log"), ask("2")), request("s.level=2"), Enforcement{Granted: true, Open: []int{0}}},
		{"half of an obligation is not understood", permit(obligation("o", [2]string{"min", "2"}, [2]string{"other", "x"})), request("s.level=2"), Enforcement{Granted: true, Open: []int{0}}},
		{"two subjects, of whom nobody knows which one is an organisation", permit(askOrg("4")), &xacml.Request{Attributes: append(request("s.level=1", "s.org=ttd").Attributes, request("s.user=1").Attributes...)}, Enforcement{}},
		{"two subjects", permit(ask("2")), &xacml.Request{Attributes: append(request("s.level=4").Attributes, request("s.level=4").Attributes...)}, Enforcement{}},
	} {
		if diff := cmp.Diff(&tt.want, rules.check(tt.results, tt.request)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
}

// Two rules about one category both hold: the one that always applies asks a person for
// the level.
func TestEnforcement_TwoRulesAboutOneCategory(t *testing.T) {
	rules := EnforcementRules{Level: "level", Levels: []LevelRule{{Category: "min", If: "org"}, {Category: "min"}}}
	permit := []xacml.Result{{Decision: xacml.Permit, Obligations: []xacml.Obligation{obligation("o", [2]string{"min", "3"})}}}
	for _, r := range []*xacml.Request{request("s.level=2"), request("s.level=2", "s.org=ttd")} {
		if diff := cmp.Diff(&Enforcement{RequiredLevel: 3}, rules.check(permit, r)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// A rule that nobody configured knows of no levels: every obligation is the caller's.
func TestEnforcement_WithoutRules(t *testing.T) {
	var rules EnforcementRules
	got := rules.check([]xacml.Result{{Decision: xacml.Permit, Obligations: []xacml.Obligation{obligation("o", [2]string{"min", "4"})}}}, request("s.level=4"))
	if diff := cmp.Diff(&Enforcement{Granted: true, Open: []int{0}}, got); diff != "" {
		t.Error(diff)
	}
}

// The level is that of the subject whose decision it is, not of another one in the
// request (Multiple Decision profile, 2.4).
func TestEnforcement_OfTheSubjectThatIsReferredTo(t *testing.T) {
	s := snapshot(t, `<Rule RuleId="all" Effect="Permit"><ObligationExpressions><ObligationExpression ObligationId="o" FulfillOn="Permit">`+
		`<AttributeAssignmentExpression AttributeId="level" Category="min-org"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">4</AttributeValue>`+
		`</AttributeAssignmentExpression></ObligationExpression></ObligationExpressions></Rule>`)
	r := &xacml.Request{Attributes: append(request("s.level=1", "s.org=ttd").Attributes, request("s.user=1").Attributes...)}
	r.Attributes[0].ID, r.Attributes[1].ID, r.References = "organisation", "person", [][]string{{"organisation"}}
	h := New(Config{Enforce: EnforcementRules{Level: "level", Levels: []LevelRule{{Category: "min-org", If: "org"}}}})
	answer, err := h.Decide(t.Context(), s, Call{Request: r, Enforce: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Enforcement{RequiredLevel: 4}, answer.Enforcement); diff != "" {
		t.Error(diff)
	}
}
