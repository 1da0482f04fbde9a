package rpc

import (
	"context"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"github.com/forseti-pdp/forseti/internal/exemplar"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// spanMessage is the name of the spans of messages of streams.
const spanMessage = "forseti.authorization.v1.AuthorizationService/AuthorizeStream message"

// The attributes of the spans of calls: those of the semantic conventions for RPC
// (1.43), and why a call or message was not evaluated.
const (
	keySystem = attribute.Key("rpc.system.name")
	keyMethod = attribute.Key("rpc.method")
	keyCode   = attribute.Key("rpc.response.status_code")
	keyError  = attribute.Key("error.type")
	keyReason = attribute.Key("forseti.reason") // as in forseti_rpc_failures_total
)

// callSpan is the span of a call or message. The zero callSpan is none.
type callSpan struct{ span trace.Span }

// isTraced reports whether calls of the method have spans: those of the health service
// and of reflection would only be in the way.
func isTraced(method string) bool {
	return !strings.HasPrefix(method, "/"+healthpb.Health_ServiceDesc.ServiceName+"/") && !strings.HasSuffix(method, "/"+methodReflection)
}

// traced begins the span of a call, by its full method, if somebody traces.
func (s *service) traced(ctx context.Context, method string) (context.Context, callSpan) {
	if s.tracer == nil || !isTraced(method) {
		return ctx, callSpan{}
	}
	ctx, span := s.tracer.Start(fromCaller(ctx), method[1:], trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(keySystem.String("grpc"), keyMethod.String(method[1:])))
	return ctx, callSpan{span}
}

// tracedMessage begins the span of a message of a stream. It is a trace of its own, which
// is tied to that of the stream: a stream may go on for long.
func (s *service) tracedMessage(ctx context.Context) (context.Context, callSpan) {
	if s.tracer == nil {
		return ctx, callSpan{}
	}
	ctx, span := s.tracer.Start(ctx, spanMessage, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithLinks(trace.LinkFromContext(ctx)), trace.WithAttributes(keySystem.String("grpc")))
	return ctx, callSpan{span}
}

// exemplar ties a measurement to the trace of the call.
func (c callSpan) exemplar(ctx context.Context) prometheus.Labels {
	if c.span == nil {
		return nil
	}
	return exemplar.Of(ctx)
}

// end tells how the call ended.
func (c callSpan) end(err error) {
	if c.span == nil {
		return
	}
	if err == nil {
		c.span.SetAttributes(keyCode.String(codeName(codes.OK)))
	} else if isFailure(err) {
		f := asFailure(err)
		c.failed(f.code(), f.label())
	} else {
		c.failed(codeOf(err), "")
	}
	c.span.End()
}

// endItem tells what became of a message, or of one of several requests of a call.
func (c callSpan) endItem(e *v1.ItemError) {
	if c.span == nil {
		return
	}
	if e != nil {
		c.failed(codes.Code(uint32(e.GetCode())), (&failure{reason: e.GetReason()}).label())
	}
	c.span.End()
}

// failed tells a code and, if there is one, the reason: never the message.
func (c callSpan) failed(of codes.Code, reason string) {
	name := codeName(of)
	c.span.SetAttributes(keyCode.String(name))
	if reason != "" {
		c.span.SetAttributes(keyReason.String(reason))
	}
	switch of {
	case codes.Unknown, codes.DeadlineExceeded, codes.Unimplemented, codes.Internal, codes.Unavailable, codes.DataLoss:
		c.span.SetAttributes(keyError.String(name))
		c.span.SetStatus(otelcodes.Error, reason)
	}
}

// codeName is the name of a code as the specification of gRPC writes it.
func codeName(c codes.Code) string { return code.Code(c).String() }

// fromCaller adds the trace of which the caller says that the call is a part. What else
// callers may hand on (tracestate, baggage) is not taken: it would go on to sources and
// collectors, whatever it holds.
func fromCaller(ctx context.Context) context.Context {
	return propagation.TraceContext{}.Extract(ctx, traceparent{ctx})
}

// traceparent carries the header of that name of a call, and no other.
type traceparent struct{ ctx context.Context }

// Get gives the header, if there is exactly one.
func (c traceparent) Get(key string) string {
	if key != "traceparent" {
		return ""
	}
	if v := metadata.ValueFromIncomingContext(c.ctx, key); len(v) == 1 {
		return v[0]
	}
	return ""
}

// Set does nothing: headers of callers stay as they are.
func (traceparent) Set(string, string) {}

// Keys lists the header.
func (traceparent) Keys() []string { return []string{"traceparent"} }

// tracedStream is a stream whose context has its span.
type tracedStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context has the span.
func (s tracedStream) Context() context.Context { return s.ctx }
