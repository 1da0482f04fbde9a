package pip

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBulkhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		p := bulkhead(alone(ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			return after(time.Second, answer("dagl"))(ctx, q)
		})), 3).single()
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 9 {
			wg.Go(func() { wantRoles(t, p, ask(fmt.Sprint(i)), "dagl") })
		}
		wg.Wait()
		if got := most.Load(); got != 3 {
			t.Errorf("got %d questions at a time, want 3", got)
		}
		if got := time.Since(start); got != 3*time.Second {
			t.Errorf("got %v for nine questions of 1s, three at a time", got)
		}
	})
}

// To wait for a place is part of the time, and says nothing about the backend.
func TestBulkheadWaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend, asked := counting(after(time.Hour, answer()))
		p := bulkhead(alone(backend), 1).single()
		busy, free := context.WithCancel(t.Context())
		defer free()
		go func() { _, _ = p.Fetch(busy, ask("1")) }()
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := p.Fetch(ctx, ask("2"))
		wantOutcome(t, err, OutcomeTimeout)
		if got := time.Since(start); got != time.Second || !errors.Is(err, errNotAsked) || asked.Load() != 1 {
			t.Errorf("waited %v, error %v, %d questions, want 1s, one that was not asked, and 1", got, err, asked.Load())
		}
		left, leave := context.WithCancel(t.Context())
		leave()
		_, err = p.Fetch(left, ask("3"))
		wantOutcome(t, err, OutcomeCanceled)
	})
}

// A panic gives its place back.
func TestBulkheadPanic(t *testing.T) {
	p := bulkhead(alone(ProviderFunc(func(context.Context, Question) (Answer, error) { panic("what") })), 1)
	for range 3 {
		_, err := p.recovered().single().Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeError)
	}
}
