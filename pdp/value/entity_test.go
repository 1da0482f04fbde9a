package value

import "testing"

type summary string

func (s *summary) Summary() string { return string(*s) }

// Profile of related and nested entities: a data type without lexical form,
// equality and order.
func TestEntities_Value(t *testing.T) {
	nested := summary("entity[urn:a]")
	for _, tt := range []struct {
		entity Entity
		want   string
	}{
		{Entity{}, "entity[]"},
		{Entity{&nested}, "entity[urn:a]"},
	} {
		if got := tt.entity.String(); got != tt.want {
			t.Errorf("String: got %q, want %q", got, tt.want)
		}
		if tt.entity.Type() != TypeEntity || tt.entity.Kind() != One(TypeEntity) || TypeID(tt.entity) != TypeEntity.ID() {
			t.Errorf("got type %v, kind %v, id %q", tt.entity.Type(), tt.entity.Kind(), TypeID(tt.entity))
		}
		if Equal(tt.entity, tt.entity) {
			t.Errorf("Equal(%v, %v): got true, want false", tt.entity, tt.entity)
		}
		if _, ok := Compare(tt.entity, tt.entity); ok {
			t.Errorf("Compare(%v, %v): got an order, want none", tt.entity, tt.entity)
		}
		if keys := map[Value]bool{tt.entity: true}; !keys[tt.entity] {
			t.Errorf("%v is not found as the key of a map", tt.entity)
		}
	}
	if _, err := Parse(TypeEntity, "entity[]"); err == nil || err.Error() != `"entity[]" is not an entity: the type has no lexical form of its own` {
		t.Errorf("Parse: got %v, want that there is no lexical form", err)
	}
	if got, ok := TypeByID("urn:oasis:names:tc:xacml:3.0:data-type:entity"); !ok || got != TypeEntity || got.Canonical() != got || got.String() != "entity" {
		t.Errorf("TypeByID: got %v, %v, want entity", got, ok)
	}
}
