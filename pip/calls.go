package pip

import (
	"context"
	"errors"
)

// calls makes one call of a backend, for one question or for several. There is
// exactly one reply for each question, in order, and every error is classified.
// What concerns the backend and not one question ([breaker] and [bulkhead]) goes
// around calls, so that it works the same for both.
type calls func(ctx context.Context, qs []Question) []Reply

// errNotAsked is in the errors of questions that did not get as far as the
// backend: they say nothing about it.
var errNotAsked = errors.New("the backend was not asked")

// single is c for one question at a time.
func (c calls) single() Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		r := c(ctx, []Question{q})[0]
		return r.Answer, r.Err
	})
}

// alone asks p one question after the other. There usually is only one.
func alone(p Provider) calls {
	return func(ctx context.Context, qs []Question) []Reply {
		replies := make([]Reply, len(qs))
		for i, q := range qs {
			a, err := p.Fetch(ctx, q)
			replies[i] = classified(ctx, Reply{a, err})
		}
		return replies
	}
}

// together asks p all questions with one call. A list of replies of another
// length says nothing about any of the questions.
func together(p BulkProvider) calls {
	return func(ctx context.Context, qs []Question) []Reply {
		got := p.FetchAll(ctx, qs)
		if len(got) != len(qs) {
			return refused(len(qs), Invalidf("there are %d replies to %d questions", len(got), len(qs)))
		}
		replies := make([]Reply, len(qs)) // not got, which may still be the provider's
		for i, r := range got {
			replies[i] = classified(ctx, r)
		}
		return replies
	}
}

// classified is the reply with its error, if there is one, classified.
func classified(ctx context.Context, r Reply) Reply {
	if r.Err != nil {
		return Reply{Err: late(ctx, r.Err)}
	}
	return r
}

// refused is the same error for all questions.
func refused(n int, err error) []Reply {
	replies := make([]Reply, n)
	for i := range replies {
		replies[i].Err = err
	}
	return replies
}

// fetchRecovered asks p and turns a panic into an error: the goroutine of a
// flight has no caller that could recover.
func fetchRecovered(ctx context.Context, p Provider, q Question) (a Answer, err error) {
	defer func() {
		if e := Panicked(recover()); e != nil {
			a, err = Answer{}, e
		}
	}()
	return p.Fetch(ctx, q)
}

// recovered is c, with a panic turned into an error for all questions.
func (c calls) recovered() calls {
	return func(ctx context.Context, qs []Question) (replies []Reply) {
		defer func() {
			if e := Panicked(recover()); e != nil {
				replies = refused(len(qs), e)
			}
		}()
		return c(ctx, qs)
	}
}
