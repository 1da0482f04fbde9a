package xacmljson

import (
	"encoding/base64"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// ReadRequest reads a document with a Request (profile 4.2). The error is an
// [*xacml.Error] with StatusSyntaxError, in a [*MalformedError] if the document
// is not JSON or not of the shape of the profile; it tells the first problem of
// the graver sort.
//
// A value of a data type that the standard lacks becomes a [value.Foreign], with
// the source as its text if it is an object. Categories that occur twice and
// references without a referent are kept, an Id that occurs twice is refused.
// An XPathVersion that is absent is that of the profile, XPath 1.0.
func ReadRequest(data []byte, limits Limits) (*xacml.Request, error) {
	var request *xacml.Request
	err := read(data, limits, "Request", func(r *reader, n *node) { request = r.request(n) })
	if err != nil {
		return nil, err
	}
	return request, nil
}

// request is a Request (profile 4.2.1).
func (r *reader) request(n *node) *xacml.Request {
	names := []string{"ReturnPolicyIdList", "CombinedDecision", "XPathVersion", "Category", "MultiRequests"}
	for _, s := range shorthands {
		names = append(names, s.name)
	}
	if !r.isObject(n, names...) {
		return nil
	}
	request := &xacml.Request{
		ReturnPolicyIDList: r.flag(n.member("ReturnPolicyIdList")),
		CombinedDecision:   r.flag(n.member("CombinedDecision")),
		XPathVersion:       r.name(n.member("XPathVersion")),
	}
	if request.XPathVersion == "" {
		request.XPathVersion = xacml.XPath10
	}
	r.xpathVersion = request.XPathVersion
	request.Attributes = r.attributesIn(n.member("Category"), "")
	for _, s := range shorthands {
		request.Attributes = append(request.Attributes, r.attributesIn(n.member(s.name), s.category)...)
	}
	if len(request.Attributes) == 0 && r.malformed == nil {
		r.refuse(n, "there is no category")
	}
	r.rejectSameIDs(n)
	request.References = r.references(n.member("MultiRequests"))
	return request
}

// attributesIn are the objects of a category (profile 4.2.2), of any category if
// that is empty.
func (r *reader) attributesIn(n *node, category string) []xacml.Attributes {
	var out []xacml.Attributes
	for _, c := range r.oneOrMore(n) {
		if !r.isObject(c, "CategoryId", "Id", "Content", "Attribute") {
			continue
		}
		attributes := xacml.Attributes{Category: category, ID: r.name(c.member("Id"))}
		if category == "" {
			attributes.Category = r.category(r.required(c, "CategoryId"))
		} else if id := c.member("CategoryId"); id != nil && r.category(id) != category {
			r.reject(id, "is not the category of the member around it")
		}
		r.held(c, &attributes)
		out = append(out, attributes)
	}
	return out
}

// attribute is an Attribute (profile 4.2.3). ok is false if it has no value.
func (r *reader) attribute(n *node) (a xacml.Attribute, ok bool) {
	if !r.isObject(n, "AttributeId", "Value", "DataType", "Issuer", "IncludeInResult") {
		return a, false
	}
	a = xacml.Attribute{
		ID:              r.name(r.required(n, "AttributeId")),
		Issuer:          r.name(n.member("Issuer")),
		IncludeInResult: r.flag(n.member("IncludeInResult")),
		Values:          r.valuesOf(r.required(n, "Value"), n.member("DataType")),
	}
	return a, len(a.Values) > 0
}

// content is a Content (profile 4.2.4): a document of XML, or the Base64 of one.
func (r *reader) content(n *node, out *xacml.Attributes) {
	document := []byte(n.text)
	if !strings.HasPrefix(strings.TrimLeft(n.text, " \t\r\n"), "<") {
		var err error
		if document, err = base64.StdEncoding.Strict().DecodeString(n.text); err != nil {
			r.reject(n, "is neither XML nor Base64")
			return
		}
	}
	root, err := xacmlxml.ReadContent(document, r.limits.Content)
	if err != nil {
		r.reject(n, "the document inside: %v", err)
		return
	}
	out.Content = root
}

// rejectSameIDs rejects each Id that occurred before in the request: references
// to it would be ambiguous.
func (r *reader) rejectSameIDs(n *node) {
	seen := make(map[string]bool)
	for _, m := range n.children {
		for _, c := range objectsIn(m) {
			id := c.member("Id")
			switch {
			case id == nil || id.kind != text:
			case seen[id.text]:
				r.reject(id, "Id %s is used twice", quote(id.text))
			default:
				seen[id.text] = true
			}
		}
	}
}

// objectsIn are n if it is an object, and what it holds otherwise.
func objectsIn(n *node) []*node {
	if n.kind == object {
		return []*node{n}
	}
	return n.children
}

// references are the lists of ids in MultiRequests (profile 4.2.6).
func (r *reader) references(n *node) [][]string {
	if n == nil || !r.isObject(n, "RequestReference") {
		return nil
	}
	var out [][]string
	for _, c := range r.someItems(r.required(n, "RequestReference")) {
		if !r.isObject(c, "ReferenceId") {
			continue
		}
		var ids []string
		for _, id := range r.someItems(r.required(c, "ReferenceId")) {
			ids = append(ids, r.name(id))
		}
		out = append(out, ids)
	}
	return out
}
