package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// nobody is the caller of every request, as long as callers are not told apart.
const nobody = ""

// service is the AuthorizationService.
type service struct {
	v1.UnimplementedAuthorizationServiceServer

	handler *contexthandler.Handler
	names   *names
	limits  Limits
	gate    *gate           // of calls, for the messages of streams
	drain   context.Context // ends when streams have to
	readers sync.WaitGroup  // of streams
	metrics *metrics
	log     *slog.Logger
}

// Authorize decides one request.
func (s *service) Authorize(ctx context.Context, m *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
	snapshot, err := s.handler.Snapshot()
	if err != nil {
		return nil, err
	}
	return s.authorize(ctx, snapshot, m)
}

// authorize decides one request on the snapshot. It does not panic.
func (s *service) authorize(ctx context.Context, snapshot *pap.Snapshot, m *v1.AuthorizeRequest) (response *v1.AuthorizeResponse, err error) {
	defer s.contain(ctx, &err)
	request, err := s.names.authorize(m)
	results, err := s.decide(ctx, snapshot, request, err)
	if err != nil {
		return nil, err
	}
	if len(results) != 1 { // as a scope may ask for; no one of them is the answer
		return nil, invalidf("the request asks for %d decisions; Evaluate answers such requests", len(results))
	}
	response = authorizeResponse(m.GetRequestId(), snapshot.ID, &results[0])
	return response, s.checkAnswer(response)
}

// Evaluate decides a complete XACML request.
func (s *service) Evaluate(ctx context.Context, m *v1.EvaluateRequest) (*v1.EvaluateResponse, error) {
	snapshot, err := s.handler.Snapshot()
	if err != nil {
		return nil, err
	}
	request, err := s.names.evaluate(m)
	results, err := s.decide(ctx, snapshot, request, err)
	if err != nil {
		return nil, err
	}
	response := evaluateResponse(snapshot.ID, results)
	if response.Document, err = answer(m, results); err != nil {
		return nil, fmt.Errorf("cannot write the response: %w", err)
	}
	return response, s.checkAnswer(response)
}

// decide has a request decided. wrong is what was wrong with the message, or
// nil; what makes a value wrong for its data type is a result, not an error.
func (s *service) decide(ctx context.Context, snapshot *pap.Snapshot, request *xacml.Request, wrong error) ([]xacml.Result, error) {
	if err := s.checkTime(ctx); err != nil {
		return nil, err
	}
	if e, ok := errors.AsType[*xacml.Error](wrong); ok {
		return s.handler.Refused(e.Status), nil
	}
	if wrong != nil {
		return nil, wrong
	}
	return s.handler.Decide(ctx, snapshot, nobody, request)
}

// checkTime refuses what cannot be decided in the time that is left.
func (s *service) checkTime(ctx context.Context) error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{v1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED, "the deadline passed before the decision was made"}
	case err != nil:
		return &failure{v1.ErrorReason_ERROR_REASON_CANCELLED, "the call was cancelled before the decision was made"}
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < s.limits.MinDeadline {
		return errDeadlineTooShort()
	}
	return nil
}

func errDeadlineTooShort() *failure {
	return &failure{v1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT, "what is left of the deadline is too short to start"}
}

// checkAnswer refuses an answer that gRPC would refuse to send.
func (s *service) checkAnswer(m proto.Message) error {
	if proto.Size(m) > s.limits.MaxSendBytes {
		return &failure{v1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE, "the answer is larger than what the service sends in one message"}
	}
	return nil
}

// AuthorizeBatch decides many requests, a few at a time, on one snapshot.
func (s *service) AuthorizeBatch(ctx context.Context, m *v1.AuthorizeBatchRequest) (*v1.AuthorizeBatchResponse, error) {
	requests := m.GetRequests()
	if len(requests) > s.limits.MaxBatch {
		return nil, &failure{v1.ErrorReason_ERROR_REASON_BATCH_TOO_LARGE, fmt.Sprintf("the batch has more than %d items", s.limits.MaxBatch)}
	}
	snapshot, err := s.handler.Snapshot()
	if err != nil {
		return nil, err
	}
	response := &v1.AuthorizeBatchResponse{Items: make([]*v1.AuthorizeBatchItem, len(requests)), Snapshot: snapshot.ID}
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(requests)); i = next.Add(1) - 1 {
			response.Items[i] = s.batchItem(ctx, snapshot, requests[i])
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(requests)) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return response, s.checkAnswer(response)
}

func (s *service) batchItem(ctx context.Context, snapshot *pap.Snapshot, m *v1.AuthorizeRequest) *v1.AuthorizeBatchItem {
	item := &v1.AuthorizeBatchItem{RequestId: m.GetRequestId()}
	response, err := s.authorize(ctx, snapshot, m)
	if err != nil {
		item.Outcome = &v1.AuthorizeBatchItem_Error{Error: s.itemError(err)}
	} else {
		item.Outcome = &v1.AuthorizeBatchItem_Response{Response: response}
	}
	return item
}

// itemError is why an item was not evaluated.
func (s *service) itemError(err error) *v1.ItemError {
	f := asFailure(err)
	s.metrics.failed(f)
	return f.item()
}

// contain makes an error of a panic. It has to be deferred.
func (s *service) contain(ctx context.Context, err *error) {
	if r := recover(); r != nil {
		s.metrics.panics.Inc()
		s.log.WarnContext(ctx, "panic contained", slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
		*err = &failure{v1.ErrorReason_ERROR_REASON_INTERNAL, "internal error"}
	}
}
