package pdp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The Related and Nested Entities profile, where scenarios cannot show it; the
// others are testdata/profile-entities-*.txtar.

const (
	stringID = `<anyURI>http://www.w3.org/2001/XMLSchema#string</anyURI>`
	is       = `<Apply FunctionId="f1:string-equal"><VariableReference VariableId="%s"/><string>no</string></Apply>`
)

// uris is n URIs that differ.
func uris(n int) []value.Value {
	values := make([]value.Value, n)
	for i := range values {
		values[i] = value.AnyURI(fmt.Sprint("urn:", i))
	}
	return values
}

// Quantified expressions and what they look for are paid for: neither small
// policies nor large requests keep an evaluation running.
func TestEntities_Budget(t *testing.T) {
	large := make([]xacml.Attribute, 3000)
	for i := range large {
		large[i] = xacml.Attribute{ID: fmt.Sprint("urn:", i), Values: []value.Value{value.String("x")}}
	}
	request := oneAttribute("a", uris(3000)...)
	request.Attributes[0].Attributes = append(request.Attributes[0].Attributes,
		xacml.Attribute{ID: "e", Values: []value.Value{xacml.NewEntity(&xacml.Entity{Attributes: large})}},
		xacml.Attribute{ID: "s", Values: texts(3000)})
	request.Attributes = append(request.Attributes, xacml.Attributes{Category: "d", Attributes: large})
	forEach := func(bag, iterant string) string {
		return `<ForAny VariableId="v">` + bag + `<Apply FunctionId="f1:string-is-in"><string>no</string>` + iterant + `</Apply></ForAny>`
	}
	const v = `<VariableReference VariableId="v"/>`
	for name, condition := range map[string]string{
		"a quantified expression in another": `<ForAny VariableId="v"><get>c s string</get><ForAny VariableId="w"><get>c s string</get>` +
			fmt.Sprintf(is, "w") + `</ForAny></ForAny>`,
		"one without applications": `<ForAll VariableId="v"><get>c s string</get><ForAll VariableId="w"><get>c s string</get><boolean>true</boolean></ForAll></ForAll>`,
		"attributes of the request": forEach(`<get>c a anyURI</get>`,
			`<Apply FunctionId="f3:attribute-designator"><anyURI>d</anyURI>`+v+stringID+`</Apply>`),
		"categories of the request": forEach(`<get>c a anyURI</get>`,
			`<Apply FunctionId="f3:attribute-designator">`+v+`<anyURI>urn:none</anyURI>`+stringID+`</Apply>`),
		"attributes of an entity": forEach(`<get>c a anyURI</get>`,
			`<Apply FunctionId="f3:attribute-designator"><Apply FunctionId="f3:entity-one-and-only"><get>c e entity</get></Apply>`+v+stringID+`</Apply>`),
	} {
		p := newPDP(t, pdp.Config{Budget: 1_000_000}, permitIf(condition))
		start := time.Now()
		checkResult(t, p.Evaluate(t.Context(), request, nil), xacml.IndeterminateDP, xacml.StatusProcessingError, "more than 1000000 steps")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: got an answer after %v, want it soon", name, took)
		}
	}
}

// §7.3.5: an attribute keeps its value, however it is named, so that a finder is
// asked for it once; and a wrong answer is an error.
func TestEntities_FinderIsAskedOnce(t *testing.T) {
	asked := map[string]int{}
	finder := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
		asked[key.ID+by(key.Issuer)]++
		if key.ID == "urn:1" {
			return value.NewBag(value.TypeInteger, value.NewInteger(1)), nil
		}
		return value.NewBag(key.Type, value.String("x")), nil
	})
	p := newPDP(t, pdp.Config{}, permitIf(`<ForAny VariableId="v"><get>c a anyURI</get>
		<Apply FunctionId="f1:string-is-in"><string>no</string><Apply FunctionId="f3:attribute-designator"><anyURI>d</anyURI><VariableReference VariableId="v"/>`+stringID+`</Apply></Apply></ForAny>`))
	request := oneAttribute("a", value.AnyURI("urn:0"), value.AnyURI("urn:0"), value.AnyURI("urn:1"), value.AnyURI("urn:0"))
	checkResult(t, p.Evaluate(t.Context(), request, finder), xacml.IndeterminateP, xacml.StatusProcessingError, "supplied as integer, not as string")
	if asked["urn:0"] != 1 || asked["urn:1"] != 1 || len(asked) != 2 {
		t.Errorf("asked %v, want each once", asked)
	}
}

