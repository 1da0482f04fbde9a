package xacmlxml

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// WriteRequest writes a request as a document that is valid by the schema. It
// fails if the request holds what XML cannot, such as a control character, or
// less than the schema asks for.
func WriteRequest(w io.Writer, r *xacml.Request) error {
	return write(w, "Request", func(p *writer, e *etree.Element) {
		e.CreateAttr("ReturnPolicyIdList", strconv.FormatBool(r.ReturnPolicyIDList))
		e.CreateAttr("CombinedDecision", strconv.FormatBool(r.CombinedDecision))
		if r.XPathVersion != "" {
			p.text(e.CreateElement("RequestDefaults").CreateElement("XPathVersion"), r.XPathVersion)
		}
		p.atLeastOne(len(r.Attributes), "Request", "Attributes")
		p.attributes(e, r.Attributes)
		if len(r.References) == 0 {
			return
		}
		multi := e.CreateElement("MultiRequests")
		for _, ids := range r.References {
			p.atLeastOne(len(ids), "RequestReference", "AttributesReference")
			reference := multi.CreateElement("RequestReference")
			for _, id := range ids {
				p.name(reference.CreateElement("AttributesReference"), "ReferenceId", id)
			}
		}
	})
}

// WriteResponse writes a response as a document that is valid by the schema; see
// [WriteRequest]. Each result has a Status, StatusOK where the result has none.
// Characters of a status message that XML does not allow are replaced by U+FFFD,
// and a MissingAttributeDetail without a data type is left out (§7.19.3 allows a
// part).
func WriteResponse(w io.Writer, r *xacml.Response) error {
	return write(w, "Response", func(p *writer, e *etree.Element) {
		p.atLeastOne(len(r.Results), "Response", "Result")
		for i := range r.Results {
			p.result(e.CreateElement("Result"), &r.Results[i])
		}
	})
}

// write writes a document with the root that fill fills.
func write(w io.Writer, root string, fill func(*writer, *etree.Element)) error {
	document := etree.NewDocument()
	document.WriteSettings = canonical()
	document.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	e := document.CreateElement(root)
	e.CreateAttr("xmlns", xacml.Namespace)
	var p writer
	fill(&p, e)
	if p.err != nil {
		return fmt.Errorf("cannot write the %s as XML: %w", root, p.err)
	}
	_, err := document.WriteTo(w)
	return err
}

// writer puts the parts of documents below elements. It keeps the first error.
type writer struct {
	err error
	// scoped are the elements for which the namespaces in scope matter.
	scoped []*etree.Element
}

func (p *writer) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// atLeastOne fails if the schema asks for an element and there is none.
func (p *writer) atLeastOne(n int, parent, child string) {
	if n == 0 {
		p.fail("%s has no %s", parent, child)
	}
}

// text sets the text of an element.
func (p *writer) text(e *etree.Element, s string) {
	if !isText(s) {
		p.fail("%s holds what is not a character of XML", e.Tag)
		return
	}
	if s != "" {
		e.CreateText(s)
	}
}

// name sets an attribute that names something.
func (p *writer) name(e *etree.Element, key, s string) {
	if wrong := checkName(s); wrong != "" {
		p.fail("attribute %s of %s %s", key, e.Tag, wrong)
		return
	}
	if !isText(s) {
		p.fail("attribute %s of %s holds what is not a character of XML", key, e.Tag)
		return
	}
	e.CreateAttr(key, s)
}

// optional sets an attribute that names something, if it is given.
func (p *writer) optional(e *etree.Element, key, s string) {
	if s != "" {
		p.name(e, key, s)
	}
}

// attributes adds Attributes elements (§5.43).
func (p *writer) attributes(e *etree.Element, list []xacml.Attributes) {
	for _, as := range list {
		out := e.CreateElement("Attributes")
		p.name(out, "Category", as.Category)
		if as.ID != "" {
			if !isNCName(as.ID) {
				p.fail("xml:id %s is not a name without colon", quote(as.ID))
			}
			out.CreateAttr("xml:id", as.ID)
		}
		if as.Content != nil {
			p.content(out.CreateElement("Content"), as.Content)
		}
		for _, a := range as.Attributes {
			p.attribute(out, a)
		}
	}
}

// attribute adds an Attribute element (§5.46).
func (p *writer) attribute(e *etree.Element, a xacml.Attribute) {
	p.atLeastOne(len(a.Values), "Attribute "+quote(a.ID), "AttributeValue")
	attribute := e.CreateElement("Attribute")
	p.name(attribute, "AttributeId", a.ID)
	p.optional(attribute, "Issuer", a.Issuer)
	attribute.CreateAttr("IncludeInResult", strconv.FormatBool(a.IncludeInResult))
	p.values(attribute, a.Values)
}

