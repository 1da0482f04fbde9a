package xacmlxml

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// comparers compare requests and responses.
var comparers = cmp.Options{
	cmp.Comparer(sameValue),
	cmp.Comparer(func(a, b *etree.Element) bool { return serialised(a) == serialised(b) }),
}

func serialised(e *etree.Element) string {
	if e == nil {
		return ""
	}
	document := etree.NewDocumentWithRoot(e.Copy())
	document.WriteSettings = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true}
	s, err := document.WriteToString()
	if err != nil {
		return err.Error()
	}
	return s
}

const fullRequest = `<Request xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" xmlns:m="urn:m" ReturnPolicyIdList="true" CombinedDecision=" 0 ">
 <RequestDefaults><XPathVersion>http://www.w3.org/TR/1999/REC-xpath-19991116</XPathVersion></RequestDefaults>
 <Attributes Category="urn:c" xml:id="i1">
  <Content> text <m:r xmlns="urn:d" m:b="1&#10;2"><c/>x<![CDATA[<y>]]><!-- z --></m:r></Content>
  <Attribute AttributeId=" urn:a " Issuer="me" IncludeInResult="1">
   <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string"> a
 b </AttributeValue>
   <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer"> 5 </AttributeValue>
   <AttributeValue DataType="urn:own">x<b>y</b></AttributeValue>
   <AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression" XPathCategory="urn:c">//m:r</AttributeValue>
  </Attribute>
 </Attributes>
 <Attributes Category="urn:c" xml:id="i2"/>
 <MultiRequests>
  <RequestReference><AttributesReference ReferenceId="i1"/><AttributesReference ReferenceId=" nowhere "/></RequestReference>
  <RequestReference><AttributesReference ReferenceId="i2"/></RequestReference>
 </MultiRequests>
</Request>`

func TestRequest_EveryElement(t *testing.T) {
	content := etree.NewDocument()
	if err := content.ReadFromString(`<m:r xmlns="urn:d" xmlns:m="urn:m" m:b="1&#10;2"><c/>x&lt;y><!-- z --></m:r>`); err != nil {
		t.Fatal(err)
	}
	want := &xacml.Request{
		ReturnPolicyIDList: true,
		XPathVersion:       xacml.XPath10,
		Attributes: []xacml.Attributes{
			{
				Category: "urn:c",
				ID:       "i1",
				Content:  content.Root(),
				Attributes: []xacml.Attribute{{
					ID: "urn:a", Issuer: "me", IncludeInResult: true,
					Values: []value.Value{
						value.String(" a\n b "),
						value.NewInteger(5),
						value.Foreign{DataType: "urn:own", Text: "xy", Markup: `<value xmlns:m="urn:m">x<b xmlns="` + xacml.Namespace + `">y</b></value>`},
						value.NewXPathExpression("//m:r", "urn:c", map[string]string{"m": "urn:m"}, xacml.XPath10),
					},
				}},
			},
			{Category: "urn:c", ID: "i2"},
		},
		References: [][]string{{"i1", "nowhere"}, {"i2"}},
	}
	got, err := ReadRequest([]byte(fullRequest), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Errorf("wrong request (-want +got):\n%s", diff)
	}
	if n := len(got.Attributes[0].Content.Child); n != 3 {
		t.Errorf("got %d children in the content, want 3: adjacent text is one node", n)
	}
}

// inRequest is a request with something in its only Attributes element.
func inRequest(content string) string {
	return `<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false">
<Attributes Category="c">` + content + `</Attributes></Request>`
}

func inAttribute(values string) string {
	return inRequest(`<Attribute AttributeId="a" IncludeInResult="false">` + values + `</Attribute>`)
}

