// Package exemplar ties measurements to traces: a histogram keeps, for each of its
// buckets, the trace of a call that was counted there, by which somebody who sees
// slow calls finds one of them.
package exemplar

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
)

// label is what OpenMetrics calls the trace of an exemplar by custom.
const label = "trace_id"

// Of is the exemplar of what is measured under ctx: its trace, if that is sampled,
// and nil otherwise.
func Of(ctx context.Context) prometheus.Labels {
	in := trace.SpanContextFromContext(ctx)
	if !in.IsSampled() {
		return nil
	}
	return prometheus.Labels{label: in.TraceID().String()}
}

// Observe counts a value in a histogram, with the exemplar if there is one.
func Observe(to prometheus.Observer, v float64, exemplar prometheus.Labels) {
	if exemplar != nil {
		if with, ok := to.(prometheus.ExemplarObserver); ok {
			with.ObserveWithExemplar(v, exemplar)
			return
		}
	}
	to.Observe(v)
}
