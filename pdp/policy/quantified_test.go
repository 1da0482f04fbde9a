package policy

import "testing"

// Profile of related and nested entities: quantifiers are named as their elements.
func TestEntities_Quantifiers(t *testing.T) {
	want := []string{"ForAny", "ForAll", "Map", "Select"}
	for i, q := range Quantifiers() {
		if q.String() != want[i] || int(q) != i {
			t.Errorf("got %s, want %s", q, want[i])
		}
	}
	if len(Quantifiers()) != len(want) {
		t.Errorf("got %d quantifiers, want %d", len(Quantifiers()), len(want))
	}
}
