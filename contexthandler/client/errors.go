package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// ErrDenied is what every error of this package is by errors.Is: access is not
// granted.
var ErrDenied = errors.New("access is denied")

// ErrNoDeadline tells that the context of a call has no deadline, and that
// [Config.Timeout] gives it none.
var ErrNoDeadline error = mistake("a question needs a deadline, by its context or by Config.Timeout")

// ErrInvalidAnswer is wrapped by the [UnavailableError] of an answer that breaks the
// contract of the service.
var ErrInvalidAnswer = errors.New("the answer breaks the contract")

// mistake is an error of whoever uses the package.
type mistake string

// Error is the text.
func (m mistake) Error() string { return string(m) }

// Is tells that access is not granted.
func (mistake) Is(target error) bool { return target == ErrDenied }

// Outcome is what a decision is, without the extended values of Indeterminate. The
// zero Outcome is Indeterminate.
type Outcome uint8

// The decisions of core 5.53.
const (
	Indeterminate Outcome = iota
	NotApplicable
	Deny
	Permit
)

// String is the decision as the standard writes it.
func (o Outcome) String() string {
	switch o {
	case NotApplicable:
		return "NotApplicable"
	case Deny:
		return "Deny"
	case Permit:
		return "Permit"
	default:
		return "Indeterminate"
	}
}

func outcomeOf(d v1.Decision) Outcome {
	switch d {
	case v1.Decision_DECISION_PERMIT:
		return Permit
	case v1.Decision_DECISION_DENY:
		return Deny
	case v1.Decision_DECISION_NOT_APPLICABLE:
		return NotApplicable
	default:
		return Indeterminate
	}
}

// DeniedError tells that the decision is not Permit.
type DeniedError struct {
	// Decision is Deny, NotApplicable or Indeterminate.
	Decision Outcome
	// Status is the code of core B.8 that goes with it, a URN. Empty: there was no
	// answer at all.
	Status string
	// Missing are the attributes that an Indeterminate decision lacked, if that is
	// why. A new request that supplies them may fare better.
	Missing []MissingAttribute
	// Err is what went wrong with the obligations of a Deny. Nil: nothing.
	Err error
}

// MissingAttribute names an attribute.
type MissingAttribute struct {
	// Category, ID and DataType are URIs. An empty Issuer is any.
	Category, ID, DataType, Issuer string
}

// statusPrefix is what the codes of core B.8 begin with.
const statusPrefix = "urn:oasis:names:tc:xacml:1.0:status:"

// statusOK is the code of what went well.
const statusOK = statusPrefix + "ok"

// Error names the decision and its status.
func (e *DeniedError) Error() string {
	text := "access is denied: " + e.Decision.String()
	if e.Status != "" && e.Status != statusOK {
		text += ", " + strings.TrimPrefix(e.Status, statusPrefix)
	}
	if e.Err != nil {
		text += "; " + e.Err.Error()
	}
	return text
}

// Is tells that access is not granted.
func (*DeniedError) Is(target error) bool { return target == ErrDenied }

// Unwrap gives Err.
func (e *DeniedError) Unwrap() error { return e.Err }

// StepUpError tells that access would be granted at a higher level of
// authentication.
type StepUpError struct {
	// Required is the least such level.
	Required int
}

// Error names the level.
func (e *StepUpError) Error() string {
	return fmt.Sprintf("access is denied: authentication of level %d is required", e.Required)
}

// Is tells that access is not granted.
func (*StepUpError) Is(target error) bool { return target == ErrDenied }

// UnknownObligationError tells that an obligation of a Permit is not understood
// (§7.2). None of its obligations was carried out.
type UnknownObligationError struct {
	// ID of the obligation.
	ID string
}

// Error names the obligation.
func (e *UnknownObligationError) Error() string {
	return fmt.Sprintf("access is denied: obligation %q is not understood", e.ID)
}

// Is tells that access is not granted.
func (*UnknownObligationError) Is(target error) bool { return target == ErrDenied }

// ObligationError tells that an obligation is understood, and was not carried out.
type ObligationError struct {
	// ID of the obligation.
	ID string
	// Err is why, in the words of the [Handler] if there is one.
	Err error
}

// Error names the obligation and the reason.
func (e *ObligationError) Error() string {
	return fmt.Sprintf("access is denied: obligation %q is not carried out: %v", e.ID, e.Err)
}

// Is tells that access is not granted.
func (*ObligationError) Is(target error) bool { return target == ErrDenied }

// Unwrap gives Err.
func (e *ObligationError) Unwrap() error { return e.Err }

// UnavailableError tells that there is no decision: the service could not be asked,
// did not evaluate, or did not answer as it should.
type UnavailableError struct {
	// Code is that of the RPC, or of the item of a batch. It is never OK.
	Code codes.Code
	// Reason is a name of ErrorReason of the wire contract without ERROR_REASON_, as in
	// NO_POLICY_SNAPSHOT. Empty: the service did not see the request, or gives none.
	Reason string
	// RetryAfter is for how long the service asks to be left alone. Zero: it does not.
	RetryAfter time.Duration

	err error
}

// Error is for those who run the calling service. It holds no attribute values.
func (e *UnavailableError) Error() string {
	text := "access is denied: there is no decision: " + e.Code.String()
	if e.Reason != "" {
		text += ", " + e.Reason
	}
	if s, ok := status.FromError(e.err); ok && s.Message() != "" {
		return text + ": " + s.Message()
	}
	if e.err != nil {
		return text + ": " + e.err.Error()
	}
	return text
}

// Is tells that access is not granted, and whether the context ended.
func (e *UnavailableError) Is(target error) bool {
	switch target {
	case ErrDenied:
		return true
	case context.DeadlineExceeded:
		return e.Code == codes.DeadlineExceeded
	case context.Canceled:
		return e.Code == codes.Canceled
	default:
		return false
	}
}

// Unwrap gives the error of the RPC, or one that is [ErrInvalidAnswer].
func (e *UnavailableError) Unwrap() error { return e.err }

// Temporary reports whether the same question may get a decision later.
func (e *UnavailableError) Temporary() bool {
	switch e.Code {
	case codes.ResourceExhausted:
		return e.RetryAfter > 0 || e.Reason == reasonName(v1.ErrorReason_ERROR_REASON_OVERLOADED)
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Aborted, codes.Internal, codes.Unknown, codes.DataLoss:
		return true
	default:
		return false
	}
}

// reasonName is a reason as an ErrorInfo states it, empty for none.
func reasonName(r v1.ErrorReason) string {
	if r == v1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return ""
	}
	return strings.TrimPrefix(r.String(), "ERROR_REASON_")
}
