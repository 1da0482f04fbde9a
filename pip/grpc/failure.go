package grpc

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// failure classifies what a call failed with. The message of a status may quote
// attribute values; it is the cause, which nobody prints.
func failure(ctx context.Context, err error) *pip.Error {
	if ctx.Err() != nil {
		return pip.Failure(ctx, err)
	}
	s := status.Convert(err)
	e := &pip.Error{Detail: "the call failed with " + s.Code().String(), Err: err}
	switch s.Code() {
	case codes.ResourceExhausted:
		if strings.Contains(s.Message(), "larger than max") { // gRPC has no other sign of it
			return &pip.Error{Outcome: pip.OutcomeInvalid, Detail: "the response is too large", Err: errors.Join(errTooLarge, err)}
		}
		e.Outcome = pip.OutcomeUnavailable
	case codes.Unavailable, codes.Aborted, codes.Canceled:
		// ctx is not done: it was the other side that cancelled.
		e.Outcome = pip.OutcomeUnavailable
	case codes.DeadlineExceeded:
		e.Outcome = pip.OutcomeTimeout
	default:
		e.Outcome = pip.OutcomeError
	}
	if e.Outcome == pip.OutcomeUnavailable {
		for _, detail := range s.Details() {
			if info, ok := detail.(*errdetails.RetryInfo); ok {
				e.RetryAfter = wait(info.GetRetryDelay())
			}
		}
	}
	return e
}

// questionFailure classifies why one question has no answer.
func questionFailure(q *v1.QuestionError) *pip.Error {
	switch code := q.GetCode(); code {
	case v1.ErrorCode_ERROR_CODE_UNAVAILABLE:
		return &pip.Error{
			Outcome: pip.OutcomeUnavailable, Detail: "the service does not know at the moment",
			RetryAfter: wait(q.GetRetryAfter()),
		}
	case v1.ErrorCode_ERROR_CODE_INVALID_QUESTION:
		return &pip.Error{Outcome: pip.OutcomeError, Detail: "the service does not accept the question"}
	case v1.ErrorCode_ERROR_CODE_NOT_ALLOWED:
		return &pip.Error{Outcome: pip.OutcomeError, Detail: "the service does not allow the question"}
	case v1.ErrorCode_ERROR_CODE_TOO_LARGE:
		return &pip.Error{Outcome: pip.OutcomeInvalid, Detail: "the answer is too large", Err: errTooLarge}
	case v1.ErrorCode_ERROR_CODE_INTERNAL:
		return &pip.Error{Outcome: pip.OutcomeError, Detail: "the service has a fault"}
	default:
		return pip.Invalidf("the reply has the error %d, which is none", code)
	}
}

// wait is how long the service asked to be left alone, zero if it did not say
// anything that makes sense.
func wait(d *durationpb.Duration) time.Duration {
	if d.CheckValid() != nil { // not set, too
		return 0
	}
	return max(0, d.AsDuration())
}
