package pip

import (
	"context"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

func TestLimitedQuestion(t *testing.T) {
	p, asked := counting(after(0, answer("dagl")))
	s := roles(p)
	limited := Limited(s.Provider, s.Needs, s.Provides, 0)
	for _, q := range []Question{{}, ask("1", "2"), {nil}, {value.AnyURI("1")}} {
		_, err := limited.Fetch(t.Context(), q)
		wantOutcome(t, err, OutcomeInvalid)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("got %d questions, want none", n)
	}
	wantRoles(t, limited, ask("1"), "dagl")
}

func TestLimitedAnswer(t *testing.T) {
	tests := []struct {
		name string
		bags []value.Bag
		ok   bool
	}{
		{"values", answer("a", "b", "c").Bags, true},
		{"none", answer().Bags, true},
		{"zero bag", []value.Bag{{}}, true},
		{"too many values", answer("a", "b", "c", "d").Bags, false},
		{"no bag", nil, false},
		{"two bags", append(answer().Bags, answer().Bags...), false},
		{"other type", []value.Bag{value.NewBag(value.TypeAnyURI, value.AnyURI("a"))}, false},
		{"other value", []value.Bag{value.NewBag(value.TypeString, value.AnyURI("a"))}, false},
		{"nil value", []value.Bag{value.NewBag(value.TypeString, nil)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := roles(ProviderFunc(func(context.Context, Question) (Answer, error) { return Answer{Bags: tt.bags}, nil }))
			a, err := Limited(s.Provider, s.Needs, s.Provides, 3).Fetch(t.Context(), ask("1"))
			if !tt.ok {
				wantOutcome(t, err, OutcomeInvalid)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Bags[0].Type(); got != value.TypeString {
				t.Errorf("got a bag of %s, want string", got)
			}
		})
	}
}

// What only a cache may say is refused or ignored: an attribute that a provider
// calls unknown must not become one without values.
func TestLimitedAnswerIsWhole(t *testing.T) {
	for _, a := range []Answer{
		{Bags: answer().Bags, Unknown: []error{unavailable()}},
		{Bags: answer("a").Bags, Unknown: []error{}},
		{Bags: answer("a").Bags, Stale: true},
	} {
		s := roles(after(0, a))
		_, err := Limited(s.Provider, s.Needs, s.Provides, 0).Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeInvalid)
	}
}
