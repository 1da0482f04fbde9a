package pip

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// backendOf is a backend that fails with what err holds, unless that is nil.
func backendOf(err *error) (Provider, func() int64) {
	p, asked := counting(func(context.Context, Question) (Answer, error) { return answer("dagl"), *err })
	return p, asked.Load
}

// guarded is a provider behind a breaker.
func guarded(p Provider, cfg BreakerConfig, state func(float64)) Provider {
	if state == nil {
		state = func(float64) {}
	}
	cfg.Enabled = true
	return newBreaker(cfg, 0, state).calls(alone(p)).single()
}

func TestBreakerOpensAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault error = unavailable()
		p, asked := backendOf(&fault)
		var states []float64
		p = guarded(p, BreakerConfig{Failures: 3}, func(s float64) { states = append(states, s) })
		want := func(outcome Outcome, n int64) {
			t.Helper()
			if _, err := p.Fetch(t.Context(), ask("1")); outcome != "" || err != nil {
				wantOutcome(t, err, outcome)
			}
			if got := asked(); got != n {
				t.Errorf("got %d calls, want %d", got, n)
			}
		}
		want(OutcomeUnavailable, 1)
		want(OutcomeUnavailable, 2)
		want(OutcomeUnavailable, 3)
		want(OutcomeOpen, 3)
		time.Sleep(799 * time.Millisecond) // 1 s, up to 20 % shorter
		want(OutcomeOpen, 3)
		time.Sleep(202 * time.Millisecond)
		want(OutcomeUnavailable, 4) // the one that is let through
		want(OutcomeOpen, 4)
		fault = nil
		time.Sleep(1001 * time.Millisecond)
		want("", 5)
		want("", 6)
		if got, want := states, []float64{2, 1, 2, 1, 0}; !slices.Equal(got, want) {
			t.Errorf("got states %v, want %v", got, want)
		}
	})
}

func TestBreakerVerdicts(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		opens bool
	}{
		{"unavailable", unavailable(), true},
		{"timeout", &Error{Outcome: OutcomeTimeout}, true},
		{"context", context.DeadlineExceeded, true},
		{"invalid", Invalidf("two rows"), true},
		{"answer", nil, false},
		{"canceled", &Error{Outcome: OutcomeCanceled}, false},
		{"forbidden", &Error{Outcome: OutcomeError}, false},
		{"other", errors.New("what"), false},
		{"not asked", &Error{Outcome: OutcomeTimeout, Err: errNotAsked}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, asked := backendOf(&tt.err)
			p = guarded(p, BreakerConfig{Failures: 3, MinCalls: 3}, nil)
			for range 10 {
				_, _ = p.Fetch(t.Context(), ask("1"))
			}
			if got := asked() == 3; got != tt.opens {
				t.Errorf("got %d of 10 calls, want the breaker to open: %t", asked(), tt.opens)
			}
		})
	}
}

// A canceled question does not use up the one that a half-open breaker lets
// through, and does not close it.
func TestBreakerCanceledProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault error = unavailable()
		p, _ := backendOf(&fault)
		p = guarded(p, BreakerConfig{Failures: 1}, nil)
		_, _ = p.Fetch(t.Context(), ask("1"))
		time.Sleep(1001 * time.Millisecond)
		for range 3 {
			fault = context.Canceled
			_, err := p.Fetch(t.Context(), ask("1"))
			wantOutcome(t, err, OutcomeCanceled)
		}
		fault = unavailable()
		_, err := p.Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeUnavailable)
		_, err = p.Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeOpen)
	})
}

func TestBreakerLetsOneThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := true
		p, asked := counting(func(ctx context.Context, q Question) (Answer, error) {
			if fails {
				return Answer{}, unavailable()
			}
			return after(time.Second, answer("dagl"))(ctx, q)
		})
		p = guarded(p, BreakerConfig{Failures: 1}, nil)
		_, _ = p.Fetch(t.Context(), ask("1"))
		fails = false
		time.Sleep(1001 * time.Millisecond)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := p.Fetch(t.Context(), ask("1")); err != nil {
				t.Errorf("got error %v, want an answer", err)
			}
		})
		synctest.Wait()
		for range 3 {
			_, err := p.Fetch(t.Context(), ask("1"))
			wantOutcome(t, err, OutcomeOpen)
		}
		wg.Wait()
		wantRoles(t, p, ask("1"), "dagl")
		if n := asked.Load(); n != 3 {
			t.Errorf("got %d calls, want 3", n)
		}
	})
}

func TestBreakerRatio(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault error
		p, asked := backendOf(&fault)
		p = guarded(p, BreakerConfig{Failures: 100, Ratio: 0.5, MinCalls: 10}, nil)
		for i := range 20 { // 1 of 4
			fault = nil
			if i%4 == 0 {
				fault = unavailable()
			}
			_, _ = p.Fetch(t.Context(), ask("1"))
		}
		if n := asked(); n != 20 {
			t.Fatalf("got %d calls, want 20: a quarter is not a half", n)
		}
		time.Sleep(11 * time.Second) // out of the window
		for i := range 20 {          // every second one
			fault = nil
			if i%2 == 1 {
				fault = unavailable()
			}
			_, _ = p.Fetch(t.Context(), ask("1"))
		}
		if n := asked(); n != 30 {
			t.Errorf("got %d calls, want 30: half of ten failed", n)
		}
	})
}

// The window grows with the time that calls take: else those that hang would
// be out of it before they count.
func TestBreakerSlowCalls(t *testing.T) {
	for _, failures := range []int{1, 2, 5, 30} {
		synctest.Test(t, func(t *testing.T) {
			const flight = 30 * time.Second
			b := newBreaker(BreakerConfig{Failures: failures, MinCalls: 1000}, flight, func(float64) {})
			p := b.calls(alone(after(time.Hour, answer()))).single()
			for i := range failures + 1 {
				ctx, cancel := context.WithTimeout(t.Context(), flight)
				_, err := p.Fetch(ctx, ask("1"))
				cancel()
				if i < failures {
					wantOutcome(t, err, OutcomeTimeout)
				} else {
					wantOutcome(t, err, OutcomeOpen)
				}
			}
		})
	}
}

// For several questions at once one reply shows that the backend can be asked.
func TestBreakerSeveralQuestions(t *testing.T) {
	good, bad := Reply{Answer: answer()}, Reply{Err: unavailable()}
	canceled, skipped := Reply{Err: context.Canceled}, Reply{Err: errNotAsked}
	tests := []struct {
		name    string
		replies []Reply
		want    error
	}{
		{"all good", []Reply{good, good}, nil},
		{"one good", []Reply{bad, good, bad}, nil},
		{"none good", []Reply{bad, bad}, errFailed},
		{"one bad", []Reply{canceled, bad, skipped}, errFailed},
		{"nothing known", []Reply{canceled, skipped}, errNotAsked},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := verdict(tt.replies); got != tt.want { //nolint:errorlint // the very error
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBreakerConfigRefused(t *testing.T) {
	for _, cfg := range []BreakerConfig{{Failures: -1}, {Ratio: -0.1}, {Ratio: 1.1}, {MinCalls: -1}, {Window: -1}, {OpenFor: -1}} {
		if _, err := Assemble(roles(after(0, answer())), Config{Breaker: cfg}, nil); err == nil {
			t.Errorf("got no error for %+v", cfg)
		}
	}
}
