package xacmljson

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

const fullRequest = `{
 "Request": {
  "ReturnPolicyIdList": true,
  "CombinedDecision": false,
  "XPathVersion": "http://www.w3.org/TR/2007/REC-xpath20-20070123",
  "Resource": {
   "Id": "r 1",
   "Content": "<?xml version=\"1.0\"?><m:r xmlns:m=\"urn:m\" b=\"1\">x<!-- z --></m:r>",
   "Attribute": [
    {"AttributeId": "urn:a", "Issuer": "me", "IncludeInResult": true, "Value": [1, 2]},
    {"AttributeId": "urn:a", "DataType": "anyURI", "Value": "urn:x"},
    {"AttributeId": "urn:none", "Value": []}
   ]
  },
  "AccessSubject": [
   {"Attribute": [{"AttributeId": "urn:s", "Value": "Ann"}]},
   {"Id": "s2", "CategoryId": "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"}
  ],
  "Category": [
   {"CategoryId": "urn:own", "Id": "own", "Attribute": {"AttributeId": "urn:x", "DataType": "xpathExpression",
    "Value": {"XPathCategory": "Resource", "Namespaces": [{"Prefix": "m", "Namespace": "urn:m"}], "XPath": "/m:r"}}},
   {"CategoryId": "Action", "Attribute": []}
  ],
  "MultiRequests": {"RequestReference": [{"ReferenceId": ["own", "nowhere"]}, {"ReferenceId": ["s2"]}]}
 }
}
`

func TestProfile4_2_EveryMember(t *testing.T) {
	want := &xacml.Request{
		ReturnPolicyIDList: true,
		XPathVersion:       xacml.XPath20,
		Attributes: []xacml.Attributes{
			{Category: "urn:own", ID: "own", Attributes: []xacml.Attribute{{ID: "urn:x", Values: []value.Value{
				value.NewXPathExpression("/m:r", xacml.CategoryResource, map[string]string{"m": "urn:m"}, xacml.XPath20),
			}}}},
			{Category: xacml.CategoryAction},
			{Category: xacml.CategoryAccessSubject, Attributes: []xacml.Attribute{{ID: "urn:s", Values: []value.Value{value.String("Ann")}}}},
			{Category: xacml.CategoryAccessSubject, ID: "s2"},
			{
				Category: xacml.CategoryResource,
				ID:       "r 1",
				Content:  element(t, `<m:r xmlns:m="urn:m" b="1">x<!-- z --></m:r>`),
				Attributes: []xacml.Attribute{
					{ID: "urn:a", Issuer: "me", IncludeInResult: true, Values: []value.Value{value.NewInteger(1), value.NewInteger(2)}},
					{ID: "urn:a", Values: []value.Value{value.AnyURI("urn:x")}},
				},
			},
		},
		References: [][]string{{"own", "nowhere"}, {"s2"}},
	}
	got, err := ReadRequest([]byte(fullRequest), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Errorf("wrong request (-want +got):\n%s", diff)
	}
	checkRequestRoundTrip(t, got)
}

// 4.2.2.1: each shorthand, as an object, as an array, and as the name of a category.
func TestProfile4_2_2_1_Shorthands(t *testing.T) {
	want := map[string]string{
		"AccessSubject":       "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject",
		"RecipientSubject":    "urn:oasis:names:tc:xacml:1.0:subject-category:recipient-subject",
		"IntermediarySubject": "urn:oasis:names:tc:xacml:1.0:subject-category:intermediary-subject",
		"Codebase":            "urn:oasis:names:tc:xacml:1.0:subject-category:codebase",
		"RequestingMachine":   "urn:oasis:names:tc:xacml:1.0:subject-category:requesting-machine",
		"Resource":            "urn:oasis:names:tc:xacml:3.0:attribute-category:resource",
		"Action":              "urn:oasis:names:tc:xacml:3.0:attribute-category:action",
		"Environment":         "urn:oasis:names:tc:xacml:3.0:attribute-category:environment",
	}
	if len(want) != len(shorthands) {
		t.Errorf("got %d shorthands, want %d", len(shorthands), len(want))
	}
	for name, category := range want {
		for _, members := range []string{
			`"` + name + `": {}`,
			`"` + name + `": [{}]`,
			`"` + name + `": [{"CategoryId": "` + name + `"}]`,
			`"` + name + `": {"CategoryId": "` + category + `"}`,
			`"Category": {"CategoryId": "` + name + `"}`,
			`"Category": [{"CategoryId": "` + category + `"}]`,
			`"Category": [], "` + name + `": [{}]`,
		} {
			request, err := ReadRequest([]byte(inRequest(members)), Limits{})
			if err != nil {
				t.Errorf("got %v, want a request, input: %s", err, members)
				continue
			}
			if diff := cmp.Diff([]xacml.Attributes{{Category: category}}, request.Attributes); diff != "" {
				t.Errorf("wrong categories (-want +got):\n%sinput: %s", diff, members)
			}
		}
	}
}

