package pdp_test

import (
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

func queryPDP(t *testing.T) *pdp.PDP {
	t.Helper()
	return newPDP(t, pdp.Config{}, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/>`+
		`<Rule RuleId="r" Effect="Permit"><on>subject role = x</on></Rule></Policy>`)
}

// A query that is closed twice does not end the next one, which has its memory.
func TestQuery_CloseTwice(t *testing.T) {
	p := queryPDP(t)
	first := p.NewQuery()
	first.Close()
	second := p.NewQuery()
	second.AddText(xacml.CategoryAccessSubject, "role", "y")
	first.Close()
	third := p.NewQuery()
	third.AddText(xacml.CategoryAccessSubject, "role", "x")
	checkResult(t, second.Evaluate(t.Context(), nil), xacml.NotApplicable, xacml.StatusOK, "")
	checkResult(t, third.Evaluate(t.Context(), nil), xacml.Permit, xacml.StatusOK, "")
	second.Close()
	third.Close()
}

// A query is decided once.
func TestQuery_EvaluateTwice(t *testing.T) {
	q := queryPDP(t).NewQuery()
	defer q.Close()
	q.AddText(xacml.CategoryAccessSubject, "role", "x")
	checkResult(t, q.Evaluate(t.Context(), nil), xacml.Permit, xacml.StatusOK, "")
	checkResult(t, q.Evaluate(t.Context(), nil), xacml.IndeterminateDP, xacml.StatusProcessingError, "decided once")
}

// The request of a query has what was added, also after somebody asked for it,
// and outlives the query.
func TestQuery_Request(t *testing.T) {
	p := queryPDP(t)
	q := p.NewQuery()
	q.AddText(xacml.CategoryAccessSubject, "role", "a")
	before := q.Request()
	q.Add(xacml.CategoryAccessSubject, &xacml.Attribute{ID: "role", Values: []value.Value{value.String("x")}})
	q.ReturnPolicyIDs()
	after := q.Request()
	q.Close()
	other := p.NewQuery()
	other.AddText(xacml.CategoryResource, "id", "z")
	other.Close()
	if n := before.Size(); n != 1 {
		t.Errorf("the first request has %d values, want 1", n)
	}
	if n := after.Size(); n != 2 {
		t.Errorf("the second request has %d values, want 2", n)
	}
	checkResult(t, p.Evaluate(t.Context(), after, nil), xacml.Permit, xacml.StatusOK, "")
}
