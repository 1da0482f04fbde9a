package rpc

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// requestStream is the stream of AuthorizeStream.
type requestStream = grpc.BidiStreamingServer[v1.AuthorizeStreamRequest, v1.AuthorizeStreamResponse]

// AuthorizeStream decides requests one after the other, each on the snapshot in
// force and within a deadline of its own. When the server drains, the stream
// ends after the request that it is at.
func (s *service) AuthorizeStream(stream requestStream) error {
	type received struct {
		message *v1.AuthorizeStreamRequest
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
				return
			}
			if err != nil {
				return
			}
		}
	})
	for {
		select {
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
			if err := stream.Send(s.streamItem(ctx, in.message)); err != nil {
				return err
			}
		}
	}
}

// receive is Recv without panics.
func (s *service) receive(stream requestStream) (m *v1.AuthorizeStreamRequest, err error) {
	defer s.contain(stream.Context(), &err)
	return stream.Recv()
}

func (s *service) streamItem(ctx context.Context, m *v1.AuthorizeStreamRequest) *v1.AuthorizeStreamResponse {
	item := &v1.AuthorizeStreamResponse{RequestId: m.GetRequest().GetRequestId()}
	response, err := s.authorizeMessage(ctx, m)
	if err != nil {
		item.Outcome = &v1.AuthorizeStreamResponse_Error{Error: s.itemError(err)}
	} else {
		item.Outcome = &v1.AuthorizeStreamResponse_Response{Response: response}
	}
	return item
}

// authorizeMessage decides one message of a stream as if it were a call. It does
// not panic.
func (s *service) authorizeMessage(ctx context.Context, m *v1.AuthorizeStreamRequest) (response *v1.AuthorizeResponse, err error) {
	defer s.contain(ctx, &err)
	if m.GetRequest() == nil {
		return nil, invalidf("request is required")
	}
	if !s.gate.enter() {
		return nil, errOverloaded()
	}
	defer s.gate.leave()
	ctx, cancel := context.WithTimeout(ctx, s.limits.DefaultDeadline)
	defer cancel()
	return s.Authorize(ctx, m.GetRequest())
}
