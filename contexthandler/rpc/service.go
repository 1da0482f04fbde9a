package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/caller"
	"github.com/forseti-pdp/forseti/internal/panics"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// service is the AuthorizationService.
type service struct {
	v1.UnimplementedAuthorizationServiceServer

	handler *contexthandler.Handler
	names   *names
	limits  Limits
	memory  supply
	reading *share // of calls whose message is not there yet
	unsent  unsent
	room    share           // of messages
	gate    *gate           // of calls, for the messages of streams
	drain   context.Context // ends when streams have to
	readers sync.WaitGroup  // of streams
	metrics *metrics
	methods map[string]*methodMetrics // by full name; set before the first call
	log     *slog.Logger
	// explains tells who may ask for explanations; nil is nobody.
	explains func(caller string) bool
	// callers tells who calls; nil if callers are not told apart.
	callers *caller.Authenticator
	// tracer makes the spans of calls; nil if nobody traces.
	tracer trace.Tracer
	// impatient is a context that has ended, to ask without waiting.
	impatient context.Context

	streamed *shape // of the messages of streams

	questions questions
	buffers   buffers
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
	answer, err := s.decide(ctx, snapshot, request, m, err)
	if err != nil {
		return nil, err
	}
	if len(answer.Results) != 1 { // as a scope may ask for; no one of them is the answer
		return nil, invalidf("the request asks for %d decisions; Evaluate answers such requests", len(answer.Results))
	}
	response = authorizeResponse(&decided{m.GetRequestId(), snapshot.ID, &answer.Results[0], answer.Freshness, answer.Enforcement})
	if len(answer.Explanations) == 1 {
		response.Explanation = explanationMessage(answer.Explanations[0])
	}
	return response, s.checkAnswer(response)
}

// Evaluate decides a complete XACML request.
func (s *service) Evaluate(ctx context.Context, m *v1.EvaluateRequest) (*v1.EvaluateResponse, error) {
	snapshot, err := s.handler.Snapshot()
	if err != nil {
		return nil, err
	}
	request, err := s.names.evaluate(m)
	made, err := s.decide(ctx, snapshot, request, m, err)
	if err != nil {
		return nil, err
	}
	response := evaluateResponse(snapshot.ID, &made)
	response.Explanations = explanations(made.Explanations)
	if response.Document, err = answer(m, made.Results); err != nil {
		return nil, fmt.Errorf("cannot write the response: %w", err)
	}
	return response, s.checkAnswer(response)
}

// wishes are what a message asks for beside the decision.
type wishes interface {
	GetSubjectToken() string
	GetEnforce() bool
	GetExplain() bool
}

// decide has a request decided. wrong is what was wrong with the message, or
// nil; what makes a value wrong for its data type is a result, not an error.
func (s *service) decide(ctx context.Context, snapshot *pap.Snapshot, request *xacml.Request, m wishes, wrong error) (contexthandler.Answer, error) {
	who, err := s.callerOf(ctx)
	if err != nil {
		return contexthandler.Answer{}, err
	}
	call := contexthandler.Call{
		ID: s.requestID(ctx, m), Caller: who.Name, Request: request, Token: m.GetSubjectToken(), Enforce: m.GetEnforce(), Explain: m.GetExplain(),
	}
	if err := s.checkTime(ctx); err != nil {
		return contexthandler.Answer{}, s.notEvaluated(ctx, snapshot, call, err)
	}
	if call.Explain && !s.mayExplain(&who) {
		err := &failure{reason: v1.ErrorReason_ERROR_REASON_NOT_ALLOWED, message: "the caller may not ask for explanations"}
		return contexthandler.Answer{}, s.notEvaluated(ctx, snapshot, call, err)
	}
	if f := s.memory.lacking(true); call.Explain && f != nil {
		return contexthandler.Answer{}, s.notEvaluated(ctx, snapshot, call, f)
	}
	if e, ok := errors.AsType[*xacml.Error](wrong); ok {
		return s.handler.Refused(ctx, snapshot, call, e.Status)
	}
	if wrong != nil {
		return contexthandler.Answer{}, s.notEvaluated(ctx, snapshot, call, wrong)
	}
	return s.handler.Decide(ctx, snapshot, call)
}

// requestID is what the caller calls the request. If it does not, and there are records,
// it is what the log calls the call.
func (s *service) requestID(ctx context.Context, m wishes) string {
	if named, ok := m.(interface{ GetRequestId() string }); ok && named.GetRequestId() != "" {
		return named.GetRequestId()
	}
	if !s.handler.Audits() {
		return ""
	}
	return ticketOf(ctx).id.get()
}

// notEvaluated records a call that never comes to the handler, and gives its error.
func (s *service) notEvaluated(ctx context.Context, snapshot *pap.Snapshot, call contexthandler.Call, err error) error {
	f := asFailure(err)
	if unrecorded := s.handler.NotEvaluated(ctx, snapshot, call, strings.ToLower(f.name()), f.message); unrecorded != nil {
		return unrecorded
	}
	return err
}

// checkTime refuses what cannot be decided in the time that is left.
func (s *service) checkTime(ctx context.Context) error { return s.checkTimeAt(ctx, time.Now()) }

func (s *service) checkTimeAt(ctx context.Context, now time.Time) error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{reason: v1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED, message: "the deadline passed before the decision was made"}
	case err != nil:
		return &failure{reason: v1.ErrorReason_ERROR_REASON_CANCELLED, message: "the call was cancelled before the decision was made"}
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Sub(now) < s.limits.MinDeadline {
		return errDeadlineTooShort()
	}
	return nil
}

func errDeadlineTooShort() *failure {
	return &failure{reason: v1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT, message: "what is left of the deadline is too short to start"}
}

// checkAnswer refuses an answer that gRPC would refuse to send.
func (s *service) checkAnswer(m proto.Message) error { return s.checkSize(proto.Size(m)) }

func (s *service) checkSize(size int) error {
	if size > s.limits.MaxSendBytes {
		return &failure{reason: v1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE, message: "the answer is larger than what the service sends in one message"}
	}
	return nil
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
		*err = s.panicked(ctx, r)
	}
}

// panicked counts and logs what recover gave, and is the error for it.
func (s *service) panicked(ctx context.Context, r any) error {
	s.metrics.panics.Inc()
	s.log.ErrorContext(ctx, "panic contained", slog.String("panic", panics.Text(r)), slog.String("stack", string(debug.Stack())))
	return &failure{reason: v1.ErrorReason_ERROR_REASON_INTERNAL, message: "internal error"}
}
