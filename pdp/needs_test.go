package pdp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// pendingBelow is true of the attributes of the category "source".
func pendingBelow(key xacml.AttributeKey) bool { return key.Category == "source" }

// needed is what the PDP needs for the request, by id.
func needed(t *testing.T, p *pdp.PDP, request *xacml.Request, finder pdp.Finder) string {
	t.Helper()
	var ids []string
	keys, ok := p.Needs(t.Context(), request, finder, pendingBelow)
	if !ok {
		t.Error("what is needed cannot be told")
	}
	for _, key := range keys {
		if key.Category != "source" {
			t.Errorf("needs %v, which is not pending", key)
		}
		ids = append(ids, key.ID)
	}
	return strings.Join(ids, " ")
}

func TestNeeds(t *testing.T) {
	wants := func(id string) string { return `<if>source ` + id + ` = x</if>` }
	is := func(id string) string {
		return `<Apply FunctionId="f1:string-is-in"><string>x</string><get>source ` + id + ` string</get></Apply>`
	}
	from := func(id string) string {
		return `<AttributeSelector Category="source" ContextSelectorId="` + id + `" Path="a" DataType="xs:string" MustBePresent="false"/>`
	}
	target := func(anyOfs ...string) string { return "<Target>" + strings.Join(anyOfs, "") + "</Target>" }
	anyOf := func(allOfs ...string) string {
		return "<AnyOf><AllOf>" + strings.Join(allOfs, "</AllOf><AllOf>") + "</AllOf></AnyOf>"
	}
	rules := func(algorithm, rules string) string {
		return `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="` + algorithm + `"><Target/>` + rules + `</Policy>`
	}
	rule := func(target, rest string) string {
		return `<Rule RuleId="r" Effect="Permit">` + target + rest + `</Rule>`
	}
	const yes, no, broken = `<if>c a = yes</if>`, `<if>c a = no</if>`, `<Match MatchId="f1:time-less-than"><time>08:00:00Z</time><get>c t time</get></Match>`
	request := oneAttribute("a", value.String("yes"))
	request.Attributes[0].Attributes = append(request.Attributes[0].Attributes, xacml.Attribute{ID: "t", Values: []value.Value{mustTime(t, "09:00:00")}})

	for _, tt := range []struct {
		name, document, want string
	}{
		{"a match", rules("r3:deny-overrides", rule(target(anyOf(wants("1"))), "")), "1"},
		{"matches of one AllOf", rules("r3:deny-overrides", rule(target(anyOf(wants("1")+yes+wants("2"))), "")), "1 2"},
		{"an AllOf that cannot match", rules("r3:deny-overrides", rule(target(anyOf(wants("1")+no+wants("2"))), "")), ""},
		{"an AllOf that fails", rules("r3:deny-overrides", rule(target(anyOf(broken+wants("1"))), "")), "1"},
		{"where the path of a selector in a match starts", rules("r3:deny-overrides", rule(target(anyOf(`<Match MatchId="f1:string-equal"><string>x</string>`+from("1")+`</Match>`)), "")), "1"},
		{"where the path of a selector in a condition starts, without content", rules("r3:deny-overrides", rule("", `<Condition><Apply FunctionId="f1:string-is-in"><string>x</string>`+from("1")+`</Apply></Condition>`)), ""},
		{"an AnyOf with alternatives", rules("r3:deny-overrides", rule(target(anyOf(wants("1"), no+wants("2"), yes+wants("3"))), "")), "1 3"},
		{"an AnyOf with an alternative that matches", rules("r3:deny-overrides", rule(target(anyOf(wants("1"), yes, wants("2"))), "")), ""},
		{"an AnyOf with an alternative that fails", rules("r3:deny-overrides", rule(target(anyOf(broken, wants("1"))), "")), "1"},
		{"an AnyOf that cannot match, after one that might", rules("r3:deny-overrides", rule(target(anyOf(wants("1")), anyOf(no)), "<Condition>"+is("2")+"</Condition>")), ""},
		{"an AnyOf that cannot match, before one that might", rules("r3:deny-overrides", rule(target(anyOf(no), anyOf(wants("1"))), "")), ""},

		{"a condition", rules("r3:deny-overrides", rule("", "<Condition>"+is("1")+"</Condition>")), "1"},
		{"a condition behind a target that might match", rules("r3:deny-overrides", rule(target(anyOf(wants("1"))), "<Condition>"+is("2")+"</Condition>")), "1 2"},
		{"a condition behind a target that cannot match", rules("r3:deny-overrides", rule(target(anyOf(no)), "<Condition>"+is("1")+"</Condition>")), ""},
		{"nested applications", rules("r3:deny-overrides", rule("", `<Condition><Apply FunctionId="f1:or">`+is("1")+`<Apply FunctionId="f1:not">`+is("2")+`</Apply>`+is("1")+`</Apply></Condition>`)), "1 2"},
		{"a higher-order function", rules("r3:deny-overrides", rule("", `<Condition><Apply FunctionId="f3:any-of"><Function FunctionId="f1:string-equal"/><string>x</string><get>source 1 string</get></Apply></Condition>`)), "1"},
		{
			"variables that are used, once each", rules("r3:deny-overrides", `<VariableDefinition VariableId="u">`+is("1")+`</VariableDefinition>`+
				`<VariableDefinition VariableId="v"><Apply FunctionId="f1:and"><VariableReference VariableId="u"/>`+is("2")+`<VariableReference VariableId="u"/></Apply></VariableDefinition>`+
				`<VariableDefinition VariableId="unused">`+is("3")+`</VariableDefinition>`+
				rule("", `<Condition><VariableReference VariableId="v"/></Condition>`)+strings.Replace(rule("", `<Condition><VariableReference VariableId="u"/></Condition>`), `"r"`, `"s"`, 1)), "1 2",
		},
		{
			"obligations and advice", rules("r3:deny-overrides", rule("", `<ObligationExpressions><to>Permit o a = <get>source 1 string</get></to></ObligationExpressions>`+
				`<AdviceExpressions><tell>Deny o a = <get>source 2 string</get></tell></AdviceExpressions>`)+`<ObligationExpressions><to>Deny o a = <get>source 3 string</get></to></ObligationExpressions>`), "1 3", // a rule that permits calls for nothing on Deny
		},
		{
			"obligations of a policy without a rule that applies", rules("r3:deny-overrides", rule(target(anyOf(no)), "")+
				`<ObligationExpressions><to>Permit o a = <get>source 1 string</get></to></ObligationExpressions>`), "",
		},
		{
			"obligations of a policy that decides without its rules", rules("r3:deny-unless-permit", rule(target(anyOf(no)), "")+
				`<ObligationExpressions><to>Deny o a = <get>source 1 string</get></to></ObligationExpressions>`), "1",
		},
		{
			"obligations of a policy set", `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides">` + target(anyOf(wants("1"))) + rules("r3:deny-overrides", rule("", "")) +
				`<ObligationExpressions><to>Permit o a = <get>source 2 string</get></to></ObligationExpressions></PolicySet>`, "1 2",
		},
		{
			"a policy set that cannot match", `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides">` + target(anyOf(no)) + rules("r3:deny-overrides", rule(target(anyOf(wants("1"))), "")) +
				`<ObligationExpressions><to>Permit o a = <get>source 2 string</get></to></ObligationExpressions></PolicySet>`, "",
		},
		{
			"a policy that cannot match", strings.Replace(rules("r3:deny-overrides", rule(target(anyOf(wants("1"))), "")), "<Target/>", target(anyOf(no)), 1), "",
		},
		{"what comes after a Deny", rules("r3:deny-overrides", rule(target(anyOf(wants("1"))), "")+`<Rule RuleId="d" Effect="Deny"/>`+rule(target(anyOf(wants("2"))), "")), "1"},
		{"what comes after a Permit that a Deny may override", rules("r3:deny-overrides", rule("", "")+`<Rule RuleId="d" Effect="Deny">`+target(anyOf(wants("1")))+`</Rule>`), "1"},
		{"what comes after the first that applies", rules("r1:first-applicable", rule(target(anyOf(no)), "")+rule("", "")+rule(target(anyOf(wants("1"))), "")), ""},
		{"what comes after one that may apply", rules("r1:first-applicable", rule(target(anyOf(wants("1"))), "")+rule(target(anyOf(wants("2"))), "")), "1 2"},
		{"a conjunction that is certain to be False", rules("r3:deny-overrides", rule("", `<Condition><Apply FunctionId="f1:and">`+is("1")+`<Apply FunctionId="f1:string-is-in"><string>no</string><get>c a string</get></Apply></Apply></Condition>`)), ""},
		{
			"the second of on-permit-apply-second before the first permits", `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:on-permit-apply-second"><Target/>` +
				rules("r3:deny-overrides", rule(target(anyOf(wants("1"))), "")) + strings.Replace(rules("r3:deny-overrides", rule(target(anyOf(wants("2"))), "")), `"p"`, `"q"`, 1) + `</PolicySet>`, "1",
		},
		{
			"the second of on-permit-apply-second when the first permits", `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:on-permit-apply-second"><Target/>` +
				rules("r3:deny-overrides", rule("", "")) + strings.Replace(rules("r3:deny-overrides", rule(target(anyOf(wants("2"))), "")), `"p"`, `"q"`, 1) + `</PolicySet>`, "2",
		},
		{"a target whose rules cannot apply", strings.Replace(rules("r3:deny-overrides", rule(target(anyOf(no)), "")), "<Target/>", target(anyOf(wants("1"))), 1), ""},
		{"what is not pending", rules("r3:deny-overrides", rule("", `<Condition><Apply FunctionId="f1:string-is-in"><string>x</string><must>c none string</must></Apply></Condition>`)), ""},
		{"a reference", `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/><PolicyIdReference>lib</PolicyIdReference><PolicySetIdReference>lib</PolicySetIdReference></PolicySet>`, "in-lib in-set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPDP(t, pdp.Config{}, tt.document,
				strings.Replace(rules("r3:deny-overrides", rule(target(anyOf(wants("in-lib"))), "")), `"p"`, `"lib"`, 1),
				`<PolicySet PolicySetId="lib" Version="1" PolicyCombiningAlgId="p3:deny-overrides">`+target(anyOf(wants("in-set")))+strings.Replace(rules("r3:deny-overrides", rule("", "")), `"p"`, `"in"`, 1)+`</PolicySet>`)
			if got := needed(t, p, request, nil); got != tt.want {
				t.Errorf("needs %q, want %q; policy:\n%s", got, tt.want, tt.document)
			}
		})
	}
}

