package multiple

import (
	"testing"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Multiple Decision profile, chapter 3, pitfall 43: extended values are one
// Indeterminate, as outside of the PDP.
func TestMultiple3_Combine(t *testing.T) {
	attributes := []xacml.Attributes{{Category: "c"}}
	result := func(d xacml.Decision) xacml.Result { return xacml.Result{Decision: d, Attributes: attributes} }
	obliged, advised := result(xacml.Permit), result(xacml.Permit)
	obliged.Obligations, advised.Advice = []xacml.Obligation{{ID: "o"}}, []xacml.Advice{{ID: "a"}}
	for _, tt := range []struct {
		name    string
		results []xacml.Result
		want    xacml.Decision
		code    string
	}{
		{"none", nil, xacml.IndeterminateDP, xacml.StatusProcessingError},
		{"one", []xacml.Result{result(xacml.Permit)}, xacml.Permit, xacml.StatusOK},
		{"equal", []xacml.Result{result(xacml.Deny), result(xacml.Deny)}, xacml.Deny, xacml.StatusOK},
		{"not applicable", []xacml.Result{result(xacml.NotApplicable), result(xacml.NotApplicable)}, xacml.NotApplicable, xacml.StatusOK},
		{"Indeterminate", []xacml.Result{result(xacml.IndeterminateP), result(xacml.IndeterminateD)}, xacml.IndeterminateP, xacml.StatusProcessingError},
		{"different", []xacml.Result{result(xacml.Permit), result(xacml.Deny)}, xacml.IndeterminateDP, xacml.StatusProcessingError},
		{"not applicable to one", []xacml.Result{result(xacml.Permit), result(xacml.NotApplicable)}, xacml.IndeterminateDP, xacml.StatusProcessingError},
		{"an obligation", []xacml.Result{result(xacml.Permit), obliged}, xacml.IndeterminateDP, xacml.StatusProcessingError},
		{"only an obligation", []xacml.Result{obliged}, xacml.IndeterminateDP, xacml.StatusProcessingError},
		{"advice", []xacml.Result{advised, result(xacml.Permit)}, xacml.IndeterminateDP, xacml.StatusProcessingError},
	} {
		got := Combine(tt.results)
		if got.Decision != tt.want || got.Status.Code != tt.code || got.Attributes != nil || got.Obligations != nil || got.Advice != nil {
			t.Errorf("%s: got %+v, want %s with %s and nothing else", tt.name, got, tt.want.Extended(), tt.code)
		}
	}
}
