package pdp_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// inRounds decides when all that is needed of the category "source" was fetched, and
// everything if that cannot be told.
func inRounds(t *testing.T, p *pdp.PDP, request *xacml.Request, values map[string]string) xacml.Result {
	t.Helper()
	var known []xacml.AttributeKey
	everything := false
	pending := func(key xacml.AttributeKey) bool {
		return pendingBelow(key) && !everything && !slices.Contains(known, key)
	}
	finder := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
		switch {
		case pending(key):
			return value.Bag{}, errors.New("not fetched")
		case !pendingBelow(key) || values[key.ID] == "":
			return value.NewBag(key.Type), nil
		default:
			return value.NewBag(key.Type, value.String(values[key.ID])), nil
		}
	})
	for {
		keys, ok := p.Needs(t.Context(), request, finder, pending)
		known, everything = append(known, keys...), !ok
		if len(keys) == 0 {
			return p.Evaluate(t.Context(), request, finder)
		}
	}
}

// Below permit-unless-deny a Deny on an attribute that was not fetched is a Permit.
// An attribute whose name is computed is found where it is looked for, and an
// expression that is shared is evaluated once: by a condition that is True without
// it, and then it counts in the next one, and in an obligation.
func TestNeeds_ComputedNameInASharedExpression(t *testing.T) {
	const banned = `<VariableDefinition VariableId="v"><Apply FunctionId="f1:string-is-in"><string>x</string>` +
		`<Apply FunctionId="f3:attribute-designator"><anyURI>source</anyURI><Apply FunctionId="f3:anyURI-from-string"><Apply FunctionId="f1:string-one-and-only"><get>c name string</get></Apply></Apply>` +
		`<anyURI>http://www.w3.org/2001/XMLSchema#string</anyURI><boolean>false</boolean></Apply></Apply></VariableDefinition>`
	const first = `<Condition><Apply FunctionId="f1:or"><VariableReference VariableId="v"/><Apply FunctionId="f1:string-is-in"><string>1</string><get>c name string</get></Apply></Apply></Condition>`
	for name, rules := range map[string]string{
		"in the next condition": `<Rule RuleId="1" Effect="Permit">` + first + `</Rule><Rule RuleId="2" Effect="Deny"><Condition><VariableReference VariableId="v"/></Condition></Rule>`,
		"in an obligation": `<Rule RuleId="1" Effect="Deny">` + first +
			`<ObligationExpressions><ObligationExpression ObligationId="o" FulfillOn="Deny"><AttributeAssignmentExpression AttributeId="a"><VariableReference VariableId="v"/></AttributeAssignmentExpression></ObligationExpression></ObligationExpressions></Rule>`,
	} {
		p := newPDP(t, pdp.Config{}, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:permit-unless-deny"><Target/>`+banned+rules+`</Policy>`)
		if got := inRounds(t, p, oneAttribute("name", value.String("1")), map[string]string{"1": "x"}); got.Decision != xacml.Deny {
			t.Errorf("%s: got %s, want Deny", name, got.Decision.Extended())
		}
	}
}

// Needs looks at some things twice that Evaluate looks at once. Where it runs out of
// steps it does not take what it did not come to for something that does not matter.
func TestNeeds_OutOfSteps(t *testing.T) {
	const match = `<Match MatchId="f1:string-regexp-match"><string>^no</string><get>c a string</get></Match>`
	document := `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:permit-unless-deny"><Target/>` +
		`<Rule RuleId="1" Effect="Permit"><Target>` + strings.Repeat("<AnyOf><AllOf>"+match+"</AllOf></AnyOf>", 4) + `</Target></Rule>` +
		`<Rule RuleId="2" Effect="Deny"><Target><AnyOf><AllOf><if>c a = no</if></AllOf></AnyOf></Target>` +
		`<Condition><Apply FunctionId="f1:string-is-in"><string>x</string><get>source 1 string</get></Apply></Condition></Rule></Policy>`
	request := oneAttribute("a", append(texts(1000), value.String("no"))...)
	known := map[string]string{"1": "x"}
	all := inRounds(t, newPDP(t, pdp.Config{}, document), request, known)
	if all.Decision != xacml.Deny {
		t.Fatalf("got %s with the steps it takes, want Deny", all.Decision)
	}
	for budget := 1000; budget < 100_000; budget += 500 {
		got := inRounds(t, newPDP(t, pdp.Config{Budget: budget}, document), request, known)
		if got.Decision != xacml.Deny && got.Decision != xacml.IndeterminateDP {
			t.Errorf("got %s with %d steps, want Deny or Indeterminate", got.Decision.Extended(), budget)
		}
	}
}

// Whatever is shared, computed, or settled without what is pending: with what is
// needed fetched, and nothing else, the decision is that with everything fetched.
func TestNeeds_ComputedNames(t *testing.T) {
	apply := func(function string, arguments ...string) string {
		return `<Apply FunctionId="` + function + `">` + strings.Join(arguments, "") + `</Apply>`
	}
	decisions := make(map[xacml.Decision]int)
	for seed := uint64(2000); seed < 2500; seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		pick := func(from ...string) string { return from[r.IntN(len(from))] }
		var expression func(depth int) string
		expression = func(depth int) string {
			if depth == 0 || r.IntN(4) == 0 {
				name := apply("f3:anyURI-from-string", apply("f1:string-one-and-only", `<get>`+pick("c a", "c b", "source 1", "source 2")+` string</get>`))
				return pick(`<VariableReference VariableId="v"/>`, `<VariableReference VariableId="v"/>`,
					apply("f1:string-is-in", `<string>`+pick("1", "2")+`</string>`, `<get>`+pick("c a", "c b", "source 1", "source 2", "source 3")+` string</get>`),
					apply("f1:string-is-in", `<string>`+pick("1", "2")+`</string>`, apply("f3:attribute-designator", `<anyURI>source</anyURI>`, name,
						`<anyURI>http://www.w3.org/2001/XMLSchema#string</anyURI><boolean>`+pick("true", "false")+`</boolean>`)))
			}
			switch r.IntN(4) {
			case 0:
				return apply("f1:not", expression(depth-1))
			case 1:
				return apply("f1:n-of", `<integer>`+pick("0", "1", "2")+`</integer>`, expression(depth-1), expression(depth-1))
			default:
				return apply(pick("f1:or", "f1:and"), expression(depth-1), expression(depth-1))
			}
		}
		policy := func(id string) string {
			definition := strings.ReplaceAll(expression(2), `<VariableReference VariableId="v"/>`, apply("f1:string-is-in", `<string>1</string>`, `<get>c a string</get>`))
			var rules strings.Builder
			for i := range 1 + r.IntN(3) {
				effect, obligation := pick("Permit", "Deny"), ""
				if r.IntN(3) == 0 {
					obligation = `<ObligationExpressions><ObligationExpression ObligationId="o" FulfillOn="` + effect + `"><AttributeAssignmentExpression AttributeId="a">` +
						expression(1) + `</AttributeAssignmentExpression></ObligationExpression></ObligationExpressions>`
				}
				fmt.Fprintf(&rules, `<Rule RuleId="%d" Effect="%s"><Condition>%s</Condition>%s</Rule>`, i, effect, expression(2), obligation)
			}
			return fmt.Sprintf(`<Policy PolicyId="%s" Version="1" RuleCombiningAlgId="%s"><Target/><VariableDefinition VariableId="v">%s</VariableDefinition>%s</Policy>`, id,
				pick("r3:deny-overrides", "r3:permit-overrides", "r3:permit-unless-deny", "r3:deny-unless-permit", "r1:first-applicable", "r1:deny-overrides"), definition, rules.String())
		}
		p := newPDP(t, pdp.Config{}, fmt.Sprintf(`<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="%s"><Target/>%s%s</PolicySet>`,
			pick("p3:deny-overrides", "p3:permit-overrides", "p3:permit-unless-deny", "p3:deny-unless-permit", "p1:first-applicable", "p1:deny-overrides", "p3:on-permit-apply-second", "p1:only-one-applicable"),
			policy("p"), policy("q")))
		request := oneAttribute("a", value.String(pick("1", "2")))
		request.Attributes[0].Attributes = append(request.Attributes[0].Attributes, xacml.Attribute{ID: "b", Values: []value.Value{value.String(pick("2", "3"))}})
		values := map[string]string{"1": pick("", "1", "2"), "2": pick("", "1", "3"), "3": pick("1", "2")}
		all := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
			if !pendingBelow(key) || values[key.ID] == "" {
				return value.NewBag(key.Type), nil
			}
			return value.NewBag(key.Type, value.String(values[key.ID])), nil
		})
		want := p.Evaluate(t.Context(), request, all)
		decisions[want.Decision]++
		if why := difference(want, inRounds(t, p, request, values)); why != "" {
			t.Fatalf("seed %d: %s", seed, why)
		}
	}
	if decisions[xacml.Permit] < 50 || decisions[xacml.Deny] < 50 || decisions[xacml.NotApplicable] < 5 {
		t.Errorf("got %v, which shows little", decisions)
	}
}

