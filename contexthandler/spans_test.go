package contexthandler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// recorder records the spans of calls.
type recorder struct {
	*tracetest.SpanRecorder
	oteltrace.Tracer
}

func newRecorder(t *testing.T, sampler sdk.Sampler) *recorder {
	r := &recorder{SpanRecorder: tracetest.NewSpanRecorder()}
	p := sdk.NewTracerProvider(sdk.WithSpanProcessor(r.SpanRecorder), sdk.WithSampler(sampler))
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	r.Tracer = p.Tracer("test")
	return r
}

// call runs f within the span of a call.
func (r *recorder) call(f func(ctx context.Context)) {
	ctx, span := r.Start(context.Background(), "call")
	f(ctx)
	span.End()
}

// lines tells of each span that ended: its name, the name of the one above, what it
// says, and its events, in order of when it began.
func (r *recorder) lines() []string {
	ended := r.Ended()
	slices.SortStableFunc(ended, func(a, b sdk.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	names := make(map[oteltrace.SpanID]string)
	for _, s := range ended {
		names[s.SpanContext().SpanID()] = s.Name()
	}
	var out []string
	for _, s := range ended {
		line := s.Name()
		if above := names[s.Parent().SpanID()]; above != "" {
			line = above + " > " + line
		}
		for _, a := range s.Attributes() {
			line += fmt.Sprintf(" %s=%s", strings.TrimPrefix(string(a.Key), "forseti."), a.Value.String())
		}
		for _, e := range s.Events() {
			line += " [" + e.Name
			for _, a := range e.Attributes {
				line += fmt.Sprintf(" %s=%s", strings.TrimPrefix(string(a.Key), "forseti."), a.Value.String())
			}
			line += "]"
		}
		if s.EndTime().Before(s.StartTime()) {
			line += " ENDS BEFORE IT BEGINS"
		}
		out = append(out, line)
	}
	return out
}

// tracedHandler permits what a source knows of the user.
func tracedHandler(t *testing.T, r *recorder, f *fake, change func(*Config)) (*Handler, *pap.Snapshot) {
	s := snapshot(t, rule("one", "Permit", "s.role=boss"))
	c := Config{Snapshot: func() *pap.Snapshot { return s }, Sources: []pip.Source{source("roles", "s.user", "s.role", f)}}
	if r != nil {
		c.Tracer = r
	}
	if change != nil {
		change(&c)
	}
	return New(c), s
}

// TestSpans: the stages of a decision are below its call, which says what was decided;
// what was asked and answered is nowhere.
func TestSpans(t *testing.T) {
	r := newRecorder(t, sdk.AlwaysSample())
	f := &fake{answers: map[string]string{"u1": "boss"}}
	h, s := tracedHandler(t, r, f, nil)
	want := []string{
		"call snapshot=test decisions=1 decision=permit status=ok obligations=0 advice=0",
		"call > enrich [source source=roles outcome=ok questions=1]",
		"call > evaluate decision=permit status=ok obligations=0 advice=0",
	}
	for _, way := range []string{"in rounds", "ahead"} {
		r.Reset()
		r.call(func(ctx context.Context) {
			if _, err := h.Decide(ctx, s, Call{Request: request("s.user=u1")}); err != nil {
				t.Fatal(err)
			}
		})
		if d := cmp.Diff(sorted(want), sorted(r.lines())); d != "" {
			t.Errorf("%s: -want +got\n%s", way, d)
		}
	}
	if text := fmt.Sprint(r.lines()); strings.Contains(text, "u1") || strings.Contains(text, "boss") {
		t.Errorf("a span holds a value: %s", text)
	}
}

func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }

// TestSpans_Query: the short way makes the same spans as the general one, in rounds,
// ahead, and when it begins ahead and goes on in rounds.
func TestSpans_Query(t *testing.T) {
	r := newRecorder(t, sdk.AlwaysSample())
	slow := false
	f := &fake{answers: map[string]string{"u1": "boss"}, hook: func(context.Context) error {
		if slow {
			time.Sleep(2 * quick)
		}
		return nil
	}}
	other := &fake{answers: map[string]string{"": ""}}
	h, _ := tracedHandler(t, r, f, func(c *Config) {
		c.Sources = append(c.Sources, source("more", "s.role", "s.more", other))
		s := snapshot(t, rule("one", "Permit", "s.role=boss"), rule("two", "Deny", "s.more=yes"))
		c.Snapshot = func() *pap.Snapshot { return s }
	})
	s := h.config.Snapshot()
	for _, way := range []string{"in rounds", "ahead", "both", "in rounds again"} {
		slow = way == "both"
		r.Reset()
		r.call(func(ctx context.Context) {
			q, ok := h.NewQuery(s)
			if !ok {
				t.Fatal("there is no short way")
			}
			defer q.Close()
			q.Attribute(xacml.CategoryAccessSubject, "user")
			q.Text("u1")
			started := time.Now()
			_, _, done, err := q.Decide(ctx, started)
			if err == nil && !done {
				_, _, err = q.Complete(ctx, started)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		want := []string{
			"call > enrich [source source=roles outcome=ok questions=1] [source source=more outcome=empty questions=1]",
			"call > evaluate decision=permit status=ok obligations=0 advice=0",
			"call snapshot=test decisions=1 decision=permit status=ok obligations=0 advice=0",
		}
		if d := cmp.Diff(sorted(want), sorted(r.lines())); d != "" {
			t.Errorf("%s: -want +got\n%s", way, d)
		}
	}
}

// TestSpans_Parts: of many decisions for one call only the first have spans, each with
// its own above; sources are told of the trace for all.
func TestSpans_Parts(t *testing.T) {
	r := newRecorder(t, sdk.AlwaysSample())
	told := make(map[bool]int)
	f := &fake{hook: func(ctx context.Context) error {
		told[oteltrace.SpanContextFromContext(ctx).IsSampled()]++
		return nil
	}}
	h, s := tracedHandler(t, r, f, nil)
	many := &xacml.Request{}
	const parts = tracedParts + 8
	for i := range parts {
		many.Attributes = append(many.Attributes, request(fmt.Sprintf("s.user=u%d", i)).Attributes...)
	}
	r.call(func(ctx context.Context) {
		answer, err := h.Decide(ctx, s, Call{Request: many})
		if err != nil || len(answer.Results) != parts {
			t.Fatalf("got %d results, %v", len(answer.Results), err)
		}
	})
	count := make(map[string]int)
	for _, line := range r.lines() {
		name, _, _ := strings.Cut(line, " part=")
		name, _, _ = strings.Cut(name, " [")
		count[name]++
	}
	want := map[string]int{
		fmt.Sprintf("call snapshot=test decisions=%d", parts): 1,
		"call > decision":   tracedParts,
		"decision > enrich": tracedParts,
		"decision > evaluate decision=not_applicable status=ok obligations=0 advice=0": tracedParts,
	}
	if d := cmp.Diff(want, count); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if told[true] != parts || told[false] != 0 {
		t.Errorf("got %v sources in the trace, want %d", told, parts)
	}
}

// TestSpans_Failures: a source that fails and a call that is given up say so, and no
// error is quoted.
func TestSpans_Failures(t *testing.T) {
	r := newRecorder(t, sdk.AlwaysSample())
	f := &fake{fail: pip.Invalidf("SECRET")}
	h, s := tracedHandler(t, r, f, nil)
	r.call(func(ctx context.Context) { _, _ = h.Decide(ctx, s, Call{Request: request("s.user=u1")}) })
	want := []string{
		"call snapshot=test decisions=1 decision=indeterminate status=processing_error obligations=0 advice=0",
		"call > enrich [source source=roles outcome=invalid questions=1]",
		"call > evaluate decision=indeterminate status=processing_error obligations=0 advice=0",
	}
	if d := cmp.Diff(sorted(want), sorted(r.lines())); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for _, s := range r.Ended() {
		if strings.Contains(s.Status().Description, "SECRET") {
			t.Errorf("span %s quotes an error", s.Name())
		}
	}
	two := request("s.user=u1")
	two.Attributes = append(two.Attributes, request("s.user=u2").Attributes...)
	for _, tt := range []struct {
		request *xacml.Request
		want    []string
	}{
		{request("s.user=u1"), []string{"call", "call > enrich [source source=roles outcome=invalid questions=1]", "call > evaluate"}},
		{two, []string{"call", "call > decision part=1", "decision > enrich [source source=roles outcome=invalid questions=1]", "decision > evaluate"}},
	} {
		r.Reset()
		r.call(func(ctx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			f.hook = func(context.Context) error { cancel(); return nil }
			if _, err := h.Decide(ctx, s, Call{Request: tt.request}); err == nil {
				t.Error("got a decision for a call that was cancelled")
			}
		})
		if d := cmp.Diff(tt.want, sorted(r.lines())); d != "" {
			t.Errorf("given up: -want +got\n%s", d)
		}
	}
}

// TestSpans_Unsampled: a call whose trace is not recorded makes no spans, as one without
// a trace.
func TestSpans_Unsampled(t *testing.T) {
	r := newRecorder(t, sdk.NeverSample())
	h, s := tracedHandler(t, r, &fake{answers: map[string]string{"u1": "boss"}}, nil)
	decide := func(ctx context.Context) {
		if _, err := h.Decide(ctx, s, Call{Request: request("s.user=u1")}); err != nil {
			t.Fatal(err)
		}
	}
	r.call(decide)
	decide(context.Background())
	if n := len(r.Started()); n != 0 {
		t.Errorf("got %d spans, want none", n)
	}
}

// TestSpans_Exemplars: times name the trace of a call that is recorded, and of no other.
func TestSpans_Exemplars(t *testing.T) {
	for _, sampler := range []sdk.Sampler{sdk.AlwaysSample(), sdk.NeverSample()} {
		r := newRecorder(t, sampler)
		reg := prometheus.NewRegistry()
		h, s := tracedHandler(t, r, &fake{answers: map[string]string{"u1": "boss"}}, func(c *Config) {
			c.Metrics, _ = NewMetrics(reg)
		})
		r.call(func(ctx context.Context) { _, _ = h.Decide(ctx, s, Call{Request: request("s.user=u1")}) })
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		exemplars := 0
		for _, f := range families {
			for _, m := range f.GetMetric() {
				for _, b := range m.GetHistogram().GetBucket() {
					if b.GetExemplar() != nil {
						exemplars++
					}
				}
			}
		}
		want := 0
		if len(r.Ended()) > 0 {
			want = 3 // enrich, evaluate, total
		}
		if exemplars != want {
			t.Errorf("%s: got %d exemplars, want %d", sampler.Description(), exemplars, want)
		}
	}
}

// TestSpans_OffCostsNothing: without a tracer a decision allocates nothing, as before
// there were spans.
func TestSpans_OffCostsNothing(t *testing.T) {
	if testing.CoverMode() != "" || raceEnabled {
		t.Skip("the race detector takes memory out of pools")
	}
	s := snapshot(t, rule("one", "Permit", "s.role=boss"))
	h := New(Config{Snapshot: func() *pap.Snapshot { return s }})
	ctx := context.Background()
	query := func() {
		q, _ := h.NewQuery(s)
		q.Attribute(xacml.CategoryAccessSubject, "role")
		q.Text("boss")
		if _, _, ok, err := q.Decide(ctx, time.Now()); !ok || err != nil {
			t.Fatal(ok, err)
		}
		q.Close()
	}
	query()
	if n := testing.AllocsPerRun(1000, query); n != 0 {
		t.Errorf("got %v allocations a decision, want 0", n)
	}
	if n := testing.AllocsPerRun(1000, func() {
		h.Describe(ctx, s, 1)
		h.describeResult(ctx, &xacml.Result{})
		made := h.spansOf(ctx)
		made.evaluated(time.Time{}, time.Time{}, nil)
		_ = made.enriching(ctx, time.Time{})
		_, _ = h.Part(ctx, 1)
		_ = h.exemplar(ctx)
	}); n != 0 {
		t.Errorf("got %v allocations of what makes spans, want 0", n)
	}
}