// Pitfall 45: nothing that is unknown is passed over.
func TestRequest_Refused(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"not well-formed", inRequest(`<a b=<¦`), "not well-formed"},
		{"DOCTYPE", "¦<!DOCTYPE a>" + inRequest(""), "DOCTYPE"},
		{"too deep", strings.Repeat("<a>", 64) + "¦<a>", "nested deeper"},
		{"a policy", "¦<Policy xmlns='" + xacml.Namespace + "'/>", "not the Request of XACML 3.0"},
		{"no attributes", `¦<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false"/>`, "Request has no Attributes"},
		{"no flag", `¦<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false"><Attributes Category="c"/></Request>`, "Request has no attribute CombinedDecision"},
		{"no category", `<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false">¦<Attributes/></Request>`, "Attributes has no attribute Category"},
		{"unknown element", inRequest("¦<b/>"), `unknown element "b"`},
		{"no IncludeInResult", inRequest(`¦<Attribute AttributeId="a"><AttributeValue` + stringType + `/></Attribute>`), "no attribute IncludeInResult"},
		{"no value", inRequest(`¦<Attribute AttributeId="a" IncludeInResult="false"/>`), "Attribute has no AttributeValue"},
		{"empty issuer", inRequest(`<Attribute AttributeId="a" ¦Issuer="" IncludeInResult="false"><AttributeValue` + stringType + `/></Attribute>`), "Issuer is empty"},
		{"no data type", inAttribute(`¦<AttributeValue>a</AttributeValue>`), "AttributeValue has no attribute DataType"},
		{"value of another type", inAttribute(`¦<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">1e3</AttributeValue>`), `data type "http://www.w3.org/2001/XMLSchema#integer"`},
		{"element in a simple value", inAttribute(`<AttributeValue` + stringType + `>¦<b/></AttributeValue>`), "cannot hold elements"},
		{"empty content", inRequest(`¦<Content/>`), "exactly one element"},
		{"content with text only", inRequest(`¦<Content>a</Content>`), "exactly one element"},
		{"content with two elements", inRequest(`¦<Content><a/><b/></Content>`), "exactly one element"},
		{"content after attributes", inRequest(`<Attribute AttributeId="a" IncludeInResult="false"><AttributeValue` + stringType + `/></Attribute>¦<Content><a/></Content>`), "Content is out of order"},
		{"id that is no name", `<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false"><Attributes Category="c" ¦xml:id="1"/></Request>`, "not a name without colon"},
		{"id twice", `<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false"><Attributes Category="c" xml:id="i"/><Attributes Category="c" ¦xml:id=" i"/></Request>`, "used twice"},
		{"id twice, once in a content", `<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false"><Attributes Category="c" xml:id="i"><Content><a ¦xml:id="i"/></Content></Attributes></Request>`, "used twice"},
		{"invalid element in a content", inRequest(`<Content><a xmlns="u">¦<Attribute xmlns="` + xacml.Namespace + `" AttributeId="a" IncludeInResult="1"/></a></Content>`), "Attribute has no AttributeValue"},
		{"id without namespace", `<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false"><Attributes Category="c" ¦id="i"/></Request>`, `unknown attribute "id"`},
		{"XPath without category", inAttribute(`¦<AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression">/a</AttributeValue>`), "XPathCategory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input, at := marked(t, test.input)
			request, err := ReadRequest([]byte(input), Limits{})
			var syntax *xacml.Error
			if !errors.As(err, &syntax) || request != nil {
				t.Fatalf("got %v and %v, want an error: %s", request, err, input)
			}
			if syntax.Status.Code != xacml.StatusSyntaxError {
				t.Errorf("got status %q, want syntax-error: %s", syntax.Status.Code, input)
			}
			if got := err.Error(); !strings.HasPrefix(got, at.String()+": ") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want it at %v with %q: %s", got, at, test.want, input)
			}
		})
	}
}

// §5.57: messages must not tell attribute values.
func TestRequest_MessagesTellNoValues(t *testing.T) {
	_, err := ReadRequest([]byte(inAttribute(`<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#date">secret</AttributeValue>`)), Limits{})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got error %v, want one without the value", err)
	}
}

func TestRequest_TooManyValues(t *testing.T) {
	input := inAttribute(strings.Repeat(`<AttributeValue`+stringType+`/>`, 4))
	if _, err := ReadRequest([]byte(input), Limits{Values: 4}); err != nil {
		t.Errorf("got %v, want 4 values accepted", err)
	}
	if _, err := ReadRequest([]byte(input), Limits{Values: 3}); err == nil || !strings.Contains(err.Error(), "too many attribute values") {
		t.Errorf("got %v, want 4 values refused", err)
	}
}

func TestRequest_RoundTrip(t *testing.T) {
	inputs := map[string]string{
		"full": fullRequest,
		"prefixes only": `<x:Request xmlns:x="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="true">
<x:Attributes Category="c"><x:Content><r a="&#9;&quot;"><s xmlns="u"/>&#13;]]&gt;</r></x:Content></x:Attributes></x:Request>`,
		"content in the namespace around it": inRequest(`<Content><Thing xml:lang="en"/></Content>`),
	}
	for name, input := range inputs {
		t.Run(name, func(t *testing.T) {
			checkRequestRoundTrip(t, []byte(input))
		})
	}
}