// The order of members means nothing (RFC 8259, 4).
func TestProfile4_2_OrderOfMembers(t *testing.T) {
	var requests []*xacml.Request
	for _, members := range []string{
		`"Category": {"CategoryId": "urn:c"}, "AccessSubject": {}, "Action": {}`,
		`"Action": {}, "AccessSubject": {}, "Category": {"CategoryId": "urn:c"}`,
	} {
		request, err := ReadRequest([]byte(inRequest(members)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, request)
	}
	if diff := cmp.Diff(requests[0], requests[1]); diff != "" {
		t.Errorf("the order of members matters:\n%s", diff)
	}
}

func TestProfile4_2_1_Defaults(t *testing.T) {
	got, err := ReadRequest([]byte(`{"Request": {"Action": {"Attribute": [{"AttributeId": "a", "Value": "b"}]}}}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := &xacml.Request{
		XPathVersion: "http://www.w3.org/TR/1999/REC-xpath-19991116",
		Attributes: []xacml.Attributes{{
			Category: xacml.CategoryAction, Attributes: []xacml.Attribute{{ID: "a", Values: []value.Value{value.String("b")}}},
		}},
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Errorf("wrong request (-want +got):\n%s", diff)
	}
}

func TestProfile4_2_4_Content(t *testing.T) {
	const document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns:m=\"urn:m\"><m:b c=\"é\"/></a>"
	want := serialised(element(t, `<a xmlns:m="urn:m"><m:b c="é"/></a>`))
	quoted := strings.NewReplacer(`"`, `\"`, "\n", `\n`, "<", `\u003c`).Replace(document)
	for name, content := range map[string]string{
		"XML":                   strings.ReplaceAll(quoted, `\u003c`, "<"),
		"XML with escapes":      quoted,
		"XML after space":       ` \n\t` + strings.ReplaceAll(quoted[strings.Index(quoted, `\n`):], `\u003c`, "<"),
		"Base64":                base64.StdEncoding.EncodeToString([]byte(document)),
		"Base64 in two lines":   base64.StdEncoding.EncodeToString([]byte(document))[:40] + `\r\n` + base64.StdEncoding.EncodeToString([]byte(document))[40:],
		"Base64 of a short one": base64.StdEncoding.EncodeToString([]byte(`<a xmlns:m="urn:m"><m:b c="é"/></a>`)),
	} {
		got, err := ReadRequest([]byte(inRequest(`"Resource": [{"Content": "`+content+`"}]`)), Limits{})
		if err != nil {
			t.Errorf("got %v, want a request, input: %s", err, name)
			continue
		}
		if got := serialised(got.Attributes[0].Content); got != want {
			t.Errorf("got %s, want %s, input: %s", got, want, name)
		}
		checkRequestRoundTrip(t, got)
	}
}

func TestProfile4_2_Refused(t *testing.T) {
	tests := []struct {
		name, input string
		sort        sort
		want        string
	}{
		{"an array", `¦[]`, malformed, "must be an object, not an array"},
		{"null", "\n ¦null", malformed, "must be an object, not null"},
		{"empty object", `¦{}`, malformed, "member Request is missing"},
		{"another member", `{"Request": {"Action": {}}, ¦"Response": []}`, malformed, `unknown member "Response"`},
		{"another case", `{¦"request": {"Action": {}}}`, malformed, `unknown member "request"`},
		{"request as an array", `{"Request": ¦[{"Action": {}}]}`, malformed, "must be an object, not an array"},
		{"no category", `{"Request": ¦{}}`, malformed, "there is no category"},
		{"empty categories", `{"Request": ¦{"Category": [], "Action": []}}`, malformed, "there is no category"},
		{"unknown member", inRequest(`"Action": {}, ¦"Subject": {}`), malformed, `unknown member "Subject"`},
		{"shorthand with another case", inRequest(`"Action": {}, ¦"resource": {}`), malformed, `unknown member "resource"`},
		{"flag as a string", inRequest(`"CombinedDecision": ¦"true", "Action": {}`), malformed, "/Request/CombinedDecision: must be a boolean, not a string"},
		{"flag that is null", inRequest(`"ReturnPolicyIdList": ¦null, "Action": {}`), malformed, "must be a boolean, not null"},
		{"version as a number", inRequest(`"XPathVersion": ¦1.0, "Action": {}`), malformed, "must be a string, not a number"},
		{"empty version", inRequest(`"XPathVersion": ¦"", "Action": {}`), malformed, "is empty"},
		{"category as a string", inRequest(`"Category": ¦"urn:c"`), malformed, "must be an array, not a string"},
		{"category that is null", inRequest(`"Category": ¦null, "Action": {}`), malformed, "must be an array, not null"},
		{"category in an array as a string", inRequest(`"Action": [{}, ¦"urn:c"]`), malformed, "/Request/Action/1: must be an object"},
		{"no CategoryId", inRequest(`"Category": [¦{"Id": "a"}]`), malformed, "CategoryId is missing"},
		{"empty CategoryId", inRequest(`"Category": [{"CategoryId": ¦""}]`), malformed, "is empty"},
		{"control character in an id", inRequest(`"Category": [{"CategoryId": ¦"urn:\u0085"}]`), malformed, "control character"},
		{"no character of XML in an id", inRequest(`"Category": [{"CategoryId": ¦"urn:\uffff"}]`), malformed, "character of XML"},
		{"another category in a shorthand", inRequest(`"Action": [{"CategoryId": ¦"Resource"}]`), invalid, "not the category"},
		{"unknown member of a category", inRequest(`"Action": [{¦"Attributes": []}]`), malformed, `unknown member "Attributes"`},
		{"content as an object", inRequest(`"Resource": [{"Content": ¦{"a": 1}}]`), malformed, "must be a string, not an object"},
		{"content that is null", inRequest(`"Resource": [{"Content": ¦null}]`), malformed, "must be a string, not null"},
		{"empty content", inRequest(`"Resource": [{"Content": ¦""}]`), invalid, "the document inside"},
		{"content that is text", inRequest(`"Resource": [{"Content": ¦"hello world"}]`), invalid, "neither XML nor Base64"},
		{"Base64 with wrong padding", inRequest(`"Resource": [{"Content": ¦"PGEvPg="}]`), invalid, "neither XML nor Base64"},
		{"Base64 of text", inRequest(`"Resource": [{"Content": ¦"aGVsbG8="}]`), invalid, "the document inside: 1:1: text outside"},
		{"content that is not well-formed", inRequest(`"Resource": [{"Content": ¦"<a>\n<b></a>"}]`), invalid, "the document inside: 2:"},
		{"content with DOCTYPE", inRequest(`"Resource": [{"Content": ¦"<!DOCTYPE a><a/>"}]`), invalid, "DOCTYPE"},
		{"attribute as a string", inRequest(`"Action": [{"Attribute": ¦"a"}]`), malformed, "must be an array, not a string"},
		{"no AttributeId", inRequest(`"Action": [{"Attribute": [¦{"Value": 1}]}]`), malformed, "AttributeId is missing"},
		{"no value", inRequest(`"Action": [{"Attribute": [¦{"AttributeId": "a"}]}]`), malformed, "Value is missing"},
		{"empty issuer", inAttribute(`"Value": 1, "Issuer": ¦""`), malformed, "is empty"},
		{"issuer that is null", inAttribute(`"Value": 1, "Issuer": ¦null`), malformed, "must be a string, not null"},
		{"IncludeInResult as a number", inAttribute(`"Value": 1, "IncludeInResult": ¦1`), malformed, "must be a boolean, not a number"},
		{"unknown member of an attribute", inAttribute(`"Value": 1, ¦"Datatype": "integer"`), malformed, `unknown member "Datatype"`},
		{"id twice", inRequest("\"Action\": [{\"Id\": \"i\"}],\n\"Resource\": {\"Id\": ¦\"i\"}"), invalid, `Id "i" is used twice`},
		{"references as an array", inRequest(`"Action": {}, "MultiRequests": ¦[]`), malformed, "must be an object"},
		{"no references", inRequest(`"Action": {}, "MultiRequests": ¦{}`), malformed, "RequestReference is missing"},
		{"empty references", inRequest(`"Action": {}, "MultiRequests": {"RequestReference": ¦[]}`), malformed, "the array is empty"},
		{"reference as a string", inRequest(`"Action": {}, "MultiRequests": {"RequestReference": [¦"a"]}`), malformed, "must be an object"},
		{"no ids", inRequest(`"Action": {}, "MultiRequests": {"RequestReference": [{"ReferenceId": ¦[]}]}`), malformed, "the array is empty"},
		{"id as a string", inRequest(`"Action": {}, "MultiRequests": {"RequestReference": [{"ReferenceId": ¦"a"}]}`), malformed, "must be an array"},
		{"empty id", inRequest(`"Action": {}, "MultiRequests": {"RequestReference": [{"ReferenceId": ["a", ¦""]}]}`), malformed, "ReferenceId/1: is empty"},
		{"first problem in the document", inRequest(`"Resource": {"Id": ¦1}, "Action": {"Id": 2}, "Category": {}`), malformed, "/Request/Resource/Id: must be a string"},
		{"shape before meaning", inAttribute(`"Value": "x", "DataType": "integer", "Issuer": ¦1`), malformed, "must be a string"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input, at := marked(t, test.input)
			request, err := ReadRequest([]byte(input), Limits{})
			if request != nil {
				t.Errorf("got a request, want none: %+v", request)
			}
			checkRefused(t, err, test.sort, at, test.want, input)
		})
	}
}

// §5.57: messages must not tell attribute values.
func TestRequest_MessagesTellNoValues(t *testing.T) {
	for _, members := range []string{
		`"Value": "secret", "DataType": "date"`, `"Value": ["secret", {}]`, `"Value": 5.47110815, "DataType": "integer"`,
	} {
		_, err := ReadRequest([]byte(inAttribute(members)), Limits{})
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "4711") {
			t.Errorf("got error %v, want one without the value, input: %s", err, members)
		}
	}
}

func TestRequest_Written(t *testing.T) {
	request := &xacml.Request{
		ReturnPolicyIDList: true,
		XPathVersion:       xacml.XPath10,
		Attributes: []xacml.Attributes{
			{Category: xacml.CategoryResource, ID: "r", Content: element(t, `<a b="&lt;"/>`), Attributes: []xacml.Attribute{{
				ID: "urn:a", Issuer: "me", IncludeInResult: true,
				Values: []value.Value{value.String("<"), value.String(">"), value.NewInteger(1), value.String("&")},
			}}},
			{Category: xacml.CategoryAction},
		},
		References: [][]string{{"r"}},
	}
	const want = `{"Request":{"ReturnPolicyIdList":true,"XPathVersion":"http://www.w3.org/TR/1999/REC-xpath-19991116","Category":[` +
		`{"CategoryId":"urn:oasis:names:tc:xacml:3.0:attribute-category:resource","Id":"r","Content":"<a b=\"&lt;\"/>","Attribute":[` +
		`{"AttributeId":"urn:a","Issuer":"me","Value":["<",">"],"IncludeInResult":true},` +
		`{"AttributeId":"urn:a","Issuer":"me","Value":1,"IncludeInResult":true},` +
		`{"AttributeId":"urn:a","Issuer":"me","Value":"&","IncludeInResult":true}]},` +
		`{"CategoryId":"urn:oasis:names:tc:xacml:3.0:attribute-category:action"}],` +
		`"MultiRequests":{"RequestReference":[{"ReferenceId":["r"]}]}}}`
	var b bytes.Buffer
	if err := WriteRequest(&b, request); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("wrong document (-want +got):\n%s", diff)
	}
}

