package pdp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// records is the Content of the resource in these tests.
const records = `<Content><r:records xmlns:r="urn:records" xmlns:n="urn:n"><!-- c --><r:record id="1"><r:age>18</r:age><r:name> Ann </r:name></r:record>` +
	`<r:record id="2"><r:age>40</r:age><r:name>Bo</r:name><n:none/></r:record></r:records></Content>`

// asked makes a PDP of a policy with this condition, and asks it with this
// inside of the resource category.
func asked(t *testing.T, config pdp.Config, condition, resource string) xacml.Result {
	t.Helper()
	return askedIn(t, config, xacml.XPath10, "", condition, resource)
}

// askedIn is asked with these versions of XPath for the policy and the request,
// which has none if that is empty.
func askedIn(t *testing.T, config pdp.Config, version, ofRequest, condition, resource string) xacml.Result {
	t.Helper()
	policies := fmt.Sprintf(`<Policy xmlns=%q xmlns:r="urn:records" PolicyId="p" Version="1" RuleCombiningAlgId="%sdeny-overrides">
  <PolicyDefaults><XPathVersion>%s</XPathVersion></PolicyDefaults><Target/>
  <Rule RuleId="r" Effect="Permit"><Condition>%s</Condition></Rule></Policy>`, xacml.Namespace, xacml.RuleAlgorithm3, version, expand(condition))
	document, problems := xacmlxml.ReadPolicy("p.xml", []byte(policies), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatalf("%v, in\n%s", problems, policies)
	}
	config.KeepModel = true
	p, problems := pdp.New(config, []policy.Document{document})
	if p == nil {
		return xacml.Result{Status: xacml.Status{Code: "refused", Message: problems.Error()}}
	}
	defaults := ""
	if ofRequest != "" {
		defaults = "<RequestDefaults><XPathVersion>" + ofRequest + "</XPathVersion></RequestDefaults>"
	}
	request, err := xacmlxml.ReadRequest(fmt.Appendf(nil,
		`<Request xmlns=%q xmlns:r="urn:records" ReturnPolicyIdList="false" CombinedDecision="false">%s<Attributes Category=%q>%s</Attributes></Request>`,
		xacml.Namespace, defaults, xacml.CategoryResource, expand(resource)), xacmlxml.DefaultLimits())
	if err != nil {
		t.Fatalf("%v, in %s", err, resource)
	}
	result := p.Evaluate(t.Context(), request, nil)
	if reference := p.EvaluateReference(t.Context(), request, nil); outcomeOf(reference) != outcomeOf(result) {
		t.Errorf("got %s, and %s of the reference, in\n%s", outcomeOf(result), outcomeOf(reference), policies)
	}
	return result
}

func outcomeOf(r xacml.Result) string {
	if r.Decision.Indeterminate() {
		return last(r.Status.Code)
	}
	return r.Decision.String()
}

