package xacmljson

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// fullResponse uses every part of a response.
func fullResponse() *xacml.Response {
	return &xacml.Response{Results: []xacml.Result{
		{
			Decision: xacml.Permit,
			Status:   xacml.Status{Code: xacml.StatusOK},
			Obligations: []xacml.Obligation{
				{ID: "urn:o", Assignments: []xacml.AttributeAssignment{
					{AttributeID: "urn:a", Category: "urn:c", Issuer: "me", Value: value.String(" <&> \r\n")},
					{AttributeID: "urn:a", Value: value.NewInteger(2)},
					{AttributeID: "urn:a", Value: value.NewXPathExpression("/m:a", "urn:c", map[string]string{"m": "urn:m"}, "")},
				}},
				{ID: "urn:o"},
			},
			Advice: []xacml.Advice{{ID: "urn:ad", Assignments: []xacml.AttributeAssignment{{AttributeID: "urn:b", Value: value.Double(1)}}}},
			Attributes: []xacml.Attributes{{Category: xacml.CategoryAction, Attributes: []xacml.Attribute{{
				ID: "urn:a", Issuer: "me", IncludeInResult: true,
				Values: []value.Value{value.NewInteger(-3), value.NewInteger(4)},
			}}}},
			PolicyIDs: []xacml.PolicyIdentifier{{ID: "urn:p", Version: "1.0"}, {PolicySet: true, ID: "urn:s"}},
		},
		{
			Decision: xacml.IndeterminateDP,
			Status: xacml.Status{Code: xacml.StatusMissingAttribute, Message: "who?", Missing: []xacml.MissingAttribute{{
				AttributeKey: xacml.AttributeKey{Category: "urn:c", ID: "urn:a", Type: value.TypeString, Issuer: "me"},
				Values:       []value.Value{value.String("a")},
			}, {
				AttributeKey: xacml.AttributeKey{Category: "urn:c", ID: "urn:b", Type: value.TypeDate},
			}}},
		},
		{Decision: xacml.NotApplicable, Status: xacml.Status{Code: xacml.StatusOK}},
		{Decision: xacml.Deny, Status: xacml.Status{Code: "urn:own"}},
	}}
}

func TestProfile4_3_Written(t *testing.T) {
	const want = `{"Response":[{"Decision":"Permit","Status":{"StatusCode":{"Value":"urn:oasis:names:tc:xacml:1.0:status:ok"}},` +
		`"Obligations":[{"Id":"urn:o","AttributeAssignment":[` +
		`{"AttributeId":"urn:a","Category":"urn:c","Issuer":"me","Value":" <&> \r\n"},` +
		`{"AttributeId":"urn:a","Value":2},` +
		`{"AttributeId":"urn:a","DataType":"urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression",` +
		`"Value":{"XPathCategory":"urn:c","Namespaces":[{"Prefix":"m","Namespace":"urn:m"}],"XPath":"/m:a"}}]},{"Id":"urn:o"}],` +
		`"AssociatedAdvice":[{"Id":"urn:ad","AttributeAssignment":[` +
		`{"AttributeId":"urn:b","DataType":"http://www.w3.org/2001/XMLSchema#double","Value":1.0E0}]}],` +
		`"Category":[{"CategoryId":"urn:oasis:names:tc:xacml:3.0:attribute-category:action","Attribute":[` +
		`{"AttributeId":"urn:a","Issuer":"me","Value":[-3,4],"IncludeInResult":true}]}],` +
		`"PolicyIdentifierList":{"PolicyIdReference":[{"Id":"urn:p","Version":"1.0"}],"PolicySetIdReference":[{"Id":"urn:s"}]}},` +
		`{"Decision":"Indeterminate","Status":{"StatusMessage":"who?","StatusCode":{"Value":"urn:oasis:names:tc:xacml:1.0:status:missing-attribute"},` +
		`"StatusDetail":[{"Category":"urn:c","AttributeId":"urn:a","DataType":"http://www.w3.org/2001/XMLSchema#string","Issuer":"me","Value":["a"]},` +
		`{"Category":"urn:c","AttributeId":"urn:b","DataType":"http://www.w3.org/2001/XMLSchema#date"}]}},` +
		`{"Decision":"NotApplicable","Status":{"StatusCode":{"Value":"urn:oasis:names:tc:xacml:1.0:status:ok"}}},` +
		`{"Decision":"Deny","Status":{"StatusCode":{"Value":"urn:own"}}}]}`
	var b bytes.Buffer
	if err := WriteResponse(&b, fullResponse()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("wrong document (-want +got):\n%s", diff)
	}
	checkResponseRoundTrip(t, fullResponse())
}

