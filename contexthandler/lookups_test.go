package contexthandler

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/pip"
)

// What could have been looked up and was not is counted, on each way of a decision.
func TestLookups(t *testing.T) {
	_, _, _, sources := altinn()
	sources = append(sources, source("estate", "s.person", "s.estate", &fake{})) // nobody knows the person
	s := snapshot(t, rule("tax", "Permit", "r.app=tax"))
	for _, tt := range []struct {
		name        string
		request     []string
		made, saved float64
	}{
		{"the app is looked up", []string{"s.user=1337", "r.instance=i1"}, 1, 2}, // neither roles nor packages
		{"nothing can be", []string{"a.id=read"}, 0, 0},
		{"no party, no roles", []string{"s.user=1337"}, 0, 0},
	} {
		for _, trust := range []bool{false, true} {
			metrics, err := NewMetrics(prometheus.NewRegistry())
			if err != nil {
				t.Fatal(err)
			}
			h := New(Config{Sources: sources, Metrics: metrics})
			for i := range h.plan.pace {
				if trust {
					h.plan.pace[i].trust.Store(maxTrust)
				}
			}
			if _, err := h.Decide(t.Context(), s, Call{Request: request(tt.request...)}); err != nil {
				t.Fatal(err)
			}
			if made, saved := counted(t, metrics.made), counted(t, metrics.saved); made != tt.made || saved != tt.saved {
				t.Errorf("%s: got %v made and %v saved, want %v and %v", tt.name, made, saved, tt.made, tt.saved)
			}
		}
	}
}

// Sources that need each other can be asked only if the request breaks the circle.
func TestLookups_Circle(t *testing.T) {
	sources := []pip.Source{source("a", "r.a", "r.b", &fake{}), source("b", "r.b", "r.a", &fake{})}
	for attribute, want := range map[string]int{"s.user=1": 0, "r.a=1": 2} {
		var k knowledge
		h := New(Config{Sources: sources})
		k.begin(h, request(attribute), nil)
		if _, saved := k.lookups(); saved != want {
			t.Errorf("%s: got %d, want %d", attribute, saved, want)
		}
	}
}