// content adds a copy of the root of a content (§5.44). Its names without prefix
// must not fall into the namespace of the document around it.
func (p *writer) content(e *etree.Element, root *etree.Element) {
	root = root.Copy()
	setDefaultNamespace(root, "")
	e.AddChild(root)
}

func (p *writer) values(e *etree.Element, values []value.Value) {
	for _, v := range values {
		p.value(e.CreateElement("AttributeValue"), v)
	}
}

// value fills an AttributeValue or AttributeAssignment (§5.31, 5.36).
func (p *writer) value(e *etree.Element, v value.Value) {
	if v == nil {
		p.fail("%s has no value", e.Tag)
		return
	}
	p.name(e, "DataType", value.TypeID(v))
	switch v := v.(type) {
	case value.XPathExpression:
		p.name(e, "XPathCategory", v.Category)
		p.declare(e, v.Namespaces.All())
	case value.Entity:
		p.entity(e, v)
		return
	case value.Foreign:
		if v.Markup != "" {
			p.markup(e, v)
			return
		}
	}
	p.text(e, value.Lexical(v))
}

// declare binds the prefixes of an XPath (A.3.15, E01). The default namespace
// does not matter to an XPath, and xml is bound anyway.
func (p *writer) declare(e *etree.Element, bindings iter.Seq2[string, string]) {
	for prefix, uri := range bindings {
		switch {
		case prefix == "" || prefix == "xml":
		case !isNCName(prefix) || prefix == "xmlns" || !isText(uri) || slices.Contains([]string{"", xacml.XMLNamespace, xmlnsNamespace}, uri):
			p.fail("prefix %s cannot be bound to %s", quote(prefix), quote(uri))
		default:
			e.CreateAttr("xmlns:"+prefix, uri)
		}
	}
	p.scoped = append(p.scoped, e)
}

// result fills a Result (§5.48).
func (p *writer) result(e *etree.Element, r *xacml.Result) {
	e.CreateElement("Decision").CreateText(r.Decision.String())
	p.status(e.CreateElement("Status"), &r.Status)
	p.obligations(e, r.Obligations, "Obligations", "Obligation", "ObligationId")
	p.obligations(e, r.Advice, "AssociatedAdvice", "Advice", "AdviceId")
	p.attributes(e, r.Attributes)
	if len(r.PolicyIDs) == 0 {
		return
	}
	list := e.CreateElement("PolicyIdentifierList")
	for _, id := range r.PolicyIDs {
		local := "PolicyIdReference"
		if id.PolicySet {
			local = "PolicySetIdReference"
		}
		reference := list.CreateElement(local)
		if id.Version != "" {
			if !isVersion(id.Version, false) {
				p.fail("version %s of a policy identifier is not a version", quote(id.Version))
			}
			reference.CreateAttr("Version", id.Version)
		}
		if id.ID == "" {
			p.fail("a policy identifier is empty")
		}
		p.text(reference, id.ID)
	}
}

// status fills a Status (§5.54). Only missing-attribute has a detail (§7.19.3).
func (p *writer) status(e *etree.Element, s *xacml.Status) {
	code := s.Code
	if code == "" {
		code = xacml.StatusOK
	}
	p.name(e.CreateElement("StatusCode"), "Value", code)
	if s.Message != "" {
		p.text(e.CreateElement("StatusMessage"), replaceIllegal(s.Message))
	}
	if code != xacml.StatusMissingAttribute {
		return
	}
	var detail *etree.Element
	for _, m := range s.Missing {
		if m.Type == value.TypeUnknown {
			continue
		}
		if detail == nil {
			detail = e.CreateElement("StatusDetail")
		}
		missing := detail.CreateElement("MissingAttributeDetail")
		p.name(missing, "Category", m.Category)
		p.name(missing, "AttributeId", m.ID)
		p.name(missing, "DataType", m.Type.ID())
		p.optional(missing, "Issuer", m.Issuer)
		p.values(missing, m.Values)
	}
}

// obligations adds obligations or advice (§5.32 to 5.36).
func (p *writer) obligations(e *etree.Element, obligations []xacml.Obligation, list, local, id string) {
	if len(obligations) == 0 {
		return
	}
	out := e.CreateElement(list)
	for _, o := range obligations {
		obligation := out.CreateElement(local)
		p.name(obligation, id, o.ID)
		for _, a := range o.Assignments {
			assignment := obligation.CreateElement("AttributeAssignment")
			p.name(assignment, "AttributeId", a.AttributeID)
			p.optional(assignment, "Category", a.Category)
			p.optional(assignment, "Issuer", a.Issuer)
			p.value(assignment, a.Value)
		}
	}
}

// replaceIllegal is s with U+FFFD for what is not a character of XML.
func replaceIllegal(s string) string {
	return strings.Map(func(r rune) rune {
		if isChar(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}
