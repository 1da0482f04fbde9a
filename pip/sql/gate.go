package sql

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/forseti-pdp/forseti/pip"
)

// The times between two attempts to connect.
const (
	minPause = 50 * time.Millisecond
	maxPause = time.Second
)

// gate keeps a server that cannot be reached, or has no room, from being stormed
// by every question: after an attempt to connect that failed, the next one has to
// wait, longer from time to time, and is alone.
type gate struct {
	now func() time.Time

	mu    sync.Mutex
	pause backoff
	next  time.Time // no attempt before; zero if the last one succeeded
}

// enter asks for an attempt.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.next.IsZero() {
		return nil
	}
	now := g.now()
	if now.Before(g.next) {
		return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the last attempt to connect failed, and the next one is not due", RetryAfter: g.next.Sub(now)}
	}
	g.next = now.Add(maxPause) // for the others, while this one tries
	return nil
}

// leave tells how an attempt went.
func (g *gate) leave(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.pause, g.next = backoff{}, time.Time{}
		return
	}
	g.next = g.now().Add(g.pause.next())
}

// TraceConnectStart has nothing to do; it belongs to [pgx.ConnectTracer].
func (g *gate) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}

// TraceConnectEnd sees the attempts that fail. One that succeeds is not over: the
// session is checked.
func (g *gate) TraceConnectEnd(_ context.Context, data pgx.TraceConnectEndData) {
	if data.Err != nil {
		g.leave(data.Err)
	}
}

// TraceQueryStart has nothing to do; a tracer of pgx must have it.
func (g *gate) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd has nothing to do; a tracer of pgx must have it.
func (g *gate) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// backoff gives pauses that grow, with jitter. The zero backoff begins with the
// shortest.
type backoff struct{ last time.Duration }

// next is the next pause: between half and all of twice the last one.
func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, minPause), maxPause)
	return b.last/2 + rand.N(b.last/2)
}
