package xacmljson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// The objects of the profile, as they are written.
type (
	requestObject struct {
		Request struct {
			ReturnPolicyIDList bool             `json:"ReturnPolicyIdList,omitempty"`
			CombinedDecision   bool             `json:",omitempty"`
			XPathVersion       string           `json:",omitempty"`
			Category           []categoryObject `json:",omitempty"`
			MultiRequests      *referenceLists  `json:",omitempty"`
		}
	}
	referenceLists struct{ RequestReference []referenceList }
	referenceList  struct {
		ReferenceID []string `json:"ReferenceId"`
	}
	categoryObject struct {
		CategoryID string            `json:"CategoryId"`
		ID         string            `json:"Id,omitempty"`
		Content    string            `json:",omitempty"`
		Attribute  []attributeObject `json:",omitempty"`
	}
	attributeObject struct {
		AttributeID     string `json:"AttributeId"`
		Issuer          string `json:",omitempty"`
		DataType        string `json:",omitempty"`
		Value           any
		IncludeInResult bool `json:",omitempty"`
	}

	responseObject struct{ Response []resultObject }
	resultObject   struct {
		Decision             string
		Status               statusObject
		Obligations          []obligationObject `json:",omitempty"`
		AssociatedAdvice     []obligationObject `json:",omitempty"`
		Category             []categoryObject   `json:",omitempty"`
		PolicyIdentifierList *policyLists       `json:",omitempty"`
	}
	statusObject struct {
		StatusMessage string `json:",omitempty"`
		StatusCode    struct{ Value string }
		StatusDetail  []missingObject `json:",omitempty"`
	}
	missingObject struct {
		Category    string
		AttributeID string `json:"AttributeId"`
		DataType    string
		Issuer      string `json:",omitempty"`
		Value       []any  `json:",omitempty"`
	}
	obligationObject struct {
		ID                  string             `json:"Id"`
		AttributeAssignment []assignmentObject `json:",omitempty"`
	}
	assignmentObject struct {
		AttributeID string `json:"AttributeId"`
		Category    string `json:",omitempty"`
		Issuer      string `json:",omitempty"`
		DataType    string `json:",omitempty"`
		Value       any
	}
	policyLists struct {
		PolicyIDReference    []policyObject `json:"PolicyIdReference,omitempty"`
		PolicySetIDReference []policyObject `json:"PolicySetIdReference,omitempty"`
	}
	policyObject struct {
		ID      string `json:"Id"`
		Version string `json:",omitempty"`
	}
)

// WriteRequest writes a request (profile 4.2). It fails if the request holds what
// XACML does not allow, such as a control character in a name, or less than it
// asks for; then nothing is written.
//
// An Attribute in JSON has one data type: one with values of several becomes
// several, in the order of the values.
func WriteRequest(w io.Writer, r *xacml.Request) error {
	var p writer
	var out requestObject
	out.Request.ReturnPolicyIDList = r.ReturnPolicyIDList
	out.Request.CombinedDecision = r.CombinedDecision
	out.Request.XPathVersion = p.optional("XPathVersion", r.XPathVersion)
	p.atLeastOne(len(r.Attributes), "Request", "category")
	out.Request.Category = p.categories(r.Attributes)
	if len(r.References) > 0 {
		out.Request.MultiRequests = &referenceLists{p.references(r.References)}
	}
	return p.write(w, "Request", out)
}

// WriteResponse writes a response (profile 4.3); see [WriteRequest]. Each result
// has a Status, StatusOK where the result has none. What is not UTF-8 in a status
// message is replaced by U+FFFD, and a MissingAttributeDetail without a data type
// is left out (§7.19.3 allows a part).
func WriteResponse(w io.Writer, r *xacml.Response) error {
	var p writer
	var out responseObject
	p.atLeastOne(len(r.Results), "Response", "result")
	for i := range r.Results {
		out.Response = append(out.Response, p.result(&r.Results[i]))
	}
	return p.write(w, "Response", out)
}

// writer turns the parts of requests and responses into objects. It keeps the
// first error.
type writer struct{ err error }

func (p *writer) write(w io.Writer, what string, document any) error {
	if p.err != nil {
		return fmt.Errorf("cannot write the %s as JSON: %w", what, p.err)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("cannot write the %s as JSON: %w", what, err)
	}
	_, err := w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return err
}

func (p *writer) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// atLeastOne fails if there must be something and is not.
func (p *writer) atLeastOne(n int, whole, part string) {
	if n == 0 {
		p.fail("%s has no %s", whole, part)
	}
}

// name is a string that names something.
func (p *writer) name(what, s string) string {
	if wrong := checkName(s); wrong != "" {
		p.fail("%s %s", what, wrong)
	}
	return s
}

// optional is a string that names something, if it is given.
func (p *writer) optional(what, s string) string {
	if s == "" {
		return ""
	}
	return p.name(what, s)
}

// category is the URI of a category. One that is spelled like a shorthand would be
// read as what that stands for.
func (p *writer) category(what, s string) string {
	if category, ok := byShorthand(s); ok {
		p.fail("%s %s is the shorthand of %s", what, quote(s), quote(category))
	}
	return p.name(what, s)
}