// §7.10, 7.19.3: extended values stay inside, details belong to missing-attribute.
func TestProfile4_3_WrittenInPart(t *testing.T) {
	detail := []xacml.MissingAttribute{{AttributeKey: xacml.AttributeKey{Category: "c", ID: "a", Type: value.TypeString}}}
	unknown := []xacml.MissingAttribute{{AttributeKey: xacml.AttributeKey{Category: "c", ID: "a"}}}
	response := &xacml.Response{Results: []xacml.Result{
		{Decision: xacml.IndeterminateP, Status: xacml.Status{Code: xacml.StatusProcessingError, Message: "a\x00b\xFF", Missing: detail}},
		{Decision: xacml.IndeterminateD, Status: xacml.Status{Code: xacml.StatusMissingAttribute, Missing: unknown}},
		{Decision: xacml.Permit},
	}}
	const want = `{"Response":[` +
		`{"Decision":"Indeterminate","Status":{"StatusMessage":"a\u0000b` + "\uFFFD" + `","StatusCode":{"Value":"urn:oasis:names:tc:xacml:1.0:status:processing-error"}}},` +
		`{"Decision":"Indeterminate","Status":{"StatusCode":{"Value":"urn:oasis:names:tc:xacml:1.0:status:missing-attribute"}}},` +
		`{"Decision":"Permit","Status":{"StatusCode":{"Value":"urn:oasis:names:tc:xacml:1.0:status:ok"}}}]}`
	var b bytes.Buffer
	if err := WriteResponse(&b, response); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("wrong document (-want +got):\n%s", diff)
	}
}

func TestProfile4_3_Read(t *testing.T) {
	missing := func(members string) string {
		return `"Decision": "Indeterminate", "Status": {"StatusCode": {"Value": "urn:s"}, "StatusDetail": [{"Category": "Resource", "AttributeId": "urn:a"` + members + `}]}`
	}
	resource := func(typ value.Type, values ...value.Value) xacml.Result {
		return xacml.Result{Status: xacml.Status{Code: "urn:s", Missing: []xacml.MissingAttribute{{
			AttributeKey: xacml.AttributeKey{Category: xacml.CategoryResource, ID: "urn:a", Type: typ}, Values: values,
		}}}}
	}
	tests := []struct {
		result string
		want   xacml.Result
	}{
		{`"Decision": "Permit"`, xacml.Result{Decision: xacml.Permit}},
		{`"Decision": "Indeterminate", "Status": {"StatusCode": {}}`, xacml.Result{Status: xacml.Status{Code: xacml.StatusOK}}},
		{
			`"Decision": "Deny", "Status": {"StatusMessage": "m", "StatusCode": {"Value": "urn:top", "StatusCode": {"StatusCode": {"Value": "urn:minor"}}}, "StatusDetail": "<a/>"}`,
			xacml.Result{Decision: xacml.Deny, Status: xacml.Status{Code: "urn:top", Message: "m"}},
		},
		{missing(`, "DataType": "date"`), resource(value.TypeDate)},
		{missing(`, "DataType": "urn:own"`), resource(value.TypeUnknown)},
		{missing(`, "DataType": "integer", "Value": [1, "2"]`), resource(value.TypeInteger, value.NewInteger(1), value.NewInteger(2))},
		{missing(`, "DataType": "integer", "AttributeValue": 3`), resource(value.TypeInteger, value.NewInteger(3))},
		{missing(`, "DataType": "integer", "Value": []`), resource(value.TypeInteger)},
		{
			`"Decision": "Permit", "Obligations": [{"Id": "o", "AttributeAssignment": [{"AttributeId": "a", "Category": "Action", "Value": ["x", "y"]}]}]`,
			xacml.Result{Decision: xacml.Permit, Obligations: []xacml.Obligation{{ID: "o", Assignments: []xacml.AttributeAssignment{
				{AttributeID: "a", Category: xacml.CategoryAction, Value: value.String("x")},
				{AttributeID: "a", Category: xacml.CategoryAction, Value: value.String("y")},
			}}}},
		},
		{
			`"Decision": "Permit", "Obligations": [], "AssociatedAdvice": [{"Id": "o"}], "Category": {"CategoryId": "urn:c"}, "PolicyIdentifierList": {}`,
			xacml.Result{Decision: xacml.Permit, Advice: []xacml.Advice{{ID: "o"}}, Attributes: []xacml.Attributes{{Category: "urn:c"}}},
		},
		{
			`"Decision": "Permit", "PolicyIdentifierList": {"PolicySetIdReference": [{"Id": "s"}], "PolicyIdReference": [{"Version": "1.20", "Id": "p"}]}`,
			xacml.Result{Decision: xacml.Permit, PolicyIDs: []xacml.PolicyIdentifier{{ID: "p", Version: "1.20"}, {PolicySet: true, ID: "s"}}},
		},
	}
	for _, test := range tests {
		got, err := ReadResponse([]byte(`{"Response": [{`+test.result+`}]}`), Limits{})
		if err != nil {
			t.Errorf("got %v, want a response, input: %s", err, test.result)
			continue
		}
		if diff := cmp.Diff([]xacml.Result{test.want}, got.Results, comparers); diff != "" {
			t.Errorf("wrong result (-want +got):\n%sinput: %s", diff, test.result)
		}
	}
}

