package exemplar

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/trace"
)

func within(flags trace.TraceFlags) context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 2}, TraceFlags: flags,
	}))
}

// TestObserve: what belongs to a sampled trace names it, and everything is counted.
func TestObserve(t *testing.T) {
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "seconds", Buckets: []float64{1, 2}})
	Observe(histogram, 0.5, Of(within(trace.FlagsSampled)))
	Observe(histogram, 1.5, Of(within(0)))
	Observe(histogram, 1.5, Of(context.Background()))
	var m dto.Metric
	if err := histogram.Write(&m); err != nil {
		t.Fatal(err)
	}
	if got := m.GetHistogram().GetSampleCount(); got != 3 {
		t.Errorf("got %d values, want 3", got)
	}
	var got [][]string
	for _, b := range m.GetHistogram().GetBucket() {
		var labels []string
		for _, l := range b.GetExemplar().GetLabel() {
			labels = append(labels, l.GetName()+"="+l.GetValue())
		}
		got = append(got, labels)
	}
	want := [][]string{{"trace_id=00000000000000000000000000000001"}, nil}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("exemplars by bucket, -want +got\n%s", d)
	}
}

// TestObserve_Unsampled: without an exemplar nothing is allocated.
func TestObserve_Unsampled(t *testing.T) {
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "seconds"})
	for name, ctx := range map[string]context.Context{"none": context.Background(), "not sampled": within(0)} {
		if n := testing.AllocsPerRun(100, func() { Observe(histogram, 1, Of(ctx)) }); n != 0 {
			t.Errorf("%s: got %v allocations, want 0", name, n)
		}
	}
}
