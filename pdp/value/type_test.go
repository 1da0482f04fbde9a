package value

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestA2_TypeIDs(t *testing.T) {
	if got := len(Types()); got != 19 {
		t.Errorf("got %d types, want 17 and 2 legacy ones", got)
	}
	for _, typ := range Types() {
		if got, ok := TypeByID(typ.ID()); got != typ || !ok {
			t.Errorf("TypeByID(%q): got %v, %v, want %v", typ.ID(), got, ok, typ)
		}
	}
	// §7.20: code point by code point.
	for _, id := range []string{"", "string", "http://www.w3.org/2001/XMLSchema#String", "HTTP://www.w3.org/2001/XMLSchema#string"} {
		if got, ok := TypeByID(id); ok || got != TypeUnknown {
			t.Errorf("TypeByID(%q): got %v, %v, want none", id, got, ok)
		}
	}
}

// 10.2.9: functions do not see the legacy identifiers, designators do.
func TestA2_CanonicalType(t *testing.T) {
	for _, typ := range Types() {
		want := typ
		switch typ {
		case TypeLegacyDayTimeDuration:
			want = TypeDayTimeDuration
		case TypeLegacyYearMonthDuration:
			want = TypeYearMonthDuration
		default: // itself
		}
		if got := BagOf(typ).Canonical(); got != BagOf(want) {
			t.Errorf("canonical bag of %s: got %v, want %v", typ, got, BagOf(want))
		}
	}
	if got := BagOf(TypeInteger).String() + ", " + One(TypeInteger).String(); got != "bag of integer, integer" {
		t.Errorf("kinds: got %q", got)
	}
}

func TestBag(t *testing.T) {
	bag := NewBag(TypeString, String("b"), String("a"), String("b"))
	if bag.Type() != TypeString || bag.Kind() != BagOf(TypeString) || bag.Len() != 3 || bag.At(1) != String("a") {
		t.Errorf("got type %v, kind %v, %d values", bag.Type(), bag.Kind(), bag.Len())
	}
	if diff := cmp.Diff([]Value{String("b"), String("a"), String("b")}, bag.Values()); diff != "" {
		t.Errorf("values: (-want +got)\n%s", diff)
	}
}

func TestForeign(t *testing.T) {
	f := Foreign{DataType: "urn:example:colour", Text: "red"}
	if f.Type() != TypeUnknown || f.Kind() != One(TypeUnknown) || f.String() != "red" || TypeID(f) != "urn:example:colour" {
		t.Errorf("got type %v, kind %v, text %q, id %q", f.Type(), f.Kind(), f, TypeID(f))
	}
	if got := TypeID(String("a")); got != TypeString.ID() {
		t.Errorf("TypeID of a string: got %q", got)
	}
}