// categories are Category objects (profile 4.2.2).
func (p *writer) categories(list []xacml.Attributes) []categoryObject {
	var out []categoryObject
	for _, as := range list {
		c := categoryObject{CategoryID: p.category("CategoryId", as.Category), ID: p.optional("Id", as.ID)}
		c.Content, c.Attribute = p.held(as)
		out = append(out, c)
	}
	return out
}

// held are the Content as text (profile 4.2.4), or nothing, and the attributes.
func (p *writer) held(as xacml.Attributes) (content string, attributes []attributeObject) {
	if as.Content != nil {
		var b strings.Builder
		if err := xacmlxml.WriteContent(&b, as.Content); err != nil {
			p.fail("%w", err)
		}
		content = b.String()
	}
	for _, a := range as.Attributes {
		attributes = append(attributes, p.attribute(a)...)
	}
	return content, attributes
}

// attribute is an Attribute object for each run of values of one data type
// (profile 4.2.3).
func (p *writer) attribute(a xacml.Attribute) []attributeObject {
	p.atLeastOne(len(a.Values), "attribute "+quote(a.ID), "value")
	var out []attributeObject
	for rest := a.Values; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n] != nil && rest[0] != nil && value.TypeID(rest[n]) == value.TypeID(rest[0]) {
			n++
		}
		dataType, items := p.values(rest[:n])
		object := attributeObject{
			AttributeID:     p.name("AttributeId", a.ID),
			Issuer:          p.optional("Issuer", a.Issuer),
			DataType:        dataType,
			Value:           items,
			IncludeInResult: a.IncludeInResult,
		}
		if n == 1 {
			object.Value = items[0]
		}
		out = append(out, object)
		rest = rest[n:]
	}
	return out
}

// references are RequestReference objects (profile 4.2.6).
func (p *writer) references(references [][]string) []referenceList {
	var out []referenceList
	for _, ids := range references {
		p.atLeastOne(len(ids), "RequestReference", "ReferenceId")
		for _, id := range ids {
			p.name("ReferenceId", id)
		}
		out = append(out, referenceList{ids})
	}
	return out
}

// result is a Result object (profile 4.3.2).
func (p *writer) result(r *xacml.Result) resultObject {
	out := resultObject{
		Decision:         r.Decision.String(),
		Status:           p.status(&r.Status),
		Obligations:      p.obligations(r.Obligations),
		AssociatedAdvice: p.obligations(r.Advice),
		Category:         p.categories(r.Attributes),
	}
	if len(r.PolicyIDs) == 0 {
		return out
	}
	out.PolicyIdentifierList = &policyLists{}
	for _, id := range r.PolicyIDs {
		list := &out.PolicyIdentifierList.PolicyIDReference
		if id.PolicySet {
			list = &out.PolicyIdentifierList.PolicySetIDReference
		}
		if id.Version != "" && !isVersion(id.Version) {
			p.fail("version %s of a policy identifier is not a version", quote(id.Version))
		}
		*list = append(*list, policyObject{p.name("policy identifier", id.ID), id.Version})
	}
	return out
}

// status is a Status object (profile 4.3.3). Only missing-attribute has a detail
// (§7.19.3).
func (p *writer) status(s *xacml.Status) statusObject {
	var out statusObject
	out.StatusMessage = strings.ToValidUTF8(s.Message, "\uFFFD")
	out.StatusCode.Value = xacml.StatusOK
	if s.Code != "" {
		out.StatusCode.Value = p.name("StatusCode", s.Code)
	}
	if s.Code != xacml.StatusMissingAttribute {
		return out
	}
	for _, m := range s.Missing {
		if m.Type == value.TypeUnknown {
			continue
		}
		for _, v := range m.Values {
			if v == nil || v.Type() != m.Type {
				p.fail("missing attribute %s has a value of another data type", quote(m.ID))
			}
		}
		_, values := p.values(m.Values)
		out.StatusDetail = append(out.StatusDetail, missingObject{
			Category:    p.category("Category", m.Category),
			AttributeID: p.name("AttributeId", m.ID),
			DataType:    m.Type.ID(),
			Issuer:      p.optional("Issuer", m.Issuer),
			Value:       values,
		})
	}
	return out
}

// obligations are Obligation or Advice objects (profile 4.3.4), with one
// assignment for each value.
func (p *writer) obligations(list []xacml.Obligation) []obligationObject {
	var out []obligationObject
	for _, o := range list {
		object := obligationObject{ID: p.name("Id of an obligation or advice", o.ID)}
		for _, a := range o.Assignments {
			dataType, values := p.values([]value.Value{a.Value})
			assignment := assignmentObject{
				AttributeID: p.name("AttributeId", a.AttributeID),
				Issuer:      p.optional("Issuer", a.Issuer),
				DataType:    dataType,
				Value:       values[0],
			}
			if a.Category != "" {
				assignment.Category = p.category("Category", a.Category)
			}
			object.AttributeAssignment = append(object.AttributeAssignment, assignment)
		}
		out = append(out, object)
	}
	return out
}
