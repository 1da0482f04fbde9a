package pip

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"

	"github.com/forseti-pdp/forseti/internal/panics"
)

// Panic is a fault of the code that asks a source, which is a failure of the source for
// everybody who waits for it.
type Panic struct {
	// Recovered is what recover gave; it may hold attribute values. Stack is where it was.
	Recovered any
	Stack     []byte

	told atomic.Bool
}

// Error describes the panic without attribute values.
func (p *Panic) Error() string { return "panic " + panics.Text(p.Recovered) }

// Unwrap is what was recovered, if that is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Recovered.(error)
	return err
}

// Panicked is the error for what recover gave, with a [Panic] as its cause; nil if there
// was nothing to recover. It is called by the deferred function.
func Panicked(recovered any) error {
	if recovered == nil {
		return nil
	}
	cause, known := recovered.(*Panic)
	if !known {
		cause = &Panic{Recovered: recovered, Stack: debug.Stack()}
	}
	return &Error{Outcome: OutcomeError, Detail: "the provider panicked", Err: cause}
}

// telling contains what panics in p, and tells of each panic once, however many wait for
// the same answer. tell may be nil.
func telling(p Provider, tell func(*Panic)) Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		a, err := fetchRecovered(ctx, p, q)
		if err == nil || tell == nil {
			return a, err
		}
		if cause, ok := errors.AsType[*Panic](err); ok && cause.told.CompareAndSwap(false, true) {
			tell(cause)
		}
		return a, err
	})
}
