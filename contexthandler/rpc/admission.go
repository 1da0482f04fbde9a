package rpc

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// gate lets a number of calls or streams in at a time.
type gate struct {
	limit  int64
	inside atomic.Int64
}

// enter takes a place if there is one.
func (g *gate) enter() bool {
	if g.inside.Add(1) > g.limit {
		g.inside.Add(-1)
		return false
	}
	return true
}

func (g *gate) leave() { g.inside.Add(-1) }

func (g *gate) count() float64 { return float64(g.inside.Load()) }

// admission decides on a call when its headers arrive: whether it is let in and
// how long it may take. That is before its message is read and a goroutine
// starts for it, because under load calls wait there, where a limit in an
// interceptor does not see them.
//
// INVARIANT: whatever was taken for a call is given back, by the end of the call
// or, for one that gRPC drops between the tap and its handler, by the end of
// its context.
type admission struct {
	methods        map[string]method // by full name; set before the first call
	calls, streams *gate
	limits         Limits
	drain          context.Context
	metrics        *metrics
}

// method is what admission knows of a method.
type method struct {
	stream bool
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
			known := method{stream: m.IsClientStream || m.IsServerStream}
			switch {
			case name != v1.AuthorizationService_ServiceDesc.ServiceName:
			case known.stream:
				known.gate = a.streams
			default:
				known.gate = a.calls
			}
			a.methods["/"+name+"/"+m.Name] = known
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
	t := &ticket{}
	if m.gate != nil {
		switch {
		case m.gate.enter():
			t.gate = m.gate
		case limited && left > tapPatience:
			t.refusal = errOverloaded() // counted by the interceptor that returns it
		default:
			return ctx, a.refuse(errOverloaded())
		}
	}
	return a.admit(ctx, t, m.stream), nil
}

func (a *admission) refuse(f *failure) error {
	a.metrics.failed(f)
	return f
}

func errOverloaded() *failure {
	return &failure{v1.ErrorReason_ERROR_REASON_OVERLOADED, "the service is at its limit"}
}

// admit gives the context of an admitted call: with a deadline for a call; until
// the server drains for a stream, save for those that see to that themselves.
func (a *admission) admit(ctx context.Context, t *ticket, stream bool) context.Context {
	ctx = context.WithValue(ctx, ticketKey{}, t)
	_, limited := ctx.Deadline()
	switch {
	case stream && t.gate == nil:
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		stop := context.AfterFunc(a.drain, cancel)
		t.cancel = func() { stop(); cancel() }
	case stream:
		ctx, t.cancel = context.WithCancel(ctx)
	case limited:
		ctx, t.cancel = context.WithTimeout(ctx, a.limits.MaxDeadline)
	default:
		ctx, t.cancel = context.WithTimeout(ctx, a.limits.DefaultDeadline)
	}
	t.unwatch = context.AfterFunc(ctx, func() {
		if !t.begun.Load() {
			t.release()
		}
	})
	return ctx
}

// ticket is what was taken for one call.
type ticket struct {
	gate    *gate    // nil if no place was taken
	refusal *failure // to be answered with, if not nil
	cancel  context.CancelFunc
	unwatch func() bool
	begun   atomic.Bool
	once    sync.Once
}

type ticketKey struct{}

// release gives back what was taken. It may be called many times.
func (t *ticket) release() {
	t.once.Do(func() {
		t.cancel()
		if t.gate != nil {
			t.gate.leave()
		}
	})
}

// refused gives the reason why the call is refused although the tap let it pass.
func refused(ctx context.Context) *failure {
	if t, ok := ctx.Value(ticketKey{}).(*ticket); ok {
		return t.refusal
	}
	return nil
}

// TagRPC makes admission a stats.Handler.
func (a *admission) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC releases what was taken for a call when it ends.
func (a *admission) HandleRPC(ctx context.Context, s stats.RPCStats) {
	t, ok := ctx.Value(ticketKey{}).(*ticket)
	if !ok {
		return
	}
	switch s.(type) {
	case *stats.Begin:
		t.begun.Store(true)
	case *stats.End:
		t.unwatch()
		t.release()
	}
}

// TagConn makes admission a stats.Handler.
func (a *admission) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn makes admission a stats.Handler.
func (a *admission) HandleConn(context.Context, stats.ConnStats) {}