func checkRequestRoundTrip(t *testing.T, input []byte) {
	t.Helper()
	want, err := ReadRequest(input, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteRequest(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRequest(b.Bytes(), Limits{})
	if err != nil {
		t.Fatalf("got %v, want what was written to be read: %s", err, b.String())
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Errorf("round trip changes the request (-want +got):\n%s%s", diff, b.String())
	}
}

// fullResponse uses every part of a response.
func fullResponse() *xacml.Response {
	return &xacml.Response{Results: []xacml.Result{
		{
			Decision: xacml.Permit,
			Status:   xacml.Status{Code: xacml.StatusOK},
			Obligations: []xacml.Obligation{
				{ID: "urn:o", Assignments: []xacml.AttributeAssignment{
					{AttributeID: "urn:a", Category: "urn:c", Issuer: "me", Value: value.String(" <&> \r\n")},
					{AttributeID: "urn:a", Value: value.NewXPathExpression("/m:a", "urn:c", map[string]string{"m": "urn:m"}, "")},
				}},
				{ID: "urn:o"},
			},
			Advice: []xacml.Advice{{ID: "urn:ad", Assignments: []xacml.AttributeAssignment{{AttributeID: "urn:b", Value: value.Boolean(true)}}}},
			Attributes: []xacml.Attributes{{Category: "urn:c", Attributes: []xacml.Attribute{{
				ID: "urn:a", Issuer: "me", IncludeInResult: true,
				Values: []value.Value{value.NewInteger(-3), value.Foreign{DataType: "urn:own", Text: "x"}},
			}}}},
			PolicyIDs: []xacml.PolicyIdentifier{{ID: "urn:p", Version: "1.0"}, {PolicySet: true, ID: "urn:s"}},
		},
		{
			Decision: xacml.IndeterminateDP,
			Status: xacml.Status{Code: xacml.StatusMissingAttribute, Message: "who?", Missing: []xacml.MissingAttribute{{
				AttributeKey: xacml.AttributeKey{Category: "urn:c", ID: "urn:a", Type: value.TypeString, Issuer: "me"},
				Values:       []value.Value{value.String("a")},
			}}},
		},
		{Decision: xacml.NotApplicable, Status: xacml.Status{Code: xacml.StatusOK}},
		{Decision: xacml.Deny, Status: xacml.Status{Code: xacml.StatusOK}},
	}}
}

func TestResponse_RoundTrip(t *testing.T) {
	want := fullResponse()
	var b bytes.Buffer
	if err := WriteResponse(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadResponse(b.Bytes(), Limits{})
	if err != nil {
		t.Fatalf("got %v, want what was written to be read: %s", err, b.String())
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Errorf("round trip changes the response (-want +got):\n%s%s", diff, b.String())
	}
}

func TestResponse_Written(t *testing.T) {
	var b bytes.Buffer
	response := &xacml.Response{Results: []xacml.Result{{
		Decision: xacml.IndeterminateP,
		Status: xacml.Status{
			Code: xacml.StatusProcessingError, Message: "a\x00b",
			Missing: []xacml.MissingAttribute{{AttributeKey: xacml.AttributeKey{Category: "c", ID: "a", Type: value.TypeString}}},
		},
	}, {Decision: xacml.Permit}}}
	if err := WriteResponse(&b, response); err != nil {
		t.Fatal(err)
	}
	const want = `<?xml version="1.0" encoding="UTF-8"?><Response xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17">` +
		`<Result><Decision>Indeterminate</Decision><Status><StatusCode Value="urn:oasis:names:tc:xacml:1.0:status:processing-error"></StatusCode>` +
		`<StatusMessage>a` + "\uFFFD" + `b</StatusMessage></Status></Result>` +
		`<Result><Decision>Permit</Decision><Status><StatusCode Value="urn:oasis:names:tc:xacml:1.0:status:ok"></StatusCode></Status></Result></Response>`
	if diff := cmp.Diff(want, strings.ReplaceAll(b.String(), "/>", "></StatusCode>")); diff != "" {
		t.Errorf("wrong document (-want +got):\n%s", diff)
	}
}

func TestResponse_Read(t *testing.T) {
	const input = `<Response xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17"><Result>
 <Decision>Indeterminate</Decision>
 <Status><StatusCode Value="urn:top"><StatusCode Value="urn:minor"/></StatusCode><StatusDetail><any xmlns="u">x</any></StatusDetail></Status>
 <PolicyIdentifierList/>
</Result></Response>`
	got, err := ReadResponse([]byte(input), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := &xacml.Response{Results: []xacml.Result{{Status: xacml.Status{Code: "urn:top"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong response (-want +got):\n%s", diff)
	}
}

func TestResponse_Refused(t *testing.T) {
	const head = `<Response xmlns="` + xacml.Namespace + `">`
	tests := map[string]string{
		"no result":                   `¦<Response xmlns="` + xacml.Namespace + `"/>`,
		"no decision":                 head + `¦<Result/></Response>`,
		"unknown decision":            head + `<Result>¦<Decision>permit</Decision></Result></Response>`,
		"decision with space":         head + `<Result>¦<Decision> Permit</Decision></Result></Response>`,
		"status before the decision":  head + `<Result><Status><StatusCode Value="u"/></Status>¦<Decision>Permit</Decision></Result></Response>`,
		"empty obligations":           head + `<Result><Decision>Permit</Decision>¦<Obligations/></Result></Response>`,
		"obligation with FulfillOn":   head + `<Result><Decision>Permit</Decision><Obligations><Obligation ObligationId="o" ¦FulfillOn="Permit"/></Obligations></Result></Response>`,
		"value of another type":       head + `<Result><Decision>Permit</Decision><Obligations><Obligation ObligationId="o">¦<AttributeAssignment AttributeId="a" DataType="http://www.w3.org/2001/XMLSchema#integer">x</AttributeAssignment></Obligation></Obligations></Result></Response>`,
		"missing attribute of no id":  head + `<Result><Decision>Deny</Decision><Status><StatusCode Value="u"/><StatusDetail>¦<MissingAttributeDetail Category="c" DataType="t"/></StatusDetail></Status></Result></Response>`,
		"text in the detail":          head + `<Result><Decision>Deny</Decision><Status><StatusCode Value="u"/>¦<StatusDetail>x</StatusDetail></Status></Result></Response>`,
		"a policy as an identifier":   head + `<Result><Decision>Deny</Decision><PolicyIdentifierList>¦<Policy/></PolicyIdentifierList></Result></Response>`,
		"two lists of identifiers":    head + `<Result><Decision>Deny</Decision><PolicyIdentifierList/>¦<PolicyIdentifierList/></Result></Response>`,
		"a Request instead":           `¦<Request xmlns="` + xacml.Namespace + `"/>`,
		"a response of XACML 2.0":     `¦<Response xmlns="urn:oasis:names:tc:xacml:2.0:context:schema:os"/>`,
		"decision that holds element": head + `<Result><Decision>Permit¦<b/></Decision></Result></Response>`,
	}
	for name, document := range tests {
		t.Run(name, func(t *testing.T) {
			input, at := marked(t, document)
			response, err := ReadResponse([]byte(input), Limits{})
			if err == nil || response != nil || !strings.HasPrefix(err.Error(), at.String()+": ") {
				t.Errorf("got %v and %v, want an error at %v: %s", response, err, at, input)
			}
		})
	}
}

func TestWrite_Refused(t *testing.T) {
	valid := func(change func(*xacml.Request)) *xacml.Request {
		r := &xacml.Request{Attributes: []xacml.Attributes{{
			Category: "c", Attributes: []xacml.Attribute{{ID: "a", Values: []value.Value{value.String("x")}}},
		}}}
		change(r)
		return r
	}
	tests := map[string]func(*xacml.Request){
		"no attributes":        func(r *xacml.Request) { r.Attributes = nil },
		"no category":          func(r *xacml.Request) { r.Attributes[0].Category = "" },
		"no id":                func(r *xacml.Request) { r.Attributes[0].Attributes[0].ID = "" },
		"no value":             func(r *xacml.Request) { r.Attributes[0].Attributes[0].Values = nil },
		"nil value":            func(r *xacml.Request) { r.Attributes[0].Attributes[0].Values[0] = nil },
		"NUL in a value":       func(r *xacml.Request) { r.Attributes[0].Attributes[0].Values[0] = value.String("\x00") },
		"invalid UTF-8":        func(r *xacml.Request) { r.Attributes[0].Attributes[0].Values[0] = value.String("\xFF") },
		"foreign without type": func(r *xacml.Request) { r.Attributes[0].Attributes[0].Values[0] = value.Foreign{Text: "x"} },
		"control in an issuer": func(r *xacml.Request) { r.Attributes[0].Attributes[0].Issuer = "\n" },
		"surrogate in a name":  func(r *xacml.Request) { r.Attributes[0].Category = "\xED\xA0\x80" },
		"id that is no name":   func(r *xacml.Request) { r.Attributes[0].ID = "a:b" },
		"reference to no name": func(r *xacml.Request) { r.References = [][]string{{""}} },
		"reference to nothing": func(r *xacml.Request) { r.References = [][]string{{}} },
		"XPath of no category": func(r *xacml.Request) { r.Attributes[0].Attributes[0].Values[0] = value.XPathExpression{XPath: "/"} },
		"prefix that is no name": func(r *xacml.Request) {
			r.Attributes[0].Attributes[0].Values[0] = value.NewXPathExpression("/", "c", map[string]string{"1": "u"}, "")
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := WriteRequest(&b, valid(change)); err == nil || b.Len() > 0 {
				t.Errorf("got %v and %q, want an error and nothing written", err, b.String())
			}
		})
	}
	if err := WriteRequest(&bytes.Buffer{}, valid(func(*xacml.Request) {})); err != nil {
		t.Errorf("got %v, want the unchanged request written", err)
	}
	if err := WriteResponse(&bytes.Buffer{}, &xacml.Response{}); err == nil {
		t.Error("got no error, want one for a response without results")
	}
}
