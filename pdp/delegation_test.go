package pdp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// issuedPolicies is policies that issue and delegate at random.
type issuedPolicies struct {
	effect xacml.Effect
	issuer []string            // of each policy; empty if it is trusted
	depth  []int               // MaxDelegationDepth; negative if there is none
	answer []map[string]string // for each delegate: permit, open or deny
}

func randomPolicies(r *rand.Rand) issuedPolicies {
	g := issuedPolicies{effect: xacml.Effect(r.IntN(2))}
	names := []string{"a", "b", "c", "d"}
	for i := range 2 + r.IntN(5) {
		issuer, depth := names[r.IntN(len(names))], r.IntN(8)-4
		if i > 0 && r.IntN(4) == 0 {
			issuer = ""
		}
		answers := make(map[string]string)
		for _, name := range names {
			if a := []string{"permit", "open", "deny", "", "", ""}[r.IntN(6)]; a != "" {
				answers[name] = a
			}
		}
		g.issuer, g.depth, g.answer = append(g.issuer, issuer), append(g.depth, depth), append(g.answer, answers)
	}
	return g
}

// document is a policy set of the policies; the first one decides on every
// request without a delegate.
func (g issuedPolicies) document() string {
	var b strings.Builder
	b.WriteString(`<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>`)
	for i, issuer := range g.issuer {
		fmt.Fprintf(&b, `<Policy PolicyId="%d" Version="1" RuleCombiningAlgId="r3:deny-overrides"`, i)
		if g.depth[i] >= 0 {
			fmt.Fprintf(&b, ` MaxDelegationDepth="%d"`, g.depth[i])
		}
		b.WriteString(`>`)
		if issuer != "" {
			b.WriteString(`<by>` + issuer + `</by>`)
		}
		b.WriteString(`<Target/>`)
		for delegate, answer := range g.answer[i] {
			effect, condition := "Permit", ""
			switch answer {
			case "deny":
				effect = "Deny"
			case "open":
				condition = `<Condition><Apply FunctionId="f1:boolean-one-and-only"><Apply FunctionId="f1:boolean-bag"/></Apply></Condition>`
			}
			fmt.Fprintf(&b, `<Rule RuleId="%s" Effect="%s"><on>delegate id = %s</on>%s</Rule>`, delegate, effect, delegate, condition)
		}
		if i == 0 {
			fmt.Fprintf(&b, `<Rule RuleId="access" Effect="%s"><on>c a = y</on></Rule>`, g.effect)
		}
		b.WriteString(`</Policy>`)
	}
	b.WriteString(`</PolicySet>`)
	return b.String()
}

// authorised tries every path up from the last policy of the path.
func (g issuedPolicies) authorised(path []int, open bool) bool {
	delegate := g.issuer[path[len(path)-1]]
	if delegate == "" {
		return true
	}
	for q := range g.issuer {
		within := g.depth[q] < 0 || len(path) <= g.depth[q]
		edge := g.answer[q][delegate] == "permit" || open && g.answer[q][delegate] == "open"
		if !slices.Contains(path, q) && within && edge && g.authorised(append(slices.Clone(path), q), open) {
			return true
		}
	}
	return false
}

// Reduction finds a path where trying every path finds one.
func TestAdministration_Paths(t *testing.T) {
	seen := make(map[xacml.Decision]int)
	for seed := range uint64(600) {
		g := randomPolicies(rand.New(rand.NewPCG(seed, 6)))
		want := xacml.NotApplicable
		switch {
		case g.authorised([]int{0}, false):
			want = g.effect.Decision()
		case g.authorised([]int{0}, true):
			want = g.effect.Indeterminate()
		}
		seen[want]++
		p := newPDP(t, pdp.Config{Delegation: true}, g.document())
		if got := p.Evaluate(t.Context(), oneAttribute("a", value.String("y")), nil); got.Decision != want {
			t.Errorf("seed %d: got %s, want %s; policies:\n%s", seed, got.Decision.Extended(), want.Extended(), g.document())
		}
	}
	if len(seen) != 5 {
		t.Errorf("got the decisions %v, want each of five", seen)
	}
}

