package generate

import (
	"slices"
	"strconv"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// request makes the request, and what the finder knows, of the attributes that
// the policies name and mostly of the literals that they are compared with.
func (d *draw) request(c *Case) {
	c.Request = &xacml.Request{ReturnPolicyIDList: d.chance(50), XPathVersion: xacml.XPath10}
	seen := make(map[xacml.AttributeKey]bool)
	for _, key := range d.used {
		if seen[key] {
			continue
		}
		seen[key] = true
		_, isClock := clock(key.Type)
		isClock = isClock && key.Category == xacml.CategoryEnvironment && key.Issuer == "" && d.chance(70)
		switch n := d.IntN(100); {
		case isClock:
		case n < 62:
			d.give(c.Request, key)
		case n < 78:
			for _, v := range d.values(key) {
				c.Found = append(c.Found, Found{key, v})
			}
		case n < 82:
			if name := (Name{key.Category, key.ID}); !slices.Contains(c.Failing, name) {
				c.Failing = append(c.Failing, name)
			}
		}
	}
	if d.selected && d.chance(85) {
		d.content(c.Request, xacml.CategoryResource)
	}
}

// values are mostly one, at times none or several.
func (d *draw) values(key xacml.AttributeKey) []value.Value {
	n := 1
	switch d.IntN(10) {
	case 0:
		n = 0
	case 1, 2:
		n = 2 + d.upTo(1)
	}
	var out []value.Value
	for range n {
		switch hints := d.hints[key]; {
		case hints != nil && d.chance(65):
			out = append(out, pick(d, hints))
		case key.ID == contextSelector:
			out = append(out, value.NewXPathExpression(pick(d, []string{"/doc", "/doc", "//n", "/none"}), key.Category, nil, xacml.XPath10))
		default:
			out = append(out, d.value(key.Type))
		}
	}
	return out
}

// give puts the attribute into the request, beside what has its name already.
func (d *draw) give(r *xacml.Request, key xacml.AttributeKey) {
	values := d.values(key)
	if values == nil {
		return
	}
	attrs := category(r, key.Category)
	a := xacml.Attribute{ID: key.ID, Issuer: key.Issuer, IncludeInResult: d.chance(10), Values: values}
	if a.Issuer == "" && d.chance(15) {
		a.Issuer = "you"
	}
	for i := range attrs.Attributes { // several data types under one name
		if b := &attrs.Attributes[i]; b.ID == a.ID && b.Issuer == a.Issuer && d.chance(50) {
			b.Values = append(b.Values, values...)
			return
		}
	}
	attrs.Attributes = append(attrs.Attributes, a)
}

func category(r *xacml.Request, category string) *xacml.Attributes {
	for i := range r.Attributes {
		if r.Attributes[i].Category == category {
			return &r.Attributes[i]
		}
	}
	r.Attributes = append(r.Attributes, xacml.Attributes{Category: category})
	return &r.Attributes[len(r.Attributes)-1]
}

// content is a document for the paths.
func (d *draw) content(r *xacml.Request, of string) {
	root := etree.NewElement("doc")
	for range d.upTo(3) {
		root.CreateElement("n").SetText(strconv.Itoa(d.upTo(2)))
	}
	for range d.upTo(2) {
		s := root.CreateElement("s")
		s.CreateAttr("at", pick(d, []string{"a", "true", "urn:a"}))
		s.SetText(pick(d, pool(value.TypeString)))
	}
	category(r, of).Content = root
}
