package pip

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
)

// DefaultFlight is how long a question may take that several callers wait for.
const DefaultFlight = 10 * time.Second

// Coalesced asks once when several callers have the same question at the same
// time, and gives the answer to all. The question goes on when the caller that
// brought it leaves, because others may wait for it, but for at most the time
// flight; zero stands for [DefaultFlight]. A panic of the provider becomes an
// error with [OutcomeError] for every caller.
func Coalesced(p Provider, flight time.Duration) Provider {
	if flight <= 0 {
		flight = DefaultFlight
	}
	group := new(singleflight.Group)
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		if err := ctx.Err(); err != nil {
			return Answer{}, Failure(ctx, err)
		}
		done := group.DoChan(q.Key(), func() (any, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flight)
			defer cancel()
			a, err := fetchRecovered(ctx, p, q)
			if err != nil {
				return Answer{}, late(ctx, err)
			}
			return a, nil
		})
		select {
		case <-ctx.Done():
			return Answer{}, Failure(ctx, ctx.Err())
		case r := <-done:
			if r.Err != nil {
				return Answer{}, r.Err
			}
			a, ok := r.Val.(Answer)
			if !ok {
				return Answer{}, &Error{Outcome: OutcomeError, Detail: "the question ended without an answer"}
			}
			return a, nil
		}
	})
}

// fetchRecovered asks p and turns a panic into an error: the goroutine of a
// flight has no caller that could recover.
func fetchRecovered(ctx context.Context, p Provider, q Question) (a Answer, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			a, err = Answer{}, &Error{Outcome: OutcomeError, Detail: "the provider panicked", Err: r}
		default:
			a, err = Answer{}, &Error{Outcome: OutcomeError, Detail: "the provider panicked", Err: errors.New(fmt.Sprint(r))}
		}
	}()
	return p.Fetch(ctx, q)
}
