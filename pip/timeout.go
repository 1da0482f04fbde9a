package pip

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Timeout gives each question at most the time own, and leaves reserve of the
// caller's deadline for the evaluation that follows. A question for which no
// time is left is not asked. Zero stands for no timeout of its own.
func Timeout(p Provider, own, reserve time.Duration) Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		if err := ctx.Err(); err != nil {
			return Answer{}, Failure(ctx, err)
		}
		budget, callers := own, false // whether the caller's time is the shorter
		if deadline, ok := ctx.Deadline(); ok {
			left := time.Until(deadline) - reserve
			if left <= 0 {
				return Answer{}, &Error{Outcome: OutcomeTimeout, Detail: "no time is left to ask", Err: errCaller}
			}
			if budget <= 0 || left < budget {
				budget, callers = left, true
			}
		}
		if budget > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, budget)
			defer cancel()
		}
		a, err := p.Fetch(ctx, q)
		if err == nil {
			return a, nil
		}
		err = late(ctx, err)
		if callers && ctx.Err() != nil && outcomeOf(err) == OutcomeTimeout {
			err = &Error{Outcome: OutcomeTimeout, Detail: "the time of the caller was up", Err: errCaller}
		}
		return Answer{}, err
	})
}

// errCaller is in the errors of questions for which the caller had less time
// than the source may take: they say nothing about the source.
var errCaller = fmt.Errorf("the caller could not wait: %w", context.DeadlineExceeded)

// late is err, or a timeout or cancellation if that is what made the provider
// fail. What a provider found out for sure, it found out in time.
func late(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*Error](err); !ok && (ctx.Err() != nil || outcomeOf(err) != OutcomeError) {
		return Failure(ctx, err)
	}
	return err
}
