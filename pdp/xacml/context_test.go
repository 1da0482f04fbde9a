package xacml

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// §7.10: the extended values do not leave the PDP; what nobody decided is
// Indeterminate.
func TestS7_10_Decision(t *testing.T) {
	for _, tt := range []struct {
		d             Decision
		text, long    string
		indeterminate bool
	}{
		{Permit, "Permit", "Permit", false},
		{Deny, "Deny", "Deny", false},
		{NotApplicable, "NotApplicable", "NotApplicable", false},
		{IndeterminateP, "Indeterminate", "Indeterminate{P}", true},
		{IndeterminateD, "Indeterminate", "Indeterminate{D}", true},
		{IndeterminateDP, "Indeterminate", "Indeterminate{DP}", true},
		{Result{}.Decision, "Indeterminate", "Indeterminate{DP}", true},
	} {
		if got := tt.d.String(); got != tt.text {
			t.Errorf("String() = %q, want %q", got, tt.text)
		}
		if got := tt.d.Extended(); got != tt.long {
			t.Errorf("Extended() = %q, want %q", got, tt.long)
		}
		if got := tt.d.Indeterminate(); got != tt.indeterminate {
			t.Errorf("%s.Indeterminate() = %t, want %t", tt.long, got, tt.indeterminate)
		}
	}
	if got := Decision(99); got.String() != "Indeterminate" || got.Extended() != "Indeterminate{DP}" {
		t.Errorf("a value that is no decision is %q, %q, want Indeterminate", got, got.Extended())
	}
}

func TestS7_11_Effect(t *testing.T) {
	for _, tt := range []struct {
		effect        Effect
		decision      Decision
		indeterminate Decision
		text          string
	}{
		{EffectPermit, Permit, IndeterminateP, "Permit"},
		{EffectDeny, Deny, IndeterminateD, "Deny"},
	} {
		if tt.effect.Decision() != tt.decision || tt.effect.Indeterminate() != tt.indeterminate || tt.effect.String() != tt.text {
			t.Errorf("%v: got %v, %v", tt.effect, tt.effect.Decision(), tt.effect.Indeterminate().Extended())
		}
	}
}

// §7.3.3, 7.3.4: Attribute and Attributes elements that name the same attribute
// are one bag, by category, id, data type and issuer.
func TestS7_3_4_Lookup(t *testing.T) {
	s := func(text string) value.Value { return value.String(text) }
	r := &Request{Attributes: []Attributes{
		{Category: "c", Attributes: []Attribute{
			{ID: "a", Values: []value.Value{s("1"), value.NewInteger(7), s("2")}},
			{ID: "a", Issuer: "me", Values: []value.Value{s("3")}},
			{ID: "b", Values: []value.Value{s("other id")}},
		}},
		{Category: "d", Attributes: []Attribute{{ID: "a", Values: []value.Value{s("other category")}}}},
		{Category: "c", Attributes: []Attribute{{ID: "a", Issuer: "\u00e5", Values: []value.Value{s("1")}}}},
	}}
	for _, tt := range []struct {
		key  AttributeKey
		want []string
	}{
		{AttributeKey{Category: "c", ID: "a", Type: value.TypeString}, []string{"1", "2", "3", "1"}},
		{AttributeKey{Category: "c", ID: "a", Type: value.TypeInteger}, []string{"7"}},
		{AttributeKey{Category: "c", ID: "a", Type: value.TypeString, Issuer: "me"}, []string{"3"}},
		{AttributeKey{Category: "c", ID: "a", Type: value.TypeString, Issuer: "a\u030a"}, []string{"1"}}, // string-equal
		{AttributeKey{Category: "c", ID: "a", Type: value.TypeString, Issuer: "Me"}, nil},
		{AttributeKey{Category: "c", ID: "a", Type: value.TypeAnyURI}, nil},
		{AttributeKey{Category: "C", ID: "a", Type: value.TypeString}, nil}, // §7.20
	} {
		bag := r.Lookup(tt.key)
		var got []string
		for _, v := range bag.Values() {
			got = append(got, v.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || bag.Type() != tt.key.Type {
			t.Errorf("Lookup(%+v): bag of %s (-want +got):\n%s", tt.key, bag.Type(), diff)
		}
	}
}

// §5.46, 5.48: what is wanted back, by category, without ids.
func TestS5_48_IncludedInResult(t *testing.T) {
	one := []value.Value{value.NewInteger(1)}
	wanted := Attribute{ID: "a", Issuer: "me", IncludeInResult: true, Values: one}
	r := &Request{Attributes: []Attributes{
		{Category: "c", ID: "x", Attributes: []Attribute{wanted, {ID: "b", Values: one}, wanted}},
		{Category: "d", Attributes: []Attribute{{ID: "a", Values: one}}},
	}}
	want := []Attributes{{Category: "c", Attributes: []Attribute{wanted, wanted}}}
	if diff := cmp.Diff(want, r.IncludedInResult(), cmp.Comparer(func(a, b value.Value) bool { return value.Equal(a, b) })); diff != "" {
		t.Errorf("got (-want +got):\n%s", diff)
	}
	if got := (&Request{}).IncludedInResult(); got != nil {
		t.Errorf("got %v, want nothing of an empty request", got)
	}
}
