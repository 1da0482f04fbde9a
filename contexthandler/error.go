package contexthandler

import (
	"context"
	"errors"
	"fmt"
)

// Reason is the closed list of why a request was not evaluated.
type Reason uint8

// The reasons. The zero Reason is a fault of the service.
const (
	ReasonInternal Reason = iota
	ReasonNoSnapshot
	ReasonInvalidRequest
	ReasonTooManyDecisions
	ReasonAttributeNotAllowed
	ReasonDeadlineExceeded
	ReasonCancelled
	ReasonInvalidToken
	ReasonTokenNotChecked
	ReasonNotAllowed
	ReasonNotAudited
	ReasonOverloaded
)

// String is the reason in lower case, as metrics and audit records have it.
func (r Reason) String() string {
	names := [...]string{
		ReasonInternal:            "internal",
		ReasonNoSnapshot:          "no_policy_snapshot",
		ReasonInvalidRequest:      "invalid_request",
		ReasonTooManyDecisions:    "too_many_decisions",
		ReasonAttributeNotAllowed: "attribute_not_allowed",
		ReasonDeadlineExceeded:    "deadline_exceeded",
		ReasonCancelled:           "cancelled",
		ReasonInvalidToken:        "invalid_token",
		ReasonTokenNotChecked:     "token_not_checked",
		ReasonNotAllowed:          "not_allowed",
		ReasonNotAudited:          "not_audited",
		ReasonOverloaded:          "overloaded",
	}
	if int(r) < len(names) {
		return names[r]
	}
	return fmt.Sprintf("reason_%d", uint8(r))
}

// Error tells that a request was not evaluated. It is never a decision. The
// message holds no attribute values.
type Error struct {
	Reason  Reason
	Message string
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

func errorf(r Reason, format string, args ...any) *Error {
	return &Error{r, fmt.Sprintf(format, args...)}
}

// gaveUp is the error of a context that ended before the decision was made.
func gaveUp(err error) *Error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errorf(ReasonDeadlineExceeded, "the deadline passed before the decision was made")
	}
	return errorf(ReasonCancelled, "the call was cancelled before the decision was made")
}
