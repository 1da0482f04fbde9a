package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// metrics count what becomes of spans.
type metrics struct{ exported, failed, dropped prometheus.Counter }

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	spans := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_trace_spans_total",
		Help: "Spans by what became of them: sent to the collector, refused by it or not sent in time, or dropped because too many wait.",
	}, []string{"outcome"})
	m := &metrics{spans.WithLabelValues("exported"), spans.WithLabelValues("failed"), spans.WithLabelValues("dropped")}
	return m, reg.Register(spans)
}

// outlet is the exporter with what the service has to know of it. It has no errors: who
// calls it would log each of them.
type outlet struct {
	exporter sdk.SpanExporter
	metrics  *metrics
	log      *slog.Logger

	waiting atomic.Int64 // spans in the queue
	lost    atomic.Int64 // spans that were not sent
	broken  atomic.Bool  // the last ones were not
}

// failing reports whether spans could not be sent last.
func (o *outlet) failing() bool { return o.broken.Load() }

// ExportSpans sends spans.
func (o *outlet) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := o.export(ctx, spans)
	o.waiting.Add(-int64(len(spans)))
	if err == nil {
		o.metrics.exported.Add(float64(len(spans)))
		if o.broken.Swap(false) {
			o.log.Info("traces can be sent again")
		}
		return nil
	}
	o.lost.Add(int64(len(spans)))
	o.metrics.failed.Add(float64(len(spans)))
	if !o.broken.Swap(true) {
		o.log.Warn("traces cannot be sent; spans are lost until that is said again", "cause", cause(err).Error())
	}
	return nil
}

// export does not panic.
func (o *outlet) export(ctx context.Context, spans []sdk.ReadOnlySpan) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the exporter panicked")
		}
	}()
	return o.exporter.ExportSpans(ctx, spans)
}

// Shutdown ends the exporter.
func (o *outlet) Shutdown(ctx context.Context) error { return o.exporter.Shutdown(ctx) }

// cause is what an error tells that holds no secret: those of exporters quote addresses
// and what the collector answered.
func cause(err error) error {
	switch {
	case err == nil:
		return errors.New("the collector did not take them")
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("the collector did not answer in time")
	case errors.Is(err, context.Canceled):
		return errors.New("there was no more time")
	}
	if s, ok := status.FromError(err); ok && s.Code() != codes.Unknown {
		return fmt.Errorf("the collector is not there or refuses, with code %s", s.Code())
	}
	if failed, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("the collector cannot be reached: %s failed", failed.Op)
	}
	return errors.New("the collector refuses, or does not speak OTLP by this protocol")
}