// Pitfall 44: members that others spell otherwise are unknown.
func TestProfile4_3_Refused(t *testing.T) {
	result := func(members string) string { return `{"Response": [{"Decision": "Deny",` + "\n" + members + `}]}` }
	detail := func(members string) string {
		return result(`"Status": {"StatusCode": {}, "StatusDetail": [` + members + `]}`)
	}
	obligation := func(members string) string {
		return result(`"Obligations": [{"Id": "o", "AttributeAssignment": [` + members + `]}]`)
	}
	tests := []struct {
		name, input string
		sort        sort
		want        string
	}{
		{"a request", `{¦"Request": {}}`, malformed, `unknown member "Request"`},
		{"another case", `{¦"response": []}`, malformed, `unknown member "response"`},
		{"single result", `{"Response": ¦{"Decision": "Permit"}}`, malformed, "must be an array, not an object"},
		{"no result", `{"Response": ¦[]}`, malformed, "the array is empty"},
		{"result that is null", `{"Response": [¦null]}`, malformed, "must be an object"},
		{"no decision", `{"Response": [¦{}]}`, malformed, "Decision is missing"},
		{"unknown decision", `{"Response": [{"Decision": ¦"permit"}]}`, malformed, `but "permit"`},
		{"extended decision", `{"Response": [{"Decision": ¦"Indeterminate{D}"}]}`, malformed, "is not Permit"},
		{"decision as a boolean", `{"Response": [{"Decision": ¦true}]}`, malformed, "must be a string, not a boolean"},
		{"advice as a known implementation spells it", result(`¦"AssociateAdvice": []`), malformed, `unknown member "AssociateAdvice"`},
		{"detail as a known implementation spells it", result(`"Status": {"StatusCode": {}, ¦"StatusDetails": ""}`), malformed, `unknown member "StatusDetails"`},
		{"status without code", result(`"Status": ¦{"StatusMessage": "m"}`), malformed, "StatusCode is missing"},
		{"status that is null", result(`"Status": ¦null`), malformed, "must be an object"},
		{"code as a string", result(`"Status": {"StatusCode": ¦"ok"}`), malformed, "must be an object"},
		{"empty code", result(`"Status": {"StatusCode": {"Value": ¦""}}`), malformed, "is empty"},
		{"minor code of a wrong shape", result(`"Status": {"StatusCode": {"StatusCode": {"Value": ¦1}}}`), malformed, "must be a string"},
		{"detail as an object", result(`"Status": {"StatusCode": {}, "StatusDetail": ¦{}}`), malformed, "must be an array"},
		{"detail without category", detail(`¦{"AttributeId": "a", "DataType": "date"}`), malformed, "Category is missing"},
		{"detail without data type", detail(`¦{"AttributeId": "a", "Category": "c"}`), malformed, "DataType is missing"},
		{"detail with two lists", detail(`{"AttributeId": "a", "Category": "c", "DataType": "date", "Value": [], ¦"AttributeValue": []}`), malformed, "exclude each other"},
		{"detail with a wrong value", detail(`{"AttributeId": "a", "Category": "c", "DataType": "date", "Value": [¦"x"]}`), invalid, "XMLSchema#date"},
		{"obligation as an object", result(`"Obligations": ¦{"Id": "o"}`), malformed, "must be an array"},
		{"obligation with another id", result(`"Obligations": [{"Id": "o", ¦"ObligationId": "o"}]`), malformed, `unknown member "ObligationId"`},
		{"obligation with FulfillOn", result(`"Obligations": [{"Id": "o", ¦"FulfillOn": "Permit"}]`), malformed, `unknown member "FulfillOn"`},
		{"obligation without id", result(`"Obligations": [¦{}]`), malformed, "Id is missing"},
		{"assignment without id", obligation(`¦{"Value": 1}`), malformed, "AttributeId is missing"},
		{"assignment without value", obligation(`¦{"AttributeId": "a"}`), malformed, "Value is missing"},
		{"assignment with a wrong value", obligation(`{"AttributeId": "a", "DataType": "integer", "Value": ¦"x"}`), invalid, "XMLSchema#integer"},
		{"policy without id", result(`"PolicyIdentifierList": {"PolicyIdReference": [¦{"Version": "1"}]}`), malformed, "Id is missing"},
		{"version that is none", result(`"PolicyIdentifierList": {"PolicyIdReference": [{"Id": "p", "Version": ¦"1.x"}]}`), malformed, "is not a version"},
		{"empty version", result(`"PolicyIdentifierList": {"PolicySetIdReference": [{"Id": "p", "Version": ¦""}]}`), malformed, "is not a version"},
		{"version as a number", result(`"PolicyIdentifierList": {"PolicySetIdReference": [{"Id": "p", "Version": ¦1.0}]}`), malformed, "must be a string"},
		{"list as an array", result(`"PolicyIdentifierList": ¦[]`), malformed, "must be an object"},
		{"category without id", result(`"Category": [¦{}]`), malformed, "CategoryId is missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input, at := marked(t, test.input)
			response, err := ReadResponse([]byte(input), Limits{})
			if response != nil {
				t.Errorf("got a response, want none: %+v", response)
			}
			checkRefused(t, err, test.sort, at, test.want, input)
		})
	}
}

