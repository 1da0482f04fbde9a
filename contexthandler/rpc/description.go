package rpc

import (
	"context"
	"time"

	"google.golang.org/grpc"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// methodAuthorize and methodBatch are methods whose messages are read by hand.
const (
	methodAuthorize = "Authorize"
	methodBatch     = "AuthorizeBatch"
)

// description is the AuthorizationService with handlers that hold the ticket of
// a call while they run. Those of the methods that read their messages by hand do
// what the interceptors do for others, too.
func (s *service) description() *grpc.ServiceDesc {
	d := v1.AuthorizationService_ServiceDesc
	d.Methods = append([]grpc.MethodDesc(nil), d.Methods...)
	for i := range d.Methods {
		m := &d.Methods[i]
		switch m.MethodName {
		case methodAuthorize:
			m.Handler = s.unaryByHand(d.ServiceName, m.MethodName, shapeOf(new(v1.AuthorizeRequest)), func() call { return s.newQuestion() })
		case methodBatch:
			m.Handler = s.unaryByHand(d.ServiceName, m.MethodName, shapeOf(new(v1.AuthorizeBatchRequest)), func() call { return &batch{service: s} })
		default:
			m.Handler = s.unaryWithTicket(d.ServiceName, m.MethodName, shapeOf(new(v1.EvaluateRequest)), m.Handler)
		}
	}
	d.Streams = append([]grpc.StreamDesc(nil), d.Streams...)
	for i := range d.Streams {
		d.Streams[i].Handler = streamWithTicket(s.authorizeStream) // the only one
	}
	return &d
}

// learn makes known the methods of all services.
func (s *service) learn(services map[string]grpc.ServiceInfo) {
	for name, info := range services {
		for _, m := range info.Methods {
			*s.method("/" + name + "/" + m.Name) = *s.metrics.calls.of(name, m)
		}
	}
}

// method is the series of a method, which are not known before learn.
func (s *service) method(name string) *methodMetrics {
	if s.methods[name] == nil {
		s.methods[name] = new(methodMetrics)
	}
	return s.methods[name]
}

// call is a message of a method that is read by hand, and answered.
type call interface {
	incoming
	// answer gives the answer and when it was found, if it knows.
	answer(ctx context.Context, started time.Time) (answer any, ended time.Time, err error)
	release()
}

type unaryHandler = func(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error)

// unaryByHand is the handler of a method whose messages are read by hand. It
// does what the interceptors do for others, without their cost.
func (s *service) unaryByHand(service, method string, shape *shape, newCall func() call) unaryHandler {
	method = "/" + service + "/" + method
	m := s.method(method)
	return func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		t := ticketOf(ctx)
		t.begin()
		defer t.end()
		if err := s.identify(ctx, t, method); err != nil {
			return nil, s.refused(ctx, m, method, err)
		}
		traced, span := s.traced(t, method)
		c := newCall()
		defer c.release()
		message := s.bound(&t.message, c, shape, t.host)
		if err := t.receive(s.reading, func() error { return s.decode(traced, message, decode) }); err != nil {
			err = s.refusal(traced, method, err)
			t.tell(ctx, err)
			span.end(err)
			return nil, err
		}
		started := time.Now()
		m.begin()
		answer, ended, err := s.answer(traced, c, started)
		if err == nil {
			answer, err = s.unsent.owed(ctx, answer)
		}
		if err != nil {
			answer, err = nil, s.refusal(traced, method, err)
		}
		if ended.IsZero() {
			ended = time.Now()
		}
		t.tell(ctx, err)
		span.end(err)
		m.end(err, ended.Sub(started), span.exemplar(traced))
		return answer, err
	}
}

// decode reads the message of a call. It does not panic.
func (s *service) decode(ctx context.Context, m *bounded, decode func(any) error) (err error) {
	defer s.contain(ctx, &err)
	return m.failed(decode(m))
}

// answer answers an admitted call. It does not panic.
func (s *service) answer(ctx context.Context, c call, started time.Time) (answer any, ended time.Time, err error) {
	defer s.contain(ctx, &err)
	return c.answer(ctx, started)
}

// unaryWithTicket holds the ticket of a call, and refuses those that may not make it.
func (s *service) unaryWithTicket(service, method string, shape *shape, handler unaryHandler) unaryHandler {
	method = "/" + service + "/" + method
	m := s.method(method)
	return func(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		t := ticketOf(ctx)
		t.begin()
		defer t.end()
		if err := s.identify(ctx, t, method); err != nil {
			return nil, s.refused(ctx, m, method, err)
		}
		var unseen error // by the interceptor
		answer, err := handler(srv, ctx, func(m any) error {
			message := s.bound(&t.message, m, shape, t.host)
			unseen = t.receive(s.reading, func() error { return s.decode(ctx, message, decode) })
			return unseen
		}, interceptor)
		if err == nil {
			answer, err = s.unsent.owed(ctx, answer)
			unseen = err
		}
		if isFailure(unseen) {
			unseen = s.refusal(ctx, method, unseen)
			t.tell(ctx, unseen)
			return nil, unseen
		}
		return answer, err
	}
}

// streamWithTicket holds the ticket of a stream.
func streamWithTicket(handler grpc.StreamHandler) grpc.StreamHandler {
	return func(srv any, stream grpc.ServerStream) error {
		t := ticketOf(stream.Context())
		t.begin()
		defer t.end()
		return handler(srv, stream)
	}
}
