package rpc_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmljson"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	pb "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// owned permits the node of the Content that is owned by whoever asks, and has an
// obligation for the one with number 3.
const owned = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="owned" Version="1.0"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">
  <PolicyDefaults><XPathVersion>http://www.w3.org/TR/1999/REC-xpath-19991116</XPathVersion></PolicyDefaults>
  <Target/>
  <Rule RuleId="r" Effect="Permit">
    <Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:string-at-least-one-member-of">
      <AttributeSelector Category="urn:oasis:names:tc:xacml:3.0:attribute-category:resource" MustBePresent="false" Path="@owner"
        ContextSelectorId="urn:oasis:names:tc:xacml:3.0:content-selector" DataType="http://www.w3.org/2001/XMLSchema#string"/>
      <AttributeDesignator Category="urn:oasis:names:tc:xacml:1.0:subject-category:access-subject" MustBePresent="false"
        AttributeId="urn:name" DataType="http://www.w3.org/2001/XMLSchema#string"/>
    </Apply></Condition>
  </Rule>
  <Rule RuleId="third" Effect="Permit">
    <Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:integer-is-in">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">3</AttributeValue>
      <AttributeSelector Category="urn:oasis:names:tc:xacml:3.0:attribute-category:resource" MustBePresent="false" Path="@n"
        ContextSelectorId="urn:oasis:names:tc:xacml:3.0:content-selector" DataType="http://www.w3.org/2001/XMLSchema#integer"/>
    </Apply></Condition>
    <ObligationExpressions><ObligationExpression ObligationId="urn:log" FulfillOn="Permit"/></ObligationExpressions>
  </Rule>
</Policy>`

// Multiple Decision profile 2.2, 2.3 and 3, Hierarchical Resource profile (xml-node-id):
// each node that the path selects, for each subject, is decided by itself, and its
// expression comes back where it was asked for; one decision in their place has
// neither, and there is none where one has obligations. It is the same in each form.
func TestProfiles_NodesOfADocumentInEveryForm(t *testing.T) {
	const content = `<o:records xmlns:o="urn:o"><o:record n="1" owner="ann"/><o:record n="2" owner="bo"/><o:record n="3" owner="cy"/></o:records>`
	document, problems := xacmlxml.ReadPolicy("owned.xml", []byte(owned), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	decider, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	if decider == nil {
		t.Fatal(problems)
	}
	client := dialServer(t, func() *pap.Snapshot { return &pap.Snapshot{ID: "test", PDP: decider} })

	forms := func(path string, combined bool, subjects ...string) map[string]*pb.EvaluateRequest {
		fields := &pb.EvaluateRequest{CombinedDecision: combined, XpathVersion: xacml.XPath10, Attributes: []*pb.AttributeCategory{{
			Category: "resource", Content: content, Attributes: []*pb.Attribute{{
				AttributeId: xacml.AttributeMultipleContentSelector, IncludeInResult: true, Values: []*pb.AttributeValue{{
					DataType: "xpathExpression", Value: path, XpathCategory: xacml.CategoryResource, Namespaces: map[string]string{"p": "urn:o"},
				}},
			}},
		}}}
		var inXML, inJSON []string
		for _, name := range subjects {
			fields.Attributes = append(fields.Attributes, &pb.AttributeCategory{Category: "subject", Attributes: []*pb.Attribute{{
				AttributeId: "urn:name", IncludeInResult: true, Values: []*pb.AttributeValue{{Value: name}},
			}}})
			inXML = append(inXML, fmt.Sprintf(`<Attributes Category=%q><Attribute AttributeId="urn:name" IncludeInResult="true"><AttributeValue DataType=%q>%s</AttributeValue></Attribute></Attributes>`,
				xacml.CategoryAccessSubject, value.TypeString.ID(), name))
			inJSON = append(inJSON, fmt.Sprintf(`{"Attribute":[{"AttributeId":"urn:name","IncludeInResult":true,"Value":%q}]}`, name))
		}
		quoted, _ := json.Marshal(content) // of a string, which has no error
		return map[string]*pb.EvaluateRequest{
			"fields": fields,
			"XML": {Document: &pb.EvaluateRequest_Xml{Xml: fmt.Appendf(nil, `<Request xmlns=%q xmlns:p="urn:o" ReturnPolicyIdList="false" CombinedDecision="%t">
