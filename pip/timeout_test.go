package pip

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimeoutBudget(t *testing.T) {
	tests := []struct {
		name                   string
		own, reserve, deadline time.Duration // zero: none
		takes                  time.Duration
		want                   Outcome // empty: an answer
		waited                 time.Duration
	}{
		{name: "in time", own: time.Second, takes: 900 * time.Millisecond, waited: 900 * time.Millisecond},
		{name: "own", own: time.Second, takes: time.Minute, want: OutcomeTimeout, waited: time.Second},
		{name: "caller's", own: time.Second, deadline: 300 * time.Millisecond, takes: time.Minute, want: OutcomeTimeout, waited: 300 * time.Millisecond},
		{name: "caller's less reserve", own: time.Second, reserve: 100 * time.Millisecond, deadline: 300 * time.Millisecond, takes: time.Minute, want: OutcomeTimeout, waited: 200 * time.Millisecond},
		{name: "nothing left", own: time.Second, reserve: 300 * time.Millisecond, deadline: 300 * time.Millisecond, want: OutcomeTimeout},
		{name: "none at all", takes: time.Hour, waited: time.Hour},
		{name: "caller's only", deadline: time.Second, takes: time.Hour, want: OutcomeTimeout, waited: time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				start := time.Now()
				_, err := Timeout(after(tt.takes, answer("dagl")), tt.own, tt.reserve).Fetch(ctx, ask("1"))
				if got := time.Since(start); got != tt.waited {
					t.Errorf("waited %v, want %v", got, tt.waited)
				}
				if tt.want != "" {
					wantOutcome(t, err, tt.want)
				} else if err != nil {
					t.Errorf("got error %v, want an answer", err)
				}
			})
		})
	}
}

func TestTimeoutKeepsOtherErrors(t *testing.T) {
	cause := errors.New("refused")
	p := Timeout(ProviderFunc(func(context.Context, Question) (Answer, error) { return Answer{}, cause }), time.Second, 0)
	if _, err := p.Fetch(t.Context(), ask("1")); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}

func TestTimeoutCanceled(t *testing.T) {
	p, asked := counting(after(time.Second, answer()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Timeout(p, time.Second, 0).Fetch(ctx, ask("1"))
	wantOutcome(t, err, OutcomeCanceled)
	if n := asked.Load(); n != 0 {
		t.Errorf("got %d questions, want none", n)
	}
}
