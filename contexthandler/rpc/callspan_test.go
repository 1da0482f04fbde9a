package rpc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// tracedRig is a rig whose spans are recorded.
type tracedRig struct {
	*rig
	spans *tracetest.SpanRecorder
}

func startTraced(t *testing.T, sampler sdk.Sampler) *tracedRig {
	t.Helper()
	r := &tracedRig{spans: tracetest.NewSpanRecorder()}
	p := sdk.NewTracerProvider(sdk.WithSpanProcessor(r.spans), sdk.WithSampler(sampler))
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	s := newSnapshot(t, "one")
	asked := fetch(func(ctx context.Context) error { return (*r.asked.Load())(ctx) })
	r.rig = start(t, func(c *Config) {
		c.Tracer = p.Tracer("test")
		c.Handler = contexthandler.New(contexthandler.Config{
			Snapshot: func() *pap.Snapshot { return s }, Tracer: c.Tracer,
			Sources: []pip.Source{{Name: "asked", Provider: asked, Provides: []pip.Provided{{Key: xacml.AttributeKey{
				Category: xacml.CategoryEnvironment, ID: "urn:test:asked", Type: value.TypeString,
			}}}}},
		})
		c.Reflection = true
	})
	return r
}

// take waits for the spans of a call, of which the last is its own, and gives them as
// lines, in order of the alphabet.
func (r *tracedRig) take(call string) []string {
	r.t.Helper()
	eventually(r.t, "the span of the call has ended", func() bool {
		return slices.ContainsFunc(r.spans.Ended(), func(s sdk.ReadOnlySpan) bool { return s.Name() == call })
	})
	ended := r.spans.Ended()
	r.spans.Reset()
	names := make(map[trace.SpanID]string)
	for _, s := range ended {
		names[s.SpanContext().SpanID()] = short(s.Name()) + " > "
	}
	var lines []string
	for _, s := range ended {
		line := names[s.Parent().SpanID()] + short(s.Name())
		for _, a := range s.Attributes() {
			line += fmt.Sprintf(" %s=%s", a.Key, a.Value.String())
		}
		lines = append(lines, strings.ReplaceAll(line, "forseti.authorization.v1.AuthorizationService/", ""))
	}
	slices.Sort(lines)
	return lines
}

func short(name string) string {
	return strings.TrimPrefix(name, "forseti.authorization.v1.AuthorizationService/")
}

const serviceName = "forseti.authorization.v1.AuthorizationService/"

