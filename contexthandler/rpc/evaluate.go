package rpc

import (
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// evaluate makes a request of an EvaluateRequest, with one Attributes element
// for each AttributeCategory (§5.42, Multiple Decision Profile). An error is a
// *failure, or an *xacml.Error whose status is that of the result.
func (n *names) evaluate(m *v1.EvaluateRequest) (*xacml.Request, error) {
	if request, ok, err := document(m); ok {
		return request, err
	}
	if err := checkSize(m); err != nil {
		return nil, err
	}
	if v := m.GetXpathVersion(); v != "" {
		if err := checkURI("XPath version", v); err != nil {
			return nil, err
		}
	}
	r := &reader{names: n.complete()}
	request := &xacml.Request{
		ReturnPolicyIDList: m.GetReturnPolicyIdList(),
		CombinedDecision:   m.GetCombinedDecision(),
		XPathVersion:       m.GetXpathVersion(),
	}
	ids := make(map[string]bool)
	for _, c := range m.GetAttributes() {
		attributes, err := r.attributes(c, m.GetXpathVersion())
		if err != nil {
			return nil, err
		}
		if ids[attributes.ID] {
			return nil, invalidf("the id %s of a category is used twice", quote(attributes.ID))
		}
		ids[attributes.ID] = attributes.ID != ""
		request.Attributes = append(request.Attributes, attributes)
	}
	for _, reference := range m.GetMultiRequests() {
		if len(reference.GetIds()) == 0 {
			return nil, invalidf("a request reference without ids")
		}
		if slices.Contains(reference.GetIds(), "") {
			return nil, invalidf("a request reference with an empty id")
		}
		request.References = append(request.References, reference.GetIds())
	}
	if r.wrong != nil {
		return nil, r.wrong
	}
	return request, nil
}

// checkSize counts before anything is made of the message.
func checkSize(m *v1.EvaluateRequest) error {
	var attributes, values, references int
	for _, c := range m.GetAttributes() {
		attributes += len(c.GetAttributes())
		for _, a := range c.GetAttributes() {
			values += len(a.GetValues())
		}
	}
	for _, r := range m.GetMultiRequests() {
		references += max(len(r.GetIds()), 1)
	}
	switch {
	case len(m.GetAttributes()) > maxValues:
		return tooLarge("categories")
	case attributes > maxValues:
		return tooLarge("attributes")
	case values > maxValues:
		return tooLarge("values")
	case references > maxValues:
		return tooLarge("references")
	default:
		return nil
	}
}

// attributes makes one Attributes element (§5.44).
func (r *reader) attributes(c *v1.AttributeCategory, xpathVersion string) (xacml.Attributes, error) {
	category, err := r.category(c.GetCategory())
	if err != nil {
		return xacml.Attributes{}, err
	}
	if hasControl(c.GetId()) {
		return xacml.Attributes{}, invalidf("the id %s of a category holds a control character", quote(c.GetId()))
	}
	out := xacml.Attributes{Category: category, ID: c.GetId()}
	if c.GetContent() != "" {
		content, err := xacmlxml.ReadContent([]byte(c.GetContent()), xacmlxml.DefaultLimits())
		if err != nil {
			r.note(xacml.SyntaxErrorf("the Content of category %s: %v", quote(category), err))
		}
		out.Content = content
	}
	for _, a := range c.GetAttributes() {
		attribute, err := r.attribute(category, a.GetAttributeId(), a.GetIssuer(), len(a.GetValues()))
		if err != nil {
			return xacml.Attributes{}, err
		}
		attribute.IncludeInResult = a.GetIncludeInResult()
		for _, v := range a.GetValues() {
			read, err := r.typed(category, attribute.ID, v, xpathVersion)
			if err != nil {
				return xacml.Attributes{}, err
			}
			attribute.Values = append(attribute.Values, read)
		}
		out.Attributes = append(out.Attributes, attribute)
	}
	return out, nil
}

// typed reads a value with a data type of its own.
func (r *reader) typed(category, id string, v *v1.AttributeValue, xpathVersion string) (value.Value, error) {
	t, err := r.dataType(category, id, v.GetDataType())
	if err != nil {
		return nil, err
	}
	if t == value.TypeXPathExpression {
		if err := checkURI("XPath category", v.GetXpathCategory()); err != nil {
			return nil, err
		}
		return r.xpath(category, id, v, xpathVersion), nil
	}
	if v.GetXpathCategory() != "" || len(v.GetNamespaces()) > 0 {
		return nil, invalidf("attribute %s: only an xpathExpression has an XPath category and namespaces", quote(id))
	}
	return r.value(category, id, t, v.GetDataType(), v.GetValue()), nil
}

// xpath reads an xpathExpression (A.3.15). If it is wrong the value is nil and
// the reader knows of it.
func (r *reader) xpath(category, id string, v *v1.AttributeValue, version string) value.Value {
	_, err := value.Parse(value.TypeString, v.GetValue())
	if err != nil || strings.TrimSpace(v.GetValue()) == "" {
		r.note(xacml.SyntaxErrorf("attribute %s of category %s does not hold an xpathExpression", quote(id), quote(category)))
		return nil
	}
	return value.NewXPathExpression(v.GetValue(), v.GetXpathCategory(), v.GetNamespaces(), version)
}
