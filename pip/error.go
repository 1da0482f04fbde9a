package pip

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Outcome says how a question went. The set is closed: outcomes are labels of
// metrics.
type Outcome string

// The outcomes. The first four are answers, the others are errors.
const (
	OutcomeOK          Outcome = "ok"          // the source gave values
	OutcomeEmpty       Outcome = "empty"       // the source said that there are none
	OutcomeCached      Outcome = "cached"      // a cache remembered the answer
	OutcomeStale       Outcome = "stale"       // the source failed, and a cache gave what it may give past its time
	OutcomeTimeout     Outcome = "timeout"     // the time was up
	OutcomeCanceled    Outcome = "canceled"    // the caller went away
	OutcomeInvalid     Outcome = "invalid"     // the source gave what it must not give
	OutcomeUnavailable Outcome = "unavailable" // the source could not be asked
	OutcomeOpen        Outcome = "open"        // the breaker did not let the source be asked
	OutcomeError       Outcome = "error"       // anything else
)

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomeOK, OutcomeEmpty, OutcomeCached, OutcomeStale,
		OutcomeTimeout, OutcomeCanceled, OutcomeInvalid, OutcomeUnavailable, OutcomeOpen, OutcomeError,
	}
}

// Error says why a question has no answer.
type Error struct {
	// Source is the name of the source; empty below [Instrumented], which fills it in.
	Source  string
	Outcome Outcome
	// Detail is for people; it never holds attribute values.
	Detail string
	// Err is the cause, or nil. It is not part of the message, because what a
	// backend or a parser writes may quote attribute values.
	Err error
	// RetryAfter is how long the backend asked to be left alone, as in the header
	// Retry-After of HTTP; zero if it did not say.
	RetryAfter time.Duration
}

// Error is the source, the outcome and the detail, without the cause.
func (e *Error) Error() string {
	s := string(e.Outcome)
	if e.Source != "" {
		s = fmt.Sprintf("source %q: %s", e.Source, s)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Invalidf is an error with OutcomeInvalid. The detail must not hold attribute values.
func Invalidf(format string, args ...any) *Error {
	return &Error{Outcome: OutcomeInvalid, Detail: fmt.Sprintf(format, args...)}
}

// Failure makes an [Error] of what went wrong while a backend was asked: it is
// a timeout or a cancellation if ctx is done, and unavailable otherwise. An
// err that is an Error already keeps its outcome.
func Failure(ctx context.Context, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if cause := ctx.Err(); cause != nil {
		return &Error{Outcome: outcomeOf(cause), Err: err}
	}
	outcome := outcomeOf(err)
	if outcome == OutcomeError {
		outcome = OutcomeUnavailable
	}
	return &Error{Outcome: outcome, Err: err}
}

// outcomeOf classifies an error.
func outcomeOf(err error) Outcome {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Outcome
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return OutcomeTimeout
	case errors.Is(err, context.Canceled):
		return OutcomeCanceled
	default:
		return OutcomeError
	}
}
