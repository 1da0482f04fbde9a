package client

import (
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// What the ErrorInfo of a status holds. Step-up is PERMISSION_DENIED and not
// UNAUTHENTICATED: the subject is known and its token is valid. Who gets
// UNAUTHENTICATED asks for a new token of the same level and comes back with that,
// round and round; who knows of levels looks at the reason.
const (
	errorDomain   = "forseti"
	reasonStepUp  = "STEP_UP_REQUIRED"
	requiredLevel = "required_level"
)

// GRPCStatus is INTERNAL: it is up to the service that asks.
func (m mistake) GRPCStatus() *status.Status { return errNoQuestion() }

// GRPCStatus is PERMISSION_DENIED. It does not tell which decision it was.
func (*DeniedError) GRPCStatus() *status.Status { return errDenied() }

// GRPCStatus is PERMISSION_DENIED. It does not name the obligation.
func (*UnknownObligationError) GRPCStatus() *status.Status { return errDenied() }

// GRPCStatus is PERMISSION_DENIED. It does not name the obligation.
func (*ObligationError) GRPCStatus() *status.Status { return errDenied() }

// GRPCStatus is PERMISSION_DENIED with an ErrorInfo: domain forseti, reason
// STEP_UP_REQUIRED, and the level as required_level. [RequiredLevel] reads it.
func (e *StepUpError) GRPCStatus() *status.Status {
	s := status.New(codes.PermissionDenied, "a higher level of authentication is required")
	detailed, err := s.WithDetails(&errdetails.ErrorInfo{
		Domain: errorDomain, Reason: reasonStepUp, Metadata: map[string]string{requiredLevel: strconv.Itoa(e.Required)},
	})
	if err != nil {
		return s
	}
	return detailed
}

// GRPCStatus is UNAUTHENTICATED for a token of the subject that is not valid,
// UNAVAILABLE if it may help to try again, and INTERNAL otherwise: the question is
// wrong, or the calling service may not ask it.
func (e *UnavailableError) GRPCStatus() *status.Status {
	switch {
	case e.Reason == reasonName(v1.ErrorReason_ERROR_REASON_INVALID_TOKEN):
		return status.New(codes.Unauthenticated, "the token is not valid")
	case e.Temporary():
		return status.New(codes.Unavailable, "whether access is granted cannot be decided now")
	default:
		return errNoQuestion()
	}
}

func errDenied() *status.Status { return status.New(codes.PermissionDenied, "access is denied") }

func errNoQuestion() *status.Status {
	return status.New(codes.Internal, "whether access is granted cannot be asked")
}

// RequiredLevel is the level of authentication that the error of a call asks for; ok
// is false if it asks for none. It is for the callers of a service that enforces
// decisions with this package.
func RequiredLevel(err error) (level int, ok bool) {
	if e, is := errors.AsType[*StepUpError](err); is {
		return e.Required, true
	}
	s, is := status.FromError(err)
	if !is || s.Code() != codes.PermissionDenied {
		return 0, false
	}
	for _, d := range s.Details() {
		info, is := d.(*errdetails.ErrorInfo)
		if !is || info.GetDomain() != errorDomain || info.GetReason() != reasonStepUp {
			continue
		}
		n, err := strconv.Atoi(info.GetMetadata()[requiredLevel])
		return n, err == nil && n > 0
	}
	return 0, false
}

// unavailable is the error of an RPC as one of this package.
func unavailable(err error) error {
	if errors.Is(err, ErrDenied) {
		return err // of the connection: there is no deadline, or no token
	}
	s := status.Convert(err)
	e := &UnavailableError{Code: s.Code(), err: err}
	if e.Code == codes.OK {
		e.Code = codes.Unknown
	}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() == errorDomain {
				e.Reason = d.GetReason()
			}
		case *errdetails.RetryInfo:
			e.RetryAfter = max(0, d.GetRetryDelay().AsDuration())
		}
	}
	return e
}

// unanswered is the error of one item of a batch.
func unanswered(e *v1.ItemError) error {
	code := codes.Code(uint32(max(e.GetCode(), 0)))
	if code == codes.OK || code > codes.Unauthenticated {
		code = codes.Unknown
	}
	return &UnavailableError{Code: code, Reason: reasonName(e.GetReason()), err: status.Error(code, e.GetMessage())}
}

// invalid is an answer that breaks the contract.
func invalid(problem string) error {
	return &UnavailableError{Code: codes.Internal, err: fmt.Errorf("%w: %s", ErrInvalidAnswer, problem)}
}