func TestS5_5_XPathVersion(t *testing.T) {
	for _, tt := range []struct {
		defaults string
		want     string // reason of the problem, and whether it is an error
	}{
		{"<XPathVersion>" + xacml.XPath10 + "</XPathVersion>", ""},
		{"<XPathVersion>" + xacml.XPath20 + "</XPathVersion>", ""},
		{"<XPathVersion>http://www.w3.org/TR/1999/Rec-xpath-19991116</XPathVersion>", "warning"},
		{"", "warning"},
		{"<XPathVersion>urn:xpath</XPathVersion>", "error"},
	} {
		defaults := ""
		if tt.defaults != "" {
			defaults = "<PolicySetDefaults>" + tt.defaults + "</PolicySetDefaults>"
		}
		text := fmt.Sprintf(`<PolicySet xmlns=%q PolicySetId="s" Version="1" PolicyCombiningAlgId="%sdeny-overrides">%s<Target/>
<Policy PolicyId="p" Version="1" RuleCombiningAlgId="%sdeny-overrides"><Target><AnyOf><AllOf><Match MatchId="%sstring-equal">
<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">x</AttributeValue>
<AttributeSelector Category="c" Path="//x" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Match></AllOf></AnyOf></Target></Policy></PolicySet>`,
			xacml.Namespace, xacml.PolicyAlgorithm3, defaults, xacml.RuleAlgorithm3, xacml.Function1)
		document, problems := xacmlxml.ReadPolicy("p.xml", []byte(text), xacmlxml.DefaultLimits())
		if len(problems.Errors()) > 0 {
			t.Fatal(problems)
		}
		_, problems = pdp.New(pdp.Config{}, []policy.Document{document})
		got := ""
		for _, p := range problems {
			got = "error"
			if p.Warning {
				got = "warning"
			}
			if p.Reason != policy.ReasonXPath {
				t.Errorf("%s: got %v, want the reason xpath", tt.defaults, p)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q (%v), want %q", tt.defaults, got, problems, tt.want)
		}
	}
}

// §5.5, chapter 6: all XPath is read as 1.0. What XPath 2.0 has another meaning for
// must not silently get that of 1.0: here it would select nothing, and a rule that
// denies would not.
func TestS5_5_AnotherMeaningInXPath20(t *testing.T) {
	const ban = `<Content><r xmlns=""><ban until="2026-12-31"/></r></Content>`
	banned := fmt.Sprintf(`<AttributeValue DataType=%q XPathCategory=%q>//ban[@until &gt; '2026-11-22']</AttributeValue>`,
		value.TypeXPathExpression.ID(), xacml.CategoryResource)
	selector := func(path, more string) string {
		return fmt.Sprintf(`<Apply FunctionId="f1:integer-equal"><Apply FunctionId="f1:string-bag-size">
<AttributeSelector Category=%q Path=%q DataType="xs:string" MustBePresent="false"%s/></Apply><integer>0</integer></Apply>`, xacml.CategoryResource, path, more)
	}
	count := `<Apply FunctionId="f1:integer-equal"><Apply FunctionId="f3:xpath-node-count">` + banned + `</Apply><integer>0</integer></Apply>`
	path := "//ban[@until &gt; '2026-11-22']"
	const computed = `<Apply FunctionId="f2:string-concatenate"><string>//ban[@until </string><string>&gt; '2026-11-22']</string></Apply>`
	selects := func(path string) string {
		return fmt.Sprintf(`<Apply FunctionId="f1:integer-equal"><Apply FunctionId="f1:string-bag-size"><Apply FunctionId="f3:attribute-selector">
<anyURI>%s</anyURI>%s<anyURI>%s</anyURI></Apply></Apply><integer>0</integer></Apply>`, xacml.CategoryResource, path, value.TypeString.ID())
	}
	counts := func(path string) string {
		return `<Apply FunctionId="f1:integer-equal"><Apply FunctionId="f1:xpath-node-count">` + path + `</Apply><integer>0</integer></Apply>`
	}
	some := func(paths string) string {
		return `<Apply FunctionId="f1:not"><Apply FunctionId="f1:any-of"><Function FunctionId="f1:xpath-node-equal"/><string>//ban</string>` + paths + `</Apply></Apply>`
	}
	text := func(s string) string { return "<string>" + s + "</string>" }
	from := ban + `<Attribute AttributeId="from" IncludeInResult="false">` + banned + `</Attribute>`
	for _, tt := range []struct{ name, version, ofRequest, condition, resource, want string }{
		{"path of a selector", xacml.XPath20, "", selector("//ban[@until > '2026-11-22']", ""), ban, "refused"},
		{"path of a selector", xacml.XPath10, "", selector("//ban[@until > '2026-11-22']", ""), ban, "Permit"},
		{"expression", xacml.XPath20, "", count, ban, "refused"},
		{"expression", xacml.XPath10, "", count, ban, "Permit"},
		{"the same in both", xacml.XPath20, "", selector("//ban[@until = '2026-12-31']", ""), ban, "NotApplicable"},
		{"expression of the request", xacml.XPath20, xacml.XPath20, selector("@until", ` ContextSelectorId="from"`), from, "processing-error"},
		{"expression of the request", xacml.XPath20, xacml.XPath10, selector("@until", ` ContextSelectorId="from"`), from, "syntax-error"}, // none is no context node

		// Strings that are paths (Related and Nested Entities profile; 10.2.9).
		{"path that is a string", xacml.XPath20, "", selects(text(path)), ban, "refused"},
		{"path that is a string", xacml.XPath10, "", selects(text(path)), ban, "Permit"},
		{"path that is a string, the same in both", xacml.XPath20, "", selects(text("//ban/@until")), ban, "NotApplicable"},
		{"path that is computed", xacml.XPath20, "", selects(computed), ban, "refused"},
		{"path that is computed", xacml.XPath10, "", selects(computed), ban, "Permit"},
		{"path that is a string, of no known version", "urn:xpath", "", selects(text("//ban")), ban, "refused"},
		{"expression of 1.0", xacml.XPath20, "", counts(text(path)), ban, "refused"},
		{"expression of 1.0", xacml.XPath10, "", counts(text(path)), ban, "Permit"},
		{"expression of 1.0, the same in both", xacml.XPath20, "", counts(text("//ban")), ban, "NotApplicable"},
		{"expression of 1.0 that is computed", xacml.XPath20, "", counts(computed), ban, "refused"},
		{"expression of 1.0 that is no XPath", xacml.XPath20, "", counts(text("//[")), ban, "processing-error"},
		{"expressions of 1.0 in a bag", xacml.XPath20, "", some(`<Apply FunctionId="f1:string-bag">` + text(path) + `</Apply>`), ban, "refused"},
		{"expressions of 1.0 in a bag", xacml.XPath10, "", some(`<Apply FunctionId="f1:string-bag">` + text(path) + `</Apply>`), ban, "Permit"},
	} {
		if got := outcomeOf(askedIn(t, pdp.Config{}, tt.version, tt.ofRequest, tt.condition, tt.resource)); got != tt.want {
			t.Errorf("%s under %s: got %s, want %s", tt.name, last(tt.version), got, tt.want)
		}
	}
}

// A literal of a Match is checked as any other is (§7.19.2).
func TestS7_6_XPathInAMatch(t *testing.T) {
	for _, tt := range []struct{ name, version, path, want string }{
		{"an expression", xacml.XPath20, "//ban", ""},
		{"no XPath", xacml.XPath10, "//[", "XPath: "},
		{"no nodes", xacml.XPath10, "1 + 1", "gives a number"},
		{"another meaning in XPath 2.0", xacml.XPath20, "//ban[@until &gt; '2026']", "XPath 2.0 compares"},
		{"no known version", "urn:xpath", "//ban", `XPathVersion "urn:xpath"`},
	} {
		policies := fmt.Sprintf(`<Policy xmlns=%q PolicyId="p" Version="1" RuleCombiningAlgId="%sdeny-overrides">
<PolicyDefaults><XPathVersion>%s</XPathVersion></PolicyDefaults>
<Target><AnyOf><AllOf><Match MatchId="%sxpath-node-match">
<AttributeValue DataType=%q XPathCategory=%q>%s</AttributeValue>
<AttributeDesignator Category=%[6]q AttributeId="node" DataType=%[5]q MustBePresent="false"/></Match></AllOf></AnyOf></Target></Policy>`,
			xacml.Namespace, xacml.RuleAlgorithm3, tt.version, xacml.Function3, value.TypeXPathExpression.ID(), xacml.CategoryResource, tt.path)
		document, problems := xacmlxml.ReadPolicy("p.xml", []byte(policies), xacmlxml.DefaultLimits())
		if len(problems.Errors()) > 0 {
			t.Fatal(problems)
		}
		p, problems := pdp.New(pdp.Config{}, []policy.Document{document})
		if (p != nil) != (tt.want == "") || tt.want != "" && !strings.Contains(problems.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, problems, tt.want)
		}
	}
}

