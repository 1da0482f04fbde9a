package http

import (
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

// TestTraced: the service is told of the trace of the call, whether it is recorded or
// not, and of nothing if there is none.
func TestTraced(t *testing.T) {
	id := trace.SpanContextConfig{TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 2}}
	sampled := id
	sampled.TraceFlags = trace.FlagsSampled
	for want, in := range map[string]trace.SpanContextConfig{
		"": {},
		"00-00000000000000000000000000000001-0000000000000002-00": id,
		"00-00000000000000000000000000000001-0000000000000002-01": sampled,
	} {
		var got http.Header
		p := provider(t, byUser(serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.Header
			writeJSON(w, `{"role": "a"}`)
		}).URL, "$.role"))
		ctx := t.Context()
		if s := trace.NewSpanContext(in); s.IsValid() {
			ctx = trace.ContextWithSpanContext(ctx, s)
		}
		if _, err := p.Fetch(ctx, ask("1337")); err != nil {
			t.Fatal(err)
		}
		if got.Get("Traceparent") != want || got.Get("Tracestate") != "" || got.Get("Baggage") != "" {
			t.Errorf("got %q, want %q alone", got, want)
		}
	}
}