// Reduction takes steps of the one budget, whatever else it does.
func TestAdministration_Budget(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>`)
	for i := range 100 { // each by somebody else, and nobody is trusted
		fmt.Fprintf(&b, `<Policy PolicyId="%d" Version="1" RuleCombiningAlgId="r3:deny-overrides"><by>%d</by><Target/><Rule RuleId="r" Effect="Permit"/></Policy>`, i, i)
	}
	b.WriteString(`</PolicySet>`)
	request := oneAttribute("a", value.String("y"))
	for _, budget := range []int{1, 10, 80, 90, 1000, 30_000} {
		got := newPDP(t, pdp.Config{Delegation: true, Budget: budget}, b.String()).Evaluate(t.Context(), request, nil)
		checkResult(t, got, xacml.IndeterminateDP, xacml.StatusProcessingError, "more than")
	}
	got := newPDP(t, pdp.Config{Delegation: true}, b.String()).Evaluate(t.Context(), request, nil)
	checkResult(t, got, xacml.NotApplicable, xacml.StatusOK, "")
}

// A path costs what its edges cost, each policy being asked once for each issuer.
func TestAdministration_AsksOnce(t *testing.T) {
	asked := 0
	finder := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
		if key.Category == "c" {
			asked++
		}
		return value.NewBag(key.Type, value.String("y")), nil
	})
	p := newPDP(t, pdp.Config{Delegation: true}, `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>
		<Policy PolicyId="1" Version="1" RuleCombiningAlgId="r3:deny-overrides"><by>x</by><on>c a = y</on><Rule RuleId="r" Effect="Permit"/></Policy>
		<Policy PolicyId="2" Version="1" RuleCombiningAlgId="r3:deny-overrides"><by>y</by><on>c a = y</on><Rule RuleId="r" Effect="Permit"/></Policy>
		<Policy PolicyId="t" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>delegated:c found = y</on><Rule RuleId="r" Effect="Permit"/></Policy></PolicySet>`)
	got := p.Evaluate(t.Context(), oneAttribute("a", value.String("y")), finder)
	checkResult(t, got, xacml.Permit, xacml.StatusOK, "")
	if asked != 1 { // the attribute is one of the request, whoever is the delegate
		t.Errorf("the finder was asked %d times, want 1", asked)
	}
}

// Content goes along with its category, and the expressions about it with it.
func TestAdministration_Content(t *testing.T) {
	content := func(text string) *etree.Element {
		document := etree.NewDocument()
		if err := document.ReadFromString(text); err != nil {
			t.Fatal(err)
		}
		return document.Root()
	}
	selects := func(category, context, path, want string) string {
		return `<Condition><Apply FunctionId="f1:string-is-in"><string>` + want + `</string><AttributeSelector Category="` + longCategory(category) +
			`" Path="` + path + `" DataType="xs:string" MustBePresent="false"` + context + `/></Apply></Condition>`
	}
	for _, tt := range []struct {
		name, condition string
		want            xacml.Decision
	}{
		{"of the resource", selects("delegated:resource", "", "/doc/part/text()", "two"), xacml.Deny},
		{"from a context node", selects("delegated:resource", ` ContextSelectorId="node"`, "text()", "two"), xacml.Deny},
		{"from another context node", selects("delegated:resource", ` ContextSelectorId="node"`, "text()", "one"), xacml.NotApplicable},
		{"of the delegate", selects("delegate", "", "/who/text()", "alice"), xacml.Deny},
		{"of the request only", selects("resource", "", "/doc/part/text()", "two"), xacml.Permit},
		{"by an attribute", `<Target><AnyOf><AllOf><Match MatchId="f3:xpath-node-match">
			<AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression" XPathCategory="` + longCategory("delegated:resource") + `">/doc</AttributeValue>
			<AttributeDesignator Category="` + longCategory("delegated:resource") + `" AttributeId="node" DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression" MustBePresent="true"/>
			</Match></AllOf></AnyOf></Target>`, xacml.Deny},
		{"by an attribute of an entity", fmt.Sprintf(`<Condition><ForAny VariableId="e">
			<AttributeDesignator Category=%q AttributeId="entity" DataType=%q MustBePresent="true"/>
			<Apply FunctionId="f1:any-of"><Function FunctionId="f3:xpath-node-match"/>
				<AttributeValue DataType=%[3]q XPathCategory=%[1]q>/doc</AttributeValue>
				<Apply FunctionId="f3:attribute-designator"><VariableReference VariableId="e"/><anyURI>node</anyURI><anyURI>%[3]s</anyURI></Apply>
			</Apply></ForAny></Condition>`, longCategory("delegated:resource"), value.TypeEntity.ID(), value.TypeXPathExpression.ID()), xacml.Deny},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPDP(t, pdp.Config{Delegation: true}, `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides">
				<PolicySetDefaults><XPathVersion>`+xacml.XPath10+`</XPathVersion></PolicySetDefaults><Target/>
				<Policy PolicyId="t" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/><Rule RuleId="r" Effect="Permit">`+tt.condition+`</Rule></Policy>
				<Policy PolicyId="i" Version="1" RuleCombiningAlgId="r3:deny-overrides"><PolicyIssuer><Content><who xmlns="">alice</who></Content></PolicyIssuer>
					<on>c a = y</on><Rule RuleId="r" Effect="Deny"/></Policy></PolicySet>`)
			node := xacml.Attribute{ID: "node", Values: []value.Value{
				value.NewXPathExpression("/doc/part[2]", xacml.CategoryResource, nil, xacml.XPath10),
			}}
			entity := xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{node}})
			request := oneAttribute("a", value.String("y"))
			request.Attributes = append(request.Attributes, xacml.Attributes{
				Category: xacml.CategoryResource, Content: content(`<doc><part>one</part><part>two</part></doc>`),
				Attributes: []xacml.Attribute{node, {ID: "entity", Values: []value.Value{entity}}},
			})
			if got := p.Evaluate(t.Context(), request, nil); got.Decision != tt.want {
				t.Errorf("got %s (%s), want %s", got.Decision.Extended(), got.Status.Message, tt.want.Extended())
			}
		})
	}
}

