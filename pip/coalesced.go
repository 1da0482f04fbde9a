package pip

import (
	"context"
	"time"

	"golang.org/x/sync/singleflight"
)

// DefaultFlight is how long a question may take that several callers wait for.
const DefaultFlight = 10 * time.Second

// maxFlights is the number of questions to one source that may be under way, the
// waiting included: they go on when their callers have left, so that the number of
// callers does not bound them.
const maxFlights = 10_000

// Coalesced asks once when several callers have the same question at the same
// time, and gives the answer to all. The question goes on when the caller that
// brought it leaves, because others may wait for it, but for at most the time
// flight; zero stands for [DefaultFlight]. A panic of the provider becomes an
// error with [OutcomeError] for every caller.
func Coalesced(p Provider, flight time.Duration) Provider { return newCoalesced(p, flight) }

// coalesced is a Coalesced provider that can be told to forget.
type coalesced struct {
	provider Provider
	flight   time.Duration
	group    singleflight.Group
	flights  flights
}

func newCoalesced(p Provider, flight time.Duration) *coalesced {
	if flight <= 0 {
		flight = DefaultFlight
	}
	return &coalesced{provider: p, flight: flight}
}

// Fetch waits for the answer, together with all who have the same question.
func (c *coalesced) Fetch(ctx context.Context, q Question) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, Failure(ctx, err)
	}
	key := q.Key()
	done := c.group.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.flight)
		defer cancel()
		f := c.flights.begin(q)
		// The group lets callers join for a moment after the end. Where nobody
		// knows that the flight is under way, nobody must be able to join it.
		defer c.flights.end(f, func() { c.group.Forget(key) })
		if c.flights.more(maxFlights) {
			return Answer{}, &Error{Outcome: OutcomeUnavailable, Detail: "too many questions are under way"}
		}
		a, err := fetchRecovered(ctx, c.provider, q)
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
}

// forget makes sure that nobody who comes later joins a question that matches
// and went out earlier. A flight that was forgotten leaves the group alone at its
// end: its key may be that of a later one by then.
func (c *coalesced) forget(match func(Question) bool) {
	c.flights.forget(match, func(q Question) { c.group.Forget(q.Key()) })
}