func TestResponse_NotWritten(t *testing.T) {
	key := xacml.AttributeKey{Category: "c", ID: "a", Type: value.TypeString}
	missing := func(m xacml.MissingAttribute) xacml.Result {
		return xacml.Result{Status: xacml.Status{Code: xacml.StatusMissingAttribute, Missing: []xacml.MissingAttribute{m}}}
	}
	assigned := func(a xacml.AttributeAssignment) xacml.Result {
		return xacml.Result{Obligations: []xacml.Obligation{{ID: "o", Assignments: []xacml.AttributeAssignment{a}}}}
	}
	tests := map[string]*xacml.Response{
		"no result":               {},
		"control in a code":       {Results: []xacml.Result{{Status: xacml.Status{Code: "\n"}}}},
		"obligation without id":   {Results: []xacml.Result{{Obligations: []xacml.Obligation{{}}}}},
		"advice without id":       {Results: []xacml.Result{{Advice: []xacml.Advice{{}}}}},
		"assignment without id":   {Results: []xacml.Result{assigned(xacml.AttributeAssignment{Value: value.String("x")})}},
		"assignment of no value":  {Results: []xacml.Result{assigned(xacml.AttributeAssignment{AttributeID: "a"})}},
		"assignment of shorthand": {Results: []xacml.Result{assigned(xacml.AttributeAssignment{AttributeID: "a", Category: "Action", Value: value.String("x")})}},
		"policy without id":       {Results: []xacml.Result{{PolicyIDs: []xacml.PolicyIdentifier{{Version: "1"}}}}},
		"version that is none":    {Results: []xacml.Result{{PolicyIDs: []xacml.PolicyIdentifier{{ID: "p", Version: "1."}}}}},
		"value of another type":   {Results: []xacml.Result{missing(xacml.MissingAttribute{AttributeKey: key, Values: []value.Value{value.Boolean(true)}})}},
		"missing value":           {Results: []xacml.Result{missing(xacml.MissingAttribute{AttributeKey: key, Values: []value.Value{nil}})}},
	}
	for name, response := range tests {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := WriteResponse(&b, response); err == nil || b.Len() > 0 {
				t.Errorf("got %v and %q, want an error and nothing written", err, b.String())
			}
		})
	}
}
