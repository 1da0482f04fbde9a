package rpc

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// unary answers calls that admission refuses, contains panics, and makes
// statuses of errors.
func (s *service) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (response any, err error) {
	err = s.guard(ctx, info.FullMethod, func() (err error) {
		response, err = handler(ctx, request)
		return err
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// stream does for streams what unary does for calls.
func (s *service) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return s.guard(stream.Context(), info.FullMethod, func() error { return handler(srv, stream) })
}

func (s *service) guard(ctx context.Context, method string, call func() error) error {
	err := s.contained(ctx, call)
	if err == nil {
		return nil
	}
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

// contained is the error of the call, or of what keeps it from being made.
func (s *service) contained(ctx context.Context, call func() error) (err error) {
	defer s.contain(ctx, &err)
	if f := refused(ctx); f != nil {
		return f
	}
	return call()
}