func TestA3_15_OnContent(t *testing.T) {
	count := func(path string, n int) string {
		return fmt.Sprintf(`<Apply FunctionId="f1:integer-equal"><Apply FunctionId="f3:xpath-node-count">
<AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression" XPathCategory=%q>%s</AttributeValue></Apply>
<AttributeValue DataType="xs:integer">%d</AttributeValue></Apply>`, xacml.CategoryResource, path, n)
	}
	for _, tt := range []struct{ name, condition, resource, want string }{
		{"count", count("//r:record", 2), records, "Permit"},
		{"no Content", count("//r:record", 0), "", "Permit"},
		{"no nodes", count("1 + 1", 0), records, "refused"},
		{"no XPath", count("//", 0), records, "refused"},
	} {
		if got := outcomeOf(asked(t, pdp.Config{}, tt.condition, tt.resource)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// §5.45, A.3.16: the category that access-permitted puts in is part of the request,
// and so are its expressions, in entities too: they are held to the version of that.
func TestA3_16_XPathVersionOfTheRequest(t *testing.T) {
	expression := fmt.Sprintf(`<AttributeValue DataType=%q XPathCategory=%q>//ban[@until &gt; '2026-11-22']</AttributeValue>`,
		value.TypeXPathExpression.ID(), xacml.CategoryResource)
	attribute := func(id, v string) string {
		return fmt.Sprintf(`<Attribute AttributeId=%q IncludeInResult="false">%s</Attribute>`, id, v)
	}
	entity := fmt.Sprintf(`<AttributeValue DataType=%q>%s</AttributeValue>`, value.TypeEntity.ID(), attribute("from", expression))
	get := func(id string, typ value.Type) string {
		return fmt.Sprintf(`<AttributeDesignator Category="resource" AttributeId=%q DataType=%q MustBePresent="false"/>`, id, typ.ID())
	}
	some := func(expressions string) string {
		return fmt.Sprintf(`<ForAny VariableId="x">%s<Apply FunctionId="f1:integer-equal"><integer>1</integer><Apply FunctionId="f1:string-bag-size">
<Apply FunctionId="f3:attribute-selector"><anyURI>%s</anyURI><VariableReference VariableId="x"/><anyURI>%s</anyURI></Apply></Apply></Apply></ForAny>`,
			expressions, xacml.CategoryResource, value.TypeString.ID())
	}
	ofEntity := fmt.Sprintf(`<ForAny VariableId="e">%s%s</ForAny>`, get("entity", value.TypeEntity), some(fmt.Sprintf(
		`<Apply FunctionId="f3:attribute-designator"><VariableReference VariableId="e"/><anyURI>from</anyURI><anyURI>%s</anyURI></Apply>`, value.TypeXPathExpression.ID())))
	for _, tt := range []struct{ name, banned, attributes string }{
		{"of an attribute", some(get("from", value.TypeXPathExpression)), attribute("from", expression)},
		{"of an entity", ofEntity, attribute("entity", entity)},
	} {
		inside := `<Content><r xmlns=""><ban until="2026-12-31"/></r></Content>` + tt.attributes +
			attribute("inside", fmt.Sprintf(`<AttributeValue DataType=%q>y</AttributeValue>`, value.TypeString.ID()))
		condition := `<Apply FunctionId="f1:and"><Apply FunctionId="f1:not">` + tt.banned + `</Apply><Apply FunctionId="f1:or">
<Apply FunctionId="f1:string-is-in"><string>y</string>` + get("inside", value.TypeString) + `</Apply>
<Apply FunctionId="f3:access-permitted"><anyURI>` + xacml.CategoryResource + `</anyURI><string><![CDATA[` + inside + `]]></string></Apply></Apply></Apply>`
		config := pdp.Config{ReadAttributes: func(category, content string) (xacml.Attributes, error) {
			return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
		}}
		for version, want := range map[string]string{xacml.XPath10: "Permit", xacml.XPath20: "NotApplicable"} {
			if got := outcomeOf(askedIn(t, config, xacml.XPath10, version, condition, "")); got != want {
				t.Errorf("%s under %s: got %s, want %s", tt.name, last(version), got, want)
			}
		}
	}
}

func TestA3_16_AccessPermitted(t *testing.T) {
	// The rule permits the owner; and whoever asks for something that the owner
	// of another resource may have.
	owner := func(who string) string {
		return `<Attribute AttributeId="owner" IncludeInResult="false"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">` + who + `</AttributeValue></Attribute>`
	}
	is := `<Apply FunctionId="f1:string-is-in"><AttributeValue DataType="xs:string">me</AttributeValue>
<AttributeDesignator Category="resource" AttributeId="owner" DataType="xs:string" MustBePresent="false"/></Apply>`
	or := func(category, attributes string) string {
		return `<Apply FunctionId="f1:or">` + is + `<Apply FunctionId="f3:access-permitted"><AttributeValue DataType="xs:anyURI">` + category +
			`</AttributeValue><AttributeValue DataType="xs:string"><![CDATA[` + attributes + `]]></AttributeValue></Apply></Apply>`
	}
	read := func(category, content string) (xacml.Attributes, error) {
		return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
	}
	for _, tt := range []struct {
		name, condition, resource string
		config                    pdp.Config
		want                      string
	}{
		{"permitted inside", or(xacml.CategoryResource, owner("me")), owner("you"), pdp.Config{ReadAttributes: read}, "Permit"},
		{"another category is added", or("urn:other", owner("me")), owner("you"), pdp.Config{ReadAttributes: read}, "processing-error"}, // for ever
		{"for ever", or(xacml.CategoryResource, owner("you")), owner("you"), pdp.Config{ReadAttributes: read}, "processing-error"},
		{"no XML", or(xacml.CategoryResource, "<"), owner("you"), pdp.Config{ReadAttributes: read}, "syntax-error"},
		{"no XML, but not needed", or(xacml.CategoryResource, "<"), owner("me"), pdp.Config{ReadAttributes: read}, "Permit"},
		{"out of the element", or(xacml.CategoryResource, `</Attributes><Attributes Category="x">`), owner("you"), pdp.Config{ReadAttributes: read}, "syntax-error"},
		{"not supported", or(xacml.CategoryResource, owner("me")), owner("you"), pdp.Config{}, "processing-error"},
	} {
		if got := outcomeOf(asked(t, tt.config, tt.condition, tt.resource)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// What an expression would have selected beyond its steps is not known, and no
// algorithm may hide that (row 18).
func TestRow18_StepsAreNotHidden(t *testing.T) {
	text := fmt.Sprintf(`<Policy xmlns=%q PolicyId="p" Version="1" RuleCombiningAlgId="%spermit-unless-deny">
  <PolicyDefaults><XPathVersion>%s</XPathVersion></PolicyDefaults><Target/>
  <Rule RuleId="r" Effect="Deny"><Condition>%s</Condition></Rule></Policy>`, xacml.Namespace, xacml.RuleAlgorithm3, xacml.XPath10,
		expand(`<Apply FunctionId="f1:string-is-in"><AttributeValue DataType="xs:string">yes</AttributeValue>
<AttributeSelector Category="resource" Path="//blocked[count(//b) &gt; 0]" DataType="xs:string" MustBePresent="false"/></Apply>`))
	document, problems := xacmlxml.ReadPolicy("p.xml", []byte(text), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	p, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	if p == nil {
		t.Fatal(problems)
	}
	for n, want := range map[int]xacml.Decision{2: xacml.Deny, 1500: xacml.IndeterminateDP} {
		content, err := xacmlxml.ReadContent([]byte("<a>"+strings.Repeat("<b/><blocked>yes</blocked>", n)+"</a>"), xacmlxml.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		request := &xacml.Request{Attributes: []xacml.Attributes{{Category: xacml.CategoryResource, Content: content}}}
		if got := p.Evaluate(t.Context(), request, nil); got.Decision != want {
			t.Errorf("%d elements: got %s, want %s", n, got.Decision.Extended(), want.Extended())
		}
	}
}

// The sources answered for the initial request: what they said is not true of
// the one that access-permitted makes, whose subject may be another.
func TestA3_16_SourcesAreOfTheInitialRequest(t *testing.T) {
	is := func(id, text string) string {
		return `<Apply FunctionId="f1:string-is-in"><AttributeValue DataType="xs:string">` + text + `</AttributeValue>
<AttributeDesignator Category="subject" AttributeId="` + id + `" DataType="xs:string" MustBePresent="false"/></Apply>`
	}
	text := fmt.Sprintf(`<Policy xmlns=%q PolicyId="p" Version="1" RuleCombiningAlgId="%sdeny-overrides"><Target/>
  <Rule RuleId="as another" Effect="Permit"><Condition>%s</Condition></Rule>
  <Rule RuleId="guest" Effect="Permit"><Condition>%s</Condition></Rule></Policy>`, xacml.Namespace, xacml.RuleAlgorithm3,
		expand(`<Apply FunctionId="f1:and">`+is("ask", "yes")+`<Apply FunctionId="f3:access-permitted"><AttributeValue DataType="xs:anyURI">`+
			xacml.CategoryAccessSubject+`</AttributeValue><AttributeValue DataType="xs:string"><![CDATA[<Attribute AttributeId="ask" IncludeInResult="false">`+
			`<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">no</AttributeValue></Attribute>]]></AttributeValue></Apply></Apply>`), expand(is("role", "guest")))
	document, problems := xacmlxml.ReadPolicy("p.xml", []byte(text), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	p, problems := pdp.New(pdp.Config{ReadAttributes: func(category, content string) (xacml.Attributes, error) {
		return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
	}}, []policy.Document{document})
	if p == nil {
		t.Fatal(problems)
	}
	request := &xacml.Request{Attributes: []xacml.Attributes{{Category: xacml.CategoryAccessSubject, Attributes: []xacml.Attribute{
		{ID: "ask", Values: []value.Value{value.String("yes")}},
	}}}}
	if result := p.Evaluate(t.Context(), request, nil); result.Decision != xacml.NotApplicable {
		t.Errorf("without sources: got %s, want NotApplicable", result.Decision.Extended())
	}
	result := p.Evaluate(t.Context(), request, fakeFinder{})
	if result.Decision != xacml.IndeterminateP || !strings.Contains(result.Status.Message, "cannot be looked up") {
		t.Errorf("with sources: got %s (%s), want Indeterminate{P}", result.Decision.Extended(), result.Status.Message)
	}
}
