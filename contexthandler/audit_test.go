package contexthandler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// auditor keeps what it records, or fails.
type auditor struct {
	mu      sync.Mutex
	events  []*Event
	batches int
	err     error
}

func (a *auditor) Record(_ context.Context, events []*Event) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events, a.batches = append(a.events, events...), a.batches+1
	return a.err
}

// last is the event that was recorded last.
func (a *auditor) last(t *testing.T) *Event {
	t.Helper()
	if len(a.events) == 0 {
		t.Fatal("nothing was recorded")
	}
	return a.events[len(a.events)-1]
}

// auditedHandler is a handler whose calls are recorded.
func auditedHandler(t *testing.T, sources ...pip.Source) (*Handler, *auditor, *pap.Snapshot) {
	t.Helper()
	a := &auditor{}
	s := snapshot(t, rule("dagl", "Permit", "s.role=dagl"), rule("write", "Deny", "a.id=write"))
	return New(Config{Snapshot: func() *pap.Snapshot { return s }, Sources: sources, Audit: a}), a, s
}

// summary is what an event tells.
func summary(e *Event) string {
	if e.Reason != "" {
		return "refused: " + e.Reason
	}
	var parts []string
	for _, d := range e.Decisions {
		var found, asked []string
		for _, attrs := range d.Found {
			for _, x := range attrs.Attributes {
				for _, v := range x.Values {
					found = append(found, x.ID+"="+v.String())
				}
			}
		}
		for _, l := range d.Lookups {
			asked = append(asked, fmt.Sprintf("%s:%s", l.Source, l.Outcome))
		}
		parts = append(parts, fmt.Sprintf("%s %v %v", d.Result.Decision, found, asked))
	}
	if e.Combined != nil {
		parts = append(parts, "combined "+e.Combined.Decision.String())
	}
	return strings.Join(parts, "; ")
}

// Each way of a decision is recorded, with what was found and how.
func TestAudit_EachWay(t *testing.T) {
	multiple := request("s.user=1337", "a.id=read")
	multiple.Attributes = append(multiple.Attributes, xacml.Attributes{Category: xacml.CategoryResource}, xacml.Attributes{Category: xacml.CategoryResource})
	combined := *multiple
	combined.CombinedDecision = true
	lost := request("r.a=1")
	lost.References = [][]string{{"nowhere"}}
	for _, tt := range []struct {
		name string
		call Call
		fail error
		want string
	}{
		{"found", Call{Request: request("s.user=1337", "a.id=read")}, nil, "Permit [role=dagl] [roles:ok]"},
		{"nobody to ask about", Call{Request: request("a.id=write")}, nil, "Deny [] [roles:empty]"},
		{"nothing found", Call{Request: request("s.user=7", "a.id=read")}, nil, "NotApplicable [] [roles:empty]"},
		{"source fails", Call{Request: request("s.user=1337", "a.id=read")}, errors.New("down"), "Indeterminate [] [roles:error]"},
		{"explained", Call{Request: request("s.user=1337", "a.id=read"), Explain: true}, nil, "Permit [role=dagl] [roles:ok]"},
		{"several", Call{Request: multiple}, nil, "Permit [role=dagl] [roles:ok]; Permit [role=dagl] [roles:ok]"},
		{"combined", Call{Request: &combined}, nil, "Permit [role=dagl] [roles:ok]; Permit [role=dagl] [roles:ok]; combined Permit"},
		{"not a request", Call{Request: lost}, nil, "Indeterminate [] []"},
		{"not allowed", Call{Request: request("s.role=dagl")}, nil, "refused: attribute_not_allowed"},
		{"token", Call{Request: request("a.id=read"), Token: "secret"}, nil, "refused: invalid_token"},
	} {
		for _, quickly := range []bool{false, true} {
			roles := &fake{answers: map[string]string{"1337": "dagl"}, fail: tt.fail}
			h, a, s := auditedHandler(t, source("roles", "s.user", "s.role", roles))
			if quickly { // decided ahead
				h.plan.pace[0].trust.Store(maxTrust)
			}
			tt.call.ID, tt.call.Caller = "id", "portal"
			answer, err := h.Decide(t.Context(), s, tt.call)
			e := a.last(t)
			if got := summary(e); got != tt.want || len(a.events) != 1 {
				t.Errorf("%s: got %d events, %q, want %q", tt.name, len(a.events), got, tt.want)
			}
			if e.ID != "id" || e.Caller != "portal" || e.Snapshot != "test" || e.Request != tt.call.Request || e.At.IsZero() ||
				e.Token != (tt.call.Token != "") || e.Explained != tt.call.Explain || e.Freshness != answer.Freshness || (e.Reason != "") != (err != nil) {
				t.Errorf("%s: got %+v, of answer %+v, %v", tt.name, e, answer, err)
			}
		}
	}
}

