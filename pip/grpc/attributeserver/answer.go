package attributeserver

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// GetAttributes answers the questions of a call. It is for gRPC.
func (s *Server) GetAttributes(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
	f, err := s.newForm(m.GetNeeds(), m.GetAttributes())
	if n := len(m.GetQuestions()); err == nil && (n == 0 || n > maxQuestions) {
		err = fmt.Errorf("%d questions, which is not between 1 and %d", n, maxQuestions)
	}
	if err != nil {
		return nil, s.refuse(ctx, err)
	}
	replies := make([]Reply, len(m.GetQuestions()))
	var questions []Question
	var at []int // the places of the questions among the replies
	for i, asked := range m.GetQuestions() {
		q, invalid, err := f.question(asked)
		switch {
		case err != nil:
			return nil, s.refuse(ctx, err)
		case invalid != nil:
			replies[i].Err = invalid
		default:
			questions, at = append(questions, q), append(at, i)
		}
	}

	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	for i, r := range s.ask(ctx, questions) {
		replies[at[i]] = r
	}
	if err := ctx.Err(); err != nil { // what was found out may have been cut short
		return nil, status.FromContextError(err).Err()
	}
	messages := make([]*v1.Reply, len(replies))
	for i, r := range replies {
		messages[i] = s.reply(ctx, f, m.GetQuestions()[i].GetInputs(), r)
	}
	return fit(messages)
}

// refuse is the status of a call that does not keep the contract, or is meant for
// another source.
func (s *Server) refuse(ctx context.Context, err error) error {
	s.cfg.OnError(ctx, err)
	return status.Error(codes.InvalidArgument, err.Error())
}

// ask has the source answer, which may panic.
func (s *Server) ask(ctx context.Context, qs []Question) []Reply {
	if len(qs) == 0 {
		return nil
	}
	replies := make([]Reply, len(qs))
	if bulk, ok := s.cfg.Source.(BulkSource); ok {
		var got []Reply
		err := s.contain(ctx, func() { got = bulk.AnswerAll(ctx, qs) })
		if err == nil && len(got) != len(qs) {
			err = internalf("the source gave %d replies to %d questions", len(got), len(qs))
			s.cfg.OnError(ctx, err)
		}
		if err == nil {
			return got
		}
		for i := range replies {
			replies[i].Err = err
		}
		return replies
	}
	var working sync.WaitGroup
	defer working.Wait()
	slots := make(chan struct{}, s.cfg.Parallel)
	for i, q := range qs {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return replies // nobody waits for them any more
		}
		working.Go(func() {
			defer func() { <-slots }()
			replies[i].Err = internalf("the source gave up") // by runtime.Goexit, say
			var r Reply
			if err := s.contain(ctx, func() { r.Answer, r.Err = s.cfg.Source.Answer(ctx, q) }); err != nil {
				r = Reply{Err: err}
			}
			replies[i] = r
		})
	}
	return replies
}

// contain calls f and makes an error of a panic. The stack goes to OnError only.
func (s *Server) contain(ctx context.Context, f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.cfg.OnError(ctx, fmt.Errorf("the source panicked: %v\n%s", r, debug.Stack()))
			err = internalf("the source panicked")
		}
	}()
	f()
	return nil
}

// reply makes a message of a reply.
func (s *Server) reply(ctx context.Context, f *form, inputs []*v1.Input, r Reply) *v1.Reply {
	if r.Err != nil {
		if e, ok := errors.AsType[*Error](r.Err); ok {
			return refused(inputs, e)
		}
		s.cfg.OnError(ctx, r.Err)
		return refused(inputs, Unavailable(0))
	}
	bags, fault := f.bags(r.Answer)
	if fault != nil {
		s.cfg.OnError(ctx, fault)
		return refused(inputs, fault)
	}
	answer := &v1.Answer{Bags: bags}
	if d := r.Answer.ValidFor; d != 0 {
		answer.ValidFor = durationpb.New(max(0, d))
	}
	return &v1.Reply{Inputs: inputs, Outcome: &v1.Reply_Answer{Answer: answer}}
}

// refused is the reply to a question that has no answer.
func refused(inputs []*v1.Input, e *Error) *v1.Reply {
	m := &v1.QuestionError{Code: e.Code, Message: strings.ToValidUTF8(e.Message, "\uFFFD")}
	if m.Code <= v1.ErrorCode_ERROR_CODE_UNSPECIFIED || v1.ErrorCode_name[int32(m.Code)] == "" {
		m.Code = v1.ErrorCode_ERROR_CODE_INTERNAL
	}
	if e.RetryAfter > 0 {
		m.RetryAfter = durationpb.New(e.RetryAfter)
	}
	return &v1.Reply{Inputs: inputs, Outcome: &v1.Reply_Error{Error: m}}
}

// fit makes the response, and leaves out the answers that would make it larger
// than a message may be.
func fit(replies []*v1.Reply) (*v1.GetAttributesResponse, error) {
	total := 0
	without := make([]*v1.Reply, len(replies))
	for i, r := range replies {
		without[i] = r
		if r.GetAnswer() != nil {
			without[i] = refused(r.GetInputs(), &Error{Code: v1.ErrorCode_ERROR_CODE_TOO_LARGE})
		}
		total += size(without[i])
	}
	if total > maxMessageBytes { // as gRPC would say it, so that Forseti asks for less
		return nil, status.Error(codes.ResourceExhausted, "the response is larger than max")
	}
	for i, r := range replies {
		if more := size(r) - size(without[i]); total+more <= maxMessageBytes {
			without[i] = r
			total += more
		}
	}
	return &v1.GetAttributesResponse{Replies: without}, nil
}

// size is what a reply takes in a response: its tag, its length and itself.
func size(r *v1.Reply) int { return protowire.SizeTag(1) + protowire.SizeBytes(proto.Size(r)) }
