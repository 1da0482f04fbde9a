package value

// Entity is a value of urn:oasis:names:tc:xacml:3.0:data-type:entity (Related
// and Nested Entities profile): something with attributes, and perhaps a Content,
// of its own. The profile defines neither equality nor order for it, so that
// [Equal] is always false, and no lexical form, so that [Parse] knows none.
//
// Attributes and XML are not of this package: those of an entity are made and
// read by package xacml.
type Entity struct {
	// Nested is what the entity holds, a pointer, or nil if it holds nothing.
	Nested Nested
}

// Nested is what an entity holds. Attributes hold values, so that their package
// implements it and not this one; *xacml.Entity is the only implementation.
type Nested interface {
	// Summary is the string form of the entity.
	Summary() string
}

// Type is TypeEntity.
func (Entity) Type() Type { return TypeEntity }

// Kind is a single entity.
func (Entity) Kind() Kind { return One(TypeEntity) }

// String is for people: the ids of the attributes in brackets, as in
// `entity[urn:a urn:b]`. It holds no values, does not stand for the entity, and
// nothing reads it.
func (e Entity) String() string {
	if e.Nested == nil {
		return "entity[]"
	}
	return e.Nested.Summary()
}

func (Entity) datum() {}
