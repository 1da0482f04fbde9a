package pip

import (
	"context"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Row 7 of docs/robustness.md: one answer has 10,000 values at most.
func TestRow7_ValuesOfAnAnswer(t *testing.T) {
	for n, ok := range map[int]bool{DefaultMaxValues: true, DefaultMaxValues + 1: false, 1_000_000: false} {
		values := make([]string, n)
		s, err := Assemble(roles(ProviderFunc(func(context.Context, Question) (Answer, error) { return answer(values...), nil })), Config{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Provider.Fetch(t.Context(), ask("1"))
		switch {
		case !ok:
			wantOutcome(t, err, OutcomeInvalid)
		case err != nil || a.Bags[0].Len() != n:
			t.Errorf("%d values: got %d and error %v, want all of them", n, a.Bags[0].Len(), err)
		}
	}
}

// Row 13: what a source gives and its data type does not allow is invalid, and
// is not repeated where people read it.
func TestRow13_ValuesOfAnotherForm(t *testing.T) {
	for _, tt := range []struct {
		typ  value.Type
		text string
	}{
		{value.TypeInteger, "1e3"},
		{value.TypeInteger, " "},
		{value.TypeDate, "2026-02-30"},
		{value.TypeDateTime, "2026-02-28T00:00:00+15:00"},
		{value.TypeTime, "10:00:00+15:00"},
		{value.TypeBoolean, "TRUE"},
		{value.TypeDouble, "0x10"},
		{value.TypeString, "a\x00b"},
		{value.TypeString, "a\xFFb"},
		{value.TypeAnyURI, "a%zz"},
	} {
		v, err := Parse(tt.typ, tt.text)
		wantOutcome(t, err, OutcomeInvalid)
		if v != nil || err != nil && strings.Contains(err.Error(), tt.text) && tt.text != " " {
			t.Errorf("got %v and error %v, want an error without the text %q", v, err, tt.text)
		}
	}
}
