package tracing

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/internal/otlptest"
)

func TestMain(m *testing.M) {
	for _, v := range os.Environ() { // of whoever runs the tests
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OTEL_") {
			_ = os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m)
}

// journal is a log that tests read.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// opened is Traces in an environment.
type opened struct {
	*Traces
	t        *testing.T
	log      *journal
	registry *prometheus.Registry
}

func open(t *testing.T, environment map[string]string) *opened {
	t.Helper()
	for name, value := range environment {
		t.Setenv(name, value)
	}
	o := &opened{t: t, log: &journal{}, registry: prometheus.NewRegistry()}
	var err error
	o.Traces, err = Open(t.Context(), Config{
		Version: "1.2.3", Registerer: o.registry,
		Logger: slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		_ = o.Shutdown(ctx) // it may be over
	})
	return o
}

// spans makes spans.
func (o *opened) spans(n int) {
	o.t.Helper()
	tracer := o.Tracer()
	if tracer == nil {
		o.t.Fatalf("there is no tracer; the log is %s", o.log)
	}
	for range n {
		_, span := tracer.Start(context.Background(), "call")
		span.End()
	}
}

// count is how many spans had the outcome.
func (o *opened) count(outcome string) int {
	o.t.Helper()
	families, err := o.registry.Gather()
	if err != nil {
		o.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == outcome {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	o.t.Fatalf("there is no outcome %q", outcome)
	return 0
}

func value(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// TestOpen_Environment: there are traces only if a standard variable asks for them, and a
// variable that makes no sense is told of by name, not by value.
func TestOpen_Environment(t *testing.T) {
	const endpoint = "http://127.0.0.1:4318"
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, certtest.New("collectors").PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		env  map[string]string
		on   bool
		says string
	}{
		{"nothing", nil, false, ""},
		{"endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, true, "protocol=http/protobuf"},
		{"endpoint of traces", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": endpoint}, true, "protocol=http/protobuf"},
		{"exporter", map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, "protocol=http/protobuf"},
		{"grpc", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, true, "protocol=grpc"},
		{"protocol of traces", map[string]string{
			"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
		}, true, "protocol=http/protobuf"},
		{"none", map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, false, ""},
		{"disabled", map[string]string{"OTEL_SDK_DISABLED": "TRUE", "OTEL_TRACES_EXPORTER": "otlp"}, false, ""},
		{"other exporter", map[string]string{"OTEL_TRACES_EXPORTER": "SECRET"}, false, "OTEL_TRACES_EXPORTER"},
		{"another one too", map[string]string{"OTEL_TRACES_EXPORTER": "SECRET, otlp"}, true, "OTEL_TRACES_EXPORTER"},
		{"other protocol", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "SECRET"}, false, "OTEL_EXPORTER_OTLP_PROTOCOL"},
		{"no URL", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:SECRET"}, false, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		{"bad URL", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://u:SECRET@[::1"}, false, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		{"TLS without https", map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_CERTIFICATE": authority,
		}, false, "cannot be exported"},
		{"queue", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_BSP_MAX_QUEUE_SIZE": "17"}, true, "queue=17"},
		{"bad queue", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_BSP_MAX_QUEUE_SIZE": "100000000"}, true, "queue=2048"},
		{"bad sampler", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "SECRET"}, true, "environment variables"},
		{"bad headers", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_HEADERS": "authorization SECRET"}, true, "parse headers"},
		{"bad escape", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=SECRET%zz"}, true, "escape header value"},
		{"bad resource", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_RESOURCE_ATTRIBUTES": "SECRET"}, true, "OTEL_RESOURCE_ATTRIBUTES"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := open(t, tt.env)
			if on := o.Tracer() != nil; on != tt.on {
				t.Errorf("got traces %t, want %t", on, tt.on)
			}
			if log := o.log.String(); !strings.Contains(log, tt.says) || tt.says == "" && log != "" || strings.Contains(log, "SECRET") {
				t.Errorf("got log %s, want %q", log, tt.says)
			}
		})
	}
}

// TestExport: spans get to the collector by each protocol, at the end at the latest, with
// what the environment says of the service and no more.
func TestExport(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			c := otlptest.Start(t)
			o := open(t, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": map[string]string{"grpc": c.GRPC(), "http/protobuf": c.HTTP()}[protocol],
				"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_SERVICE_NAME": "door", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
			})
			o.spans(3)
			if err := o.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := len(c.Spans()); n != 3 || o.count("exported") != 3 || o.count("failed")+o.count("dropped") != 0 {
				t.Errorf("got %d spans, %d counted as exported, want 3", n, o.count("exported"))
			}
			got := c.Resource()
			for name, want := range map[string]string{"service.name": "door", "service.version": "1.2.3", "deployment.environment": "test"} {
				if got[name] != want {
					t.Errorf("got %s %q, want %q", name, got[name], want)
				}
				delete(got, name)
			}
			for name := range got {
				if !strings.HasPrefix(name, "telemetry.sdk.") {
					t.Errorf("got attribute %s of the resource", name)
				}
			}
		})
	}
}

// TestSampler: a sampler that takes nothing exports nothing.
func TestSampler(t *testing.T) {
	c := otlptest.Start(t)
	o := open(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": c.GRPC(), "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_TRACES_SAMPLER": "always_off",
	})
	o.spans(3)
	if err := o.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.Calls() != 0 || o.count("dropped") != 0 {
		t.Errorf("got %d calls, %d dropped", c.Calls(), o.count("dropped"))
	}
}

