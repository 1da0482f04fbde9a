package rpc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// one is a request with one attribute.
func one(category, id, dataType string, values ...string) *v1.AuthorizeRequest {
	return &v1.AuthorizeRequest{Attributes: []*v1.RequestAttribute{{Category: category, AttributeId: id, DataType: dataType, Values: values}}}
}

// No XACML request can be made of these (ERROR_REASON_INVALID_REQUEST).
func TestAuthorize_InvalidRequest(t *testing.T) {
	r := start(t, nil)
	for _, test := range []struct {
		request *v1.AuthorizeRequest
		names   string // what the message has to name
	}{
		{&v1.AuthorizeRequest{Subject: map[string]string{"colour": "red"}}, `"colour"`},
		{&v1.AuthorizeRequest{Resource: map[string]string{"user-id": "1"}}, `"user-id"`}, // an alias of another category
		{&v1.AuthorizeRequest{Environment: map[string]string{"": "1"}}, "attribute id is required"},
		{&v1.AuthorizeRequest{Subject: map[string]string{"urn:a\x00b": "1"}}, `"urn:a\x00b"`},
		{one("", "urn:a", "", "1"), "category is required"},
		{one("person", "urn:a", "", "1"), `"person"`},
		{one("subject", "", "", "1"), "attribute id is required"},
		{one("subject", "urn:a", "number", "1"), `"number"`},
		{one("subject", "urn:a", "urn:\n", "1"), "control character"},
		{one("subject", "urn:a", ""), "a value is required"},
		{one("subject", "urn:a", "xpathExpression", "/"), "Evaluate"},
		{&v1.AuthorizeRequest{Attributes: []*v1.RequestAttribute{{Category: "subject", AttributeId: "urn:a", Issuer: "\x7f", Values: []string{"1"}}}}, "issuer"},
		{&v1.AuthorizeRequest{Attributes: []*v1.RequestAttribute{{}}}, "category is required"},
	} {
		_, err := r.client.Authorize(within(t), test.request)
		wantError(t, err, codes.InvalidArgument, "INVALID_REQUEST")
		if err == nil || !strings.Contains(err.Error(), test.names) {
			t.Errorf("got %v, want %s, input: %v", err, test.names, test.request)
		}
	}
}

// Row 13: a value that is wrong for its data type is Indeterminate, and not
// repeated in the message. Row 19: so are characters that XML does not allow.
func TestAuthorize_SyntaxError(t *testing.T) {
	r := start(t, nil)
	for _, request := range []*v1.AuthorizeRequest{
		one("resource", "urn:a", "integer", "1", "1e3"),
		one("resource", "urn:a", value.TypeDate.ID(), "2024-02-30"),
		one("resource", "urn:a", "dateTime", "2024-01-01T00:00:00+15:00"),
		one("resource", "urn:a", "", "a\x00b"),
		one("resource", "urn:a", "ipAddress", "secret"),
		{Environment: map[string]string{"level": "high"}},
		{Action: "\x01"},
	} {
		request.RequestId = "id"
		got, err := r.client.Authorize(within(t), request)
		if err != nil {
			t.Errorf("got %v, input: %v", err, request)
			continue
		}
		if got.GetDecision() != v1.Decision_DECISION_INDETERMINATE || got.GetStatus().GetCode() != xacml.StatusSyntaxError ||
			got.GetRequestId() != "id" || got.GetSnapshot() != "one" || strings.Contains(got.GetStatus().GetMessage(), "secret") {
			t.Errorf("got %v, input: %v", got, request)
		}
	}
}

// What belongs to a source or to the clock is not the caller's.
func TestAuthorize_NotAllowed(t *testing.T) {
	r := start(t, nil)
	for _, request := range []*v1.AuthorizeRequest{
		{Environment: map[string]string{"urn:test:asked": "yes"}},
		one("environment", xacml.AttributeCurrentTime, "time", "10:00:00"),
	} {
		_, err := r.client.Authorize(within(t), request)
		wantError(t, err, codes.PermissionDenied, "ATTRIBUTE_NOT_ALLOWED")
	}
}

