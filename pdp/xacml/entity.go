package xacml

import (
	"strings"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Entity is what a value of the data type entity holds (Related and Nested
// Entities profile): what an Attributes element holds, without a category. It is
// read-only once it is part of a value.
type Entity struct {
	// Content is the single element inside Content, or nil.
	Content    *etree.Element
	Attributes []Attribute
}

// NewEntity makes a value of an entity, which must not change afterwards.
func NewEntity(e *Entity) value.Entity {
	if e == nil {
		return value.Entity{}
	}
	return value.Entity{Nested: e}
}

// EntityOf gives what the value holds; it is never nil.
func EntityOf(v value.Entity) *Entity {
	if e, ok := v.Nested.(*Entity); ok {
		return e
	}
	return &Entity{}
}

// Lookup gives the values of the entity that the key names, as
// [Request.Lookup] does; the category of the key does not matter.
func (e *Entity) Lookup(key AttributeKey) value.Bag {
	return value.NewBag(key.Type, appendNamed(nil, e.Attributes, key)...)
}

// Size is the number of values in the attributes of the entity, those of
// entities inside not counted.
func (e *Entity) Size() int { return countValues(e.Attributes) }

// Size is the number of attribute values in the request, those of entities
// inside not counted.
func (r *Request) Size() int {
	n := 0
	for i := range r.Attributes {
		n += countValues(r.Attributes[i].Attributes)
	}
	return n
}

func countValues(attributes []Attribute) int {
	n := 0
	for i := range attributes {
		n += len(attributes[i].Values)
	}
	return n
}

// Summary is the ids of the attributes: see [value.Entity.String].
func (e *Entity) Summary() string {
	ids := make([]string, len(e.Attributes))
	for i, a := range e.Attributes {
		ids[i] = a.ID
	}
	return "entity[" + strings.Join(ids, " ") + "]"
}
