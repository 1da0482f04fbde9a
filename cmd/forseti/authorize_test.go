package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

func TestAttribute(t *testing.T) {
	tests := []struct {
		text               string
		category, id, kind string
		value              string
		refused            bool
	}{
		{text: "resource/records:integer=80", category: "resource", id: "records", kind: "integer", value: "80"},
		{text: "subject/urn:altinn:rolecode:string=a=b", category: "subject", id: "urn:altinn:rolecode", kind: "string", value: "a=b"},
		{text: "urn:x:category/urn:y/z:anyURI=http://a/", category: "urn:x:category", id: "urn:y/z", kind: "anyURI", value: "http://a/"},
		{text: "https://example.com/id:string=", category: "https://example.com", id: "id", kind: "string"},
		{text: "https://example.com:string=", refused: true},
		{text: "resource/records=80", refused: true},
		{text: "resource/:integer=80", refused: true},
		{text: "resource/records:=80", refused: true},
		{text: "/records:integer=80", refused: true},
		{text: "resource/records:integer", refused: true},
		{text: "", refused: true},
	}
	for _, tt := range tests {
		got, err := attribute(tt.text)
		if (err != nil) != tt.refused {
			t.Errorf("attribute(%q): got error %v, want an error: %v", tt.text, err, tt.refused)
		}
		want := &v1.RequestAttribute{Category: tt.category, AttributeId: tt.id, DataType: tt.kind, Values: []string{tt.value}}
		if err == nil && !tt.refused {
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("attribute(%q) (-want +got):\n%s", tt.text, diff)
			}
		}
	}
}

// TestPrintAnswer shows an answer with everything in it.
func TestPrintAnswer(t *testing.T) {
	value := func(s string) *v1.AttributeValue { return &v1.AttributeValue{Value: s} }
	assignments := []*v1.AttributeAssignment{{AttributeId: "urn:a", Value: value("1")}, {AttributeId: "urn:b", Value: value("two\n")}}
	r := &v1.AuthorizeResponse{
		Decision: v1.Decision_DECISION_INDETERMINATE,
		Status: &v1.Status{
			Code: "urn:oasis:names:tc:xacml:1.0:status:missing-attribute", Message: "something is missing",
			MissingAttributes: []*v1.MissingAttribute{{
				Category: "urn:other", AttributeId: "urn:c", DataType: "http://www.w3.org/2001/XMLSchema#integer",
			}},
		},
		Obligations: []*v1.Obligation{
			{Id: "urn:level", Assignments: []*v1.AttributeAssignment{
				{Category: levelForPeople, Value: value("2")}, {Category: levelForOrganizations, Value: value("3")},
			}},
			{Id: "urn:log"},
			{Id: "urn:\x1b[2J", Assignments: assignments},
			{Id: "urn:mixed", Assignments: append([]*v1.AttributeAssignment{{AttributeId: "l", Category: levelForPeople, Value: value("2")}}, assignments...)},
		},
		Advice: []*v1.Advice{{Id: "urn:advice", Assignments: assignments}},
		Attributes: []*v1.AttributeCategory{{Category: "c", Attributes: []*v1.Attribute{
			{AttributeId: "urn:d", Values: []*v1.AttributeValue{value("x"), value("y")}},
		}}},
		ApplicablePolicies: []*v1.PolicyReference{
			{Kind: v1.PolicyKind_POLICY_KIND_POLICY_SET, Id: "urn:set", Version: "1.0"},
			{Kind: v1.PolicyKind_POLICY_KIND_POLICY, Id: "urn:policy", Version: "2.1"},
		},
		Snapshot: "sha256:0",
	}
	const want = `Indeterminate
  status      missing-attribute: something is missing
  missing     urn:other attribute urn:c of type integer
  obligation  authentication level 2 or higher is required
  obligation  for organisations: level 3 or higher
  obligation  urn:log
  obligation  "urn:\x1b[2J": urn:a = "1", urn:b = "two\n"
  obligation  urn:mixed: l = "2", urn:a = "1", urn:b = "two\n"
  advice      urn:advice: urn:a = "1", urn:b = "two\n"
  policy set  urn:set 1.0
  policy      urn:policy 2.1
  attribute   urn:d = "x"
  attribute   urn:d = "y"
  snapshot    sha256:0
`
	var b bytes.Buffer
	if err := printAnswer(&b, r, false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	b.Reset()
	if err := printAnswer(&b, r, true); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "\x1b[1;33mIndeterminate\x1b[0m\n"; !strings.HasPrefix(got, want) {
		t.Errorf("in colour: got %q, want the prefix %q", got, want)
	}
}

// TestDecisionCode: only Permit is 0, whatever a service may send.
func TestDecisionCode(t *testing.T) {
	for d := v1.Decision(-1); d < 10; d++ {
		if got := decisionCode(d); (got == exitOK) != (d == v1.Decision_DECISION_PERMIT) {
			t.Errorf("%v: got exit code %d", d, got)
		}
	}
}
