package multiple

import (
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// attr is an attribute with values.
func attr(id string, values ...value.Value) xacml.Attribute {
	return xacml.Attribute{ID: id, Values: values}
}

// returned is an attribute with an issuer and IncludeInResult.
func returned(id string, values ...value.Value) xacml.Attribute {
	return xacml.Attribute{ID: id, Issuer: "me", IncludeInResult: true, Values: values}
}

// category is an Attributes element.
func category(name string, attributes ...xacml.Attribute) xacml.Attributes {
	return xacml.Attributes{Category: name, Attributes: attributes}
}

// resource is the category resource with a resource-id and perhaps a scope.
func resource(id, scope string) xacml.Attributes {
	a := category(xacml.CategoryResource, attr(xacml.AttributeResourceID, value.String(id)))
	if scope != "" {
		a.Attributes = append(a.Attributes, attr(xacml.AttributeScope, value.String(scope)))
	}
	return a
}

// content is a category with a Content and a selector on it.
func content(t *testing.T, name, xml, path string) xacml.Attributes {
	t.Helper()
	a := category(name, attr(xacml.AttributeMultipleContentSelector, xpathOf(name, path)))
	a.Content = element(t, xml)
	return a
}

func element(t *testing.T, xml string) *etree.Element {
	t.Helper()
	d := etree.NewDocument()
	if err := d.ReadFromString(xml); err != nil {
		t.Fatal(err)
	}
	return d.Root()
}

func xpathOf(category, path string) value.XPathExpression {
	return value.NewXPathExpression(path, category, map[string]string{"m": "urn:m"}, xacml.XPath10)
}

// described writes the parts with everything that splitting can change. Ids
// are shortened to their last piece, "@me" is an issuer and "!" is
// IncludeInResult.
func described(parts []Part, ok bool) string {
	if !ok {
		return "refused"
	}
	var all []string
	for _, p := range parts {
		if p.Err != nil {
			all = append(all, last(p.Err.Status.Code))
			continue
		}
		var attributes []string
		for _, as := range p.Request.Attributes {
			for _, a := range as.Attributes {
				text := last(as.Category) + "." + last(a.ID)
				if a.Issuer != "" {
					text += "@" + a.Issuer
				}
				if a.IncludeInResult {
					text += "!"
				}
				for _, v := range a.Values {
					text += "=" + v.String()
				}
				attributes = append(attributes, text)
			}
		}
		all = append(all, strings.Join(attributes, " "))
	}
	return strings.Join(all, " | ")
}

func last(id string) string { return id[strings.LastIndex(id, ":")+1:] }

// family is a hierarchy of three levels; c has two parents and is above a.
func family() Tree {
	return Tree{"root": {"a", "b"}, "a": {"a1", "c"}, "b": {"c", "b1"}, "c": {"a"}}
}
