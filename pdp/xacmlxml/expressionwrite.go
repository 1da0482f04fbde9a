package xacmlxml

import (
	"strconv"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// expression adds an expression (§5.25).
func (p *policyWriter) expression(e *etree.Element, x policy.Expression) {
	switch x := x.(type) {
	case *policy.Apply:
		out := e.CreateElement("Apply")
		p.uri(out, "FunctionId", x.Function)
		p.description(out, x.Description)
		for _, argument := range x.Arguments {
			p.expression(out, argument)
		}
	case *policy.Literal:
		p.literal(e, x.Value)
	case *policy.Designator:
		p.designator(e.CreateElement("AttributeDesignator"), x)
	case *policy.Selector:
		p.selector(e.CreateElement("AttributeSelector"), x)
	case *policy.VariableReference:
		p.name(e.CreateElement("VariableReference"), "VariableId", x.ID)
	case *policy.Quantified:
		out := e.CreateElement(x.Quantifier.String())
		p.name(out, "VariableId", x.Variable)
		p.expression(out, x.Domain)
		p.expression(out, x.Iterant)
	case *policy.FunctionReference:
		p.uri(e.CreateElement("Function"), "FunctionId", x.Function)
	default:
		p.fail("%s has no expression", e.Tag)
	}
}

// literal adds an AttributeValue (§5.31). Only an issuer has values of data
// types that the standard does not define.
func (p *policyWriter) literal(e *etree.Element, v value.Value) {
	p.checkKnown(v)
	p.checkValue(v)
	p.value(e.CreateElement("AttributeValue"), v)
}

// checkKnown fails if v is of an unknown data type, or holds what is.
func (p *policyWriter) checkKnown(v value.Value) {
	switch v := v.(type) {
	case value.Foreign:
		p.fail("unknown data type %s", quote(v.DataType))
	case value.Entity:
		for _, a := range xacml.EntityOf(v).Attributes {
			for _, nested := range a.Values {
				p.checkKnown(nested)
			}
		}
	}
}

// checkValue fails if v would not be read as it is.
func (p *policyWriter) checkValue(v value.Value) {
	switch v := v.(type) {
	case value.XPathExpression:
		if v.Version != p.xpathVersion {
			p.fail("an xpathExpression has the XPathVersion %s where %s is in force", quote(v.Version), quote(p.xpathVersion))
		}
		if collapse(v.XPath) == "" {
			p.fail("an xpathExpression is empty")
		}
		p.checkURI("XPathCategory", v.Category)
	case value.Foreign:
		if _, known := value.TypeByID(v.DataType); known {
			p.fail("a value of data type %s is marked as one of an unknown data type", quote(v.DataType))
		}
		p.checkURI("DataType", v.DataType)
	case value.Entity:
		for _, a := range xacml.EntityOf(v).Attributes {
			p.checkURI("AttributeId", a.ID)
			for _, nested := range a.Values {
				p.checkValue(nested)
			}
		}
	}
}

// designator fills an AttributeDesignator (§5.29).
func (p *policyWriter) designator(e *etree.Element, d *policy.Designator) {
	p.uri(e, "Category", d.Category)
	p.uri(e, "AttributeId", d.ID)
	p.uri(e, "DataType", d.Type.ID())
	p.optional(e, "Issuer", d.Issuer)
	e.CreateAttr("MustBePresent", strconv.FormatBool(d.MustBePresent))
}

// selector fills an AttributeSelector (§5.30).
func (p *policyWriter) selector(e *etree.Element, s *policy.Selector) {
	p.uri(e, "Category", s.Category)
	p.optionalURI(e, "ContextSelectorId", s.ContextSelectorID)
	if !isText(s.Path) {
		p.fail("attribute Path of %s holds what is not a character of XML", e.Tag)
	}
	e.CreateAttr("Path", s.Path)
	p.uri(e, "DataType", s.Type.ID())
	e.CreateAttr("MustBePresent", strconv.FormatBool(s.MustBePresent))
	p.declare(e, value.NewNamespaces(s.Namespaces).All()) // in the order of the prefixes
}