func TestRequest_NotWritten(t *testing.T) {
	valid := func() *xacml.Request {
		return &xacml.Request{Attributes: []xacml.Attributes{{
			Category: "c", Attributes: []xacml.Attribute{{ID: "a", Values: []value.Value{value.String("x")}}},
		}}}
	}
	set := func(v value.Value) func(*xacml.Request) {
		return func(r *xacml.Request) { r.Attributes[0].Attributes[0].Values[0] = v }
	}
	attribute, comment, prefix := element(t, `<a b="c"/>`), element(t, `<a/>`), element(t, `<a/>`)
	attribute.Attr[0].Value = "\x00"
	comment.CreateComment("--")
	prefix.CreateElement("m:b")
	tests := map[string]func(*xacml.Request){
		"no category":               func(r *xacml.Request) { r.Attributes = nil },
		"category without name":     func(r *xacml.Request) { r.Attributes[0].Category = "" },
		"category like a shorthand": func(r *xacml.Request) { r.Attributes[0].Category = "Action" },
		"surrogate in a name":       func(r *xacml.Request) { r.Attributes[0].Category = "\xED\xA0\x80" },
		"control in an id":          func(r *xacml.Request) { r.Attributes[0].ID = "\n" },
		"control in an issuer":      func(r *xacml.Request) { r.Attributes[0].Attributes[0].Issuer = "\n" },
		"no id":                     func(r *xacml.Request) { r.Attributes[0].Attributes[0].ID = "" },
		"no value":                  func(r *xacml.Request) { r.Attributes[0].Attributes[0].Values = nil },
		"NUL in a content":          func(r *xacml.Request) { r.Attributes[0].Content = attribute },
		"comment in a content":      func(r *xacml.Request) { r.Attributes[0].Content = comment },
		"unbound prefix":            func(r *xacml.Request) { r.Attributes[0].Content = prefix },
		"reference to no name":      func(r *xacml.Request) { r.References = [][]string{{""}} },
		"reference to nothing":      func(r *xacml.Request) { r.References = [][]string{{}} },
		"control in a version":      func(r *xacml.Request) { r.XPathVersion = "\n" },
		"nil value":                 set(nil),
		"nil value among others": func(r *xacml.Request) {
			r.Attributes[0].Attributes[0].Values = []value.Value{value.String("x"), nil}
		},
		"NUL in a value":               set(value.String("\x00")),
		"invalid UTF-8":                set(value.String("\xFF")),
		"foreign without type":         set(value.Foreign{Text: "x"}),
		"foreign with a short code":    set(value.Foreign{DataType: "date", Text: "x"}),
		"foreign of a known type":      set(value.Foreign{DataType: value.TypeDate.ID(), Text: "x"}),
		"foreign with markup":          set(value.Foreign{DataType: "urn:own", Text: "x", Markup: "<value><a>x</a></value>"}),
		"foreign with NUL":             set(value.Foreign{DataType: "urn:own", Text: "\x00"}),
		"XPath without category":       set(value.XPathExpression{XPath: "/"}),
		"empty XPath":                  set(value.XPathExpression{Category: "c"}),
		"XPath of a shorthand":         set(value.XPathExpression{XPath: "/", Category: "Resource"}),
		"prefix bound to no namespace": set(value.NewXPathExpression("/", "c", map[string]string{"m": ""}, "")),
		"prefix that is none":          set(value.NewXPathExpression("/", "c", map[string]string{"xmlns": "u"}, "")),
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			request := valid()
			change(request)
			var b bytes.Buffer
			if err := WriteRequest(&b, request); err == nil || b.Len() > 0 {
				t.Errorf("got %v and %q, want an error and nothing written", err, b.String())
			}
		})
	}
	if err := WriteRequest(&bytes.Buffer{}, valid()); err != nil {
		t.Errorf("got %v, want the unchanged request written", err)
	}
}

// failing is a writer that fails.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWrite_Failing(t *testing.T) {
	full := errors.New("disk full")
	request := &xacml.Request{Attributes: []xacml.Attributes{{Category: "c"}}}
	if err := WriteRequest(failing{full}, request); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	response := &xacml.Response{Results: []xacml.Result{{}}}
	if err := WriteResponse(failing{full}, response); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}
