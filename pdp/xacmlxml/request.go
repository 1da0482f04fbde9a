package xacmlxml

import (
	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ReadRequest reads a document with a Request as its root (§5.42). The error is
// an [*xacml.Error] with StatusSyntaxError that tells the first problem, with
// line and column and without attribute values.
//
// A value of a data type that the standard lacks becomes a [value.Foreign].
// Categories that occur twice and references without a referent are kept.
func ReadRequest(data []byte, limits Limits) (*xacml.Request, error) {
	b, root := newBuilder("", data, limits, "Request")
	b.inContext = true
	var request *xacml.Request
	if root != nil {
		request = b.request(root)
	}
	if err := b.syntaxError(); err != nil {
		return nil, err
	}
	return request, nil
}

// syntaxError is the first problem as a status (§7.19), or nil.
func (b *builder) syntaxError() error {
	if len(b.problems) == 0 {
		return nil
	}
	b.problems.Sort()
	p := b.problems[0]
	message := p.Message
	if p.Path != "" {
		message = p.Path + ": " + message
	}
	if p.Position == (policy.Position{}) {
		return xacml.SyntaxErrorf("%s", message)
	}
	return xacml.SyntaxErrorf("%s: %s", p.Position, message)
}

func (b *builder) request(e *element) *xacml.Request {
	r := &xacml.Request{
		ReturnPolicyIDList: e.flag("ReturnPolicyIdList"),
		CombinedDecision:   e.flag("CombinedDecision"),
		XPathVersion:       b.versionIn(e, "RequestDefaults"),
	}
	defer b.enter(r.XPathVersion)()
	r.Attributes = b.attributesIn(e)
	for _, m := range e.all("MultiRequests") {
		for _, reference := range m.all("RequestReference") {
			var ids []string
			for _, a := range reference.all("AttributesReference") {
				ids = append(ids, a.uri("ReferenceId"))
			}
			r.References = append(r.References, ids)
		}
	}
	return r
}

// attributesIn are the Attributes elements in e.
func (b *builder) attributesIn(e *element) []xacml.Attributes {
	var out []xacml.Attributes
	for _, c := range e.all("Attributes") {
		out = append(out, b.attributes(c))
	}
	return out
}

// attributes is an Attributes element (§5.44).
func (b *builder) attributes(e *element) xacml.Attributes {
	id, _ := e.lookup(xacml.XMLNamespace, "id")
	attributes := xacml.Attributes{Category: e.uri("Category"), ID: collapse(id.value), Content: contentIn(e)}
	for _, a := range e.all("Attribute") {
		attributes.Attributes = append(attributes.Attributes, b.attribute(a))
	}
	return attributes
}

// contentIn is the element in the Content of e (§5.45), or nil.
func contentIn(e *element) *etree.Element {
	content := e.first("Content")
	if content == nil {
		return nil
	}
	for _, root := range content.elements() {
		return root.dom()
	}
	return nil // reported as a missing element
}

// attribute is an Attribute (§5.46).
func (b *builder) attribute(e *element) xacml.Attribute {
	return xacml.Attribute{
		ID:              e.uri("AttributeId"),
		Issuer:          e.str("Issuer"),
		IncludeInResult: e.flag("IncludeInResult"),
		Values:          b.valuesIn(e),
	}
}

// valuesIn are the AttributeValue elements in e.
func (b *builder) valuesIn(e *element) []value.Value {
	var out []value.Value
	for _, c := range e.all("AttributeValue") {
		out = append(out, b.value(c))
	}
	return out
}
