package rpc

import (
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/forseti-pdp/forseti/contexthandler"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// errorDomain is the domain of every ErrorInfo.
const errorDomain = "forseti"

// The shortest times that RetryInfo asks a caller to wait; up to as much again is
// added, so that callers that were refused together do not come back together.
const (
	retryAfter = 50 * time.Millisecond // until a place is free
	retryLater = time.Second           // until what it takes is there again
)

// reasonCodes is the gRPC code of each reason.
var reasonCodes = [...]codes.Code{
	v1.ErrorReason_ERROR_REASON_UNSPECIFIED:           codes.Internal,
	v1.ErrorReason_ERROR_REASON_NO_POLICY_SNAPSHOT:    codes.Unavailable,
	v1.ErrorReason_ERROR_REASON_INVALID_REQUEST:       codes.InvalidArgument,
	v1.ErrorReason_ERROR_REASON_TOO_MANY_DECISIONS:    codes.InvalidArgument,
	v1.ErrorReason_ERROR_REASON_BATCH_TOO_LARGE:       codes.InvalidArgument,
	v1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE:     codes.ResourceExhausted,
	v1.ErrorReason_ERROR_REASON_ATTRIBUTE_NOT_ALLOWED: codes.PermissionDenied,
	v1.ErrorReason_ERROR_REASON_OVERLOADED:            codes.ResourceExhausted,
	v1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT:    codes.DeadlineExceeded,
	v1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED:     codes.DeadlineExceeded,
	v1.ErrorReason_ERROR_REASON_CANCELLED:             codes.Canceled,
	v1.ErrorReason_ERROR_REASON_INTERNAL:              codes.Internal,
	v1.ErrorReason_ERROR_REASON_INVALID_TOKEN:         codes.Unauthenticated,
	v1.ErrorReason_ERROR_REASON_TOKEN_NOT_CHECKED:     codes.Unavailable,
	v1.ErrorReason_ERROR_REASON_NOT_ALLOWED:           codes.PermissionDenied,
	v1.ErrorReason_ERROR_REASON_UNAUTHENTICATED:       codes.Unauthenticated,
	v1.ErrorReason_ERROR_REASON_NOT_AUDITED:           codes.Unavailable,
}

// handlerReasons is what the reasons of the context handler are on the wire.
var handlerReasons = [...]v1.ErrorReason{
	contexthandler.ReasonInternal:            v1.ErrorReason_ERROR_REASON_INTERNAL,
	contexthandler.ReasonNoSnapshot:          v1.ErrorReason_ERROR_REASON_NO_POLICY_SNAPSHOT,
	contexthandler.ReasonInvalidRequest:      v1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
	contexthandler.ReasonTooManyDecisions:    v1.ErrorReason_ERROR_REASON_TOO_MANY_DECISIONS,
	contexthandler.ReasonAttributeNotAllowed: v1.ErrorReason_ERROR_REASON_ATTRIBUTE_NOT_ALLOWED,
	contexthandler.ReasonDeadlineExceeded:    v1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED,
	contexthandler.ReasonCancelled:           v1.ErrorReason_ERROR_REASON_CANCELLED,
	contexthandler.ReasonInvalidToken:        v1.ErrorReason_ERROR_REASON_INVALID_TOKEN,
	contexthandler.ReasonTokenNotChecked:     v1.ErrorReason_ERROR_REASON_TOKEN_NOT_CHECKED,
	contexthandler.ReasonNotAllowed:          v1.ErrorReason_ERROR_REASON_NOT_ALLOWED,
	contexthandler.ReasonNotAudited:          v1.ErrorReason_ERROR_REASON_NOT_AUDITED,
	contexthandler.ReasonOverloaded:          v1.ErrorReason_ERROR_REASON_OVERLOADED,
}

// failure is why a call, or an item of one, was not evaluated. As an error it is
// the status of an RPC.
type failure struct {
	reason  v1.ErrorReason
	message string // without attribute values
	shed    shed   // what there was too much of, if the service sheds load
}

// Error is the message.
func (f *failure) Error() string { return f.message }

func (f *failure) code() codes.Code { return reasonCodes[f.reason] }

// name is the reason as an ErrorInfo states it.
func (f *failure) name() string { return strings.TrimPrefix(f.reason.String(), "ERROR_REASON_") }

// GRPCStatus is the failure as the status of an RPC.
func (f *failure) GRPCStatus() *status.Status {
	s := status.New(f.code(), f.message)
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Domain: errorDomain, Reason: f.name()}}
	if wait := f.retry(); wait > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(wait + rand.N(wait))})
	}
	detailed, err := s.WithDetails(details...)
	if err != nil {
		return s
	}
	return detailed
}

// retry is the shortest time after which the same call may be answered by the same
// service; 0 if it makes no sense to repeat it, or if that is no matter of time.
func (f *failure) retry() time.Duration {
	switch f.reason {
	case v1.ErrorReason_ERROR_REASON_OVERLOADED:
		if f.shed == shedMemory || f.shed == shedBig {
			return retryLater
		}
		return retryAfter
	case v1.ErrorReason_ERROR_REASON_NO_POLICY_SNAPSHOT, v1.ErrorReason_ERROR_REASON_TOKEN_NOT_CHECKED, v1.ErrorReason_ERROR_REASON_NOT_AUDITED:
		return retryLater
	default:
		return 0
	}
}

// item is the failure as that of one item.
func (f *failure) item() *v1.ItemError {
	return &v1.ItemError{Code: int32(f.code()), Message: f.message, Reason: f.reason}
}

// asFailure is err as a failure. An error that says nothing to the caller is a
// fault of the service.
func asFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if e, ok := errors.AsType[*contexthandler.Error](err); ok && e.Reason == contexthandler.ReasonOverloaded {
		return errOverloaded(shedWaiting)
	} else if ok && int(e.Reason) < len(handlerReasons) {
		return &failure{reason: handlerReasons[e.Reason], message: strings.ToValidUTF8(e.Message, "\uFFFD")}
	}
	return &failure{reason: v1.ErrorReason_ERROR_REASON_INTERNAL, message: "internal error"}
}
