package floor

import (
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

func TestApps(t *testing.T) {
	for _, w := range []*workload.Apps{workload.W1(), workload.W2(), workload.W5(), workload.NewApps("10,000", 10_000, 0)} {
		f, err := NewApps(w.All())
		if err != nil {
			t.Fatal(err)
		}
		for i := range w.Requests {
			q := &w.Requests[i]
			if decision, level := f.Decide(q); decision != q.Expected || level != q.Level {
				t.Fatalf("%s: got %s with level %d, want %s with %d; request %+v", w.Name(), decision, level, q.Expected, q.Level, *q)
			}
		}
		if n := testing.AllocsPerRun(100, func() { f.Decide(&w.Requests[0]) }); n > 0 {
			t.Errorf("%s: got %v allocations, want none", w.Name(), n)
		}
	}
}

// What a request names that no policy does is no error.
func TestApps_Unknown(t *testing.T) {
	w := workload.W1()
	f, err := NewApps(w.All())
	if err != nil {
		t.Fatal(err)
	}
	a := w.App(0)
	for _, q := range []workload.AppRequest{
		{},
		{Org: a.Org, App: a.App},
		{Org: a.Org, App: a.App, Roles: a.Rules[0].Roles, Action: "unknown"},
		{Org: a.Org, App: a.App, Roles: []string{"unknown"}, Task: "unknown", Action: "read"},
	} {
		if decision, level := f.Decide(&q); decision != xacml.NotApplicable || level != 0 {
			t.Errorf("got %s with level %d, want NotApplicable; request %+v", decision, level, q)
		}
	}
	for _, rule := range a.Rules {
		q := workload.AppRequest{Org: a.Org, App: a.App, Roles: rule.Roles, Task: "unknown", Action: rule.Actions[0]}
		want, _ := a.Decide(q)
		if got, _ := f.Decide(&q); got != want {
			t.Errorf("got %s, want %s; request %+v", got, want, q)
		}
	}
}

func TestApps_Refused(t *testing.T) {
	w := workload.W1()
	if _, err := NewApps(slices.Values([]workload.App{w.App(0), w.App(0)})); err == nil {
		t.Error("got no error for two policies of one app")
	}
	a := w.App(0)
	a.Rules = slices.Clone(a.Rules)
	for c := range 60 {
		a.Rules[0].Actions = append(a.Rules[0].Actions, string(rune('A'+c)))
	}
	if _, err := NewApps(slices.Values([]workload.App{a})); err == nil {
		t.Error("got no error for more actions than there are bits")
	}
}

func TestConditions(t *testing.T) {
	for _, w := range []*workload.Conditions{workload.NewConditions("W4 small", 50), workload.W4()} {
		f := NewConditions(w.Rules)
		for _, q := range slices.Concat(w.Requests, w.Checks) {
			if got := f.Decide(&q); got != q.Expected {
				t.Fatalf("%s: got %s, want %s; request %+v", w.Name(), got, q.Expected, q)
			}
		}
		if n := testing.AllocsPerRun(100, func() { f.Decide(&w.Requests[0]) }); n > 0 {
			t.Errorf("%s: got %v allocations, want none", w.Name(), n)
		}
	}
}
