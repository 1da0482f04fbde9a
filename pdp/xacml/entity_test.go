package xacml

import (
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// An entity is looked into as a category is (§7.3.4).
func TestEntities_Lookup(t *testing.T) {
	entity := &Entity{Attributes: []Attribute{
		{ID: "a", Values: []value.Value{value.String("1"), value.NewInteger(2)}},
		{ID: "a", Issuer: "i", Values: []value.Value{value.String("3")}},
		{ID: "b", Values: []value.Value{value.String("4")}},
	}}
	v := NewEntity(entity)
	for _, tt := range []struct {
		key  AttributeKey
		want []value.Value
	}{
		{AttributeKey{ID: "a", Type: value.TypeString}, []value.Value{value.String("1"), value.String("3")}},
		{AttributeKey{ID: "a", Type: value.TypeString, Category: "any"}, []value.Value{value.String("1"), value.String("3")}},
		{AttributeKey{ID: "a", Type: value.TypeString, Issuer: "i"}, []value.Value{value.String("3")}},
		{AttributeKey{ID: "b", Type: value.TypeString, Issuer: "i"}, nil},
		{AttributeKey{ID: "b", Type: value.TypeAnyURI}, nil},
		{AttributeKey{ID: "c", Type: value.TypeString}, nil},
	} {
		got := EntityOf(v).Lookup(tt.key)
		if !slices.Equal(got.Values(), tt.want) || got.Type() != tt.key.Type {
			t.Errorf("Lookup(%v): got %v of type %s, want %v", tt.key, got.Values(), got.Type(), tt.want)
		}
	}
	if got := v.String(); got != "entity[a a b]" {
		t.Errorf("String: got %q, want the ids", got)
	}
	if got := EntityOf(v).Size(); got != 4 {
		t.Errorf("Size: got %d, want 4", got)
	}
	request := &Request{Attributes: []Attributes{{Attributes: entity.Attributes}, {}, {Attributes: entity.Attributes[:1]}}}
	if got := request.Size(); got != 6 {
		t.Errorf("Size of the request: got %d, want 6", got)
	}
	for _, empty := range []value.Entity{{}, NewEntity(nil)} {
		if got := empty.String(); got != "entity[]" {
			t.Errorf("String: got %q, want no ids", got)
		}
		if got := EntityOf(empty).Lookup(AttributeKey{ID: "a", Type: value.TypeString}); got.Len() != 0 {
			t.Errorf("Lookup in nothing: got %v, want nothing", got.Values())
		}
	}
}
