package pdp_test

import (
	"context"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// An explanation is there whatever goes wrong, says what did, and has the result of Evaluate.
func TestExplain_WithoutATree(t *testing.T) {
	p := newPDP(t, pdp.Config{KeepModel: true}, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/>`+
		`<Rule RuleId="r" Effect="Permit"><on>subject role = x</on></Rule></Policy>`)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	calls := 0
	breaksLater := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
		if calls++; calls > 1 {
			panic("the second evaluation asks, too")
		}
		return value.NewBag(key.Type, value.String("x")), nil
	})
	repeated := &xacml.Request{Attributes: []xacml.Attributes{{Category: "c"}, {Category: "c"}}}
	for _, tt := range []struct {
		name     string
		ctx      context.Context
		request  *xacml.Request
		finder   pdp.Finder
		decision xacml.Decision
		note     string
	}{
		{"no request", t.Context(), nil, nil, xacml.NotApplicable, ""},
		{"several decisions", t.Context(), repeated, nil, xacml.IndeterminateDP, "does not ask for one decision"},
		{"no time", over, &xacml.Request{}, nil, xacml.IndeterminateDP, "the time was up"},
		{"a fault", t.Context(), &xacml.Request{}, breaksLater, xacml.Permit, "internal error"},
	} {
		result, d := p.Frozen().Explain(tt.ctx, tt.request, tt.finder, pdp.ExplainOptions{})
		if result.Decision != tt.decision || d.Decision != tt.decision.Extended() {
			t.Errorf("%s: got %s, explained as %s, want %s", tt.name, result.Decision.Extended(), d.Decision, tt.decision.Extended())
		}
		if notes := strings.Join(d.Notes, "\n"); tt.note != "" && (!strings.Contains(notes, tt.note) || d.Agreement != explanation.Unknown) {
			t.Errorf("%s: got notes %q and agreement %q, want %q and unknown", tt.name, notes, d.Agreement, tt.note)
		}
	}
}

// A query is decided by reduction where policies have issuers, and a fault in it is no decision.
func TestQuery_OtherWays(t *testing.T) {
	issued := newPDP(t, pdp.Config{Delegation: true}, `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>
		<Policy PolicyId="1" Version="1" RuleCombiningAlgId="r3:deny-overrides"><by>nobody</by><Target/><Rule RuleId="r" Effect="Permit"/></Policy></PolicySet>`)
	q := issued.NewQuery()
	defer q.Close()
	q.AddText(xacml.CategoryAccessSubject, "role", "x")
	checkResult(t, q.Evaluate(t.Context(), nil), xacml.NotApplicable, xacml.StatusOK, "")

	broken := queryPDP(t).NewQuery()
	defer broken.Close()
	got := broken.Evaluate(t.Context(), finderFunc(func(context.Context, xacml.AttributeKey) (value.Bag, error) { panic("a fault") }))
	checkResult(t, got, xacml.IndeterminateDP, xacml.StatusProcessingError, "internal error")
}
