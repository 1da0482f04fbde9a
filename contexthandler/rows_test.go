package contexthandler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// Row 20 of docs/robustness.md: a request for 10^5 decisions is refused as a
// whole, at once, and nobody is asked for it.
func TestRow20_TooManyDecisions(t *testing.T) {
	f := &fake{answers: map[string]string{"1": "x"}}
	s := snapshot(t, rule("all", "Permit", "s.role=x"))
	h := New(Config{Sources: []pip.Source{source("roles", "s.user", "s.role", f)}})
	repeated := &xacml.Request{}
	for _, category := range []string{"urn:1", "urn:2", "urn:3", "urn:4", "urn:5"} {
		for range 10 {
			repeated.Attributes = append(repeated.Attributes, xacml.Attributes{Category: category})
		}
	}
	repeated.Attributes = append(repeated.Attributes, request("s.user=1").Attributes...)
	referenced := request("s.user=1")
	referenced.Attributes[0].ID = "u"
	for range 100_000 {
		referenced.References = append(referenced.References, []string{"u"})
	}
	for name, r := range map[string]*xacml.Request{"repeated categories": repeated, "references": referenced} {
		began := time.Now()
		results, err := decided(h.Decide(t.Context(), s, Call{Request: r}))
		var e *Error
		if !errors.As(err, &e) || e.Reason != ReasonTooManyDecisions || results != nil {
			t.Errorf("%s: got %d results and %v, want ReasonTooManyDecisions", name, len(results), err)
		}
		if took := time.Since(began); took > time.Minute || len(f.asked) > 0 {
			t.Errorf("%s: got an answer after %v and %d questions, want it at once without questions", name, took, len(f.asked))
		}
	}
	referenced.References = referenced.References[:DefaultMaxDecisions]
	if results, err := decided(h.Decide(t.Context(), s, Call{Request: referenced})); err != nil || len(results) != DefaultMaxDecisions {
		t.Errorf("at the limit: got %d results and %v", len(results), err)
	}
}

// Row 39: what was decided when the deadline had passed is no decision.
func TestRow39_DeadlinePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := snapshot(t, rule("blocked", "Deny", "s.role=x"), rule("all", "Permit"))
		f := &fake{hook: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		h := New(Config{Sources: []pip.Source{source("roles", "s.user", "s.role", f)}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		results, err := decided(h.Decide(ctx, s, Call{Request: request("s.user=1")}))
		var e *Error
		if !errors.As(err, &e) || e.Reason != ReasonDeadlineExceeded || results != nil {
			t.Errorf("got %v and %v, want ReasonDeadlineExceeded", results, err)
		}
	})
}

// Contract 4: a source is asked once for a decision, whether it has values, has
// none or fails, and however many policies name the attribute.
func TestContract4_EachSourceIsAskedOnce(t *testing.T) {
	var rules []string
	for i := range 20 {
		rules = append(rules, rule(fmt.Sprint(i), "Deny", "s.some=never", "s.none=x", "s.fails=x"), rule(fmt.Sprint("p", i), "Permit", "s.fails=x", "s.none=x", "s.some=x"))
	}
	some, none, fails := &fake{answers: map[string]string{"1": "x"}}, &fake{}, &fake{fail: errors.New("down")}
	decide(t, snapshot(t, rules...), []pip.Source{
		source("some", "s.user", "s.some", some), source("none", "s.user", "s.none", none), source("fails", "s.user", "s.fails", fails),
	}, request("s.user=1"))
	for name, f := range map[string]*fake{"some": some, "none": none, "fails": fails} {
		if got := strings.Join(f.asked, " "); got != "1" {
			t.Errorf("questions to the source with %s: got %q, want one", name, got)
		}
	}
}

// Contract 4: all parts of a request are decided on the snapshot that the caller
// took, even if another one comes into force meanwhile.
func TestContract4_OneSnapshot(t *testing.T) {
	first := snapshot(t, rule("x", "Permit", "s.role=x"), rule("y", "Deny", "s.role=y"))
	second := snapshot(t, rule("all", "Deny"))
	current := first
	f := &fake{answers: map[string]string{"1": "x"}, hook: func(context.Context) error { current = second; return nil }}
	h := New(Config{Snapshot: func() *pap.Snapshot { return current }, Sources: []pip.Source{source("roles", "s.user", "s.role", f)}})
	taken, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	r := request("s.user=1")
	r.Attributes = append(r.Attributes, request("s.user=1").Attributes...)
	results, err := decided(h.Decide(t.Context(), taken, Call{Request: r}))
	if err != nil || len(results) != 2 || results[0].Decision != xacml.Permit || results[1].Decision != xacml.Permit {
		t.Errorf("got %v and %v, want two times the Permit of the first snapshot", results, err)
	}
	if now, _ := h.Snapshot(); now != second {
		t.Error("got the first snapshot afterwards, want the second")
	}
}

// Contract 5: without a snapshot there is no decision, not even NotApplicable.
func TestContract5_NoSnapshotNoDecision(t *testing.T) {
	s, err := New(Config{Snapshot: func() *pap.Snapshot { return nil }}).Snapshot()
	var e *Error
	if !errors.As(err, &e) || e.Reason != ReasonNoSnapshot || s != nil {
		t.Errorf("got %v and %v, want ReasonNoSnapshot", s, err)
	}
}