// TestTraced: each way of asking has the span of its call, and those of its decisions
// below it.
func TestTraced(t *testing.T) {
	const (
		system   = " rpc.system.name=grpc"
		ok       = " rpc.response.status_code=OK"
		snapshot = " forseti.snapshot=one"
		permit   = " forseti.decision=permit forseti.status=ok forseti.obligations=1 forseti.advice=1"
		deny     = " forseti.decision=deny forseti.status=ok forseti.obligations=0 forseti.advice=0"
	)
	r := startTraced(t, sdk.AlwaysSample())
	want := func(name string, lines ...string) {
		t.Helper()
		slices.Sort(lines)
		if d := cmp.Diff(lines, r.take(serviceName+name)); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}

	if _, err := r.client.Authorize(within(t), known("read", "")); err != nil {
		t.Fatal(err)
	}
	want("Authorize",
		"Authorize"+system+" rpc.method=Authorize"+snapshot+" forseti.decisions=1"+permit+ok,
		"Authorize > evaluate"+permit)

	_, _ = r.client.Authorize(within(t), known("ask", ""))
	want("Authorize",
		"Authorize"+system+" rpc.method=Authorize"+snapshot+" forseti.decisions=1 forseti.decision=permit forseti.status=ok forseti.obligations=0 forseti.advice=0"+ok,
		"Authorize > enrich", "Authorize > evaluate forseti.decision=permit forseti.status=ok forseti.obligations=0 forseti.advice=0")

	_, _ = r.client.Authorize(within(t), &v1.AuthorizeRequest{Subject: map[string]string{"nobody-knows": "x"}})
	want("Authorize", "Authorize"+system+" rpc.method=Authorize rpc.response.status_code=INVALID_ARGUMENT forseti.reason=invalid_request")

	if _, err := r.client.Evaluate(within(t), &v1.EvaluateRequest{}); err != nil {
		t.Fatal(err)
	}
	none := " forseti.decision=not_applicable forseti.status=ok forseti.obligations=0 forseti.advice=0"
	want("Evaluate",
		"Evaluate"+system+" rpc.method=Evaluate"+snapshot+" forseti.decisions=1"+none+ok,
		"Evaluate > evaluate"+none)

	batch := &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{
		known("read", ""), known("write", ""), {Subject: map[string]string{"nobody-knows": "x"}},
	}}
	if _, err := r.client.AuthorizeBatch(within(t), batch); err != nil {
		t.Fatal(err)
	}
	part := func(n int, says string) string {
		return fmt.Sprintf("AuthorizeBatch > decision forseti.part=%d", n) + says
	}
	want("AuthorizeBatch",
		"AuthorizeBatch"+system+" rpc.method=AuthorizeBatch"+snapshot+" forseti.decisions=3"+ok,
		part(1, snapshot+" forseti.decisions=1"+permit), "decision > evaluate"+permit,
		part(2, snapshot+" forseti.decisions=1"+deny), "decision > evaluate"+deny,
		part(3, " rpc.response.status_code=INVALID_ARGUMENT forseti.reason=invalid_request"))

	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*v1.AuthorizeRequest{known("write", ""), {Subject: map[string]string{"nobody-knows": "x"}}} {
		if err := stream.Send(&v1.AuthorizeStreamRequest{Request: m}); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	want("AuthorizeStream",
		"AuthorizeStream"+system+" rpc.method=AuthorizeStream"+ok,
		"AuthorizeStream message"+system+snapshot+" forseti.decisions=1"+deny, "AuthorizeStream message > evaluate"+deny,
		"AuthorizeStream message"+system+" rpc.response.status_code=INVALID_ARGUMENT forseti.reason=invalid_request")

	if _, err := healthpb.NewHealthClient(r.conn).Check(within(t), &healthpb.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	if n := len(r.spans.Started()); n != 0 {
		t.Errorf("got %d spans of the health service, want none", n)
	}
}

// TestTraced_Batch: the requests of a batch that wait for a source have spans as those
// that do not, and those beyond the first ones have none.
func TestTraced_Batch(t *testing.T) {
	r := startTraced(t, sdk.AlwaysSample())
	r.ask(func(context.Context) error { time.Sleep(time.Millisecond); return nil })
	batch := &v1.AuthorizeBatchRequest{}
	for range 40 {
		batch.Requests = append(batch.Requests, known("ask", ""))
	}
	if _, err := r.client.AuthorizeBatch(within(t), batch); err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for _, line := range r.take(serviceName + "AuthorizeBatch") {
		name, _, _ := strings.Cut(line, " rpc.")
		name, _, _ = strings.Cut(name, " forseti.")
		count[name]++
	}
	want := map[string]int{"AuthorizeBatch": 1, "AuthorizeBatch > decision": 32, "decision > enrich": 32, "decision > evaluate": 32}
	if d := cmp.Diff(want, count); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestTraced_Parent: a call is a part of the trace that the caller names, and sampled as
// that is; what else the caller hands on is not taken.
func TestTraced_Parent(t *testing.T) {
	r := startTraced(t, sdk.ParentBased(sdk.AlwaysSample()))
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, tt := range []struct {
		name   string
		sent   []string
		joined bool
		ended  int // spans
	}{
		{"sampled", []string{"00-" + id + "-00f067aa0ba902b7-01"}, true, 2},
		{"not sampled", []string{"00-" + id + "-00f067aa0ba902b7-00"}, true, 0},
		{"none", nil, false, 2},
		{"several", []string{"00-" + id + "-00f067aa0ba902b7-01", "00-" + id + "-00f067aa0ba902b7-01"}, false, 2},
		{"no trace", []string{"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}, false, 2},
		{"no span", []string{"00-" + id + "-0000000000000000-01"}, false, 2},
		{"upper case", []string{"00-" + strings.ToUpper(id) + "-00f067aa0ba902b7-01"}, false, 2},
		{"garbage", []string{strings.Repeat("SECRET", 100)}, false, 2},
		{"version ff", []string{"ff-" + id + "-00f067aa0ba902b7-01"}, false, 2},
	} {
		var told trace.SpanContext
		r.ask(func(ctx context.Context) error { told = trace.SpanContextFromContext(ctx); return nil })
		ctx := metadata.AppendToOutgoingContext(within(t), "tracestate", "vendor=SECRET", "baggage", "user=SECRET")
		for _, v := range tt.sent {
			ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", v)
		}
		r.spans.Reset()
		if _, err := r.client.Authorize(ctx, known("ask", "")); err != nil {
			t.Fatal(err)
		}
		if joined := told.TraceID().String() == id; joined != tt.joined {
			t.Errorf("%s: got trace %s", tt.name, told.TraceID())
		}
		if told.TraceState().Len() > 0 {
			t.Errorf("%s: sources get the tracestate %s", tt.name, told.TraceState())
		}
		if tt.ended > 0 {
			eventually(t, "the spans have ended", func() bool { return len(r.spans.Ended()) == tt.ended+1 })
		}
		for _, s := range r.spans.Ended() {
			if s.Parent().IsRemote() && s.Name() != serviceName+"Authorize" || strings.Contains(fmt.Sprintf("%+v", s), "SECRET") {
				t.Errorf("%s: got span %+v", tt.name, s)
			}
		}
		if tt.ended == 0 && len(r.spans.Ended()) > 0 {
			t.Errorf("%s: got %d spans", tt.name, len(r.spans.Ended()))
		}
	}
}

// TestTraced_Exemplars: the duration of a call names its trace if that is recorded.
func TestTraced_Exemplars(t *testing.T) {
	for _, sampler := range []sdk.Sampler{sdk.AlwaysSample(), sdk.NeverSample()} {
		r := startTraced(t, sampler)
		for _, call := range []func() error{
			func() error { _, err := r.client.Authorize(within(t), known("read", "")); return err },
			func() error { _, err := r.client.Evaluate(within(t), &v1.EvaluateRequest{}); return err },
		} {
			if err := call(); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "both calls are counted", func() bool { return r.metric("grpc_server_handled_total", "OK") == 2 })
		families, err := r.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range families {
			for _, m := range f.GetMetric() {
				for _, b := range m.GetHistogram().GetBucket() {
					if e := b.GetExemplar(); e != nil {
						got = append(got, f.GetName()+" "+e.GetLabel()[0].GetName())
					}
				}
			}
		}
		want := 2
		if sampler.Description() == sdk.NeverSample().Description() {
			want = 0
		}
		if len(got) != want || want > 0 && got[0] != "grpc_server_handling_seconds trace_id" {
			t.Errorf("%s: got exemplars %q, want %d", sampler.Description(), got, want)
		}
	}
}

// TestTraced_Unknown: a caller that nobody knows makes no spans.
func TestTraced_Unknown(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	p := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))
	defer p.Shutdown(context.Background()) //nolint:errcheck // nothing is exported
	known := authentic(t, verifierOf(t, keyFile(t, tokentest.NewKey("1", "ES256"))))
	r := start(t, func(c *Config) {
		known(c)
		c.Administration, c.Tracer = false, p.Tracer("test")
	})
	_, err := r.client.Authorize(within(t), action("read"))
	if err == nil {
		t.Fatal("got an answer for nobody")
	}
	stream, err := r.client.AuthorizeStream(within(t))
	if err == nil {
		_, err = stream.Recv()
	}
	if err == nil {
		t.Fatal("got an answer for nobody")
	}
	if n := len(spans.Started()); n != 0 {
		t.Errorf("got %d spans, want none", n)
	}
}

// TestTraced_OffCostsNothing: without a tracer and a name a call allocates what it did
// before there were spans and names.
func TestTraced_OffCostsNothing(t *testing.T) {
	if testing.CoverMode() != "" || raceEnabled {
		t.Skip("the race detector takes memory out of pools")
	}
	s := newSnapshot(t, "one")
	server, err := New(Config{Handler: contexthandler.New(contexthandler.Config{Snapshot: func() *pap.Snapshot { return s }})})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown(within(t)) //nolint:errcheck // nobody calls
	data, err := proto.Marshal(known("write", ""))
	if err != nil {
		t.Fatal(err)
	}
	message, svc := mem.BufferSlice{mem.SliceBuffer(data)}, server.service
	headers := map[string][]string{":authority": {"x"}, "content-type": {"application/grpc"}}
	tk, written := &ticket{Context: context.Background()}, newCodec()
	handle := func() {
		ctx, span := svc.traced(tk, "/"+serviceName+"Authorize")
		q := svc.newQuestion()
		if err := q.read(message); err != nil {
			t.Fatal(err)
		}
		answer, _, err := q.answer(ctx, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		q.release()
		buffers, err := written.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		buffers.Free()
		tk.tell(tk, err)
		span.end(err)
		if sentID(headers) != "" || span.exemplar(ctx) != nil {
			t.Fatal("there is a name or an exemplar")
		}
	}
	handle()
	if n := testing.AllocsPerRun(1000, handle); n != allocationsOfCall {
		t.Errorf("got %v allocations a call, want %d", n, allocationsOfCall)
	}
}

// allocationsOfCall is what BenchmarkAuthorize counts: the text of the message, the
// answer and its buffer.
const allocationsOfCall = 3