// Policies with an issuer are decided by the evaluator that looks at no condition
// before it decides: then a computed name may be that of anything pending.
func TestNeeds_ComputedNameWithDelegation(t *testing.T) {
	const name = `<Apply FunctionId="f3:anyURI-from-string"><Apply FunctionId="f1:string-one-and-only"><get>c a string</get></Apply></Apply>`
	for id, want := range map[string]bool{`<anyURI>1</anyURI>`: true, name: false} {
		documents := read(t, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:permit-unless-deny"><Target/><Rule RuleId="r" Effect="Deny"><Condition>`+
			`<Apply FunctionId="f1:string-is-in"><string>x</string><Apply FunctionId="f3:attribute-designator"><anyURI>source</anyURI>`+id+
			`<anyURI>http://www.w3.org/2001/XMLSchema#string</anyURI><boolean>false</boolean></Apply></Apply></Condition></Rule></Policy>`,
			`<Policy PolicyId="issued" Version="1" RuleCombiningAlgId="r3:deny-overrides"><PolicyIssuer/><Target/><Rule RuleId="r" Effect="Permit"/></Policy>`)
		p, problems := pdp.New(pdp.Config{Delegation: true}, documents)
		if p == nil {
			t.Fatal(problems)
		}
		_, ok := p.Needs(t.Context(), oneAttribute("a", value.String("1")), nil, pendingBelow)
		if ok != want {
			t.Errorf("%s: got ok %v, want %v", id, ok, want)
		}
		if got := inRounds(t, p, oneAttribute("a", value.String("1")), map[string]string{"1": "x"}); got.Decision != xacml.Deny {
			t.Errorf("%s: got %s, want Deny", id, got.Decision.Extended())
		}
	}
}