// access-permitted in a policy that authorises asks about a changed administrative
// request, for which the finder does not know the subject either (A.3.16).
func TestAdministration_AccessPermitted(t *testing.T) {
	const document = `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>
		<Policy PolicyId="t" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>delegate id = alice</on><Rule RuleId="r" Effect="Permit"><Condition>
			<Apply FunctionId="f3:access-permitted"><anyURI>%s</anyURI><string>%s</string></Apply></Condition></Rule></Policy>
		<Policy PolicyId="roles" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>subject role = boss</on><Rule RuleId="r" Effect="Permit"/></Policy>
		<Policy PolicyId="heads" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>delegated:subject role = boss</on>
			<Rule RuleId="r" Effect="Permit"><on>delegate id = head</on></Rule></Policy>
		<Policy PolicyId="i" Version="1" RuleCombiningAlgId="r3:deny-overrides"><by>alice</by><on>c a = y</on><Rule RuleId="r" Effect="Deny"/></Policy></PolicySet>`
	finder := fakeFinder{has: []foundValue{{
		xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "role", Type: value.TypeString}, value.String("boss"),
	}}}
	const head = `&lt;Attribute xmlns="` + xacml.Namespace + `" AttributeId="id" IncludeInResult="false">&lt;AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">head&lt;/AttributeValue>&lt;/Attribute>`
	for _, tt := range []struct {
		name, attributes string
		want             xacml.Decision
	}{
		{"of nobody", "", xacml.Permit}, // roles permits the request itself
		{"of another delegate", head, xacml.Deny},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := pdp.Config{Delegation: true, ReadAttributes: func(category, content string) (xacml.Attributes, error) {
				return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
			}}
			p := newPDP(t, config, fmt.Sprintf(document, xacml.CategoryDelegate, tt.attributes))
			if got := p.Evaluate(t.Context(), oneAttribute("a", value.String("y")), finder); got.Decision != tt.want {
				t.Errorf("got %s (%s), want %s", got.Decision.Extended(), got.Status.Message, tt.want.Extended())
			}
		})
	}
}

