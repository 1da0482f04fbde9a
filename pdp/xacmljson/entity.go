package xacmljson

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// entityObject is an entity as it is written: a Category object (profile 4.2.2)
// without what names it (inferred from the XML of the Related and Nested Entities
// profile).
type entityObject struct {
	Content   string            `json:",omitempty"`
	Attribute []attributeObject `json:",omitempty"`
}

// entity is a value with that data type, or nil if it is none.
func (r *reader) entity(n *node) value.Value {
	if n.kind != object {
		r.reject(n, "an entity must be an object, not %s", n.kind)
		return nil
	}
	if !r.isObject(n, "Content", "Attribute") {
		return nil
	}
	var held xacml.Attributes
	r.held(n, &held)
	return xacml.NewEntity(&xacml.Entity{Content: held.Content, Attributes: held.Attributes})
}

// held are the Content and the attributes of a Category object or an entity.
func (r *reader) held(n *node, out *xacml.Attributes) {
	if content := n.member("Content"); r.isKind(content, text) {
		r.content(content, out)
	}
	for _, a := range r.oneOrMore(n.member("Attribute")) {
		if attribute, ok := r.attribute(a); ok {
			out.Attributes = append(out.Attributes, attribute)
		}
	}
}

// entity is what an entity holds as an object.
func (p *writer) entity(v value.Entity) entityObject {
	entity := xacml.EntityOf(v)
	var out entityObject
	out.Content, out.Attribute = p.held(xacml.Attributes{Content: entity.Content, Attributes: entity.Attributes})
	return out
}