func mustTime(t *testing.T, lexical string) value.Value {
	t.Helper()
	v, err := value.Parse(value.TypeTime, lexical)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What the request holds is not pending, and a source that is not pending is
// asked for what targets need.
func TestNeeds_RequestAndFinder(t *testing.T) {
	p := newPDP(t, pdp.Config{}, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/>
		<Rule RuleId="1" Effect="Permit"><Target><AnyOf><AllOf><if>source given = x</if><if>source asked = x</if></AllOf></AnyOf></Target></Rule>
		<Rule RuleId="2" Effect="Permit"><Target><AnyOf><AllOf><if>known a = x</if><if>source never = x</if></AllOf></AnyOf></Target></Rule>
		<Rule RuleId="3" Effect="Permit"><Target><AnyOf><AllOf><if>unavailable a = x</if><if>source perhaps = x</if></AllOf></AnyOf></Target></Rule>
		<Rule RuleId="4" Effect="Permit"><Target><AnyOf><AllOf>
			<Match MatchId="f1:string-equal"><string>x</string><get>source given string@me</get></Match>
			<Match MatchId="f1:integer-equal"><integer>1</integer><get>source given integer</get></Match></AllOf></AnyOf></Target></Rule>
	</Policy>`)
	request := oneAttribute("given", value.String("x"))
	request.Attributes[0].Category = "source"
	finder := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
		if key.Category == "source" {
			t.Errorf("asked for %v, which is pending", key)
		}
		if key.Category == "unavailable" {
			return value.Bag{}, fmt.Errorf("no answer")
		}
		return value.NewBag(key.Type, value.String("y")), nil
	})
	got, ok := p.Needs(t.Context(), request, finder, pendingBelow)
	if !ok {
		t.Error("what is needed cannot be told")
	}
	want := []xacml.AttributeKey{
		{Category: "source", ID: "asked", Type: value.TypeString},
		{Category: "source", ID: "perhaps", Type: value.TypeString},
		{Category: "source", ID: "given", Type: value.TypeString, Issuer: "me"},
		{Category: "source", ID: "given", Type: value.TypeInteger},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
}

// Fetch what is needed, ask again: in the end nothing is, and the decision is
// the same as with all attributes at hand from the start.
func TestNeeds_LeadsToTheSameDecision(t *testing.T) {
	p := newPDP(t, pdp.Config{}, `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>
		<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>source org = x</on>
			<Rule RuleId="1" Effect="Permit"><on>source role = x</on></Rule>
			<Rule RuleId="2" Effect="Deny"><on>source blocked = x</on></Rule></Policy>
		<Policy PolicyId="q" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target><AnyOf><AllOf><if>source org = y</if></AllOf></AnyOf></Target>
			<Rule RuleId="1" Effect="Deny"><on>source secret = x</on></Rule></Policy>
	</PolicySet>`)
	all := map[string]string{"org": "x", "role": "x", "blocked": "no", "secret": "x"}
	known := map[string]bool{}
	finder := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
		return value.NewBag(key.Type, value.String(all[key.ID])), nil
	})
	rounds := 0
	for {
		keys, _ := p.Needs(t.Context(), &xacml.Request{}, finder, func(key xacml.AttributeKey) bool { return !known[key.ID] })
		if len(keys) == 0 {
			break
		}
		if rounds++; rounds > len(all) {
			t.Fatalf("needs %v after everything is known", keys)
		}
		for _, key := range keys {
			known[key.ID] = true
		}
	}
	if diff := cmp.Diff(map[string]bool{"org": true, "role": true, "blocked": true, "secret": true}, known); diff != "" {
		t.Errorf("fetched (-want +got):\n%s", diff)
	}
	checkResult(t, p.Evaluate(t.Context(), &xacml.Request{}, finder), xacml.Permit, xacml.StatusOK, "")
}

// Row 10: each policy is looked at once, however many ways lead to it.
func TestNeeds_References(t *testing.T) {
	documents := doubling(20)
	documents[len(documents)-1] = permitIf(`<Apply FunctionId="f1:string-is-in"><string>x</string><get>source role string</get></Apply>`)
	start := time.Now()
	if got := needed(t, newPDP(t, pdp.Config{}, documents...), &xacml.Request{}, nil); got != "role" {
		t.Errorf("needs %q, want role", got)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// What policies may ask for is what they name, in a target, an expression, a selector or
// the delegated form; where one of them computes names it is everything.
func TestMayAsk(t *testing.T) {
	attribute := func(category, id string) string {
		return `<Apply FunctionId="f1:string-is-in"><string>x</string><AttributeDesignator Category="` + category + `" AttributeId="` + id +
			`" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Apply>`
	}
	computed := `<Apply FunctionId="f1:string-is-in"><string>x</string><Apply FunctionId="f3:attribute-designator"><anyURI>c</anyURI><anyURI>d</anyURI>
		<anyURI>http://www.w3.org/2001/XMLSchema#string</anyURI></Apply></Apply>`
	for _, tt := range []struct {
		name, policy string
		want, not    [][2]string
	}{
		{"nothing", permitIf("<boolean>true</boolean>"), nil, [][2]string{{"c", "a"}, {"", ""}}},
		{"a condition", permitIf(attribute("c", "a")), [][2]string{{"c", "a"}}, [][2]string{{"c", "b"}, {"d", "a"}, {"c", ""}}},
		{"the delegated form", permitIf(attribute(xacml.CategoryDelegatedPrefix+"c", "a")), [][2]string{{"c", "a"}}, [][2]string{{"c", "b"}}},
		{"computed names", permitIf(computed), [][2]string{{"c", "a"}, {"x", "y"}}, nil},
	} {
		p := newPDP(t, pdp.Config{}, tt.policy)
		for _, n := range tt.want {
			if !p.MayAsk(n[0], n[1]) {
				t.Errorf("%s: policies do not ask for %q of %q", tt.name, n[1], n[0])
			}
		}
		for _, n := range tt.not {
			if p.MayAsk(n[0], n[1]) {
				t.Errorf("%s: policies ask for %q of %q", tt.name, n[1], n[0])
			}
		}
	}
}
