package rpc

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/forseti-pdp/forseti/contexthandler/caller"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// admission decides on a call when its headers arrive: whether it is let in and
// how long it may take. That is before its message is read and a goroutine
// starts for it, because under load calls wait there, where a limit in an
// interceptor does not see them.
//
// INVARIANT: whatever was taken for a call is given back, by the end of its
// handler or, for one that gRPC drops between the tap and its handler, by the end
// of its context.
type admission struct {
	methods        map[string]method // by full name; set before the first call
	calls, streams *gate
	callers        *caller.Authenticator // nil if callers are not told apart
	limits         Limits
	drain          context.Context
	metrics        *metrics
}

// method is what admission knows of a method.
type method struct {
	stream bool
	open   bool  // to callers that nobody knows
	gate   *gate // nil if every call is let in
}

// tapPatience bounds the deadline of what is refused in the tap. gRPC keeps the
// timer of such a call until its deadline, which the caller chooses.
const tapPatience = time.Minute

// learn makes known the methods of the services: those of the
// AuthorizationService have limits, all others are always let in.
func (a *admission) learn(services map[string]grpc.ServiceInfo) {
	a.methods = make(map[string]method)
	for name, info := range services {
		for _, m := range info.Methods {
			full := "/" + name + "/" + m.Name
			known := method{stream: m.IsClientStream || m.IsServerStream, open: isOpen(full)}
			switch {
			case name != v1.AuthorizationService_ServiceDesc.ServiceName:
			case known.stream:
				known.gate = a.streams
			default:
				known.gate = a.calls
			}
			a.methods[full] = known
		}
	}
}

// handle is the tap handle. It runs on the reader of the connection, one call at
// a time.
func (a *admission) handle(ctx context.Context, info *tap.Info) (context.Context, error) {
	deadline, limited := ctx.Deadline()
	left := time.Until(deadline)
	m, known := a.methods[info.FullMethodName]
	switch {
	case known && limited && left < a.limits.MinDeadline:
		return ctx, a.refuse(errDeadlineTooShort())
	case !known:
		a.metrics.unknown.Inc()
		if limited && left > tapPatience {
			return ctx, nil // gRPC refuses it later
		}
		return ctx, status.Error(codes.Unimplemented, "unknown method")
	}
	t := &ticket{Context: ctx}
	t.access, t.refusal = a.token(info.Header, m)
	placed := t.refusal == nil && m.gate != nil && m.gate.enter()
	if t.refusal == nil && m.gate != nil && !placed {
		t.refusal = errOverloaded()
	}
	if t.refusal != nil && (!limited || left <= tapPatience) {
		return ctx, a.refuse(t.refusal) // otherwise it is counted by who answers with it
	}
	a.limit(t, m, limited, left)
	if placed {
		m.gate.expect(t)
	}
	return t, nil
}

func (a *admission) refuse(f *failure) error {
	a.metrics.failed(f)
	return f
}

func errOverloaded() *failure {
	return &failure{v1.ErrorReason_ERROR_REASON_OVERLOADED, "the service is at its limit"}
}

// limit gives an admitted call its end: a deadline; for a stream that of its
// handler, or the drain of the server if the stream does not see to that itself.
// A call whose own deadline is short enough needs nothing more.
func (a *admission) limit(t *ticket, m method, limited bool, left time.Duration) {
	switch {
	case m.stream && m.gate == nil:
		ctx, cancel := context.WithCancel(t.Context)
		stop := context.AfterFunc(a.drain, cancel)
		context.AfterFunc(ctx, func() { stop(); cancel() })
		t.Context = ctx
	case m.stream: // its context ends when its status is sent: if it ended before, Canceled would be sent instead
	case !limited:
		t.Context, t.cancel = context.WithTimeout(t.Context, a.limits.DefaultDeadline)
	case left > a.limits.MaxDeadline:
		t.Context, t.cancel = context.WithTimeout(t.Context, a.limits.MaxDeadline)
	}
}

// ticket is what was taken for one call, and the context of it. A handler of the
// AuthorizationService begins with begin and ends with end; for other calls, the
// end of the context that gRPC made is enough.
type ticket struct {
	context.Context
	cancel  context.CancelFunc // of what was added to the context; may be nil
	refusal *failure           // to be answered with, if not nil
	access  *access            // nil if everybody may make the call

	gate           *gate // nil if no place was taken
	placed         bool  // the handler has the place
	coming         bool  // it is on its way to its handler, among those of the gate:
	next, previous *ticket
}

type ticketKey struct{}

// Value finds the ticket in its context.
func (t *ticket) Value(key any) any {
	if key == (ticketKey{}) {
		return t
	}
	return t.Context.Value(key)
}

// ticketOf is the ticket of an admitted call.
func ticketOf(ctx context.Context) *ticket {
	if t, ok := ctx.Value(ticketKey{}).(*ticket); ok {
		return t
	}
	return &ticket{Context: ctx}
}

// begin tells that the handler runs.
func (t *ticket) begin() {
	if t.gate != nil {
		t.gate.begin(t)
	}
}

// end gives back what was taken. It may be called many times.
func (t *ticket) end() {
	if t.placed {
		t.placed = false
		t.gate.leave()
	}
	if t.cancel != nil {
		t.cancel()
	}
}
