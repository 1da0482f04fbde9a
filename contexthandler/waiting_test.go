package contexthandler

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	"github.com/forseti-pdp/forseti/pip"
)

// seat is a Place that notes what becomes of it.
type seat struct {
	full          bool
	rested        bool
	rests, unrest int
	refused       bool
}

func (s *seat) Rest() bool {
	if s.full || s.refused {
		return false
	}
	s.rested, s.rests = true, s.rests+1
	return true
}

func (s *seat) Resume() {
	if !s.rested {
		s.unrest++
	}
	s.rested = false
}

func (s *seat) Refuse()       { s.refused = true }
func (s *seat) Refused() bool { return s.refused }

// seated is the context of a call with a place.
func seated(t *testing.T, s *seat) context.Context {
	return context.WithValue(t.Context(), PlaceKey{}, s)
}

// A call gives its place back while it waits, for whatever it does, and has it again
// when it goes on.
func TestWaiting_GivesThePlaceBack(t *testing.T) {
	var s *seat
	waited := func(context.Context) error {
		if !s.rested {
			t.Error("the call waits in its place")
		}
		return nil
	}
	answers := map[string]string{"1337": "dagl"}
	role := &fake{answers: answers, hook: waited}
	sources := []pip.Source{source("role", "s.user", "s.role", role)}
	two := []pip.Source{source("role", "s.user", "s.role", role), source("same", "s.user", "s.role", &fake{answers: answers, hook: waited})}
	policies := snapshot(t, rule("dagl", "Permit", "s.role=dagl"))
	for _, test := range []struct {
		name    string
		handler *Handler
		explain bool
	}{
		{"in rounds", New(Config{Sources: sources}), false},
		{"several sources", New(Config{Sources: two}), false},
		{"ahead", trusting(sources), false},
		{"explained", New(Config{Sources: sources}), true},
		{"a token", New(Config{Sources: sources, Identify: func(ctx context.Context, _ string) (Identity, error) {
			return Identity{}, waited(ctx)
		}}), false},
		{"a record", New(Config{Sources: sources, Audit: auditFunc(waited)}), false},
	} {
		s = &seat{}
		call := Call{Request: request("s.user=1337"), Explain: test.explain}
		if test.name == "a token" {
			call = Call{Request: request("a.id=read"), Token: "x"}
		}
		results, err := decided(test.handler.Decide(seated(t, s), policies, call))
		if test.name != "a token" && (err != nil || results[0].Decision.String() != "Permit") {
			t.Errorf("%s: got %v, %v", test.name, results, err)
		}
		if s.rests == 0 || s.unrest > 0 || s.rested {
			t.Errorf("%s: got %+v", test.name, s)
		}
	}
	for name, h := range map[string]*Handler{"a query in rounds": New(Config{Sources: sources}), "a query ahead": trusting(sources)} {
		s = &seat{}
		q := asked(t, h, policies)
		_, _, ok, err := q.Decide(seated(t, s), time.Now())
		if err == nil && !ok {
			_, _, err = q.Complete(seated(t, s), time.Now())
		}
		if err != nil || s.rests == 0 || s.unrest > 0 || s.rested {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
		q.Close()
	}
}

// An explanation that waits for a disk holds no place meanwhile: decisions, which need no
// disk, go on.
func TestWaiting_ExplanationReadsWithoutItsPlace(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.xml"), []byte(policyText(rule("read", "Permit", "a.id=read"))), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := pap.Open(t.Context(), pap.Config{Dir: dir, Compile: pap.CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "")})
	if err != nil || store.Current() == nil {
		t.Fatalf("got %v, %v", err, store.Status().Problems)
	}
	for _, full := range []bool{false, true} { // nobody can tell beforehand that a disk does not answer
		s := &seat{full: full}
		answer, err := New(Config{}).Decide(seated(t, s), store.Current(), Call{Request: request("a.id=read"), Explain: true})
		if err != nil || len(answer.Explanations) != 1 || answer.Explanations[0].Root == nil {
			t.Fatalf("got %+v, %v, want an explanation with a tree", answer, err)
		}
		if s.rests == 0 != full || s.unrest > 0 || s.rested {
			t.Errorf("full %t: got %+v", full, s)
		}
	}
}

type auditFunc func(context.Context) error

func (f auditFunc) Record(ctx context.Context, _ []*Event) error { return f(ctx) }

// A call that cannot wait is not decided. Nothing is asked for it, and nobody is told
// of a decision.
func TestWaiting_RefusesWhatCannotWait(t *testing.T) {
	policies := snapshot(t, rule("dagl", "Permit", "s.role=dagl"), rule("read", "Permit", "a.id=read"))
	for _, explain := range []bool{false, true} {
		s, role, records := &seat{full: true}, &fake{answers: map[string]string{"1337": "dagl"}}, &auditor{}
		registry := prometheus.NewRegistry()
		m, err := NewMetrics(registry)
		if err != nil {
			t.Fatal(err)
		}
		h := New(Config{Sources: []pip.Source{source("role", "s.user", "s.role", role)}, Metrics: m, Audit: records})
		answer, err := h.Decide(seated(t, s), policies, Call{Request: request("s.user=1337"), Explain: explain})
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonOverloaded || answer.Results != nil || answer.Explanations != nil {
			t.Errorf("got %v, %v, want an error", answer, err)
		}
		if len(role.asked) > 0 || s.unrest > 0 {
			t.Errorf("asked %v, %+v", role.asked, s)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			for _, series := range family.GetMetric() {
				if n := series.GetCounter().GetValue(); family.GetName() == "forseti_decisions_total" && n != 0 {
					t.Errorf("got %v decisions counted: %v", n, series)
				}
			}
		}
		if got := summary(records.last(t)); got != "refused: overloaded" {
			t.Errorf("got the record %q", got)
		}
	}
	s := &seat{full: true}
	role := &fake{answers: map[string]string{"1337": "dagl"}}
	q := asked(t, New(Config{Sources: []pip.Source{source("role", "s.user", "s.role", role)}}), policies)
	defer q.Close()
	if _, _, ok, err := q.Decide(seated(t, s), time.Now()); ok || err != nil {
		t.Errorf("got %v, %v, want that it takes more", ok, err)
	}
	_, _, err := q.Complete(seated(t, s), time.Now())
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonOverloaded || len(role.asked) > 0 {
		t.Errorf("got %v, asked %v, want an error", err, role.asked)
	}
}

// What needs no source that takes long is decided although nobody else may wait.
func TestWaiting_QuickSourcesNeedNone(t *testing.T) {
	policies := snapshot(t, rule("dagl", "Permit", "s.role=dagl"))
	sources := []pip.Source{source("role", "s.user", "s.role", &fake{answers: map[string]string{"1337": "dagl"}})}
	echo := []pip.Source{source("role", "s.user", "s.role!", &fake{answers: map[string]string{"1337": "dagl"}})} // in rounds always
	for name, h := range map[string]*Handler{"ahead": trusting(sources), "in rounds": trusting(echo)} {
		s := &seat{full: true}
		results, err := decided(h.Decide(seated(t, s), policies, Call{Request: request("s.user=1337")}))
		if err != nil || results[0].Decision.String() != "Permit" || s.refused {
			t.Errorf("%s: got %v, %v, %+v", name, results, err, s)
		}
	}
}

// asked is a query of the user 1337.
func asked(t *testing.T, h *Handler, s *pap.Snapshot) *Query {
	t.Helper()
	q, ok := h.NewQuery(s)
	if !ok {
		t.Fatal("there is no short way")
	}
	if _, ok := q.Attribute(category("s"), "user"); !ok || !q.Text("1337") {
		t.Fatal("the request is not plain")
	}
	return q
}
