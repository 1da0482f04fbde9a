package pip

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// DefaultMaxInFlight is the number of questions that one source is asked at the
// same time.
const DefaultMaxInFlight = 64

// bulkhead lets at most n calls be under way; zero stands for
// [DefaultMaxInFlight]. The others wait, in order, as long as their contexts
// allow: a source that hangs holds up its own questions only.
func bulkhead(c calls, n int) calls {
	if n <= 0 {
		n = DefaultMaxInFlight
	}
	places := semaphore.NewWeighted(int64(n))
	return func(ctx context.Context, qs []Question) []Reply {
		if !places.TryAcquire(1) {
			if err := places.Acquire(ctx, 1); err != nil {
				return refused(len(qs), notAsked(ctx, "too many questions are under way"))
			}
		}
		defer places.Release(1)
		if ctx.Err() != nil { // the place came too late
			return refused(len(qs), notAsked(ctx, "too many questions were under way"))
		}
		return c(ctx, qs)
	}
}

// notAsked is the error of a question that waited until its context was done.
func notAsked(ctx context.Context, detail string) *Error {
	cause := ctx.Err()
	return &Error{Outcome: outcomeOf(cause), Detail: detail, Err: fmt.Errorf("%w: %w", errNotAsked, cause)}
}
