package pip

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCoalescedAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, asked := counting(after(time.Second, answer("dagl")))
		p = Coalesced(p, time.Minute)
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() { wantRoles(t, p, ask(fmt.Sprint(i%3)), "dagl") })
		}
		wg.Wait()
		if n := asked.Load(); n != 3 {
			t.Errorf("got %d questions, want 3", n)
		}
		// The answer is not remembered.
		wantRoles(t, p, ask("0"), "dagl")
		if n := asked.Load(); n != 4 {
			t.Errorf("got %d questions, want 4", n)
		}
	})
}

func TestCoalescedCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, asked := counting(after(time.Second, answer("dagl")))
		p = Coalesced(p, time.Minute)
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			start := time.Now()
			_, err := p.Fetch(first, ask("1"))
			wantOutcome(t, err, OutcomeCanceled)
			if got := time.Since(start); got != 500*time.Millisecond {
				t.Errorf("the caller that left waited %v", got)
			}
		})
		synctest.Wait()
		wg.Go(func() { wantRoles(t, p, ask("1"), "dagl") })
		time.Sleep(500 * time.Millisecond)
		leave()
		wg.Wait()
		if n := asked.Load(); n != 1 {
			t.Errorf("got %d questions, want 1", n)
		}
	})
}

// Questions go on when their callers have left, but not in any number.
func TestCoalescedIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Coalesced(after(time.Second, answer("dagl")), time.Minute)
		gone, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range maxFlights {
			wg.Go(func() {
				_, err := p.Fetch(gone, ask(fmt.Sprint(i)))
				wantOutcome(t, err, OutcomeCanceled)
			})
		}
		synctest.Wait()
		leave()
		wg.Wait()
		_, err := p.Fetch(t.Context(), ask("one more"))
		wantOutcome(t, err, OutcomeUnavailable)
		wantRoles(t, p, ask("1"), "dagl") // together with one who left
		wantRoles(t, p, ask("one more"), "dagl")
	})
}

func TestCoalescedFlightEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := Coalesced(after(time.Hour, answer("dagl")), 2*time.Second).Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeTimeout)
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("waited %v, want 2s", got)
		}
	})
}

func TestCoalescedPanic(t *testing.T) {
	cause := errors.New("index out of range")
	for _, v := range []any{cause, "index out of range"} {
		p := Coalesced(ProviderFunc(func(context.Context, Question) (Answer, error) { panic(v) }), 0)
		_, err := p.Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeError)
	}
}
