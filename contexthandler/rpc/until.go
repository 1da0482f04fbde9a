package rpc

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// until is a context with a deadline, and with a timer for it only if somebody
// waits: what is decided at once does not.
type until struct {
	context.Context
	deadline time.Time

	once   sync.Once
	timed  context.Context
	cancel context.CancelFunc
	ended  atomic.Bool
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

// end stops the timer, if there is one. Nobody may ask for it at that time.
func (u *until) end() {
	u.ended.Store(true)
	if u.cancel != nil {
		u.cancel()
	}
}
