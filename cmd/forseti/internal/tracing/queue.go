package tracing

import (
	"context"
	"sync/atomic"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// queue bounds and counts the spans that wait to be sent, those of the batch that is
// being sent included. The processor of the SDK, which does the rest, drops spans too
// when it has no room, but tells nobody how many: with this in front it always has.
type queue struct {
	sdk.SpanProcessor
	outlet *outlet
	limit  int64
	closed atomic.Bool
}

func newQueue(o *outlet, limit int) *queue {
	return &queue{SpanProcessor: sdk.NewBatchSpanProcessor(o, sdk.WithMaxQueueSize(limit)), outlet: o, limit: int64(limit)}
}

// OnEnd takes a span, if there is room for it. It never waits.
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.outlet.waiting.Add(1) > q.limit || q.closed.Load() {
		q.outlet.waiting.Add(-1)
		q.outlet.metrics.dropped.Inc()
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// Shutdown sends what waits.
func (q *queue) Shutdown(ctx context.Context) error {
	q.closed.Store(true)
	return q.SpanProcessor.Shutdown(ctx)
}