// A collector that hangs does not make spans wait, of which only so many are
// kept, and all others are counted.
func TestExport_CollectorThatHangs(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			c := otlptest.Start(t)
			c.Hang()
			o := open(t, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": map[string]string{"grpc": c.GRPC(), "http/protobuf": c.HTTP()}[protocol],
				"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10",
			})
			const all = 20_000
			began := time.Now()
			o.spans(all)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%d spans took %v, although nobody is to wait for the collector", all, took)
			}
			if waiting, dropped := o.outlet.waiting.Load(), o.count("dropped"); waiting > 100 || dropped != all-int(waiting) {
				t.Errorf("%d spans wait, %d were dropped of %d", waiting, dropped, all)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			began = time.Now()
			if err := o.Shutdown(ctx); err == nil {
				t.Error("got no error for spans that were not sent")
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the end took %v, although there were 50 ms", took)
			}
			eventually(t, "nothing waits any more", func() bool { return o.outlet.waiting.Load() == 0 })
			if sum := o.count("dropped") + o.count("failed") + o.count("exported"); sum != all {
				t.Errorf("got %d spans counted, want %d", sum, all)
			}
		})
	}
}

// TestQueue_Closed: what ends while the last spans are sent is counted as dropped.
func TestQueue_Closed(t *testing.T) {
	o := open(t, nil)
	m := &metrics{prometheus.NewCounter(prometheus.CounterOpts{}), prometheus.NewCounter(prometheus.CounterOpts{}), prometheus.NewCounter(prometheus.CounterOpts{})}
	q := newQueue(&outlet{exporter: tracetest.NewInMemoryExporter(), metrics: m, log: slog.New(slog.NewTextHandler(o.log, nil))}, 10)
	sampled := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	q.OnEnd(tracetest.SpanStub{SpanContext: sampled}.Snapshot())
	q.OnEnd(tracetest.SpanStub{}.Snapshot()) // not sampled
	if err := q.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	q.OnEnd(tracetest.SpanStub{SpanContext: sampled}.Snapshot())
	for want, c := range []prometheus.Counter{m.failed, m.exported} {
		if got := value(t, c); got != float64(want) {
			t.Errorf("got %v, want %d", got, want)
		}
	}
	if got := value(t, m.dropped); got != 1 || q.outlet.waiting.Load() != 0 {
		t.Errorf("got %v dropped, %d waiting, want 1 and 0", got, q.outlet.waiting.Load())
	}
}

// TestOutlet_Log: that spans cannot be sent is said once, without what the collector or
// an address tells, and once that they can be again.
func TestOutlet_Log(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			c := otlptest.Start(t)
			o := open(t, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": map[string]string{"grpc": c.GRPC(), "http/protobuf": c.HTTP()}[protocol],
				"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_HEADERS": "authorization=SECRET", "OTEL_BSP_SCHEDULE_DELAY": "1",
			})
			c.Refuse("SECRET of the collector")
			for i := range 5 {
				o.spans(1)
				eventually(t, "the span is refused", func() bool { return o.count("failed") == i+1 })
			}
			c.Recover()
			o.spans(1)
			eventually(t, "a span is sent", func() bool { return o.count("exported") == 1 })
			log := o.log.String()
			if n := strings.Count(log, "cannot be sent"); n != 1 || strings.Count(log, "can be sent again") != 1 {
				t.Errorf("got log %s, want one line of each", log)
			}
			if strings.Contains(log, "SECRET") || strings.Contains(log, "127.0.0.1") {
				t.Errorf("the log tells too much: %s", log)
			}
		})
	}
}

// TestShutdown_NobodyThere: where nobody listens the end does not take long, whatever time
// there is.
func TestShutdown_NobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			o := open(t, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + address, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				"OTEL_BSP_SCHEDULE_DELAY": "1", "OTEL_EXPORTER_OTLP_TIMEOUT": "100",
			})
			o.spans(1)
			eventually(t, "the span is lost", func() bool { return o.count("failed") == 1 })
			o.spans(1)
			began := time.Now()
			if err := o.Shutdown(context.Background()); err == nil {
				t.Error("got no error for a span that was not sent")
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the end took %v", took)
			}
			if !strings.Contains(o.log.String(), "cannot be sent") || strings.Contains(o.log.String(), address) {
				t.Errorf("got log %s", o.log)
			}
		})
	}
}

// TestOutlet_Panic: an exporter that panics loses spans and nothing else.
func TestOutlet_Panic(t *testing.T) {
	m, err := newMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	o := &outlet{metrics: m, log: slog.New(slog.DiscardHandler)} // without an exporter
	if err := o.ExportSpans(t.Context(), nil); err != nil || !o.failing() {
		t.Errorf("got %v, failing %t", err, o.failing())
	}
}

// No error of an exporter is quoted.
func TestCause_QuotesNothing(t *testing.T) {
	for _, err := range []error{
		nil, context.DeadlineExceeded, fmt.Errorf("SECRET: %w", context.Canceled), fmt.Errorf("SECRET"),
		&net.OpError{Op: "dial", Err: fmt.Errorf("SECRET")},
	} {
		if got := cause(err).Error(); got == "" || strings.Contains(got, "SECRET") {
			t.Errorf("%v: got %q", err, got)
		}
	}
}
