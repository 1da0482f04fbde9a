package contexthandler

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// Auditor records what was decided. Record returns when that is done: if it
// fails, nothing of it is answered. It may be called many times side by side, must
// not change the events, and must not keep them. When ctx has ended nobody is told
// of the decision, and Record need not wait.
type Auditor interface {
	Record(ctx context.Context, events []*Event) error
}

// Event is what there is to tell of a call.
type Event struct {
	// At is when it began, and Took how long it took.
	At   time.Time
	Took time.Duration
	// ID is what the caller or the log calls the request, Caller who asked.
	ID, Caller string
	// Token tells that the call has a token of the subject, and Explained that it
	// asks how the decision comes about.
	Token, Explained bool
	// Snapshot is the identity of the policies; empty if there are none.
	Snapshot string
	// Request is what the caller wrote; nil if it could not be read.
	Request *xacml.Request
	// Decisions are the individual decisions. There are none if there is a Reason.
	Decisions []Individual
	// Combined is the result that the caller gets in their place; nil if it gets them.
	Combined *xacml.Result
	// Freshness is that of the answer.
	Freshness
	// Reason is why nothing was evaluated, empty if that is not so; Message is for
	// people and holds no attribute values.
	Reason, Message string
}

// Individual is an individual decision.
type Individual struct {
	// Request is the individual request in the terms of the policies; nil if there is none.
	Request *xacml.Request
	// Found are the attributes that the sources added.
	Found []xacml.Attributes
	// Lookups is how the sources were asked.
	Lookups []Lookup
	// Result is the decision.
	Result xacml.Result
}

// newEvent is the event of a call, or nil if nobody wants it.
func (h *Handler) newEvent(snapshot *pap.Snapshot, call *Call) *Event {
	if h.config.Audit == nil {
		return nil
	}
	e := &Event{
		At: time.Now(), ID: call.ID, Caller: call.Caller, Token: call.Token != "", Explained: call.Explain, Request: call.Request,
	}
	if snapshot != nil {
		e.Snapshot = snapshot.ID
	}
	return e
}

// trace is where the look-ups of an individual decision go.
func (e *Event) trace() *trace {
	if e == nil {
		return nil
	}
	return &trace{}
}

// add takes an individual decision. k may be nil.
func (e *Event) add(request *xacml.Request, k *knowledge, result *xacml.Result) {
	if e == nil {
		return
	}
	i := Individual{Request: request, Result: *result}
	if k != nil {
		i.Found = k.attributes(func(pip.Provided) bool { return true })
		if k.trace != nil {
			i.Lookups = k.trace.lookups
		}
	}
	e.Decisions = append(e.Decisions, i)
}

// combine takes the result in place of the individual decisions.
func (e *Event) combine(result *xacml.Result) {
	if e != nil {
		e.Combined = result
	}
}

// fail makes the event one of a call that was not evaluated.
func (e *Event) fail(reason, message string) {
	e.Decisions, e.Combined, e.Freshness = nil, nil, Freshness{}
	e.Reason, e.Message = reason, message
}

// audited records an event and gives what the caller gets: the answer and error, or
// an error if that fails.
func (h *Handler) audited(ctx context.Context, e *Event, answer Answer, err error) (Answer, error) {
	if e == nil {
		return answer, err
	}
	e.Took = time.Since(e.At)
	if err != nil {
		reason := ReasonInternal
		if known, ok := errors.AsType[*Error](err); ok {
			reason = known.Reason
		}
		e.fail(reason.String(), err.Error())
	} else {
		e.Freshness = answer.Freshness
	}
	if e := h.record(ctx, e); e != nil {
		return Answer{}, e
	}
	return answer, err
}

// record records an event, at once or with others.
func (h *Handler) record(ctx context.Context, e *Event) error {
	if l, ok := ctx.Value(ledgerKey{}).(*Ledger); ok && l.handler == h {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, e)
		return nil
	}
	return h.recordAll(ctx, []*Event{e})
}

func (h *Handler) recordAll(ctx context.Context, events []*Event) error {
	if len(events) == 0 {
		return nil
	}
	defer resume(rest(ctx))
	err := h.config.Audit.Record(ctx, events)
	if over := ctx.Err(); over != nil {
		return gaveUp(over) // nobody waited for the records
	}
	if err != nil {
		return errorf(ReasonNotAudited, "the decision could not be recorded")
	}
	return nil
}

// NotEvaluated records a call that never comes to Decide, because of what is wrong
// with it for its protocol. An error is as that of Decide.
func (h *Handler) NotEvaluated(ctx context.Context, snapshot *pap.Snapshot, call Call, reason, message string) error {
	e := h.newEvent(snapshot, &call)
	if e == nil {
		return nil
	}
	e.fail(reason, message)
	return h.record(ctx, e)
}

// Ledger holds the events of calls that are answered together, so that they are
// recorded together. It is safe for concurrent use.
type Ledger struct {
	handler *Handler
	mu      sync.Mutex
	events  []*Event
}

type ledgerKey struct{}

// Together gives a context whose calls are recorded by [Ledger.Record], and not
// before. None of them may be answered before that.
func (h *Handler) Together(ctx context.Context) (context.Context, *Ledger) {
	l := &Ledger{handler: h}
	if h.config.Audit == nil {
		return ctx, l
	}
	return context.WithValue(ctx, ledgerKey{}, l), l
}

// Record records what the ledger holds. If it fails no call may be answered. The
// error is as that of [Handler.Decide].
func (l *Ledger) Record(ctx context.Context) error {
	l.mu.Lock()
	events := l.events
	l.events = nil
	l.mu.Unlock()
	return l.handler.recordAll(ctx, events)
}
