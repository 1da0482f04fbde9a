// Package tracing exports the spans of the service by OTLP, the protocol of
// OpenTelemetry, if the environment variables of its specification ask for that. The
// rest of Forseti knows the API of OpenTelemetry alone.
//
// A collector that is down, slow or hangs costs spans and nothing else: they wait in a
// queue of a fixed length, are dropped and counted beyond it, and are sent by one
// goroutine. That they cannot be sent is logged once, and once that they can be again.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of what makes the spans.
const scope = "github.com/forseti-pdp/forseti"

// giveUp bounds the time to send the last spans to a collector that could not be
// reached before.
const giveUp = 500 * time.Millisecond

// Config is what traces need beside the environment.
type Config struct {
	// Version of the program; an attribute of the resource.
	Version string
	// Logger is told what is wrong with the environment variables and whether spans can
	// be sent. Required.
	Logger *slog.Logger
	// Registerer gets forseti_trace_spans_total. Required.
	Registerer prometheus.Registerer
}

// Traces are the spans of the service on their way to a collector.
type Traces struct {
	provider *sdk.TracerProvider // nil: there are no traces
	outlet   *outlet
	version  string
}

// Open begins to export spans, if the environment asks for it. What is wrong with the
// environment is logged, and there are no traces then: no decision depends on them.
// The error is about the metrics.
func Open(ctx context.Context, c Config) (*Traces, error) {
	m, err := newMetrics(c.Registerer)
	if err != nil {
		return nil, err
	}
	t := &Traces{version: c.Version}
	wish := read(c.Logger)
	if !wish.on {
		return t, nil
	}
	quieten(c.Logger)
	exporter := newExporter(ctx, wish.protocol)
	if exporter == nil {
		c.Logger.Warn("there are no traces: they cannot be exported as the environment says")
		return t, nil
	}
	t.outlet = &outlet{exporter: exporter, metrics: m, log: c.Logger}
	t.provider = sdk.NewTracerProvider(
		sdk.WithResource(newResource(ctx, c)),
		sdk.WithSpanProcessor(newQueue(t.outlet, wish.queue)),
	)
	c.Logger.Info("traces are exported", "protocol", wish.protocol, "queue", wish.queue)
	return t, nil
}

// newExporter is nil if there can be none. Why that is may quote a secret.
func newExporter(ctx context.Context, protocol string) sdk.SpanExporter {
	open := func(ctx context.Context) (*otlptrace.Exporter, error) { return otlptracehttp.New(ctx) }
	if protocol == protocolGRPC {
		open = func(ctx context.Context) (*otlptrace.Exporter, error) { return otlptracegrpc.New(ctx) }
	}
	exporter, err := open(ctx)
	if err != nil {
		return nil
	}
	return exporter
}

// newResource says what makes the spans: nothing about the machine, its user or the
// command line unless OTEL_RESOURCE_ATTRIBUTES does.
func newResource(ctx context.Context, c Config) *resource.Resource {
	r, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "forseti"), attribute.String("service.version", c.Version)),
		resource.WithTelemetrySDK(),
		resource.WithFromEnv(),
	)
	if err != nil {
		c.Logger.Warn("a part of OTEL_RESOURCE_ATTRIBUTES is not of the form key=value")
	}
	return r
}

// Tracer makes spans. It is nil if there are no traces, as those are that were never opened.
func (t *Traces) Tracer() trace.Tracer {
	if t == nil || t.provider == nil {
		return nil
	}
	return t.provider.Tracer(scope, trace.WithInstrumentationVersion(t.version))
}

// Shutdown sends the spans that wait, and ends. What is not sent when ctx ends is lost.
// Spans that end later are dropped.
func (t *Traces) Shutdown(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	if t.outlet.failing() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, giveUp)
		defer cancel()
	}
	before := t.outlet.lost.Load()
	err := t.provider.Shutdown(ctx)
	if err != nil { // the goroutine that sends ends as soon as what it sends is cancelled
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = t.outlet.exporter.Shutdown(over) // it says that there is no time
	}
	if lost := t.outlet.lost.Load() - before; err != nil || lost > 0 {
		return fmt.Errorf("the last spans were not sent: %w", cause(err))
	}
	return nil
}