// access-permitted about another subject of the situation does not see what the
// request, or the finder, says of the one that it is about (A.3.16).
func TestAdministration_AccessPermittedForAnotherSituation(t *testing.T) {
	subject := xacml.CategoryDelegatedPrefix + xacml.CategoryAccessSubject
	const bob = `&lt;Attribute xmlns="` + xacml.Namespace + `" AttributeId="id" IncludeInResult="false">&lt;AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">bob&lt;/AttributeValue>&lt;/Attribute>`
	document := fmt.Sprintf(`<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>
		<Policy PolicyId="if-bob-may" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>delegated:subject id = u</on><Rule RuleId="r" Effect="Permit"><Condition>
			<Apply FunctionId="f3:access-permitted"><anyURI>%s</anyURI><string>%s</string></Apply></Condition></Rule></Policy>
		<Policy PolicyId="bob-as-boss" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>delegated:subject role = boss</on>
			<Rule RuleId="r" Effect="Permit"><on>delegated:subject id = bob</on></Rule></Policy>
		<Policy PolicyId="i" Version="1" RuleCombiningAlgId="r3:deny-overrides"><by>alice</by><on>c a = y</on><Rule RuleId="r" Effect="Permit"/></Policy></PolicySet>`, subject, bob)
	config := pdp.Config{Delegation: true, ReadAttributes: func(category, content string) (xacml.Attributes, error) {
		return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
	}}
	for _, tt := range []struct {
		name, request string
		want          xacml.Decision
	}{
		{"a role in the request", "c a string = y\nsubject id string = u\nsubject role string = boss", xacml.NotApplicable},
		{"a role of the finder", "c a string = y\nsubject id string = u\n? subject role string = boss", xacml.IndeterminateP},
		{
			"a role in an administrative request",
			"c a string = y\ndelegate id string = d\ndelegated:subject id string = u\ndelegated:subject role string = boss", xacml.NotApplicable,
		},
		{
			"a role of the finder for an administrative request",
			"c a string = y\ndelegate id string = d\ndelegated:subject id string = u\n? delegated:subject role string = boss", xacml.IndeterminateP,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request, finder := readRequest(t, tt.request)
			if !strings.Contains(tt.request, "?") {
				finder = nil // it would be asked
			}
			if got := newPDP(t, config, document).Evaluate(t.Context(), request, finder); got.Decision != tt.want {
				t.Errorf("got %s (%s), want %s", got.Decision.Extended(), got.Status.Message, tt.want.Extended())
			}
		})
	}
}

// What a sibling of an issued policy may ask of an administrative request is
// needed of the request that it is about.
func TestAdministration_Needs(t *testing.T) {
	is := func(where, id string) string {
		return `<Apply FunctionId="f1:string-is-in"><string>x</string><get>` + where + " " + id + ` string</get></Apply>`
	}
	sibling := func(id, inside string) string {
		return `<Policy PolicyId="` + id + `" Version="1" RuleCombiningAlgId="r3:deny-overrides">` + inside + `</Policy>`
	}
	const yes, never = `<on>c a = y</on>`, `<on>c a = never</on>`
	issued := func(target string) string {
		return sibling("i", `<by>alice</by>`+target+`<Rule RuleId="r" Effect="Permit"/>`)
	}
	for _, tt := range []struct {
		name, children, want string
		request              []xacml.Attributes
	}{
		{"a target", sibling("t", `<on>delegated:source 1 = x</on>`) + issued(yes), "1", nil},
		{"a target that does not match the request", sibling("t", `<Target><AnyOf><AllOf><if>c a = never</if><if>delegated:source 1 = x</if></AllOf></AnyOf></Target>`) + issued(yes), "1", nil},
		{"of an issued policy that cannot match", sibling("t", `<on>delegated:source 1 = x</on>`) + issued(never), "", nil},
		{"of an issued policy that might match", sibling("t", `<on>delegated:source 1 = x</on>`) + issued(`<on>source 2 = x</on>`), "2 1", nil},
		{"of trusted policies only", sibling("t", `<on>delegated:source 1 = x</on>`), "", nil},
		{"of the subject of the request", sibling("t", `<Target><AnyOf><AllOf><if>c a = never</if><if>source 1 = x</if></AllOf></AnyOf></Target>`) + issued(yes), "", nil},
		{
			"rules, variables and obligations", sibling("t", `<on>c a = never</on><VariableDefinition VariableId="v">`+is("delegated:source", "1")+`</VariableDefinition>
				<Rule RuleId="r" Effect="Permit"><on>delegated:source 2 = x</on><Condition>`+is("delegated:source", "3")+`</Condition>
				<ObligationExpressions><to>Permit o a = <get>delegated:source 4 string</get></to></ObligationExpressions></Rule>
				<AdviceExpressions><tell>Permit o a = <get>delegated:source 5 string</get></tell></AdviceExpressions>`) + issued(yes), "1 2 3 4 5", nil,
		},
		{
			"policy sets, references and issued policy sets", `<PolicySet PolicySetId="i" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><by>alice</by>` + yes + `</PolicySet>
				<PolicySet PolicySetId="t" Version="1" PolicyCombiningAlgId="p3:deny-overrides">` + never + `<PolicyIdReference>lib</PolicyIdReference><PolicyIdReference>lib</PolicyIdReference></PolicySet>`, "lib", nil,
		},
		{
			"what the request holds", sibling("t", `<on>delegated:source 1 = x</on>`) + issued(yes), "",
			[]xacml.Attributes{{Category: "source", Attributes: []xacml.Attribute{{ID: "1", Values: texts(1)}}}},
		},
		{
			"an administrative request", sibling("t", `<on>delegated:source 1 = x</on>`) + issued(yes), "",
			[]xacml.Attributes{{Category: xacml.CategoryDelegate}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPDP(t, pdp.Config{Delegation: true}, `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>`+tt.children+`</PolicySet>`,
				sibling("lib", `<on>delegated:source lib = x</on>`))
			request := oneAttribute("a", value.String("y"))
			request.Attributes = append(request.Attributes, tt.request...)
			if got := needed(t, p, request, nil); got != tt.want {
				t.Errorf("needs %q, want %q; policies:\n%s", got, tt.want, tt.children)
			}
		})
	}
}

