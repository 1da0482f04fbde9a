package cases

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// xmlSchema is the namespace of the data types whose names the JSON Profile
// lets callers shorten.
const xmlSchema = "http://www.w3.org/2001/XMLSchema#"

// jsonRequest is a request as the platform's callers write it: the JSON Profile
// of XACML 3.0, with values that are strings.
type jsonRequest struct {
	Request struct {
		ReturnPolicyIDList  bool           `json:"ReturnPolicyIdList"`
		CombinedDecision    bool           `json:"CombinedDecision"`
		XPathVersion        string         `json:"XPathVersion"`
		Category            []jsonCategory `json:"Category"`
		AccessSubject       []jsonCategory `json:"AccessSubject"`
		RecipientSubject    []jsonCategory `json:"RecipientSubject"`
		IntermediarySubject []jsonCategory `json:"IntermediarySubject"`
		RequestingMachine   []jsonCategory `json:"RequestingMachine"`
		Resource            []jsonCategory `json:"Resource"`
		Action              []jsonCategory `json:"Action"`
		Environment         []jsonCategory `json:"Environment"`
		MultiRequests       struct {
			RequestReference []struct {
				ReferenceID []string `json:"ReferenceId"`
			} `json:"RequestReference"`
		} `json:"MultiRequests"`
	} `json:"Request"`
}

type jsonCategory struct {
	CategoryID string          `json:"CategoryId"`
	ID         string          `json:"Id"`
	Content    string          `json:"Content"`
	Attribute  []jsonAttribute `json:"Attribute"`
}

type jsonAttribute struct {
	AttributeID     string `json:"AttributeId"`
	Value           string `json:"Value"`
	Issuer          string `json:"Issuer"`
	DataType        string `json:"DataType"`
	IncludeInResult bool   `json:"IncludeInResult"`
}

// readJSONRequest reads a request in JSON.
func readJSONRequest(data []byte) (*xacml.Request, error) {
	var in jsonRequest
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	r := in.Request
	out := &xacml.Request{
		ReturnPolicyIDList: r.ReturnPolicyIDList,
		CombinedDecision:   r.CombinedDecision,
		XPathVersion:       r.XPathVersion,
	}
	for _, list := range []struct {
		category   string // empty for categories that name themselves
		categories []jsonCategory
	}{
		{"", r.Category},
		{xacml.CategoryAccessSubject, r.AccessSubject},
		{xacml.CategoryRecipientSubject, r.RecipientSubject},
		{xacml.CategoryIntermediarySubject, r.IntermediarySubject},
		{xacml.CategoryRequestingMachine, r.RequestingMachine},
		{xacml.CategoryResource, r.Resource},
		{xacml.CategoryAction, r.Action},
		{xacml.CategoryEnvironment, r.Environment},
	} {
		for _, c := range list.categories {
			attributes, err := c.attributes(list.category)
			if err != nil {
				return nil, err
			}
			out.Attributes = append(out.Attributes, attributes)
		}
	}
	for _, reference := range r.MultiRequests.RequestReference {
		out.References = append(out.References, reference.ReferenceID)
	}
	return out, nil
}

func (c jsonCategory) attributes(category string) (xacml.Attributes, error) {
	if category == "" {
		category = c.CategoryID
	}
	if c.Content != "" {
		return xacml.Attributes{}, errors.New("the reader has no content")
	}
	out := xacml.Attributes{Category: category, ID: c.ID}
	for _, a := range c.Attribute {
		v, err := a.value()
		if err != nil {
			return xacml.Attributes{}, fmt.Errorf("attribute %q: %w", a.AttributeID, err)
		}
		out.Attributes = append(out.Attributes, xacml.Attribute{
			ID: a.AttributeID, Issuer: a.Issuer, IncludeInResult: a.IncludeInResult, Values: []value.Value{v},
		})
	}
	return out, nil
}

// value reads the value of an attribute, a string if no data type is given.
func (a jsonAttribute) value() (value.Value, error) {
	name := a.DataType
	switch {
	case name == "":
		return value.String(a.Value), nil
	case !strings.Contains(name, ":"):
		name = xmlSchema + name
	}
	t, ok := value.TypeByID(name)
	if !ok {
		return nil, fmt.Errorf("unknown data type %q", a.DataType)
	}
	return value.Parse(t, a.Value)
}

func TestAltinnJSONRequest(t *testing.T) {
	got, err := readJSONRequest([]byte(`{"Request": {
		"ReturnPolicyIdList": true, "XPathVersion": null, "RecipientSubject": null,
		"AccessSubject": [{"Id": "s", "Attribute": [{"AttributeId": "urn:a", "Value": "1", "DataType": "integer", "Issuer": "i"}]}],
		"Category": [{"CategoryId": "urn:c", "Attribute": [{"AttributeId": "urn:b", "Value": "x", "IncludeInResult": true}]}],
		"MultiRequests": {"RequestReference": [{"ReferenceId": ["s"]}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	one, err := value.Parse(value.TypeInteger, "1")
	if err != nil {
		t.Fatal(err)
	}
	want := &xacml.Request{
		ReturnPolicyIDList: true,
		Attributes: []xacml.Attributes{
			{Category: "urn:c", Attributes: []xacml.Attribute{{ID: "urn:b", IncludeInResult: true, Values: []value.Value{value.String("x")}}}},
			{Category: xacml.CategoryAccessSubject, ID: "s", Attributes: []xacml.Attribute{{ID: "urn:a", Issuer: "i", Values: []value.Value{one}}}},
		},
		References: [][]string{{"s"}},
	}
	sameValue := cmp.Comparer(func(a, b value.Value) bool { return a.Type() == b.Type() && a.String() == b.String() })
	if diff := cmp.Diff(want, got, sameValue); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}
