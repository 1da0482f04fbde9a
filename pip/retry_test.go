package pip

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// unavailable is what a backend says that cannot be asked.
func unavailable() *Error { return &Error{Outcome: OutcomeUnavailable} }

// failing fails with the errors, one after the other, and then answers.
func failing(errs ...error) (Provider, func() int) {
	n := 0
	return ProviderFunc(func(context.Context, Question) (Answer, error) {
		n++
		if n <= len(errs) {
			return Answer{}, errs[n-1]
		}
		return answer("dagl"), nil
	}), func() int { return n }
}

func TestRetriedOutcomes(t *testing.T) {
	tests := []struct {
		name     string
		errs     []error
		attempts int
		want     Outcome // empty: an answer
	}{
		{"answer", nil, 1, ""},
		{"unavailable once", []error{unavailable()}, 2, ""},
		{"unavailable twice", []error{unavailable(), unavailable()}, 3, ""},
		{"unavailable", []error{unavailable(), unavailable(), unavailable()}, 3, OutcomeUnavailable},
		{"then invalid", []error{unavailable(), Invalidf("two rows")}, 2, OutcomeInvalid},
		{"then open", []error{unavailable(), errOpen()}, 2, OutcomeUnavailable},
		{"open", []error{errOpen()}, 1, OutcomeOpen},
		{"invalid", []error{Invalidf("two rows")}, 1, OutcomeInvalid},
		{"timeout", []error{&Error{Outcome: OutcomeTimeout}}, 1, OutcomeTimeout},
		{"canceled", []error{&Error{Outcome: OutcomeCanceled}}, 1, OutcomeCanceled},
		{"forbidden", []error{&Error{Outcome: OutcomeError}}, 1, OutcomeError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, attempts := failing(tt.errs...)
				counted := 0
				_, err := retried(p, RetryConfig{Retries: 2}, func() { counted++ }).Fetch(t.Context(), ask("1"))
				if tt.want != "" {
					wantOutcome(t, err, tt.want)
				} else if err != nil {
					t.Errorf("got error %v, want an answer", err)
				}
				if attempts() != tt.attempts || counted != tt.attempts-1 {
					t.Errorf("got %d attempts and %d retries, want %d", attempts(), counted, tt.attempts)
				}
			})
		})
	}
}

func TestRetriedKeepsToTheDeadline(t *testing.T) {
	const deadline = time.Second
	tests := []struct {
		name       string
		cfg        RetryConfig
		retryAfter time.Duration
		attempts   int
		least      time.Duration // waited
		most       time.Duration
	}{
		{"backoff", RetryConfig{Retries: 1, Backoff: 100 * time.Millisecond}, 0, 2, 0, 100 * time.Millisecond},
		{"asked for", RetryConfig{Retries: 1, Backoff: 100 * time.Millisecond}, 500 * time.Millisecond, 2, 500 * time.Millisecond, 600 * time.Millisecond},
		{"asked for too much", RetryConfig{Retries: 1}, deadline, 1, 0, 0},
		{"asked for far too much", RetryConfig{Retries: 1}, 24 * time.Hour, 1, 0, 0},
		{"asked for less than nothing", RetryConfig{Retries: 1, Backoff: 1}, -time.Hour, 2, 0, 1},
		{"no time in the end", RetryConfig{Retries: 5, Backoff: 1}, 400 * time.Millisecond, 3, 800 * time.Millisecond, 801 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				p, asked := counting(func(context.Context, Question) (Answer, error) {
					return Answer{}, &Error{Outcome: OutcomeUnavailable, RetryAfter: tt.retryAfter}
				})
				start := time.Now()
				_, err := retried(p, tt.cfg, func() {}).Fetch(ctx, ask("1"))
				wantOutcome(t, err, OutcomeUnavailable)
				if n := asked.Load(); int(n) != tt.attempts {
					t.Errorf("got %d attempts, want %d", n, tt.attempts)
				}
				if got := time.Since(start); got < tt.least || got > tt.most {
					t.Errorf("waited %v, want %v to %v", got, tt.least, tt.most)
				}
			})
		})
	}
}

// Without a deadline a backend cannot put a caller off for ever.
func TestRetriedWithoutDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, attempts := failing(&Error{Outcome: OutcomeUnavailable, RetryAfter: DefaultFlight})
		start := time.Now()
		_, err := retried(p, RetryConfig{Retries: 1}, func() {}).Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeUnavailable)
		if got := time.Since(start); got != 0 || attempts() != 1 {
			t.Errorf("waited %v for %d attempts, want none for 1", got, attempts())
		}
	})
}

func TestRetriedCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, attempts := failing(&Error{Outcome: OutcomeUnavailable, RetryAfter: 5 * time.Second})
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := retried(p, RetryConfig{Retries: 1}, func() {}).Fetch(ctx, ask("1"))
		if err == nil || attempts() != 1 || time.Since(start) != time.Second {
			t.Errorf("got error %v after %v and %d attempts, want one after 1s and 1", err, time.Since(start), attempts())
		}
	})
}

func TestRetryWait(t *testing.T) {
	cfg := RetryConfig{Retries: MaxRetries, Backoff: 100 * time.Millisecond, MaxBackoff: 300 * time.Millisecond}
	for n, bound := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond} {
		least, most := bound, time.Duration(0)
		for range 1000 {
			w := cfg.wait(n)
			least, most = min(least, w), max(most, w)
		}
		// Full jitter: all of the range is used.
		if most > bound || most < bound*9/10 || least < 0 || least > bound/10 {
			t.Errorf("retry %d: got %v to %v, want 0 to %v", n, least, most, bound)
		}
	}
	if w := (RetryConfig{}).wait(MaxRetries); w > DefaultMaxBackoff {
		t.Errorf("got %v, want at most %v", w, DefaultMaxBackoff)
	}
}

func TestRetryConfigRefused(t *testing.T) {
	for _, cfg := range []RetryConfig{{Retries: -1}, {Retries: MaxRetries + 1}, {Backoff: -1}, {MaxBackoff: -1}} {
		if _, err := Assemble(roles(after(0, answer())), Config{Retry: cfg}, nil); err == nil {
			t.Errorf("got no error for %+v", cfg)
		}
	}
}

// What is no Error is not known to pass by itself.
func TestRetriedPlainError(t *testing.T) {
	cause := errors.New("what")
	p, attempts := failing(cause)
	if _, err := retried(p, RetryConfig{Retries: 1}, func() {}).Fetch(t.Context(), ask("1")); !errors.Is(err, cause) || attempts() != 1 {
		t.Errorf("got error %v and %d attempts, want %v and 1", err, attempts(), cause)
	}
}
