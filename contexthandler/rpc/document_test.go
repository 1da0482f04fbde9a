package rpc_test

import (
	"bytes"
	"testing"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmljson"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	pb "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// adults permits a resource whose Content says that it is for adults.
const adults = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="adults" Version="1.0"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">
  <PolicyDefaults><XPathVersion>http://www.w3.org/TR/1999/REC-xpath-19991116</XPathVersion></PolicyDefaults>
  <Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:integer-less-than-or-equal">
    <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">18</AttributeValue>
    <AttributeSelector xmlns:b="urn:book" Category="urn:oasis:names:tc:xacml:3.0:attribute-category:resource" MustBePresent="false"
      Path="/b:book/@age" DataType="http://www.w3.org/2001/XMLSchema#integer"/>
  </Match></AllOf></AnyOf></Target>
  <Rule RuleId="r" Effect="Permit"/>
</Policy>`

const book = `<book xmlns="urn:book" age="18"/>`

// TestEvaluate_Forms asks the same in fields, in XML and in JSON.
func TestEvaluate_Forms(t *testing.T) {
	document, problems := xacmlxml.ReadPolicy("adults.xml", []byte(adults), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	decider, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	if decider == nil {
		t.Fatal(problems)
	}
	client := dialServer(t, func() *pap.Snapshot { return &pap.Snapshot{ID: "test", PDP: decider} })

	content, err := xacmlxml.ReadContent([]byte(book), xacmlxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	request := &xacml.Request{Attributes: []xacml.Attributes{{Category: xacml.CategoryResource, Content: content}}}
	var inXML, inJSON bytes.Buffer
	if err := xacmlxml.WriteRequest(&inXML, request); err != nil {
		t.Fatal(err)
	}
	if err := xacmljson.WriteRequest(&inJSON, request); err != nil {
		t.Fatal(err)
	}
	readXML := func(data []byte) (*xacml.Response, error) {
		return xacmlxml.ReadResponse(data, xacmlxml.DefaultLimits())
	}
	readJSON := func(data []byte) (*xacml.Response, error) {
		return xacmljson.ReadResponse(data, xacmljson.DefaultLimits())
	}
	for _, tt := range []struct {
		name    string
		request *pb.EvaluateRequest
		read    func([]byte) (*xacml.Response, error) // nil: no document comes back
		want    pb.Decision
		status  string
	}{
		{"fields", &pb.EvaluateRequest{Attributes: []*pb.AttributeCategory{{Category: "resource", Content: book}}}, nil, pb.Decision_DECISION_PERMIT, xacml.StatusOK},
		{"XML", &pb.EvaluateRequest{Document: &pb.EvaluateRequest_Xml{Xml: inXML.Bytes()}}, readXML, pb.Decision_DECISION_PERMIT, xacml.StatusOK},
		{"JSON", &pb.EvaluateRequest{Document: &pb.EvaluateRequest_Json{Json: inJSON.Bytes()}}, readJSON, pb.Decision_DECISION_PERMIT, xacml.StatusOK},
		{"broken XML", &pb.EvaluateRequest{Document: &pb.EvaluateRequest_Xml{Xml: []byte("<Request")}}, readXML, pb.Decision_DECISION_INDETERMINATE, xacml.StatusSyntaxError},
		{"broken JSON", &pb.EvaluateRequest{Document: &pb.EvaluateRequest_Json{Json: []byte("{}")}}, readJSON, pb.Decision_DECISION_INDETERMINATE, xacml.StatusSyntaxError},
	} {
		response, err := client.Evaluate(t.Context(), tt.request)
		if err != nil || len(response.GetResults()) != 1 {
			t.Errorf("%s: got %v, %v, want one result", tt.name, response, err)
			continue
		}
		if got := response.GetResults()[0]; got.GetDecision() != tt.want || got.GetStatus().GetCode() != tt.status {
			t.Errorf("%s: got %v, want %s with %s", tt.name, got, tt.want, tt.status)
		}
		if tt.read == nil {
			if len(response.GetDocument()) > 0 {
				t.Errorf("%s: got the document %s, want none", tt.name, response.GetDocument())
			}
			continue
		}
		back, err := tt.read(response.GetDocument())
		if err != nil || len(back.Results) != 1 || "DECISION_"+upper(back.Results[0].Decision) != tt.want.String() || back.Results[0].Status.Code != tt.status {
			t.Errorf("%s: the document says %+v, %v", tt.name, back, err)
		}
	}
}

func upper(d xacml.Decision) string {
	return map[string]string{"Permit": "PERMIT", "Deny": "DENY", "NotApplicable": "NOT_APPLICABLE", "Indeterminate": "INDETERMINATE"}[d.String()]
}
