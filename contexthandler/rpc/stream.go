package rpc

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// authorizeStream is the handler of AuthorizeStream: it decides requests one
// after the other, each on the snapshot in force and within a deadline of its
// own. When the server drains, the stream ends after the request that it is at.
func (s *service) authorizeStream(_ any, stream grpc.ServerStream) error {
	type received struct {
		message *streamed
		err     error
	}
	ctx := stream.Context()
	next := make(chan received)
	// Nothing but the end of the handler ends a Recv that waits without a status
	// of its own. So the server waits for the reader, not the handler.
	s.readers.Go(func() {
		for {
			m, err := s.receive(stream)
			select {
			case next <- received{m, err}:
			case <-ctx.Done():
				m.bounded.drop()
				return
			}
			if err != nil {
				return
			}
		}
	})
	lapse := s.lapse(ctx)
	defer lapse.stop()
	for {
		select {
		case <-lapse.c:
			return lapse.end()
		case <-s.drain.Done():
			// No reason: it is what a closed connection would tell.
			return status.Error(codes.Unavailable, "the service is shutting down")
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		case in := <-next:
			if errors.Is(in.err, io.EOF) {
				return nil
			}
			if in.err != nil {
				return in.err
			}
			if lapse.over() {
				in.message.bounded.drop()
				return lapse.end()
			}
			answer, err := s.unsent.owed(ctx, s.streamAnswer(ctx, in.message))
			if err != nil {
				return err
			}
			if err := stream.SendMsg(answer); err != nil {
				return err
			}
		}
	}
}

// receive is RecvMsg without panics. What could not be read keeps no room.
func (s *service) receive(stream grpc.ServerStream) (m *streamed, err error) {
	m = &streamed{service: s}
	defer func() {
		if err != nil {
			m.bounded.drop()
		}
	}()
	defer s.contain(stream.Context(), &err)
	message := s.bound(&m.bounded, m, s.streamed, hostOf(stream.Context()))
	return m, stream.RecvMsg(message)
}

// streamed is an AuthorizeStreamRequest as it came.
type streamed struct {
	bounded bounded
	service *service
	text    string                     // of the request in it, if that is plain
	message *v1.AuthorizeStreamRequest // otherwise
}

// read makes streamed an incoming message.
func (m *streamed) read(data mem.BufferSlice) error {
	if text := textOf(data); text != "" && text[0] == tagRequest {
		reader := plainReader{names: m.service.names}
		if request, rest, ok := field(text); ok && rest == "" && reader.read(request) {
			m.text = request
			return nil
		}
	}
	m.message = new(v1.AuthorizeStreamRequest)
	return proto.Unmarshal(data.Materialize(), m.message)
}

// streamAnswer answers one message of a stream.
func (s *service) streamAnswer(ctx context.Context, m *streamed) any {
	defer m.bounded.drop()
	if m.bounded.refusal != nil {
		return s.streamError("", m.bounded.refusal)
	}
	ctx, span := s.tracedMessage(ctx)
	answer := s.streamAnswered(ctx, m)
	failed, _ := answer.(*v1.AuthorizeStreamResponse)
	span.endItem(failed.GetError())
	return answer
}

func (s *service) streamAnswered(ctx context.Context, m *streamed) any {
	if m.message == nil {
		if answer := s.plainStreamItem(ctx, m.text); answer != nil {
			return answer
		}
		request := new(v1.AuthorizeRequest)
		if err := proto.Unmarshal([]byte(m.text), request); err != nil {
			return s.streamError("", err)
		}
		m.message = &v1.AuthorizeStreamRequest{Request: request}
	}
	return s.streamItem(ctx, m.message)
}

// plainStreamItem decides a plain request as if it were a call. The answer is nil
// if it is to be decided in the general way.
func (s *service) plainStreamItem(ctx context.Context, text string) (answer any) {
	var err error
	q := s.newQuestion()
	defer func() {
		if err != nil {
			answer = s.streamError(q.id, err)
		}
		q.release()
	}()
	defer s.contain(ctx, &err)
	snapshot, none := s.handler.Snapshot()
	if none != nil {
		return nil
	}
	now := time.Now()
	limited, refusal := s.admitted(ctx, now)
	if refusal != nil {
		return nil
	}
	defer limited.end()
	if !q.ask(snapshot, text) {
		return nil
	}
	result, _, ok, err := q.decide(limited, now)
	if err == nil && !ok {
		result, _, err = q.query.Complete(limited, now)
	}
	if err != nil {
		return nil
	}
	data := s.buffers.Get(0)
	w := writer{data: *data}
	d := q.decided(&result)
	w.item(d)
	*data = w.data
	if !w.strange && len(w.data) <= s.limits.MaxSendBytes {
		return newEncoded(data, &s.buffers)
	}
	s.buffers.Put(data)
	response := authorizeResponse(d)
	if err = s.checkAnswer(response); err != nil {
		return nil
	}
	return &v1.AuthorizeStreamResponse{RequestId: q.id, Outcome: &v1.AuthorizeStreamResponse_Response{Response: response}}
}

func (s *service) streamError(requestID string, err error) *v1.AuthorizeStreamResponse {
	return &v1.AuthorizeStreamResponse{RequestId: requestID, Outcome: &v1.AuthorizeStreamResponse_Error{Error: s.itemError(err)}}
}

func (s *service) streamItem(ctx context.Context, m *v1.AuthorizeStreamRequest) *v1.AuthorizeStreamResponse {
	id := m.GetRequest().GetRequestId()
	response, err := s.authorizeMessage(ctx, m)
	if err != nil {
		return s.streamError(id, err)
	}
	return &v1.AuthorizeStreamResponse{RequestId: id, Outcome: &v1.AuthorizeStreamResponse_Response{Response: response}}
}

// authorizeMessage decides one message of a stream as if it were a call. It does
// not panic.
func (s *service) authorizeMessage(ctx context.Context, m *v1.AuthorizeStreamRequest) (response *v1.AuthorizeResponse, err error) {
	defer s.contain(ctx, &err)
	if m.GetRequest() == nil {
		return nil, invalidf("request is required")
	}
	limited, refusal := s.admitted(ctx, time.Now())
	if refusal != nil {
		return nil, refusal
	}
	defer limited.end()
	return s.Authorize(limited, m.GetRequest())
}
