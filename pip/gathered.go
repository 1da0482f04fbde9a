package pip

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// DefaultBulkCalls is the number of calls for several questions that are under
// way at the same time.
const DefaultBulkCalls = 2

// GatherConfig says how questions are put together. The zero GatherConfig lets
// each go out by itself.
type GatherConfig struct {
	// MaxBatch is the number of questions that one call takes. One or less: they
	// are not put together.
	MaxBatch int
	// Calls is the number of calls that are under way at the same time. Zero stands
	// for [DefaultBulkCalls].
	Calls int
}

// enabled reports whether questions are put together at all.
func (c GatherConfig) enabled() bool { return c.MaxBatch > 1 }

// Gathered puts questions together into calls of p. A question goes out at once
// while fewer calls than there may be are under way. Otherwise it waits for the
// next call, together with all others that wait by then, at most MaxBatch. There
// is no timer: with little to do nothing waits, and with much to do calls grow.
//
// Each question waits as long as its own context allows. A call has the
// latest deadline of its questions, and is cancelled when nobody waits any more.
// A list of replies that does not fit the questions, or a panic, fails them all.
func Gathered(p BulkProvider, cfg GatherConfig) Provider { return gathered(together(p), cfg, false) }

func gathered(c calls, cfg GatherConfig, traced bool) Provider {
	return &gathering{calls: c.recovered(), batch: max(1, cfg.MaxBatch), traced: traced, idle: cmp.Or(max(0, cfg.Calls), DefaultBulkCalls)}
}

// gathering is a Gathered provider.
type gathering struct {
	calls  calls
	batch  int  // questions of one call
	traced bool // calls belong to the traces of who waits

	mu      sync.Mutex
	idle    int       // calls that could be under way and are not; above zero nobody waits
	waiting []*waiter // in the order in which they came
}

// waiter is a question with somebody who waits for its reply.
type waiter struct {
	ctx      context.Context
	question Question
	reply    chan Reply // takes one without a receiver
	call     *bulkCall  // nil while it waits for one
}

// bulkCall is a call under way.
type bulkCall struct {
	ctx       context.Context
	cancel    context.CancelFunc
	questions []Question
	waiters   []*waiter
	at        []int // the question of each waiter
	left      int   // waiters that are gone
}

// Fetch waits for the reply to the question.
func (g *gathering) Fetch(ctx context.Context, q Question) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, Failure(ctx, err)
	}
	w := &waiter{ctx: ctx, question: q, reply: make(chan Reply, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, w)
	if g.idle > 0 {
		g.idle--
		go g.run()
	}
	g.mu.Unlock()
	select {
	case r := <-w.reply:
		return r.Answer, r.Err
	case <-ctx.Done():
		return Answer{}, g.leave(w)
	}
}

// run makes calls until nobody waits. The calls do not panic.
func (g *gathering) run() {
	for c := g.next(); c != nil; c = g.next() {
		replies := g.calls(c.ctx, c.questions)
		c.cancel()
		for i, w := range c.waiters {
			w.reply <- replies[c.at[i]]
		}
	}
}

// next takes those who waited longest, for a call. Nil: nobody waits.
func (g *gathering) next() *bulkCall {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.idle++
		return nil
	}
	c := &bulkCall{}
	known := make(map[string]int)
	for _, w := range g.waiting {
		// Two may have the same question although equal ones are coalesced: the one
		// may have come before, and the other after [Source].Forget. Neither was
		// asked yet.
		key := w.question.Key()
		at, ok := known[key]
		if !ok {
			if len(c.questions) == g.batch {
				break
			}
			at = len(c.questions)
			known[key] = at
			c.questions = append(c.questions, w.question)
		}
		w.call = c
		c.waiters, c.at = append(c.waiters, w), append(c.at, at)
	}
	g.waiting = slices.Delete(g.waiting, 0, len(c.waiters))
	leader := c.waiters[0].ctx
	if g.traced {
		leader = leading(c.waiters)
	}
	c.ctx, c.cancel = sharedContext(leader, c.waiters)
	return c
}

// leave gives up waiting, and says why.
func (g *gathering) leave(w *waiter) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.call == nil {
		g.waiting = slices.DeleteFunc(g.waiting, func(other *waiter) bool { return other == w })
		return notAsked(w.ctx, "the question waited for others")
	}
	w.call.left++
	// If the time is up, so is that of the call, now or soon: that must look like
	// a timeout to the provider and to the breaker, and not like a cancellation.
	_, bounded := w.call.ctx.Deadline()
	late := bounded && errors.Is(w.ctx.Err(), context.DeadlineExceeded)
	if !late && w.call.left == len(w.call.waiters) {
		w.call.cancel()
	}
	return Failure(w.ctx, w.ctx.Err())
}

// sharedContext has the latest deadline of all, or none if one has none, and the
// values of leader.
func sharedContext(leader context.Context, waiters []*waiter) (context.Context, context.CancelFunc) {
	var latest time.Time
	base := context.WithoutCancel(leader)
	for _, w := range waiters {
		deadline, ok := w.ctx.Deadline()
		if !ok {
			return context.WithCancel(base)
		}
		if deadline.After(latest) {
			latest = deadline
		}
	}
	return context.WithDeadline(base, latest)
}
