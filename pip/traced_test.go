package pip

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// recorded gives a tracer that records spans.
func recorded(t *testing.T, sampler sdk.Sampler) (trace.Tracer, *tracetest.SpanRecorder) {
	r := tracetest.NewSpanRecorder()
	p := sdk.NewTracerProvider(sdk.WithSpanProcessor(r), sdk.WithSampler(sampler))
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	return p.Tracer("test"), r
}

// lookups tells of each span of a question: what it says, and its status.
func lookups(r *tracetest.SpanRecorder) []string {
	var out []string
	for _, s := range r.Ended() {
		if s.Name() != "pip.lookup" {
			continue
		}
		var line []string
		for _, a := range s.Attributes() {
			line = append(line, strings.TrimPrefix(string(a.Key), "forseti.")+"="+a.Value.String())
		}
		line = append(line, fmt.Sprint(s.Status().Code), s.Status().Description)
		out = append(out, strings.TrimSpace(strings.Join(line, " ")))
	}
	return out
}

// TestTraced: there is a span for each question that goes out, each attempt by itself, and
// for no other; it tells how it went and nothing of what was asked or said.
func TestTraced(t *testing.T) {
	tests := []struct {
		name  string
		cfg   Config
		times int
		reply []any // of the backend, one after the other
		want  []string
	}{
		{"values", Config{}, 1, []any{answer("SECRET")}, []string{"source=roles questions=1 attempt=1 outcome=ok Unset"}},
		{"none", Config{}, 1, []any{answer()}, []string{"source=roles questions=1 attempt=1 outcome=empty Unset"}},
		{"error", Config{}, 1, []any{fmt.Errorf("SECRET")}, []string{"source=roles questions=1 attempt=1 outcome=error Error error"}},
		{"invalid", Config{}, 1, []any{Answer{}}, []string{"source=roles questions=1 attempt=1 outcome=invalid Error invalid"}},
		{"panic", Config{}, 1, []any{nil}, []string{"source=roles questions=1 attempt=1 outcome=error Error error"}},
		{"cached", Config{Cache: CacheConfig{TTL: time.Minute}}, 3, []any{answer("SECRET")}, []string{"source=roles questions=1 attempt=1 outcome=ok Unset"}},
		{"local", Config{Local: true}, 1, []any{answer("SECRET")}, nil},
		{
			"retried",
			Config{Retry: RetryConfig{Retries: 2, Backoff: 1}},
			1,
			[]any{unavailable(), unavailable(), answer("SECRET")},
			[]string{
				"source=roles questions=1 attempt=1 outcome=unavailable Error unavailable",
				"source=roles questions=1 attempt=2 outcome=unavailable Error unavailable",
				"source=roles questions=1 attempt=3 outcome=ok Unset",
			},
		},
		{
			"open",
			Config{Breaker: BreakerConfig{Enabled: true, Failures: 1}},
			3,
			[]any{unavailable()},
			[]string{"source=roles questions=1 attempt=1 outcome=unavailable Error unavailable"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tracer, spans := recorded(t, sdk.AlwaysSample())
			asked := 0
			tt.cfg.Tracer = tracer
			p := mustAssemble(t, roles(ProviderFunc(func(ctx context.Context, _ Question) (Answer, error) {
				defer func() { asked++ }()
				if !tt.cfg.Local && !trace.SpanFromContext(ctx).IsRecording() {
					t.Error("the provider cannot hand on the trace")
				}
				switch r := tt.reply[min(asked, len(tt.reply)-1)].(type) {
				case Answer:
					return r, nil
				case error:
					return Answer{}, r
				default:
					panic("SECRET")
				}
			})), tt.cfg, nil)
			ctx, call := tracer.Start(t.Context(), "call")
			for range tt.times {
				_, _ = p.Fetch(ctx, ask("SECRET"))
			}
			call.End()
			if d := cmp.Diff(tt.want, lookups(spans)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			for _, s := range spans.Ended() {
				if s.Name() == "pip.lookup" && (s.Parent().SpanID() != call.SpanContext().SpanID() || s.SpanKind() != trace.SpanKindClient) {
					t.Errorf("the span is below %v, of kind %v", s.Parent().SpanID(), s.SpanKind())
				}
				if strings.Contains(fmt.Sprintf("%+v", s), "SECRET") {
					t.Errorf("a span holds what nobody may see: %+v", s)
				}
			}
		})
	}
}

// TestTraced_Unsampled: a question of a call that is not recorded, or that has no trace,
// makes no span.
func TestTraced_Unsampled(t *testing.T) {
	tracer, spans := recorded(t, sdk.NeverSample())
	p := mustAssemble(t, roles(after(0, answer("a"))), Config{Tracer: tracer}, nil)
	ctx, call := tracer.Start(t.Context(), "call")
	wantRoles(t, p, ask("1"), "a")
	if _, err := p.Fetch(ctx, ask("2")); err != nil {
		t.Fatal(err)
	}
	call.End()
	if got := lookups(spans); got != nil {
		t.Errorf("got %q, want none", got)
	}
}

// TestTraced_Gathered: a call for several questions is below the first that is recorded,
// and tied to the others.
func TestTraced_Gathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracer, spans := recorded(t, sdk.AlwaysSample())
		p := mustAssemble(t, roles(&bulk{}), Config{Tracer: tracer, Gather: GatherConfig{MaxBatch: 10, Calls: 1}}, nil)
		var wait sync.WaitGroup
		var calls []trace.Span
		for i := range 5 {
			ctx := t.Context()
			if i != 1 { // one is not traced
				var span trace.Span
				ctx, span = tracer.Start(ctx, "call")
				calls = append(calls, span)
			}
			wait.Go(func() {
				if _, err := p.Fetch(ctx, ask(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		wait.Wait()
		var got []sdk.ReadOnlySpan
		for _, s := range spans.Ended() {
			if s.Name() == "pip.lookup" {
				got = append(got, s)
			}
		}
		want := []string{"source=roles questions=1 attempt=1 outcome=ok Unset", "source=roles questions=4 outcome=ok Unset"}
		if d := cmp.Diff(want, lookups(spans)); d != "" {
			t.Fatalf("-want +got\n%s", d)
		}
		if got[1].Parent().SpanID() != calls[1].SpanContext().SpanID() {
			t.Error("the call is not below the first question that is recorded")
		}
		var links []trace.SpanID
		for _, l := range got[1].Links() {
			links = append(links, l.SpanContext.SpanID())
		}
		if want := []trace.SpanID{calls[2].SpanContext().SpanID(), calls[3].SpanContext().SpanID()}; !slices.Equal(links, want) {
			t.Errorf("got links to %v, want %v", links, want)
		}
		for _, c := range calls {
			c.End()
		}
	})
}

// TestTraced_OffCostsNothing: without a tracer the calls are the very same.
func TestTraced_OffCostsNothing(t *testing.T) {
	reply := []Reply{{}}
	c := calls(func(context.Context, []Question) []Reply { return reply }).traced(nil, "roles")
	ctx, qs := t.Context(), []Question{ask("1")}
	if n := testing.AllocsPerRun(100, func() { c(ctx, qs) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}