// Where a sibling of an issued policy computes the name of an attribute, anything may
// be needed: below permit-unless-deny a Deny of which nobody can tell whether it is
// authorised is a Permit (C.7).
func TestAdministration_NeedsOfComputedNames(t *testing.T) {
	const document = `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:permit-unless-deny"><Target/>
		<Policy PolicyId="t" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>delegate id = alice</on><Rule RuleId="r" Effect="Permit"><Condition>
			<Apply FunctionId="f1:string-is-in"><string>x</string><Apply FunctionId="f3:attribute-designator"><anyURI>` + xacml.CategoryDelegatedPrefix + `source</anyURI>
			<Apply FunctionId="f3:anyURI-from-string"><string>1</string></Apply><anyURI>http://www.w3.org/2001/XMLSchema#string</anyURI></Apply></Apply></Condition></Rule></Policy>
		<Policy PolicyId="i" Version="1" RuleCombiningAlgId="r3:deny-overrides"><by>alice</by><on>%s</on><Rule RuleId="r" Effect="Deny"/></Policy></PolicySet>`
	for _, tt := range []struct {
		target   string
		complete bool
		want     xacml.Decision
	}{
		{"c a = y", false, xacml.Deny},
		{"c a = never", true, xacml.Permit},
	} {
		p, request := newPDP(t, pdp.Config{Delegation: true}, fmt.Sprintf(document, tt.target)), oneAttribute("a", value.String("y"))
		if _, ok := p.Needs(t.Context(), request, nil, pendingBelow); ok != tt.complete {
			t.Errorf("%s: got a list that is complete %t, want %t", tt.target, ok, tt.complete)
		}
		if got := inRounds(t, p, request, map[string]string{"1": "x"}); got.Decision != tt.want {
			t.Errorf("%s: got %s, want %s", tt.target, got.Decision.Extended(), tt.want)
		}
	}
}

// What is wrong with a value of an issuer is found at load, as in any other literal:
// else its policies would only never be trusted.
func TestAdministration_ValueOfAnIssuer(t *testing.T) {
	expression := func(xpath, version string) value.Value {
		return value.NewXPathExpression(xpath, xacml.CategoryResource, nil, version)
	}
	for _, tt := range []struct {
		of   value.Value
		want string // empty if nothing is wrong
	}{
		{nil, "a value is missing"},
		{expression("//[", xacml.XPath10), "XPath: "},
		{expression("//part[@n > '2']", xacml.XPath20), "XPath 2.0 compares"},
		{expression("//part[@n > '2']", xacml.XPath10), ""},
	} {
		issuer := &policy.PolicyIssuer{Attributes: []xacml.Attribute{{ID: "id", Values: []value.Value{tt.of}}}}
		document := policy.Document{Name: "d", Root: &policy.Policy{ID: "p", Version: "1", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", Issuer: issuer}}
		p, problems := pdp.New(pdp.Config{Delegation: true}, []policy.Document{document})
		if (p != nil) != (tt.want == "") || !strings.Contains(fmt.Sprint(problems), tt.want) {
			t.Errorf("%v: got a PDP %t and problems %v, want %q", tt.of, p != nil, problems, tt.want)
		}
	}
}
