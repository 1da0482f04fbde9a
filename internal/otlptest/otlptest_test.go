package otlptest

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCollector: what is exported by either protocol is there, and what is refused is
// not.
func TestCollector(t *testing.T) {
	c := Start(t)
	for _, protocol := range []string{"grpc", "http"} {
		for _, refused := range []bool{false, true} {
			var exporter sdk.SpanExporter
			var err error
			if protocol == "grpc" {
				exporter, err = otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpointURL(c.GRPC()))
			} else {
				exporter, err = otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(c.HTTP()), otlptracehttp.WithURLPath("/v1/traces"))
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.Recover(); refused {
				c.Refuse("no")
			}
			before := c.Calls()
			p := sdk.NewTracerProvider(sdk.WithSyncer(quiet{exporter}))
			_, span := p.Tracer("test").Start(t.Context(), protocol)
			span.End()
			if err := p.Shutdown(context.Background()); err != nil {
				t.Fatal(err)
			}
			if c.Calls() != before+1 {
				t.Errorf("%s: got %d calls, want 1", protocol, c.Calls()-before)
			}
		}
	}
	var names []string
	for _, s := range c.Spans() {
		names = append(names, s.GetName())
	}
	if got := strings.Join(names, " "); got != "grpc http" {
		t.Errorf("got spans %q, want one by each protocol", got)
	}
	if !strings.Contains(c.Text(), `"http"`) || c.Resource()["service.name"] == "" {
		t.Errorf("got %q of %v", c.Text(), c.Resource())
	}
}

// quiet keeps the SDK from writing that spans were refused.
type quiet struct{ sdk.SpanExporter }

func (q quiet) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	_ = q.SpanExporter.ExportSpans(ctx, spans)
	return nil
}