func TestAuthorize_TooLarge(t *testing.T) {
	r := start(t, nil)
	values := make([]string, maxValues)
	if _, err := r.client.Authorize(within(t), one("subject", "urn:a", "", values...)); err != nil {
		t.Errorf("at the limit: got %v", err)
	}
	request := one("subject", "urn:a", "", values...)
	request.Resource = map[string]string{"urn:b": "one more"}
	_, err := r.client.Authorize(within(t), request)
	wantError(t, err, codes.ResourceExhausted, "REQUEST_TOO_LARGE")

	evaluate := &v1.EvaluateRequest{Attributes: make([]*v1.AttributeCategory, maxValues+1)}
	for i := range evaluate.GetAttributes() {
		evaluate.Attributes[i] = &v1.AttributeCategory{}
	}
	_, err = r.client.Evaluate(within(t), evaluate)
	wantError(t, err, codes.ResourceExhausted, "REQUEST_TOO_LARGE")
}

// A short name is the part of the URI after the last '#' or ':'.
func TestNames_DataTypes(t *testing.T) {
	n := newNames(&contexthandler.Dictionary{})
	for name, want := range map[string]value.Type{
		"":                                   value.TypeString,
		"string":                             value.TypeString,
		"dayTimeDuration":                    value.TypeDayTimeDuration,
		"rfc822Name":                         value.TypeRFC822Name,
		"x500Name":                           value.TypeX500Name,
		"dnsName":                            value.TypeDNSName,
		"xpathExpression":                    value.TypeXPathExpression,
		"urn:x:unknown":                      value.TypeUnknown,
		value.TypeInteger.ID():               value.TypeInteger,
		value.TypeLegacyDayTimeDuration.ID(): value.TypeLegacyDayTimeDuration,
	} {
		if got, err := n.dataType("urn:c", "urn:a", name); err != nil || got != want {
			t.Errorf("got %v, %v, want %v, input: %q", got, err, want, name)
		}
	}
	if len(n.types) != len(value.Types())-2 {
		t.Errorf("got %d short names for %d types, two of which are legacy", len(n.types), len(value.Types()))
	}
}

// The order of a request does not depend on that of maps.
func TestNames_AuthorizeOrder(t *testing.T) {
	n := newNames(&contexthandler.Dictionary{})
	m := &v1.AuthorizeRequest{Subject: map[string]string{}, Resource: map[string]string{"urn:r": ""}, Action: "a"}
	for i := range 20 {
		m.Subject[fmt.Sprintf("urn:%02d", i)] = fmt.Sprint(i)
	}
	m.Attributes = one("resource", "urn:a", "", "1").GetAttributes()
	for range 10 {
		request, err := n.authorize(m)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range request.Attributes {
			got = append(got, c.Category)
			for i, a := range c.Attributes {
				if want := fmt.Sprintf("urn:%02d", i); c.Category == xacml.CategoryAccessSubject && a.ID != want {
					t.Fatalf("got %q, want %q", a.ID, want)
				}
			}
		}
		if d := cmp.Diff([]string{xacml.CategoryAccessSubject, xacml.CategoryResource, xacml.CategoryAction}, got); d != "" {
			t.Fatal(d)
		}
	}
}

// category is an AttributeCategory with one string.
func category(name, id, attribute, text string) *v1.AttributeCategory {
	return &v1.AttributeCategory{Category: name, Id: id, Attributes: []*v1.Attribute{{
		AttributeId: attribute, IncludeInResult: true, Values: []*v1.AttributeValue{{Value: text}},
	}}}
}

