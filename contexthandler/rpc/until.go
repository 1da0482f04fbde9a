package rpc

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
)

// until is the context of a message of a stream that was let in as a call is: with
// its place, a deadline, and a timer for that only if somebody waits, which what is
// decided at once does not.
type until struct {
	context.Context
	deadline time.Time
	place    place

	once   sync.Once
	timed  context.Context
	cancel context.CancelFunc
	ended  atomic.Bool
}

// admitted lets a message in, if there is a place. Then its context has to end.
func (s *service) admitted(ctx context.Context, now time.Time) (*until, *failure) {
	if lacking := s.memory.lacking(false); lacking != nil {
		return nil, lacking
	}
	h := hostOf(ctx)
	if !s.gate.enter(h) {
		return nil, errOverloaded(shedCalls)
	}
	u := &until{Context: ctx, deadline: now.Add(s.limits.DefaultDeadline)}
	u.place.begin(s.gate, h)
	return u, nil
}

// Value finds the place.
func (u *until) Value(key any) any {
	if key == (contexthandler.PlaceKey{}) {
		return &u.place
	}
	return u.Context.Value(key)
}

// Deadline is the earlier of the two.
func (u *until) Deadline() (time.Time, bool) {
	if d, ok := u.Context.Deadline(); ok && d.Before(u.deadline) {
		return d, true
	}
	return u.deadline, true
}

// Done is closed at the deadline, or when the context ends.
func (u *until) Done() <-chan struct{} {
	u.once.Do(func() { u.timed, u.cancel = context.WithDeadline(u.Context, u.deadline) })
	return u.timed.Done()
}

// Err tells whether the time has come.
func (u *until) Err() error {
	if err := u.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(u.deadline) {
		return context.DeadlineExceeded
	}
	if u.ended.Load() { // Done is closed then, and whoever waits for it asks why
		return context.Canceled
	}
	return nil
}

// end gives the place back and stops the timer, if there is one. Nobody may ask for
// it at that time.
func (u *until) end() {
	u.place.gate.leave(u.place.host)
	u.ended.Store(true)
	if u.cancel != nil {
		u.cancel()
	}
}