// What a policy may need is found in quantified expressions, and where a function
// names an attribute by literals. What it names otherwise is the finder's alone.
func TestEntities_Needs(t *testing.T) {
	for _, tt := range []struct{ name, condition, want string }{
		{
			"domain and iterant",
			`<ForAny VariableId="v"><get>source 1 string</get><Apply FunctionId="f1:string-is-in"><VariableReference VariableId="v"/><get>source 2 string</get></Apply></ForAny>`,
			"1 2",
		},
		{
			"a designator by function",
			`<Apply FunctionId="f1:string-is-in"><string>x</string><Apply FunctionId="f3:attribute-designator"><anyURI>source</anyURI><anyURI>1</anyURI>` + stringID +
				`<boolean>true</boolean><string>me</string></Apply></Apply>`,
			"1",
		},
		{
			"one that is not pending",
			`<Apply FunctionId="f1:string-is-in"><string>x</string><Apply FunctionId="f3:attribute-designator"><anyURI>other</anyURI><anyURI>1</anyURI>` + stringID + `</Apply></Apply>`,
			"",
		},
		{
			"one by another attribute",
			`<ForAny VariableId="v"><get>source 1 anyURI</get><Apply FunctionId="f1:string-is-in"><string>x</string>
				<Apply FunctionId="f3:attribute-designator"><anyURI>source</anyURI><VariableReference VariableId="v"/>` + stringID + `</Apply></Apply></ForAny>`,
			"1",
		},
		{
			"one with an issuer by another attribute",
			`<ForAny VariableId="v"><get>source 1 string</get><Apply FunctionId="f1:string-is-in"><string>x</string>
				<Apply FunctionId="f3:attribute-designator"><anyURI>source</anyURI><anyURI>2</anyURI>` + stringID + `<boolean>true</boolean><VariableReference VariableId="v"/></Apply></Apply></ForAny>`,
			"1",
		},
	} {
		p := newPDP(t, pdp.Config{}, permitIf(tt.condition))
		if got := needed(t, p, &xacml.Request{}, nil); got != tt.want {
			t.Errorf("%s: needs %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Quantified expressions count for the depth of expressions (row 9), and have
// variables only in iterants around which they stand.
func TestEntities_DepthOfExpressions(t *testing.T) {
	deep := func(n int, id func(int) string) []policy.Document {
		var e policy.Expression = &policy.VariableReference{ID: id(0)}
		for i := range n {
			e = &policy.Quantified{
				Quantifier: policy.ForAll, Variable: id(i), Iterant: e,
				Domain: &policy.Designator{AttributeKey: xacml.AttributeKey{Category: "c", ID: "a", Type: value.TypeBoolean}},
			}
		}
		return []policy.Document{{Name: "a.xml", Root: &policy.Policy{
			ID: "p", Version: "1", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides",
			Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit, Condition: e}},
		}}}
	}
	for _, tt := range []struct {
		name   string
		n      int
		id     func(int) string
		reason policy.Reason
	}{
		{"1024 deep", 1024, func(i int) string { return fmt.Sprint(i) }, ""},
		{"1025 deep", 1025, func(i int) string { return fmt.Sprint(i) }, policy.ReasonDepth},
		{"two of one id", 2, func(int) string { return "v" }, policy.ReasonDuplicate},
	} {
		p, problems := pdp.New(pdp.Config{}, deep(tt.n, tt.id))
		switch {
		case tt.reason != "":
			if p != nil || !contains(problems, tt.reason) {
				t.Errorf("%s: got problems %v, want %s", tt.name, first(problems), tt.reason)
			}
		case p == nil:
			t.Errorf("%s: got problems %v, want none", tt.name, first(problems))
		default:
			checkResult(t, p.Evaluate(t.Context(), oneAttribute("a", value.Boolean(true)), nil), xacml.Permit, xacml.StatusOK, "")
		}
	}
}

// Models that no reader makes are refused as well.
func TestEntities_IncompleteExpressions(t *testing.T) {
	bag := &policy.Designator{AttributeKey: xacml.AttributeKey{Category: "c", ID: "a", Type: value.TypeBoolean}}
	for _, q := range []*policy.Quantified{
		{Variable: "v", Iterant: bag},
		{Variable: "v", Domain: bag},
		{Variable: "v"},
	} {
		_, problems := pdp.New(pdp.Config{}, []policy.Document{{Name: "a.xml", Root: &policy.Policy{
			ID: "p", Version: "1", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides",
			Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit, Condition: q}},
		}}})
		if len(problems) != 1 || !strings.Contains(problems[0].Message, "an expression is missing") {
			t.Errorf("got problems %v, want that an expression is missing", problems)
		}
	}
}

// A policy set has no variables, so those of quantified expressions are all that
// its obligations can refer to.
func TestEntities_VariablesOfPolicySets(t *testing.T) {
	documents := read(t, `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>
		<AdviceExpressions><tell>Permit o a = <Map VariableId="v"><get>c a string</get><VariableReference VariableId="w"/></Map></tell></AdviceExpressions></PolicySet>`)
	_, problems := pdp.New(pdp.Config{}, documents)
	if len(problems) != 1 || problems[0].Reason != policy.ReasonUnresolved || !strings.Contains(problems[0].Message, `variable "w"`) {
		t.Errorf("got problems %v, want that variable w is unresolved", problems)
	}
}
