package rpc

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// unary counts calls, answers those that admission refuses, contains panics, and
// makes statuses of errors.
func (s *service) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (response any, err error) {
	m, started := s.methods[info.FullMethod], time.Now()
	m.begin()
	traced, span := s.traced(ctx, info.FullMethod)
	response, err = s.contained(traced, info.FullMethod, request, handler)
	if err != nil {
		response, err = nil, s.refusal(traced, info.FullMethod, err)
	}
	ticketOf(ctx).tell(ctx, err)
	span.end(err)
	m.end(err, time.Since(started), span.exemplar(traced))
	return response, err
}

// contained calls the handler, unless something keeps it from being called.
func (s *service) contained(ctx context.Context, method string, request any, handler grpc.UnaryHandler) (response any, err error) {
	defer s.contain(ctx, &err)
	if err := s.identify(ctx, ticketOf(ctx), method); err != nil {
		return nil, err
	}
	return handler(ctx, request)
}

// stream does for streams what unary does for calls.
func (s *service) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	m, started := s.methods[info.FullMethod], time.Now()
	m.started.Inc()
	t := ticketOf(stream.Context())
	t.tellStream(stream, nil)
	err := s.containedStream(srv, info.FullMethod, &countedStream{stream, m}, handler)
	if err != nil {
		err = s.refusal(stream.Context(), info.FullMethod, err)
		t.tellStream(stream, err)
	}
	m.ended(err, time.Since(started), nil)
	return err
}

func (s *service) containedStream(srv any, method string, stream grpc.ServerStream, handler grpc.StreamHandler) (err error) {
	ctx := stream.Context()
	var span callSpan
	defer func() { span.end(err) }()
	defer s.contain(ctx, &err)
	if err := s.identify(ctx, ticketOf(ctx), method); err != nil {
		return err
	}
	if ctx, span = s.traced(ctx, method); span.span != nil {
		stream = tracedStream{stream, ctx}
	}
	return handler(srv, stream)
}

// refusal makes the status of a call of an error, and counts it.
func (s *service) refusal(ctx context.Context, method string, err error) error {
	if _, isStatus := status.FromError(err); isStatus && !isFailure(err) {
		return err // of gRPC, or of another service
	}
	f := asFailure(err)
	s.metrics.failed(f)
	s.log.DebugContext(ctx, "call failed", slog.String("method", method), slog.String("reason", f.name()), slog.String("message", f.message))
	return f
}

func isFailure(err error) bool {
	_, ok := errors.AsType[*failure](err)
	return ok
}