// A call that ends in a panic was refused, for whoever contains the panic.
func TestAudit_Panic(t *testing.T) {
	h, a, s := auditedHandler(t)
	h.config.Identify = func(context.Context, string) (Identity, error) { panic("broken") }
	func() {
		defer func() {
			if r := recover(); r != "broken" {
				t.Errorf("got %v, want the panic to go on", r)
			}
		}()
		_, _ = h.Decide(t.Context(), s, Call{ID: "id", Request: request("a.id=read"), Token: "x"})
	}()
	if e := a.last(t); summary(e) != "refused: internal" || e.ID != "id" || len(a.events) != 1 {
		t.Errorf("got %d events, %s", len(a.events), summary(e))
	}
}

// What cannot be recorded is not answered, whatever it is.
func TestAudit_NotRecordedNotAnswered(t *testing.T) {
	h, a, s := auditedHandler(t)
	a.err = errors.New("the disk is full")
	call := Call{Request: request("a.id=write")}
	refusedCall := Call{Request: request("s.user=1"), Token: "x"}
	var e *Error
	if answer, err := h.Decide(t.Context(), s, call); !errors.As(err, &e) || e.Reason != ReasonNotAudited || answer.Results != nil {
		t.Errorf("got %+v, %v", answer, err)
	}
	if _, err := h.Decide(t.Context(), s, refusedCall); !errors.As(err, &e) || e.Reason != ReasonNotAudited {
		t.Errorf("refused: got %v", err)
	}
	if answer, err := h.Refused(t.Context(), s, call, xacml.SyntaxErrorf("wrong").Status); !errors.As(err, &e) || e.Reason != ReasonNotAudited || answer.Results != nil {
		t.Errorf("answered before: got %+v, %v", answer, err)
	}
	if err := h.NotEvaluated(t.Context(), s, call, "invalid_request", "wrong"); !errors.As(err, &e) || e.Reason != ReasonNotAudited {
		t.Errorf("not evaluated: got %v", err)
	}
	if strings.Contains(e.Message, "disk") {
		t.Errorf("the caller is told %q", e.Message)
	}
	ctx, ledger := h.Together(t.Context())
	if _, err := h.Decide(ctx, s, call); err != nil {
		t.Errorf("together: got %v before it is recorded", err)
	}
	if err := ledger.Record(ctx); !errors.As(err, &e) || e.Reason != ReasonNotAudited {
		t.Errorf("together: got %v", err)
	}
	a.err = nil
	if err := h.NotEvaluated(t.Context(), s, call, "invalid_request", "wrong"); err != nil || summary(a.last(t)) != "refused: invalid_request" {
		t.Errorf("not evaluated: got %v, %s", err, summary(a.last(t)))
	}
	if _, err := h.Refused(t.Context(), s, Call{}, xacml.SyntaxErrorf("wrong").Status); err != nil || summary(a.last(t)) != "Indeterminate [] []" {
		t.Errorf("answered before: got %v, %s", err, summary(a.last(t)))
	}
}

// When the time is over nothing is answered, although it is recorded.
func TestAudit_Late(t *testing.T) {
	h, a, s := auditedHandler(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var e *Error
	if _, err := h.Decide(ctx, s, Call{Request: request("a.id=write")}); !errors.As(err, &e) || e.Reason != ReasonCancelled {
		t.Errorf("got %v", err)
	}
	if got := summary(a.last(t)); got != "refused: cancelled" {
		t.Errorf("got %q", got)
	}
	late, cancelLate := context.WithCancel(t.Context())
	a2 := recordFunc(func() { cancelLate() }) // it ends while it is recorded
	h = New(Config{Snapshot: func() *pap.Snapshot { return s }, Audit: a2})
	if answer, err := h.Decide(late, s, Call{Request: request("a.id=write")}); !errors.As(err, &e) || e.Reason != ReasonCancelled || answer.Results != nil {
		t.Errorf("got %+v, %v", answer, err)
	}
}

type recordFunc func()

func (f recordFunc) Record(context.Context, []*Event) error { f(); return nil }

// What is recorded together is recorded once.
func TestAudit_Together(t *testing.T) {
	h, a, s := auditedHandler(t)
	ctx, ledger := h.Together(t.Context())
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := h.Decide(ctx, s, Call{Request: request("a.id=write")}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(a.events) != 0 {
		t.Errorf("%d events were recorded too early", len(a.events))
	}
	for range 2 {
		if err := ledger.Record(ctx); err != nil {
			t.Error(err)
		}
	}
	if len(a.events) != 10 || a.batches != 1 {
		t.Errorf("got %d events in %d batches", len(a.events), a.batches)
	}
}

// There is a short way only if nobody wants a record.
func TestAudit_ShortWay(t *testing.T) {
	h, _, s := auditedHandler(t)
	if _, ok := h.NewQuery(s); ok {
		t.Error("a query goes by the auditor")
	}
}

func TestReason_String(t *testing.T) {
	seen := make(map[string]bool)
	for r := ReasonInternal; r <= ReasonOverloaded; r++ {
		if seen[r.String()] || strings.HasPrefix(r.String(), "reason_") || r.String() == "" {
			t.Errorf("reason %d is %q", r, r.String())
		}
		seen[r.String()] = true
	}
}
