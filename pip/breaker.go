package pip

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/sony/gobreaker/v2"
)

// BreakerConfig says when a source is left alone because it fails. A breaker
// is closed at first, and opens when too many calls failed. While it is open no
// call goes out, and all questions fail at once with [OutcomeOpen]. Then it is
// half-open: one call goes out, and what becomes of it closes or opens
// the breaker.
//
// That a source was unavailable, out of time or invalid is a failure, and so is
// a panic. That a caller went away, or that the source was not asked, says
// nothing. Anything else shows that it can be asked. A source whose invalid
// answers a caller can bring about lets that caller open the breaker: then it
// needs better declarations, or has to do without.
type BreakerConfig struct {
	// Enabled switches the breaker on.
	Enabled bool
	// Failures is the number of calls that must fail in a row, within Window, for
	// the breaker to open. Zero stands for 5.
	Failures int
	// Ratio is the share of calls within Window that must fail for the breaker to
	// open, above 0 and at most 1, if there are MinCalls. Zero stands for 0.5.
	Ratio float64
	// MinCalls is the least number of calls that Ratio needs. Zero stands for 20.
	MinCalls int
	// Window is the time that is looked back upon, to within a tenth. It is at
	// least twice as long as Failures calls that hang may take one after the
	// other: else they would be out of it before they count. Zero stands for 10 s.
	Window time.Duration
	// OpenFor is how long the breaker stays open. It is up to 20 % shorter, the
	// same for the life of the breaker, so that instances do not ask
	// together. Zero stands for 1 s.
	OpenFor time.Duration
}

// check reports what is wrong with the configuration.
func (c BreakerConfig) check() error {
	if c.Failures < 0 || c.MinCalls < 0 || c.Window < 0 || c.OpenFor < 0 {
		return errors.New("the numbers and times of a breaker must not be negative")
	}
	if !(c.Ratio >= 0 && c.Ratio <= 1) { // NaN is neither
		return errors.New("the ratio of a breaker must be from 0 to 1")
	}
	return nil
}

// withDefaults has no zeros. flight is the time that a call may take.
func (c BreakerConfig) withDefaults(flight time.Duration) BreakerConfig {
	if c.Failures == 0 {
		c.Failures = 5
	}
	if c.Ratio == 0 {
		c.Ratio = 0.5
	}
	if c.MinCalls == 0 {
		c.MinCalls = 20
	}
	if c.Window == 0 {
		c.Window = 10 * time.Second
	}
	c.Window = max(c.Window, 2*time.Duration(c.Failures)*flight)
	if c.OpenFor == 0 {
		c.OpenFor = time.Second
	}
	return c
}

// breaker keeps calls from a backend that fails.
type breaker struct {
	circuit *gobreaker.CircuitBreaker[[]Reply]
}

// newBreaker makes a breaker that is closed. state is told of every change: 0
// is closed, 1 half-open, 2 open.
func newBreaker(cfg BreakerConfig, flight time.Duration, state func(float64)) *breaker {
	cfg = cfg.withDefaults(flight)
	return &breaker{gobreaker.NewCircuitBreaker[[]Reply](gobreaker.Settings{
		MaxRequests:  1,
		Interval:     cfg.Window,
		BucketPeriod: max(1, cfg.Window/10),
		Timeout:      max(1, cfg.OpenFor-time.Duration(rand.Float64()*0.2*float64(cfg.OpenFor))),
		ReadyToTrip: func(n gobreaker.Counts) bool {
			known := int(n.TotalSuccesses) + int(n.TotalFailures)
			return int(n.ConsecutiveFailures) >= cfg.Failures ||
				known >= cfg.MinCalls && float64(n.TotalFailures) >= cfg.Ratio*float64(known)
		},
		IsExcluded:    func(err error) bool { return errors.Is(err, errNotAsked) },
		OnStateChange: func(_ string, _, to gobreaker.State) { state(float64(to)) },
	})}
}

// calls makes the calls that the breaker lets through, and learns from them.
func (b *breaker) calls(c calls) calls {
	return func(ctx context.Context, qs []Question) []Reply {
		var replies []Reply
		_, err := b.circuit.Execute(func() ([]Reply, error) {
			replies = c(ctx, qs)
			return replies, verdict(replies)
		})
		switch {
		case errors.Is(err, gobreaker.ErrOpenState):
			return refused(len(qs), errOpen())
		case errors.Is(err, gobreaker.ErrTooManyRequests):
			return refused(len(qs), &Error{Outcome: OutcomeOpen, Detail: "the breaker lets one question through"})
		default:
			return replies
		}
	}
}

func errOpen() *Error { return &Error{Outcome: OutcomeOpen, Detail: "the breaker is open"} }

// verdict is what a call says about its backend: nil if it can be asked, an
// errNotAsked if the call says nothing, else that it failed. One good reply
// shows that it can be asked, however the others went.
func verdict(replies []Reply) error {
	result := errNotAsked
	for _, r := range replies {
		if r.Err == nil {
			return nil
		}
		if errors.Is(r.Err, errNotAsked) {
			continue
		}
		switch outcomeOf(r.Err) {
		case OutcomeUnavailable, OutcomeTimeout, OutcomeInvalid:
			result = errFailed
		case OutcomeCanceled:
		default:
			return nil
		}
	}
	return result
}

// errFailed is the verdict on a backend that failed.
var errFailed = errors.New("the backend failed")
