package eval_test

import (
	"testing"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Values of one attribute come one by one, as text and in attributes, in any
// order: all of them count (§7.3.3).
func TestQuery_TextAndAttributes(t *testing.T) {
	c := crowdOf(1, func(int) *policy.Policy {
		return &policy.Policy{Target: equalTo(roleKey, "admin"), Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit}}}
	})
	program := policies(function.All(), c, eval.Options{}, false).Program
	attribute := func(values ...value.Value) func(*eval.Query) {
		return func(q *eval.Query) {
			q.Add(roleKey.Category, &xacml.Attribute{ID: roleKey.ID, Issuer: "me", Values: values})
		}
	}
	text := func(text string) func(*eval.Query) {
		return func(q *eval.Query) { q.AddText(roleKey.Category, roleKey.ID, text) }
	}
	other := func(q *eval.Query) { q.AddText(roleKey.Category, "other", "x") }
	for _, test := range []struct {
		name string
		add  []func(*eval.Query)
		want xacml.Decision
	}{
		{"text", []func(*eval.Query){text("admin")}, xacml.Permit},
		{"text after text", []func(*eval.Query){text("a"), text("admin")}, xacml.Permit},
		{"text after text of others", []func(*eval.Query){text("admin"), other, text("a"), other, text("b")}, xacml.Permit},
		{"text after an attribute", []func(*eval.Query){attribute(value.String("a")), text("admin")}, xacml.Permit},
		{"an attribute after text", []func(*eval.Query){text("a"), attribute(value.String("admin"))}, xacml.Permit},
		{"an attribute after an attribute", []func(*eval.Query){attribute(value.String("a")), attribute(value.String("admin"))}, xacml.Permit},
		{"attributes of two types", []func(*eval.Query){attribute(value.Boolean(true), value.String("a")), attribute(value.Boolean(true)), text("admin")}, xacml.Permit},
		{"none of them", []func(*eval.Query){attribute(value.String("a")), text("b"), attribute(value.AnyURI("admin"))}, xacml.NotApplicable},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := eval.NewQuery(program)
			defer q.Close(q.Turn())
			for _, add := range test.add {
				add(q)
			}
			if got := q.Evaluate(t.Context(), (&pair{request: &xacml.Request{}, finder: knownText{}}).input()); got.Decision != test.want {
				t.Errorf("got %s, want %s", got.Decision, test.want)
			}
		})
	}
}
