package contexthandler

import (
	"errors"
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// A fallback is asked if the others have no value, and what it says counts then
// only, whether sources are asked while evaluating or before.
func TestFallback(t *testing.T) {
	s := snapshot(t, rule("banned", "Deny", "s.role=banned"), rule("boss", "Permit", "s.role=boss"))
	for _, tt := range []struct {
		name    string
		primary *fake
		asked   bool
		want    xacml.Decision
	}{
		{"others have a value", &fake{answers: map[string]string{"1": "boss"}}, false, xacml.Permit},
		{"others have none", &fake{}, true, xacml.Deny},
		{"others failed", &fake{fail: errors.New("down")}, false, xacml.IndeterminateDP},
	} {
		for _, first := range []bool{false, true} { // in the configuration
			for _, make := range []func([]pip.Source) *Handler{trusting, func(s []pip.Source) *Handler { return New(Config{Sources: s}) }} {
				other := &fake{answers: map[string]string{"1": "banned"}}
				fallback := source("old", "s.user", "s.role", other)
				fallback.Fallback = true
				sources := []pip.Source{source("new", "s.user", "s.role", &fake{answers: tt.primary.answers, fail: tt.primary.fail}), fallback}
				if first {
					slices.Reverse(sources)
				}
				answer, err := make(sources).Decide(t.Context(), s, Call{Request: request("s.user=1")})
				if err != nil || answer.Results[0].Decision != tt.want || len(other.asked) > 0 != tt.asked {
					t.Errorf("%s: got %v, %v and asked %v, want %s and %v", tt.name, answer.Results, err, other.asked, tt.want.Extended(), tt.asked)
				}
			}
		}
	}
}

// What a fallback gives of an attribute does not count because it was asked for
// another one.
func TestFallback_ForAnotherAttribute(t *testing.T) {
	s := snapshot(t, rule("banned", "Deny", "s.role=banned"), rule("boss", "Permit", "s.role=boss", "s.name=ola"))
	fallback := source("old", "s.user", "s.role s.name", &fake{answers: map[string]string{"1": "banned|ola"}})
	fallback.Fallback = true
	sources := []pip.Source{source("new", "s.user", "s.role", &fake{answers: map[string]string{"1": "boss"}}), fallback}
	if got := decide(t, s, sources, request("s.user=1")); got.Decision != xacml.Permit {
		t.Errorf("got %s (%s), want Permit", got.Decision.Extended(), got.Status.Message)
	}
}

// A source that fails makes unknown what it provides, and not another attribute of
// the same name: of another data type, that is.
func TestFailure_IsThatOfTheKey(t *testing.T) {
	down := source("numbers", "s.user", "s.role", &fake{fail: errors.New("down")})
	down.Provides[0].Key.Type = value.TypeInteger
	sources := []pip.Source{source("roles", "s.user", "s.role", &fake{answers: map[string]string{"1": "boss"}}), down}
	if got := decide(t, snapshot(t, rule("boss", "Permit", "s.role=boss")), sources, request("s.user=1")); got.Decision != xacml.Permit {
		t.Errorf("got %s (%s), want Permit", got.Decision.Extended(), got.Status.Message)
	}
}

// An answer may know one attribute and not another.
func TestFailure_OfOneAttribute(t *testing.T) {
	half := source("person", "s.user", "s.role s.name", nil)
	half.Provider = constant(pip.Answer{
		Bags:    []value.Bag{value.NewBag(value.TypeString, value.String("boss")), value.NewBag(value.TypeString)},
		Unknown: []error{nil, &pip.Error{Outcome: pip.OutcomeUnavailable}},
	})
	boss, named := rule("boss", "Permit", "s.role=boss"), rule("named", "Deny", "s.name=ola")
	for _, tt := range []struct {
		rules []string
		want  xacml.Decision
	}{
		{[]string{boss}, xacml.Permit},
		{[]string{boss, named}, xacml.IndeterminateDP},
	} {
		if got := decide(t, snapshot(t, tt.rules...), []pip.Source{half}, request("s.user=1")); got.Decision != tt.want {
			t.Errorf("got %s (%s), want %s", got.Decision.Extended(), got.Status.Message, tt.want.Extended())
		}
	}
}

// A source without a value for what it requires fails; else it has no values.
func TestRequiredNeed(t *testing.T) {
	s := snapshot(t, rule("banned", "Deny", "s.role=banned"), rule("all", "Permit"))
	for required, want := range map[bool]xacml.Decision{false: xacml.Permit, true: xacml.IndeterminateDP} {
		roles := source("roles", "s.user r.party", "s.role", &fake{})
		roles.Needs[1].Required = required
		if got := decide(t, s, []pip.Source{roles}, request("s.user=1")); got.Decision != want {
			t.Errorf("required %v: got %s, want %s", required, got.Decision.Extended(), want.Extended())
		}
	}
}

// A fallback that is not asked because another source failed is not one that has no
// values: neither where that source gives another data type or issuer of the
// attribute, nor for a source that needs it.
func TestFallback_IsNotAbsentWhereOthersFailed(t *testing.T) {
	s := snapshot(t, rule("banned", "Deny", "s.role=banned"), rule("all", "Permit"))
	for _, down := range []bool{false, true} {
		for _, change := range []func(new, old *pip.Source){
			func(new, _ *pip.Source) { new.Provides[0].Key.Type = value.TypeInteger },
			func(new, _ *pip.Source) { new.Provides[0].Key.Issuer = "other" },
		} {
			primary := &fake{}
			if down {
				primary.fail = errors.New("down")
			}
			new, old := source("new", "s.user", "s.role", primary), source("old", "s.user", "s.role", &fake{answers: map[string]string{"1": "banned"}})
			change(&new, &old)
			old.Fallback = true
			want := xacml.Deny
			if down {
				want = xacml.IndeterminateDP
			}
			if got := decide(t, s, []pip.Source{new, old}, request("s.user=1")); got.Decision != want {
				t.Errorf("down %v: got %s (%s), want %s", down, got.Decision.Extended(), got.Status.Message, want.Extended())
			}
		}
	}
}

// A need of one issuer is not met by what another one says.
func TestNeed_Issuer(t *testing.T) {
	s := snapshot(t, rule("boss", "Permit", "s.role=boss"))
	for issuer, want := range map[string]xacml.Decision{"": xacml.Permit, "register": xacml.NotApplicable} {
		party := source("claims", "s.user", "r.party", &fake{answers: map[string]string{"1": "51"}})
		roles := source("roles", "r.party", "s.role", &fake{answers: map[string]string{"51": "boss"}})
		party.Provides[0].Key.Issuer, roles.Needs[0].Key.Issuer = "somebody", issuer
		if got := decide(t, s, []pip.Source{party, roles}, request("s.user=1")); got.Decision != want {
			t.Errorf("issuer %q: got %s, want %s", issuer, got.Decision, want)
		}
	}
}