// Multiple Decision profile, repeated categories and references: the results
// come in order, and name their parts.
func TestEvaluate_MultiRequests(t *testing.T) {
	r := start(t, nil)
	request := &v1.EvaluateRequest{
		ReturnPolicyIdList: true,
		Attributes: []*v1.AttributeCategory{
			category("action", "r", xacml.AttributeActionID, "read"),
			category("action", "w", xacml.AttributeActionID, "write"),
			category("subject", "s", "user-id", "1337"),
		},
	}
	for i := range 1000 {
		request.MultiRequests = append(request.MultiRequests, &v1.RequestReference{Ids: []string{"s", []string{"r", "w", "none"}[i%3]}})
	}
	got, err := r.client.Evaluate(within(t), request)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetResults()) != 1000 || got.GetSnapshot() != "one" {
		t.Fatalf("got %d results on %q", len(got.GetResults()), got.GetSnapshot())
	}
	for i, result := range got.GetResults() {
		switch i % 3 {
		case 0:
			if result.GetDecision() != v1.Decision_DECISION_PERMIT || len(result.GetObligations()) != 1 || len(result.GetApplicablePolicies()) != 1 {
				t.Fatalf("result %d: got %v", i, result)
			}
			diff(t, result.GetAttributes()[0].GetAttributes()[0].GetValues()[0].GetValue(), "read")
		case 1:
			if result.GetDecision() != v1.Decision_DECISION_DENY {
				t.Fatalf("result %d: got %v", i, result)
			}
		case 2:
			if result.GetDecision() != v1.Decision_DECISION_INDETERMINATE || result.GetStatus().GetCode() != xacml.StatusSyntaxError {
				t.Fatalf("result %d: got %v", i, result)
			}
		}
	}
	request.MultiRequests = append(request.MultiRequests, &v1.RequestReference{Ids: []string{"s"}})
	_, err = r.client.Evaluate(within(t), request)
	wantError(t, err, codes.InvalidArgument, "TOO_MANY_DECISIONS")

	request.MultiRequests = nil
	got, err = r.client.Evaluate(within(t), request)
	if err != nil || len(got.GetResults()) != 2 || got.GetResults()[1].GetDecision() != v1.Decision_DECISION_DENY {
		t.Errorf("repeated category: got %v, %v", got, err)
	}
	for range 500 { // row 20: 502 actions by 2 subjects
		request.Attributes = append(request.Attributes, category("action", "", xacml.AttributeActionID, "read"))
	}
	request.Attributes = append(request.Attributes, category("subject", "", "user-id", "42"))
	_, err = r.client.Evaluate(within(t), request)
	wantError(t, err, codes.InvalidArgument, "TOO_MANY_DECISIONS")
}

func TestEvaluate_Requests(t *testing.T) {
	r := start(t, nil)
	with := func(change func(*v1.EvaluateRequest)) *v1.EvaluateRequest {
		m := &v1.EvaluateRequest{Attributes: []*v1.AttributeCategory{category("action", "a", xacml.AttributeActionID, "read")}}
		change(m)
		return m
	}
	xpath := func(v *v1.AttributeValue) *v1.EvaluateRequest {
		return with(func(m *v1.EvaluateRequest) {
			v.DataType = "xpathExpression"
			m.Attributes = append(m.Attributes, &v1.AttributeCategory{Category: "resource", Attributes: []*v1.Attribute{{
				AttributeId: "urn:x", IncludeInResult: true, Values: []*v1.AttributeValue{v},
			}}})
		})
	}
	for _, test := range []struct {
		name    string
		request *v1.EvaluateRequest
		want    string // status code, or reason
	}{
		{"read", with(func(*v1.EvaluateRequest) {}), xacml.StatusOK},
		{"xpath", xpath(&v1.AttributeValue{Value: "//p:a", XpathCategory: "urn:c", Namespaces: map[string]string{"p": "urn:p"}}), xacml.StatusOK},
		{"empty xpath", xpath(&v1.AttributeValue{Value: " \n", XpathCategory: "urn:c"}), xacml.StatusSyntaxError},
		{"xpath without category", xpath(&v1.AttributeValue{Value: "/"}), "INVALID_REQUEST"},
		{"category of a string", with(func(m *v1.EvaluateRequest) {
			m.Attributes[0].Attributes[0].Values[0].XpathCategory = "urn:c"
		}), "INVALID_REQUEST"},
		{"content", with(func(m *v1.EvaluateRequest) { m.Attributes[0].Content = "<a/>" }), xacml.StatusOK},
		{"broken content", with(func(m *v1.EvaluateRequest) { m.Attributes[0].Content = "<a>" }), xacml.StatusSyntaxError},
		{"document and fields", with(func(m *v1.EvaluateRequest) { m.Document = &v1.EvaluateRequest_Xml{} }), "INVALID_REQUEST"},
		{"empty document", &v1.EvaluateRequest{Document: &v1.EvaluateRequest_Xml{}}, xacml.StatusSyntaxError},
		{"broken document", &v1.EvaluateRequest{Document: &v1.EvaluateRequest_Json{Json: []byte("{")}}, xacml.StatusSyntaxError},
		{"wrong value", with(func(m *v1.EvaluateRequest) {
			m.Attributes[0].Attributes[0].Values[0].DataType = "boolean"
		}), xacml.StatusSyntaxError},
		{"no values", with(func(m *v1.EvaluateRequest) { m.Attributes[0].Attributes[0].Values = nil }), "INVALID_REQUEST"},
		{"id twice", with(func(m *v1.EvaluateRequest) {
			m.Attributes = append(m.Attributes, category("subject", "a", "user-id", "1"))
		}), "INVALID_REQUEST"},
		{"id with a control character", with(func(m *v1.EvaluateRequest) { m.Attributes[0].Id = "\n" }), "INVALID_REQUEST"},
		{"empty reference", with(func(m *v1.EvaluateRequest) { m.MultiRequests = []*v1.RequestReference{{}} }), "INVALID_REQUEST"},
		{"empty id", with(func(m *v1.EvaluateRequest) { m.MultiRequests = []*v1.RequestReference{{Ids: []string{""}}} }), "INVALID_REQUEST"},
		{"version", with(func(m *v1.EvaluateRequest) { m.XpathVersion = "2" }), "INVALID_REQUEST"},
		{"no category", with(func(m *v1.EvaluateRequest) { m.Attributes[0].Category = "" }), "INVALID_REQUEST"},
	} {
		got, err := r.client.Evaluate(within(t), test.request)
		if !strings.Contains(test.want, ":") {
			t.Run(test.name, func(t *testing.T) { wantError(t, err, codes.InvalidArgument, test.want) })
			continue
		}
		if err != nil || len(got.GetResults()) != 1 || got.GetResults()[0].GetStatus().GetCode() != test.want || got.GetSnapshot() != "one" {
			t.Errorf("%s: got %v, %v, want %s", test.name, got, err, test.want)
		}
		if test.name == "xpath" {
			diff(t, got.GetResults()[0].GetAttributes()[1].GetAttributes()[0].GetValues()[0], &v1.AttributeValue{
				DataType: value.TypeXPathExpression.ID(), Value: "//p:a", XpathCategory: "urn:c", Namespaces: map[string]string{"p": "urn:p"},
			})
		}
	}
}

