// Package otlptest is a collector of traces for tests. It speaks OTLP over gRPC and
// over HTTP, keeps what it gets, and can be made to hang or to refuse.
package otlptest

import (
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

// Collector keeps the spans that it gets.
type Collector struct {
	collectorpb.UnimplementedTraceServiceServer
	grpc, http string

	mu       sync.Mutex
	requests []*collectorpb.ExportTraceServiceRequest
	calls    int
	behave   func(ctx context.Context) error // nil: it takes what comes
}

// Start runs a collector until the end of the test.
func Start(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{}
	server := grpc.NewServer()
	collectorpb.RegisterTraceServiceServer(server, c)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", c.serve)
	over := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	var running sync.WaitGroup
	listen := func(serve func(net.Listener) error) string {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() { _ = serve(l) })
		return "http://" + l.Addr().String()
	}
	c.grpc, c.http = listen(server.Serve), listen(over.Serve)
	t.Cleanup(func() {
		server.Stop()
		_ = over.Close()
		running.Wait()
	})
	return c
}

// GRPC is the URL for the protocol grpc.
func (c *Collector) GRPC() string { return c.grpc }

// HTTP is the URL for the protocol http/protobuf.
func (c *Collector) HTTP() string { return c.http }

// Hang lets calls wait until who makes them gives up.
func (c *Collector) Hang() {
	c.become(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
}

// Refuse answers calls with an error that quotes text.
func (c *Collector) Refuse(text string) {
	c.become(func(context.Context) error { return status.Error(codes.PermissionDenied, text) })
}

// Recover takes what comes again.
func (c *Collector) Recover() { c.become(nil) }

func (c *Collector) become(behave func(context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behave = behave
}

// Export is the method of the gRPC service.
func (c *Collector) Export(ctx context.Context, r *collectorpb.ExportTraceServiceRequest) (*collectorpb.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	c.calls++
	behave := c.behave
	c.mu.Unlock()
	if behave != nil {
		if err := behave(ctx); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r)
	return &collectorpb.ExportTraceServiceResponse{}, nil
}

// serve is Export over HTTP.
func (c *Collector) serve(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, "not gzip", http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	data, err := io.ReadAll(body)
	request := &collectorpb.ExportTraceServiceRequest{}
	if err != nil || proto.Unmarshal(data, request) != nil {
		http.Error(w, "not an export", http.StatusBadRequest)
		return
	}
	response, err := c.Export(r.Context(), request)
	if err != nil {
		http.Error(w, status.Convert(err).Message(), http.StatusForbidden)
		return
	}
	data, err = proto.Marshal(response)
	if err != nil {
		http.Error(w, "no answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(data) // whoever is gone needs no answer
}

// Calls is how many calls there were, whatever became of them.
func (c *Collector) Calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// Spans are all spans so far, in order of when they began.
func (c *Collector) Spans() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var spans []*tracepb.Span
	for _, r := range c.requests {
		for _, resource := range r.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				spans = append(spans, scope.GetSpans()...)
			}
		}
	}
	slices.SortStableFunc(spans, func(a, b *tracepb.Span) int {
		return int(int64(a.GetStartTimeUnixNano()) - int64(b.GetStartTimeUnixNano()))
	})
	return spans
}

// Resource are the attributes of what made the spans that came last.
func (c *Collector) Resource() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.requests) == 0 {
		return nil
	}
	return Attributes(c.requests[len(c.requests)-1].GetResourceSpans()[0].GetResource().GetAttributes())
}

// Text is everything that came, as text in which a test looks for what must not be there.
func (c *Collector) Text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, r := range c.requests {
		b.WriteString(prototext.Format(r))
	}
	return b.String()
}

// Attributes are attributes by name, with their values as text.
func Attributes(all []*commonpb.KeyValue) map[string]string {
	out := make(map[string]string)
	for _, a := range all {
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			out[a.GetKey()] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			out[a.GetKey()] = strconv.FormatInt(v.IntValue, 10)
		default:
			out[a.GetKey()] = strings.TrimSpace(prototext.Format(a.GetValue()))
		}
	}
	return out
}
