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

// selectorPolicy permits if the literal is one of the values of the selector,
// whose attributes are what follows those that it always has.
func selectorPolicy(literal, selector string) string {
	dataType, text, _ := strings.Cut(literal, ":")
	return fmt.Sprintf(`<Policy xmlns:m="urn:m" PolicyId="p" Version="1.0" RuleCombiningAlgId="r3:deny-overrides">`+
		`<PolicyDefaults><XPathVersion>%[1]s</XPathVersion></PolicyDefaults><Target/>`+
		`<Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="f1:%[2]s-is-in"><%[2]s>%[3]s</%[2]s>`+
		`<AttributeSelector DataType="xs:%[2]s" %[4]s/></Apply></Condition></Rule></Policy>`, xacml.XPath10, dataType, text, selector)
}

// selectorRequest is a request with Content in the category resource, and
// expressions on it by attribute id; none in the category action.
func selectorRequest(t *testing.T) *xacml.Request {
	t.Helper()
	var attributes strings.Builder
	for _, a := range []struct{ id, category, path string }{
		{"second", "resource", "/m:r/m:a[2]"},
		{"both", "resource", "/m:r/m:a"},
		{"none", "resource", "/m:r/m:c"},
		{"foreign", "action", "/m:r/m:a[2]"},
		{"broken", "resource", "/m:r["},
		{"number", "resource", "count(/m:r)"},
	} {
		fmt.Fprintf(&attributes, `<Attribute AttributeId="%s" IncludeInResult="false"><AttributeValue DataType="%s" XPathCategory="%s">%s</AttributeValue></Attribute>`,
			a.id, value.TypeXPathExpression.ID(), longCategory(a.category), a.path)
	}
	text := `<Request xmlns="` + xacml.Namespace + `" xmlns:m="urn:m" ReturnPolicyIdList="false" CombinedDecision="false">` +
		`<RequestDefaults><XPathVersion>` + xacml.XPath10 + `</XPathVersion></RequestDefaults>` +
		`<Attributes Category="` + xacml.CategoryResource + `"><Content><m:r><!--c--><m:a id="1">x</m:a><m:a id="2"> <!---->7</m:a><b xmlns="">0</b></m:r></Content>` +
		attributes.String() + `</Attributes><Attributes Category="` + xacml.CategoryAction + `"/></Request>`
	request, err := xacmlxml.ReadRequest([]byte(text), xacmlxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// §5.30, 7.3.7, E01, pitfall 37: what goes wrong in a selector is Indeterminate
// whatever MustBePresent says; that there is nothing is missing or an empty bag.
func TestS7_3_7_Selector(t *testing.T) {
	const may, must = ` MustBePresent="false"`, ` MustBePresent="true"`
	request := selectorRequest(t)
	for _, tt := range []struct {
		name, literal, selector string
		want                    xacml.Decision
		code                    string
	}{
		{"prefix of the policy", "string:x", `Category="resource" Path="/m:r/m:a/text()"` + may, xacml.Permit, xacml.StatusOK},
		{"prefix of the selector", "string:x", `xmlns:n="urn:m" Category="resource" Path="/n:r/n:a"` + may, xacml.Permit, xacml.StatusOK},
		{"a name without a prefix has no namespace", "integer:0", `Category="resource" Path="//b"` + must, xacml.Permit, xacml.StatusOK},
		{"attributes", "integer:2", `Category="resource" Path="//@id"` + may, xacml.Permit, xacml.StatusOK},
		{"comments", "string:c", `Category="resource" Path="/*/comment()"` + may, xacml.Permit, xacml.StatusOK},
		{"value of an element", "string: 7", `Category="resource" Path="//m:a[@id = 2]"` + may, xacml.Permit, xacml.StatusOK},
		{"a number with white space", "integer:7", `Category="resource" Path="//m:a[2]"` + may, xacml.Permit, xacml.StatusOK},
		{"another value", "string:y", `Category="resource" Path="//m:a"` + may, xacml.NotApplicable, xacml.StatusOK},
		{"nothing", "string:x", `Category="resource" Path="/a"` + may, xacml.NotApplicable, xacml.StatusOK},
		{"nothing that must be", "string:x", `Category="resource" Path="/a"` + must, xacml.IndeterminateP, xacml.StatusMissingAttribute},
		{"no Content", "string:x", `Category="action" Path="//*"` + may, xacml.NotApplicable, xacml.StatusOK},
		{"no Content that must be", "string:x", `Category="action" Path="//*"` + must, xacml.IndeterminateP, xacml.StatusMissingAttribute},
		{"no category that must be", "string:x", `Category="subject" Path="//*"` + must, xacml.IndeterminateP, xacml.StatusMissingAttribute},
		{"a value of another form", "integer:7", `Category="resource" Path="//m:a"` + may, xacml.IndeterminateP, xacml.StatusProcessingError},
		{"too much work", "string:x", `Category="resource" Path="//*[count(//node()[count(//node()[count(//node()[count(//node()[count(//node()[count(//node()[count(//node()) > 1]) > 1]) > 1]) > 1]) > 1]) > 1]) > 1]"` + may, xacml.IndeterminateDP, xacml.StatusProcessingError},

		{"from a context node", "string: 7", `Category="resource" ContextSelectorId="second" Path="."` + may, xacml.Permit, xacml.StatusOK},
		{"around a context node", "string:0", `Category="resource" ContextSelectorId="second" Path="../b"` + may, xacml.Permit, xacml.StatusOK},
		{"absolute from a context node", "string:0", `Category="resource" ContextSelectorId="second" Path="/m:r/b"` + may, xacml.Permit, xacml.StatusOK},
		{"two context nodes", "string: 7", `Category="resource" ContextSelectorId="both" Path="."` + may, xacml.IndeterminateP, xacml.StatusSyntaxError},
		{"no context node", "string: 7", `Category="resource" ContextSelectorId="none" Path="."` + may, xacml.IndeterminateP, xacml.StatusSyntaxError},
		{"a context node of another category", "string: 7", `Category="resource" ContextSelectorId="foreign" Path="."` + may, xacml.IndeterminateP, xacml.StatusSyntaxError},
		{"no context selector", "string: 7", `Category="resource" ContextSelectorId="absent" Path="."` + may, xacml.IndeterminateP, xacml.StatusSyntaxError},
		{"a broken context selector", "string: 7", `Category="resource" ContextSelectorId="broken" Path="."` + may, xacml.IndeterminateP, xacml.StatusProcessingError},
		{"a context selector for a number", "string: 7", `Category="resource" ContextSelectorId="number" Path="."` + may, xacml.IndeterminateP, xacml.StatusSyntaxError},
		{"a context selector without Content", "string: 7", `Category="action" ContextSelectorId="second" Path="."` + may, xacml.NotApplicable, xacml.StatusOK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPDP(t, pdp.Config{}, selectorPolicy(tt.literal, tt.selector))
			checkResult(t, p.Evaluate(t.Context(), request, nil), tt.want, tt.code, "")
		})
	}
}

// §5.5, 5.30, pitfall 37: what shows before evaluation is a problem of the policy;
// a misspelt version is one that does no harm.
func TestS5_30_SelectorProblems(t *testing.T) {
	const may = ` MustBePresent="false"`
	for _, tt := range []struct {
		name, document string
		reason         policy.Reason
		warning        bool
	}{
		{"not nodes", selectorPolicy("integer:1", `Category="resource" Path="count(//m:a)"`+may), policy.ReasonXPath, false},
		{"not XPath", selectorPolicy("string:x", `Category="resource" Path="//m:a["`+may), policy.ReasonXPath, false},
		{"unknown prefix", selectorPolicy("string:x", `Category="resource" Path="//n:a"`+may), policy.ReasonXPath, false},
		{"XPath 2.0", selectorPolicy("string:x", `Category="resource" Path="for $a in //m:a return $a"`+may), policy.ReasonXPath, false},
		{"type without constructor", strings.Replace(selectorPolicy("string:x", `Category="resource" Path="//m:a"`+may),
			`Selector DataType="xs:string"`, `Selector DataType="`+value.TypeXPathExpression.ID()+`"`, 1), policy.ReasonType, false},
		{"unknown version", strings.Replace(selectorPolicy("string:x", `Category="resource" Path="//m:a"`+may), xacml.XPath10, "urn:v", 1), policy.ReasonXPath, false},
		{"misspelt version", strings.Replace(selectorPolicy("string:x", `Category="resource" Path="//m:a"`+may), "REC-xpath", "Rec-xpath", 1), policy.ReasonXPath, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			document, problems := xacmlxml.ReadPolicy("p.xml", []byte(expand(tt.document)), xacmlxml.DefaultLimits())
			_, more := pdp.New(pdp.Config{}, []policy.Document{document})
			problems = append(problems, more...)
			if len(problems) == 0 || problems[0].Reason != tt.reason || problems[0].Warning != tt.warning {
				t.Errorf("got %v, want a problem of kind %s, warning %v", problems, tt.reason, tt.warning)
			}
		})
	}
}