// Names in messages are cut, and status messages are UTF-8 whatever they quote.
func TestResponse_Messages(t *testing.T) {
	err := newNames(&contexthandler.Dictionary{}).checkAttribute("urn:c", strings.Repeat("é", 1000))
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("got %v", err)
	}
	got := authorizeResponse(&decided{snapshot: "s", result: &xacml.Result{Status: xacml.Status{Code: xacml.StatusProcessingError, Message: "a\xffb"}}})
	if _, err := proto.Marshal(got); err != nil || got.GetStatus().GetMessage() != "a\uFFFDb" {
		t.Errorf("got %v, %v", got, err)
	}
	merged := attributeCategories([]xacml.Attributes{
		{Category: "urn:a", Attributes: []xacml.Attribute{{ID: "urn:1"}}},
		{Category: "urn:b"},
		{Category: "urn:a", Attributes: []xacml.Attribute{{ID: "urn:2"}}},
	})
	diff(t, merged, []*v1.AttributeCategory{
		{Category: "urn:a", Attributes: []*v1.Attribute{{AttributeId: "urn:1"}, {AttributeId: "urn:2"}}},
		{Category: "urn:b"},
	})
}

// Whatever a message says, a request or an error comes of it.
func FuzzEvaluate(f *testing.F) {
	for _, m := range []*v1.EvaluateRequest{
		{Attributes: []*v1.AttributeCategory{category("subject", "a", "urn:a", "x")}, MultiRequests: []*v1.RequestReference{{Ids: []string{"a"}}}},
		{XpathVersion: xacml.XPath10, Attributes: []*v1.AttributeCategory{{Category: "resource", Content: "<a/>"}}},
	} {
		data, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	n := newNames(&contexthandler.Dictionary{})
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		var evaluate v1.EvaluateRequest
		if proto.Unmarshal(data, &evaluate) == nil {
			if request, err := n.evaluate(&evaluate); (request == nil) == (err == nil) {
				t.Errorf("got %v, %v", request, err)
			}
		}
		var authorize v1.AuthorizeRequest
		if proto.Unmarshal(data, &authorize) == nil {
			if request, err := n.authorize(&authorize); (request == nil) == (err == nil) {
				t.Errorf("got %v, %v", request, err)
			}
		}
	})
}
