package rpc

import (
	"context"
	"runtime"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/forseti-pdp/forseti/contexthandler"
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
	open, reading  *share                // streams, and calls, of other services
	callers        *caller.Authenticator // nil if callers are not told apart
	limits         Limits
	memory         supply
	drain          context.Context
	metrics        *metrics
}

// method is what admission knows of a method.
type method struct {
	stream bool
	open   bool  // to callers that nobody knows
	gate   *gate // nil if every call is let in
	full   shed  // why a call is refused if the gate is full
	big    bool  // what a call costs has no small bound
}

// tapPatience bounds the deadline of what is refused in the tap. gRPC keeps the
// timer of such a call until its deadline, which the caller chooses.
const tapPatience = time.Minute

// learn makes known the methods of the services: those of the
// AuthorizationService have gates, all others only shares, of which every host has some.
func (a *admission) learn(services map[string]grpc.ServiceInfo) {
	a.methods = make(map[string]method)
	for name, info := range services {
		for _, m := range info.Methods {
			full := "/" + name + "/" + m.Name
			known := method{stream: m.IsClientStream || m.IsServerStream, open: isOpen(full)}
			switch {
			case name != v1.AuthorizationService_ServiceDesc.ServiceName:
			case known.stream:
				known.gate, known.full = a.streams, shedStreams
			default:
				known.gate, known.full, known.big = a.calls, shedCalls, m.Name != methodAuthorize
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
	t := &ticket{Context: ctx, host: hostOf(ctx), id: callID{sent: sentID(info.Header)}}
	t.access, t.refusal = a.token(info.Header, m)
	if t.refusal == nil && m.gate != nil {
		t.refusal = a.memory.lacking(m.big)
	}
	placed := t.refusal == nil && m.gate != nil && m.gate.enter(t.host)
	switch {
	case t.refusal != nil:
	case m.gate == nil && !a.opened(t, m):
		t.refusal = errOverloaded(shedOpen)
	case m.gate != nil && !placed:
		t.refusal = errOverloaded(m.full)
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

// opened takes a place for a call of another service, until the context that gRPC made
// for it ends.
func (a *admission) opened(t *ticket, m method) bool {
	share := a.reading // which is most of what a call does there
	if m.stream {
		share = a.open
	}
	if !share.enter(t.host, 1) {
		return false
	}
	context.AfterFunc(t.Context, func() { share.leave(t.host, 1) })
	return true
}

func (a *admission) refuse(f *failure) error {
	a.metrics.failed(f)
	return f
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
	host    *host
	cancel  context.CancelFunc // of what was added to the context; may be nil
	refusal *failure           // to be answered with, if not nil
	access  *access            // nil if everybody may make the call
	id      callID
	message bounded

	gate           *gate // nil if no place was taken
	placed         bool  // the handler has the place:
	place          place
	coming         bool // it is on its way to its handler, among those of the gate:
	next, previous *ticket
}

type ticketKey struct{}

// Value finds the ticket in its context, and the place of a call.
func (t *ticket) Value(key any) any {
	switch key {
	case ticketKey{}:
		return t
	case contexthandler.PlaceKey{}:
		if t.placed && t.gate.most > 0 {
			return &t.place
		}
		return nil
	default:
		return t.Context.Value(key)
	}
}

// ticketOf is the ticket of an admitted call.
func ticketOf(ctx context.Context) *ticket {
	if t, ok := ctx.Value(ticketKey{}).(*ticket); ok {
		return t
	}
	return &ticket{Context: ctx, host: hostOf(ctx)}
}

// begin tells that the handler runs.
//
// It lets whatever else can run go first. Most of that reads and writes connections,
// and takes little time, while a decision may take much. A processor that begins a
// decision as soon as a call is there reads the next connection only when that is
// done: then calls wait in connections, and answers in buffers, for as many decisions
// as there are connections, whatever the limit is.
func (t *ticket) begin() {
	runtime.Gosched()
	if t.gate != nil {
		t.gate.begin(t)
	}
}

// end gives back what was taken. It may be called many times.
func (t *ticket) end() {
	if t.placed {
		t.placed = false
		t.gate.leave(t.host)
	}
	t.message.drop()
	if t.cancel != nil {
		t.cancel()
	}
}
