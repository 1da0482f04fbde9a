package grpc

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// TestTraced: the service is told of the trace of the call, whether it is recorded or
// not, and of nothing if there is none.
func TestTraced(t *testing.T) {
	var got metadata.MD
	cfg := roles()
	cfg.Address = serve(t, func(s *grpc.Server) {
		v1.RegisterAttributeServiceServer(s, &service{get: func(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
			got, _ = metadata.FromIncomingContext(ctx)
			return respond(m), nil
		}})
	})
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // the connection is of no use any more
	id := trace.SpanContextConfig{TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 2}}
	sampled := id
	sampled.TraceFlags = trace.FlagsSampled
	for want, in := range map[string]trace.SpanContextConfig{
		"": {},
		"00-00000000000000000000000000000001-0000000000000002-00": id,
		"00-00000000000000000000000000000001-0000000000000002-01": sampled,
	} {
		ctx := t.Context()
		if s := trace.NewSpanContext(in); s.IsValid() {
			ctx = trace.ContextWithSpanContext(ctx, s)
		}
		if _, err := p.Fetch(ctx, question("u", 1)); err != nil {
			t.Fatal(err)
		}
		if strings.Join(got.Get("traceparent"), " ") != want || len(got.Get("tracestate"))+len(got.Get("baggage")) > 0 {
			t.Errorf("got %q, want %q alone", got, want)
		}
	}
}
