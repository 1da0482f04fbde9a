package xacmljson

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// An xpathExpression as it is written (profile 3.3.3).
type (
	xpathObject struct {
		XPathCategory string
		Namespaces    []namespaceObject `json:",omitempty"`
		XPath         string
	}
	namespaceObject struct {
		Prefix    string `json:",omitempty"`
		Namespace string
	}
)

// values are values of one data type in JSON, with the DataType that must stand
// beside them, or none if every reader infers it (profile 3.3.1).
func (p *writer) values(values []value.Value) (dataType string, out []any) {
	for _, v := range values {
		if v == nil {
			p.fail("a value is missing")
			out = append(out, nil)
			continue
		}
		item, inferred := p.value(v)
		if !inferred {
			dataType = value.TypeID(v)
		}
		out = append(out, item)
	}
	return dataType, out
}

// value is one value in JSON. inferred tells whether its data type goes without
// saying.
func (p *writer) value(v value.Value) (item any, inferred bool) {
	switch v := v.(type) {
	case value.String:
		return p.text(string(v)), true
	case value.Boolean:
		return bool(v), true
	case value.Integer:
		// Many readers know numbers as doubles only (RFC 8259, 6).
		const most = 1<<53 - 1
		if i, ok := v.Int64(); ok && -most <= i && i <= most {
			return json.Number(v.String()), true
		}
		return v.String(), false
	case value.Double:
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return v.String(), false // JSON has no such numbers
		}
		return json.Number(v.String()), false
	case value.XPathExpression:
		return p.xpathExpression(v), false
	case value.Entity:
		return p.entity(v), false
	case value.Foreign:
		p.foreign(v)
		return p.text(v.Text), false
	default:
		return p.text(value.Lexical(v)), false
	}
}

// text is the text of a value.
func (p *writer) text(s string) string {
	if !isText(s) {
		p.fail("a value holds what is not a character of XML")
	}
	return s
}

// foreign checks that a value is read as what it is: of no data type of the
// standard, and without elements and attributes of XML.
func (p *writer) foreign(v value.Foreign) {
	p.name("DataType", v.DataType)
	if v.Markup != "" {
		p.fail("a value of data type %s has a structure in XML", quote(v.DataType))
	}
	if _, known := value.TypeByID(v.DataType); known || !strings.Contains(v.DataType, ":") {
		p.fail("%s is not the URI of a data type that the standard lacks", quote(v.DataType))
	}
}

// xpathExpression is an XPath with what it needs (A.3.15). Its version is that of
// the request.
func (p *writer) xpathExpression(x value.XPathExpression) xpathObject {
	if strings.Trim(x.XPath, " \t\r\n") == "" {
		p.fail("an xpathExpression is empty")
	}
	out := xpathObject{XPathCategory: p.category("XPathCategory", x.Category), XPath: p.text(x.XPath)}
	for prefix, uri := range x.Namespaces.All() {
		if wrong := checkBinding(prefix, p.name("Namespace", uri)); wrong != "" {
			p.fail("prefix %s %s", quote(prefix), wrong)
		}
		out.Namespaces = append(out.Namespaces, namespaceObject{prefix, uri})
	}
	return out
}
