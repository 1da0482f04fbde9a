package pip

import (
	"context"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

func TestRule(t *testing.T) {
	tests := []struct {
		name   string
		rule   Rule
		values []string
		ok     bool
	}{
		{"fits", Rule{Pattern: "[A-Z]{4}"}, []string{"DAGL", "REGN"}, true},
		{"none to fit", Rule{Pattern: "[A-Z]{4}"}, nil, true},
		{"a part fits", Rule{Pattern: "[A-Z]{4}"}, []string{"DAGLX"}, false},
		{"one does not fit", Rule{Pattern: "[A-Z]{4}"}, []string{"DAGL", "regn"}, false},
		{"a line fits", Rule{Pattern: "(?m)^[A-Z]{4}$"}, []string{"DAGL\nx"}, false},
		{"a line after fits", Rule{Pattern: "[A-Z]{4}"}, []string{"DAGL\n"}, false},
		{"alternatives are whole", Rule{Pattern: "A|B"}, []string{"AX"}, false},
		{"empty value", Rule{Pattern: ".+"}, []string{""}, false},
		{"enough", Rule{Min: 1, Max: 2}, []string{"a"}, true},
		{"at most", Rule{Min: 1, Max: 2}, []string{"a", "b"}, true},
		{"too few", Rule{Min: 1}, nil, false},
		{"too many", Rule{Max: 2}, []string{"a", "b", "c"}, false},
		{"no bound", Rule{Min: 1}, []string{"a", "b", "c"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.rule.Key = roleKey
			backend := ProviderFunc(func(context.Context, Question) (Answer, error) { return answer(tt.values...), nil })
			for _, local := range []bool{false, true} {
				p := mustAssemble(t, roles(backend), Config{Validate: []Rule{tt.rule}, Local: local}, nil)
				a, err := p.Fetch(t.Context(), ask("1"))
				if tt.ok {
					if err != nil || a.Bags[0].Len() != len(tt.values) {
						t.Errorf("got %d values, error %v, want %d", a.Bags[0].Len(), err, len(tt.values))
					}
					continue
				}
				wantOutcome(t, err, OutcomeInvalid)
				for _, v := range tt.values {
					if len(v) > 1 && strings.Contains(err.Error(), v) {
						t.Errorf("the error quotes a value: %v", err)
					}
				}
			}
		})
	}
}

// The lexical form counts, whatever the data type.
func TestRuleOtherTypes(t *testing.T) {
	key := xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "level", Type: value.TypeInteger}
	var text string
	s := Source{Name: "levels", Provides: []Provided{{Key: roleKey}, {Key: key}}, Provider: ProviderFunc(func(context.Context, Question) (Answer, error) {
		v, err := Parse(value.TypeInteger, text)
		return Answer{Bags: []value.Bag{{}, value.NewBag(value.TypeInteger, v)}}, err
	})}
	p := mustAssemble(t, s, Config{Validate: []Rule{{Key: key, Pattern: "[0-4]"}}}, nil)
	text = "3"
	if _, err := p.Fetch(t.Context(), Question{}); err != nil {
		t.Errorf("3: got %v, want no error", err)
	}
	text = "5"
	_, err := p.Fetch(t.Context(), Question{})
	wantOutcome(t, err, OutcomeInvalid)
}

func TestRuleRefused(t *testing.T) {
	tests := []struct {
		name  string
		rules []Rule
		want  string
	}{
		{"not provided", []Rule{{Key: userKey}}, "does not provide"},
		{"twice", []Rule{{Key: roleKey}, {Key: roleKey}}, "two"},
		{"no expression", []Rule{{Key: roleKey, Pattern: "["}}, "missing closing"},
		{"two halves", []Rule{{Key: roleKey, Pattern: "a)|(?:b"}}, "unexpected )"},
		{"a quotation without end", []Rule{{Key: roleKey, Pattern: `\Qa`}}, "missing closing"},
		{"negative", []Rule{{Key: roleKey, Min: -1}}, "least"},
		{"the wrong way round", []Rule{{Key: roleKey, Min: 2, Max: 1}}, "least"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Assemble(roles(after(0, answer())), Config{Validate: tt.rules}, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
