package client

import (
	"container/list"
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// cache keeps answers, and lets equal questions go out once. It never keeps an error,
// or an answer whose own account does not permit it.
type cache struct {
	config Reuse

	mu      sync.Mutex
	entries map[key]*list.Element // of *entry
	order   *list.List            // of the entries, the last used first
	// flights are the questions under way that may be joined, and whose answers may
	// be kept. One that everybody left, or that is forgotten, is not here any more.
	flights map[key]*flight
	closed  bool
	running sync.WaitGroup // of flights
}

// entry is an answer that is kept. It is never changed.
type entry struct {
	key     key
	request Request // without its token
	answer  *v1.AuthorizeResponse
	until   time.Time // by the monotonic clock, which may stand still while the machine sleeps
	wall    time.Time // the same by the other one, which may be set
}

// alive reports whether the answer may be given still, by both clocks.
func (e *entry) alive(now time.Time) bool { return now.Before(e.until) && now.Round(0).Before(e.wall) }

// flight is a question under way. It goes on when the one who brought it leaves, as
// long as others wait for it.
type flight struct {
	cancel  context.CancelFunc
	waiters int // guarded by cache.mu

	done   chan struct{} // closed when the rest is set
	answer *v1.AuthorizeResponse
	err    error
	shared bool // the answer is one for others too
}

func newCache(config Reuse) *cache {
	return &cache{
		config: config, entries: make(map[key]*list.Element), order: list.New(), flights: make(map[key]*flight),
	}
}

// asker has a request decided.
type asker func(ctx context.Context, r *Request) (*v1.AuthorizeResponse, error)

// answer gives the answer that is kept, or asks, together with all who have the same
// question. reused tells that it is the answer to a question of somebody else.
func (c *cache) answer(ctx context.Context, k key, r *Request, ask asker) (answer *v1.AuthorizeResponse, reused bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, ended(err)
	}
	kept, f, leads := c.join(ctx, k, r, ask)
	switch {
	case kept != nil:
		return kept, true, nil
	case f == nil:
		answer, err = ask(ctx, r)
		return answer, false, err
	}
	select {
	case <-ctx.Done():
		c.leave(k, f)
		return nil, false, ended(ctx.Err())
	case <-f.done:
	}
	if leads || f.shared {
		return f.answer, !leads, f.err
	}
	answer, err = ask(ctx, r) // theirs was for them only
	return answer, false, err
}

// ended is the end of a context as the error of a question.
func ended(err error) error { return unavailable(status.FromContextError(err).Err()) }

// join finds an answer, or the flight to wait for. There is neither when the cache is
// closed.
func (c *cache) join(ctx context.Context, k key, r *Request, ask asker) (kept *v1.AuthorizeResponse, f *flight, leads bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[k]; e != nil {
		if known := e.Value.(*entry); known.alive(time.Now()) {
			c.order.MoveToFront(e)
			return known.answer, nil, false
		}
		c.remove(e)
	}
	if f = c.flights[k]; f != nil {
		f.waiters++
		return nil, f, false
	}
	if c.closed {
		return nil, nil, false
	}
	f = c.begin(ctx, k, r.clone(), ask)
	c.flights[k] = f
	return nil, f, true
}

// begin asks by the deadline that every question has, whatever else becomes of ctx.
// The lock is held.
func (c *cache) begin(ctx context.Context, k key, r Request, ask asker) *flight {
	deadline, _ := ctx.Deadline()
	detached, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	f := &flight{cancel: cancel, waiters: 1, done: make(chan struct{})}
	c.running.Go(func() {
		defer cancel()
		sent := time.Now() // before the question, so that a slow answer is not younger
		f.answer, f.err = recovered(detached, &r, ask)
		c.land(k, f, r, sent)
	})
	return f
}

// recovered makes an error of a panic, of an interceptor say, which would end the
// process: nobody else can recover it here.
func recovered(ctx context.Context, r *Request, ask asker) (answer *v1.AuthorizeResponse, err error) {
	defer func() {
		if p := recover(); p != nil {
			text := "panic"
			if fault, ok := p.(runtime.Error); ok { // others may hold values of the request
				text += ": " + fault.Error()
			}
			answer, err = nil, unavailable(status.Error(codes.Internal, text))
		}
	}()
	return ask(ctx, r)
}

// land keeps the answer to a flight, if that may be, and tells those who wait.
func (c *cache) land(k key, f *flight, r Request, sent time.Time) {
	defer close(f.done)
	if f.err != nil {
		// The time of one is not the time of another.
		f.shared = !errors.Is(f.err, context.DeadlineExceeded) && !errors.Is(f.err, context.Canceled)
	}
	until := sent.Add(c.life(f.answer, f.err))
	c.mu.Lock()
	defer c.mu.Unlock()
	current := c.flights[k] == f
	if current {
		delete(c.flights, k)
	}
	if f.err != nil || !time.Now().Before(until) {
		return
	}
	f.shared = true
	if current && proto.Size(f.answer) <= maxKept {
		r.SubjectToken = ""
		c.keep(&entry{key: k, request: r, answer: f.answer, until: until, wall: until.Round(0)})
	}
}

// life is for how long an answer may be given again, from when its question was sent.
func (c *cache) life(answer *v1.AuthorizeResponse, err error) time.Duration {
	switch {
	case err != nil, answer.GetStale(), answer.GetStatus().GetCode() != statusOK, outcomeOf(answer.GetDecision()) == Indeterminate:
		return 0
	default:
		return min(time.Duration(answer.GetReuseMilliseconds())*time.Millisecond, c.config.Max)
	}
}

// keep makes room for an entry. The lock is held.
//
// INVARIANT: there is none with its key, because a flight begins only where there is
// none, and may keep its answer only as long as no other could begin.
func (c *cache) keep(e *entry) {
	for len(c.entries) >= c.config.Entries {
		c.remove(c.order.Back())
	}
	c.entries[e.key] = c.order.PushFront(e)
}

// remove drops an entry. The lock is held.
func (c *cache) remove(e *list.Element) {
	c.order.Remove(e)
	delete(c.entries, e.Value.(*entry).key)
}

// leave ends a flight that nobody waits for any more.
func (c *cache) leave(k key, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiters--; f.waiters > 0 {
		return
	}
	f.cancel()
	if c.flights[k] == f {
		delete(c.flights, k)
	}
}

// forget drops the entries that match, all if match is nil, and makes sure that
// nobody who comes later gets an answer to a question that went out before. It does
// so by parting with all flights: those who wait for them still get their answers.
func (c *cache) forget(match func(Request) bool) int {
	c.mu.Lock()
	c.flights = make(map[key]*flight)
	now := make([]*list.Element, 0, len(c.entries))
	for _, e := range c.entries {
		now = append(now, e)
	}
	c.mu.Unlock()
	// match is not ours, and has no business under our lock.
	var dropped []*list.Element
	for _, e := range now {
		if match == nil || match(e.Value.(*entry).request) {
			dropped = append(dropped, e)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	count := 0
	for _, e := range dropped {
		if c.entries[e.Value.(*entry).key] == e {
			c.remove(e)
			count++
		}
	}
	return count
}

// close lets no flight begin any more, and waits for those that are under way.
func (c *cache) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.running.Wait()
}
