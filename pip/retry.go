package pip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// The defaults of [RetryConfig], and the greatest number of retries.
const (
	DefaultBackoff    = 50 * time.Millisecond
	DefaultMaxBackoff = time.Second
	MaxRetries        = 10
)

// RetryConfig says how a question is asked again. Only that the source was
// unavailable is a reason to: other errors do not pass by themselves, and after
// a timeout there is no time left.
type RetryConfig struct {
	// Retries is the number of attempts after the first one, at most
	// [MaxRetries]. Zero: none.
	Retries int
	// Backoff bounds the time before the first retry, and doubles with each. The
	// time is chosen at random between zero and the bound, so that callers who
	// failed together do not come back together. Zero stands for [DefaultBackoff].
	Backoff time.Duration
	// MaxBackoff bounds Backoff as it doubles. Zero stands for [DefaultMaxBackoff].
	MaxBackoff time.Duration
}

// check reports what is wrong with the configuration.
func (c RetryConfig) check() error {
	if c.Retries < 0 || c.Retries > MaxRetries {
		return fmt.Errorf("the number of retries must be from 0 to %d", MaxRetries)
	}
	if c.Backoff < 0 || c.MaxBackoff < 0 {
		return errors.New("the backoff of retries must not be negative")
	}
	return nil
}

// wait is a time before the retry n, which counts from 0.
func (c RetryConfig) wait(n int) time.Duration {
	bound, most := c.Backoff, c.MaxBackoff
	if bound == 0 {
		bound = DefaultBackoff
	}
	if most == 0 {
		most = DefaultMaxBackoff
	}
	for range n {
		bound = min(2*bound, most)
	}
	return rand.N(min(bound, most) + 1)
}

// retried asks p again when it was unavailable. A retry that would begin after
// the deadline is not waited for, nor one that the backend put off
// until then ([Error].RetryAfter): the error is given at once. Without a
// deadline all attempts together begin within [DefaultFlight]. count is called
// for each retry.
func retried(p Provider, cfg RetryConfig, count func()) Provider {
	if cfg.Retries == 0 {
		return p
	}
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		end, ok := ctx.Deadline()
		if !ok {
			end = time.Now().Add(DefaultFlight)
		}
		a, err := p.Fetch(ctx, q)
		for n := range cfg.Retries {
			e, failed := errors.AsType[*Error](err)
			if !failed || e.Outcome != OutcomeUnavailable || !pause(ctx, end, max(0, e.RetryAfter)+cfg.wait(n)) {
				break
			}
			count()
			again, errAgain := p.Fetch(attempt(ctx, n+2), q)
			if outcomeOf(errAgain) == OutcomeOpen {
				break // what made the breaker open says more
			}
			a, err = again, errAgain
		}
		return a, err
	})
}

// pause waits, and reports whether there still is a point in asking.
func pause(ctx context.Context, end time.Time, wait time.Duration) bool {
	if time.Until(end) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