<RequestDefaults><XPathVersion>%s</XPathVersion></RequestDefaults>
<Attributes Category=%q><Content>%s</Content><Attribute AttributeId=%q IncludeInResult="true"><AttributeValue DataType=%q XPathCategory=%[4]q>%[8]s</AttributeValue></Attribute></Attributes>%s</Request>`,
				xacml.Namespace, combined, xacml.XPath10, xacml.CategoryResource, content, xacml.AttributeMultipleContentSelector,
				value.TypeXPathExpression.ID(), strings.ReplaceAll(path, "<", "&lt;"), strings.Join(inXML, ""))}},
			"JSON": {Document: &pb.EvaluateRequest_Json{Json: fmt.Appendf(nil, `{"Request":{"CombinedDecision":%t,"AccessSubject":[%s],"Resource":[{"Content":%s,"Attribute":[
{"AttributeId":%q,"IncludeInResult":true,"DataType":"xpathExpression","Value":{"XPathCategory":"Resource","XPath":%q,"Namespaces":[{"Prefix":"p","Namespace":"urn:o"}]}}]}]}}`,
				combined, strings.Join(inJSON, ","), quoted, xacml.AttributeMultipleContentSelector, path)}},
		}
	}
	for _, tt := range []struct {
		name, path string
		combined   bool
		subjects   []string
		want       []string
	}{
		{
			"one subject", "/p:records/p:record", false,
			[]string{"bo"},
			[]string{"NotApplicable /*/*[1] bo", "Permit /*/*[2] bo", "Permit urn:log /*/*[3] bo"},
		},
		{
			"two subjects", "//p:record[position() < 3]", false,
			[]string{"ann", "bo"},
			[]string{"NotApplicable /*/*[1] bo", "NotApplicable /*/*[2] ann", "Permit /*/*[1] ann", "Permit /*/*[2] bo"},
		},
		{"nothing is selected", "//p:none", false, []string{"ann"}, []string{"Indeterminate syntax-error ann"}},
		{"combined", "//p:record[@owner = 'ann']", true, []string{"ann"}, []string{"Permit"}},
		{"combined, but they differ", "//p:record", true, []string{"ann"}, []string{"Indeterminate processing-error"}},
		{"combined, but there is an obligation", "//p:record[3]", true, []string{"ann"}, []string{"Indeterminate processing-error"}},
		{"combined, and all are errors", "//p:none", true, []string{"ann", "bo"}, []string{"Indeterminate processing-error"}},
	} {
		for form, m := range forms(tt.path, tt.combined, tt.subjects...) {
			response, err := client.Evaluate(t.Context(), m)
			if err != nil {
				t.Errorf("%s in %s: %v", tt.name, form, err)
				continue
			}
			if diff := cmp.Diff(tt.want, briefly(t, form, response)); diff != "" {
				t.Errorf("%s in %s (-want +got):\n%s", tt.name, form, diff)
			}
		}
	}
}

// briefly is the results of a response as text, in an order that does not depend on
// that of the categories in the request.
func briefly(t *testing.T, form string, m *pb.EvaluateResponse) []string {
	t.Helper()
	var response *xacml.Response
	var err error
	switch form {
	case "XML":
		response, err = xacmlxml.ReadResponse(m.GetDocument(), xacmlxml.DefaultLimits())
	case "JSON":
		response, err = xacmljson.ReadResponse(m.GetDocument(), xacmljson.DefaultLimits())
	default:
		response = &xacml.Response{}
		for _, r := range m.GetResults() {
			result := xacml.Result{Status: xacml.Status{Code: r.GetStatus().GetCode()}}
			for _, d := range []xacml.Decision{xacml.Permit, xacml.Deny, xacml.NotApplicable} {
				if "DECISION_"+upper(d) == r.GetDecision().String() {
					result.Decision = d
				}
			}
			for _, o := range r.GetObligations() {
				result.Obligations = append(result.Obligations, xacml.Obligation{ID: o.GetId()})
			}
			for _, c := range r.GetAttributes() {
				attributes := xacml.Attributes{Category: c.GetCategory()}
				for _, a := range c.GetAttributes() {
					attributes.Attributes = append(attributes.Attributes, xacml.Attribute{Values: []value.Value{value.String(a.GetValues()[0].GetValue())}})
				}
				result.Attributes = append(result.Attributes, attributes)
			}
			response.Results = append(response.Results, result)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range response.Results {
		parts := []string{r.Decision.String()}
		if r.Decision.Indeterminate() {
			parts = append(parts, r.Status.Code[strings.LastIndex(r.Status.Code, ":")+1:])
		}
		for _, o := range r.Obligations {
			parts = append(parts, o.ID)
		}
		for _, category := range []string{xacml.CategoryResource, xacml.CategoryAccessSubject} {
			for _, attrs := range r.Attributes {
				for _, a := range attrs.Attributes {
					if attrs.Category == category && value.Lexical(a.Values[0])[:2] != "//" {
						parts = append(parts, value.Lexical(a.Values[0]))
					}
				}
			}
		}
		out = append(out, strings.Join(parts, " "))
	}
	slices.Sort(out)
	return out
}
