package conformance

import (
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// permit is a result with something of everything that is compared.
func permit() xacml.Result {
	integer := func(n int64) xacml.AttributeAssignment {
		return xacml.AttributeAssignment{AttributeID: "n", Category: "c", Issuer: "i", Value: value.NewInteger(n)}
	}
	return xacml.Result{
		Decision:    xacml.Permit,
		Status:      xacml.Status{Code: xacml.StatusOK},
		Obligations: []xacml.Obligation{{ID: "a", Assignments: []xacml.AttributeAssignment{integer(1), integer(2)}}, {ID: "b"}},
		Advice:      []xacml.Obligation{{ID: "c"}},
		Attributes: []xacml.Attributes{{Category: "c", Attributes: []xacml.Attribute{
			{ID: "time", Values: []value.Value{value.String("now")}}, {ID: "x", Issuer: "i", Values: []value.Value{value.String("1"), value.String("2")}},
		}}},
		PolicyIDs: []xacml.PolicyIdentifier{{ID: "p", Version: "1.0"}, {ID: "s", PolicySet: true}},
	}
}

func responses(results ...xacml.Result) *xacml.Response { return &xacml.Response{Results: results} }

// changed is permit with a change.
func changed(change func(*xacml.Result)) xacml.Result {
	r := permit()
	change(&r)
	return r
}

func indeterminate(code string) xacml.Result {
	return xacml.Result{Decision: xacml.IndeterminateD, Status: xacml.Status{Code: code}}
}

// A comparison that overlooks a difference would let cases pass.
func TestCompare_Differences(t *testing.T) {
	for _, tt := range []struct {
		name    string
		compare Compare
		got     *xacml.Response
		want    *xacml.Response
		why     string // part of it; empty if they are the same
	}{
		{"the same", Compare{}, responses(permit()), responses(permit()), ""},
		{"number of results", Compare{}, responses(permit()), responses(permit(), permit()), "got 1 results, want 2"},
		{"results in another order", Compare{}, responses(permit(), indeterminate(xacml.StatusOK)), responses(indeterminate(xacml.StatusOK), permit()), ""},
		{"one result twice", Compare{}, responses(permit(), indeterminate(xacml.StatusOK)), responses(permit(), permit()), "result 2: got Indeterminate"},
		{"decision", Compare{}, responses(changed(func(r *xacml.Result) { r.Decision = xacml.Deny })), responses(permit()), "got Deny"},
		{"extended value", Compare{}, responses(xacml.Result{Decision: xacml.IndeterminateP}), responses(xacml.Result{Decision: xacml.IndeterminateDP}), ""},
		{"status code", Compare{}, responses(indeterminate(xacml.StatusSyntaxError)), responses(indeterminate(xacml.StatusProcessingError)), "got status"},
		{"no status is ok", Compare{}, responses(indeterminate("")), responses(indeterminate(xacml.StatusOK)), ""},
		{"status is ignored", Compare{IgnoreStatus: true}, responses(indeterminate(xacml.StatusSyntaxError)), responses(indeterminate(xacml.StatusProcessingError)), ""},
		{"one of the status codes", Compare{StatusCodeAnyOf: []string{xacml.StatusSyntaxError}}, responses(indeterminate(xacml.StatusSyntaxError)), responses(indeterminate(xacml.StatusProcessingError)), ""},
		{"none of the status codes", Compare{StatusCodeAnyOf: []string{xacml.StatusOK}}, responses(indeterminate(xacml.StatusSyntaxError)), responses(indeterminate(xacml.StatusSyntaxError)), "got status"},
		{"one of the decisions", Compare{DecisionAnyOf: []string{"Permit", "Deny"}}, responses(xacml.Result{Decision: xacml.Deny}), responses(permit()), ""},
		{"none of the decisions", Compare{DecisionAnyOf: []string{"Deny"}}, responses(permit()), responses(permit()), "want one of [Deny]"},
		{"the decision only", Compare{DecisionOnly: true}, responses(xacml.Result{Decision: xacml.Permit}), responses(permit()), ""},

		{"obligations in another order", Compare{}, responses(changed(func(r *xacml.Result) {
			r.Obligations[0], r.Obligations[1] = r.Obligations[1], r.Obligations[0]
		})), responses(permit()), ""},
		{"a missing obligation", Compare{}, responses(changed(func(r *xacml.Result) { r.Obligations = r.Obligations[:1] })), responses(permit()), "got obligations"},
		{"another assignment", Compare{}, responses(changed(func(r *xacml.Result) { r.Obligations[0].Assignments[0].Value = value.NewInteger(2) })), responses(permit()), "got obligations"},
		{"an assignment of another type", Compare{}, responses(changed(func(r *xacml.Result) { r.Obligations[0].Assignments[0].Value = value.String("1") })), responses(permit()), "got obligations"},
		{"another advice", Compare{}, responses(changed(func(r *xacml.Result) { r.Advice[0].ID = "d" })), responses(permit()), "got advice"},
		{"a missing attribute", Compare{}, responses(changed(func(r *xacml.Result) { r.Attributes = nil })), responses(permit()), "got attributes"},
		{"another value", Compare{}, responses(changed(func(r *xacml.Result) { r.Attributes[0].Attributes[0].Values[0] = value.String("then") })), responses(permit()), "got attributes"},
		{"another value that is ignored", Compare{IgnoreAttributeValues: []string{"time"}}, responses(changed(func(r *xacml.Result) {
			r.Attributes[0].Attributes[0].Values[0] = value.String("then")
		})), responses(permit()), ""},

		{"a missing policy", Compare{}, responses(changed(func(r *xacml.Result) { r.PolicyIDs = r.PolicyIDs[:1] })), responses(permit()), "got policies"},
		{"another version", Compare{}, responses(changed(func(r *xacml.Result) { r.PolicyIDs[0].Version = "1.1" })), responses(permit()), "got policies"},
		{"a version that nobody asks for", Compare{}, responses(changed(func(r *xacml.Result) { r.PolicyIDs[1].Version = "1.1" })), responses(permit()), ""},
		{"policies are ignored", Compare{PolicyIdentifierList: "ignore"}, responses(changed(func(r *xacml.Result) { r.PolicyIDs = nil })), responses(permit()), ""},
		{"policies that must and may be", policies([]any{"p"}, []any{"s", "t"}), responses(permit()), responses(permit()), ""},
		{"a policy that must be", policies([]any{"q"}, nil), responses(permit()), responses(permit()), `policy "q" is not in the list`},
		{"a policy that may not be", policies([]any{"p"}, nil), responses(permit()), responses(permit()), `policy "s" must not be in the list`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.compare.Responses(tt.got, tt.want)
			if (got == "") != (tt.why == "") || !strings.Contains(got, tt.why) {
				t.Errorf("got %q, want %q", got, tt.why)
			}
		})
	}
}

func policies(must, may []any) Compare {
	return Compare{PolicyIdentifierList: map[string]any{"must": must, "may": may}}
}
