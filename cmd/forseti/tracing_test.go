package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/internal/otlptest"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip/grpc/attributeserver"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// What the service gets to see, and nobody else may: a user, an organisation, a role, and
// secrets of sources, of the collector and of callers.
const (
	tracedUser     = "31337001"
	tracedNumber   = "310000001"
	tracedParty    = "50001"
	tracedRole     = "dagl"
	tracedPassword = "hunter2-of-the-register"
	tracedKey      = "key-of-the-collector"
	tracedToken    = "eyJhbGciOiJub25lIn0.e30.planted"
	tracedBaggage  = "planted-baggage"
)

// tracedService is a service that asks a source over HTTP and one over gRPC, and exports
// traces.
type tracedService struct {
	*service
	collector *otlptest.Collector
	log       *lines
	client    v1.AuthorizationServiceClient
	stop      func()

	mu   sync.Mutex
	told map[string]string // traceparent, by the kind of source
}

// lines is a buffer that several goroutines write to.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// traceTo sets the environment of whoever exports to the collector.
func traceTo(t *testing.T, c *otlptest.Collector, protocol string, more ...string) {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", map[string]string{"grpc": c.GRPC(), "http/protobuf": c.HTTP()}[protocol])
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key="+tracedKey)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "5")
	for _, v := range more {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
}

func startTraced(t *testing.T, c *otlptest.Collector, change func(*config.Config)) *tracedService {
	t.Helper()
	s := &tracedService{collector: c, log: &lines{}, told: make(map[string]string)}
	register := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.tell("http", r.Header.Get("Traceparent"))
		if r.URL.Query().Get("organization") != tracedNumber || r.Header.Get("Authorization") != "Bearer "+tracedPassword {
			http.Error(w, "no such organisation: "+r.URL.RawQuery, http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"organizationNumber": %q, "partyId": %q}`, tracedNumber, tracedParty) //nolint:errcheck // a test server
	}))
	t.Cleanup(register.Close)
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte(tracedPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	adjust := configured(t, fmt.Sprintf(`
log: {level: debug, format: json}
sources:
  - name: party-of-organization
    kind: http
    needs: [{name: number, attribute: urn:altinn:organization:identifier-no, category: resource}]
    http:
      url: %s/parties?organization={number}
      echo: {number: $.organizationNumber}
      auth: {bearer_file: %s}
    provides: [{attribute: urn:altinn:partyid, category: resource, from: [$.partyId]}]
    cache: {ttl: 1h}
    timeout: 5s
  - name: roles
    kind: grpc
    needs:
      - {name: user, attribute: urn:altinn:userid}
      - {name: party, attribute: urn:altinn:partyid, category: resource}
    grpc: {address: '%s', plaintext: true}
    provides: [{attribute: urn:altinn:rolecode}]
    timeout: 5s
`, register.URL, secret, s.roles(t)))
	policies, err := filepath.Abs("../../policies")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Server.Listen, cfg.Server.Admin, cfg.Policies.Folder = "127.0.0.1:0", "127.0.0.1:0", policies
	adjust(cfg)
	if change != nil {
		change(cfg)
	}
	if s.service, err = newService(t.Context(), cfg, cfg.Log.Logger(s.log)); err != nil {
		t.Fatal(err)
	}
	signals, done := make(chan os.Signal, 1), make(chan error)
	go func() { done <- s.run(context.Background(), signals) }()
	s.stop = sync.OnceFunc(func() {
		signals <- syscall.SIGTERM
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	t.Cleanup(s.stop)
	s.client = v1.NewAuthorizationServiceClient(client(t, s.service))
	return s
}

// roles starts a source over gRPC and gives its address.
func (s *tracedService) roles(t *testing.T) string {
	attribute := func(name, category, id string) attributeserver.Attribute {
		return attributeserver.Attribute{Name: name, Key: xacml.AttributeKey{Category: category, ID: id, Type: value.TypeString}}
	}
	a, err := attributeserver.New(attributeserver.Config{
		Needs: []attributeserver.Attribute{
			attribute("user", xacml.CategoryAccessSubject, "urn:altinn:userid"),
			attribute("party", xacml.CategoryResource, "urn:altinn:partyid"),
		},
		Provides: []attributeserver.Attribute{attribute("role", xacml.CategoryAccessSubject, "urn:altinn:rolecode")},
		Source: attributeserver.Func(func(ctx context.Context, _ attributeserver.Question) (attributeserver.Answer, error) {
			md, _ := metadata.FromIncomingContext(ctx)
			s.tell("grpc", strings.Join(md.Get("traceparent"), " "))
			return attributeserver.Answer{Values: map[string][]string{"role": {tracedRole}}}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(attributeserver.Options()...)
	a.Register(server)
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		a.Close()
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func (s *tracedService) tell(kind, traceparent string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[kind] = traceparent
}

// ask asks for a decision about an organisation.
func (s *tracedService) ask(ctx context.Context, number string) (*v1.AuthorizeResponse, error) {
	return s.client.Authorize(ctx, &v1.AuthorizeRequest{
		Subject:  map[string]string{"user-id": tracedUser},
		Resource: map[string]string{"organization": number, "app": "income-report", "org": "ttd"},
		Action:   "instantiate",
	})
}

// spans waits for as many spans.
func (s *tracedService) spans(t *testing.T, n int) []*tracepb.Span {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); len(s.collector.Spans()) < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %d spans, want %d: %s", len(s.collector.Spans()), n, s.collector.Text())
		}
	}
	return s.collector.Spans()
}

// tree tells of each span what it is below, and what it says.
func tree(spans []*tracepb.Span) []string {
	names := make(map[string]string)
	for _, s := range spans {
		names[string(s.GetSpanId())] = s.GetName()
	}
	var told []string
	for _, s := range spans {
		line := s.GetName()
		if above := names[string(s.GetParentSpanId())]; above != "" {
			line = above + " > " + line
		}
		about := otlptest.Attributes(s.GetAttributes())
		for _, key := range slices.Sorted(maps.Keys(about)) {
			line += " " + strings.TrimPrefix(key, "forseti.") + "=" + about[key]
		}
		for _, e := range s.GetEvents() {
			about := otlptest.Attributes(e.GetAttributes())
			line += fmt.Sprintf(" [%s %s]", about["forseti.source"], about["forseti.outcome"])
		}
		told = append(told, strings.ReplaceAll(line, "forseti.authorization.v1.AuthorizationService/", ""))
	}
	slices.Sort(told)
	return told
}

// TestTracing follows a call through a real service to a collector, by each protocol: it
// joins the trace of its caller, has a span for each stage and for each question that goes
// to a source, and the sources are told of theirs.
func TestTracing(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			c := otlptest.Start(t)
			traceTo(t, c, protocol)
			s := startTraced(t, c, nil)
			const id, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
			ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-"+id+"-"+parent+"-01")
			for range 2 { // the second answer of the register is remembered
				response, err := s.ask(ctx, tracedNumber)
				if err != nil || response.GetDecision() != v1.Decision_DECISION_PERMIT {
					t.Fatalf("got %v, %v, want Permit", response, err)
				}
			}
			const (
				call   = "Authorize advice=0 decision=permit decisions=1 obligations=1 snapshot=ID status=ok rpc.method=Authorize rpc.response.status_code=OK rpc.system.name=grpc"
				permit = " advice=0 decision=permit obligations=1 status=ok"
			)
			spans := s.spans(t, 9)
			var got []string
			for _, line := range tree(spans) {
				got = append(got, strings.ReplaceAll(line, s.store.Current().ID, "ID"))
			}
			want := []string{
				"Authorize > enrich [party-of-organization cached] [roles ok]",
				"Authorize > enrich [party-of-organization ok] [roles ok]",
				"Authorize > evaluate" + permit, "Authorize > evaluate" + permit, call, call,
				"enrich > pip.lookup attempt=1 outcome=ok questions=1 source=party-of-organization",
				"enrich > pip.lookup attempt=1 outcome=ok questions=1 source=roles",
				"enrich > pip.lookup attempt=1 outcome=ok questions=1 source=roles",
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			lookups := make(map[string]string)
			for _, span := range spans {
				if hex.EncodeToString(span.GetTraceId()) != id {
					t.Errorf("span %s is not in the trace of its caller", span.GetName())
				}
				if strings.HasSuffix(span.GetName(), "/Authorize") && hex.EncodeToString(span.GetParentSpanId()) != parent {
					t.Errorf("span %s is not below that of its caller", span.GetName())
				}
				if span.GetName() == "pip.lookup" {
					lookups[otlptest.Attributes(span.GetAttributes())["forseti.source"]] = "00-" + id + "-" + hex.EncodeToString(span.GetSpanId()) + "-01"
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.told["http"] != lookups["party-of-organization"] || s.told["grpc"] != lookups["roles"] {
				t.Errorf("sources were told of %q, and the last questions are %q", s.told, lookups)
			}
			if got := c.Resource(); got["service.name"] != "forseti" || got["service.version"] != thisBuild().Version {
				t.Errorf("got resource %v", got)
			}
			s.exemplars(t, id)
			inDocument(t, spans)
		})
	}
}

// inDocument checks that docs/observability.md has what is in the spans.
func inDocument(t *testing.T, spans []*tracepb.Span) {
	t.Helper()
	document, err := os.ReadFile(filepath.FromSlash("../../docs/observability.md"))
	if err != nil {
		t.Fatal(err)
	}
	has := func(what string) {
		if !strings.Contains(string(document), what) {
			t.Errorf("docs/observability.md does not have %s", what)
		}
	}
	for _, span := range spans {
		has(span.GetName())
		for key := range otlptest.Attributes(span.GetAttributes()) {
			has("`" + key + "`")
		}
		for _, e := range span.GetEvents() {
			has("`" + e.GetName() + "`")
			for key := range otlptest.Attributes(e.GetAttributes()) {
				has("`" + key + "`")
			}
		}
	}
}

// TestObservabilityDocument loads each configuration of docs/observability.md.
func TestObservabilityDocument(t *testing.T) {
	document, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	loaded := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(document), -1) {
		if strings.HasPrefix(block[1], "receivers:") {
			continue // of a collector
		}
		file := filepath.Join(t.TempDir(), "forseti.yaml")
		if err := os.WriteFile(file, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		if loaded++; !c.Server.Profiling {
			t.Error("the configuration does not switch profiles on")
		}
	}
	if loaded != 1 {
		t.Errorf("got %d configurations, want 1", loaded)
	}
}

// exemplars checks that OpenMetrics has the trace at each latency, and the text format
// has none.
func (s *tracedService) exemplars(t *testing.T, id string) {
	t.Helper()
	for accept, want := range map[string]bool{"application/openmetrics-text; version=1.0.0": true, "text/plain": false} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.adminListener.Addr().String()+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", accept)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		found := make(map[string]bool)
		for line := range strings.Lines(string(text)) {
			if name, _, _ := strings.Cut(line, "{"); strings.Contains(line, `# {trace_id="`+id+`"}`) {
				found[name] = true
			}
		}
		for _, name := range []string{"forseti_stage_duration_seconds_bucket", "grpc_server_handling_seconds_bucket", "forseti_pip_request_duration_seconds_bucket"} {
			if found[name] != want {
				t.Errorf("%s: got an exemplar of %s %t, want %t", accept, name, found[name], want)
			}
		}
	}
}

// TestTracing_Secrets: nothing of a request, an answer of a source, a secret or what a
// caller hands on is exported or logged, whatever becomes of the call.
func TestTracing_Secrets(t *testing.T) {
	c := otlptest.Start(t)
	traceTo(t, c, "grpc")
	s := startTraced(t, c, nil)
	ctx := metadata.AppendToOutgoingContext(t.Context(),
		"tracestate", "vendor="+tracedBaggage, "baggage", "user="+tracedBaggage, "authorization", "Bearer "+tracedToken)
	if _, err := s.ask(ctx, tracedNumber); err != nil {
		t.Fatal(err)
	}
	if response, err := s.ask(ctx, "310999999"); err != nil || response.GetDecision() != v1.Decision_DECISION_INDETERMINATE {
		t.Fatalf("got %v, %v for a source that fails, want Indeterminate", response, err)
	}
	request := &v1.AuthorizeRequest{Subject: map[string]string{"user-id": tracedUser}, SubjectToken: tracedToken}
	if _, err := s.client.Authorize(ctx, request); err == nil {
		t.Fatal("got an answer to a token that nobody trusts")
	}
	late, cancel := context.WithTimeout(ctx, 3*time.Millisecond)
	defer cancel()
	_, _ = s.ask(late, tracedNumber)
	if _, err := s.client.AuthorizeBatch(ctx, &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{request}}); err != nil {
		t.Fatal(err)
	}
	s.spans(t, 12)
	s.stop()
	for where, text := range map[string]string{"traces": c.Text(), "log": s.log.String()} {
		if len(text) == 0 {
			t.Errorf("the %s are empty", where)
		}
		for _, secret := range []string{tracedUser, tracedNumber, "310999999", tracedPassword, tracedKey, tracedToken, tracedBaggage, `"` + tracedParty + `"`, `"` + tracedRole + `"`} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in the %s", secret, where)
			}
		}
	}
	if !strings.Contains(s.log.String(), `"trace_id":"`) || !strings.Contains(s.log.String(), `"request_id":"`) {
		t.Errorf("the log does not name calls: %s", s.log)
	}
}

// TestTracing_Flush: the spans of the last calls are sent before the service ends.
func TestTracing_Flush(t *testing.T) {
	c := otlptest.Start(t)
	traceTo(t, c, "grpc", "OTEL_BSP_SCHEDULE_DELAY=60000")
	s := startTraced(t, c, nil)
	if _, err := s.ask(t.Context(), tracedNumber); err != nil {
		t.Fatal(err)
	}
	if n := len(c.Spans()); n != 0 {
		t.Fatalf("got %d spans before the end", n)
	}
	s.stop()
	if n := len(c.Spans()); n != 5 {
		t.Errorf("got %d spans, want 5", n)
	}
}

// TestTracing_CollectorFails: decisions do not depend on the collector. None of them is
// late, and the spans that cannot wait are counted.
func TestTracing_CollectorFails(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		for name, fail := range map[string]func(*otlptest.Collector){
			"hangs": (*otlptest.Collector).Hang, "refuses": func(c *otlptest.Collector) { c.Refuse(tracedKey) },
		} {
			t.Run(protocol+" "+name, func(t *testing.T) {
				c := otlptest.Start(t)
				fail(c)
				traceTo(t, c, protocol, "OTEL_BSP_MAX_QUEUE_SIZE=20", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=10")
				s := startTraced(t, c, func(c *config.Config) { c.Server.ShutdownTimeout = 2 * time.Second })
				for range 200 {
					began := time.Now()
					response, err := s.ask(t.Context(), tracedNumber)
					if err != nil || response.GetDecision() != v1.Decision_DECISION_PERMIT {
						t.Fatalf("got %v, %v, want Permit", response, err)
					}
					if took := time.Since(began); took > time.Second {
						t.Errorf("a decision took %v", took)
					}
				}
				if lost := metric(t, s.service, `forseti_trace_spans_total{outcome="dropped"}`) + metric(t, s.service, `forseti_trace_spans_total{outcome="failed"}`); lost < 500 {
					t.Errorf("got %v spans counted as lost", lost)
				}
				began := time.Now()
				s.stop()
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("the end took %v, with 2 s to stop", took)
				}
				if n := strings.Count(s.log.String(), "traces cannot be sent"); n > 1 || strings.Contains(s.log.String(), tracedKey) {
					t.Errorf("got log %s, want one line about traces at most", s.log)
				}
			})
		}
	}
}

// metric is the value of a series.
func metric(t *testing.T, s *service, series string) (v float64) {
	t.Helper()
	for line := range strings.Lines(text(t, s, "/metrics")) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			if _, err := fmt.Sscan(rest, &v); err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("there is no %s", series)
	return 0
}

// TestTracing_Off: without a variable that asks for traces, and with a sampler that takes
// none, nothing is exported, and sources are told of a trace only if there is a tracer.
func TestTracing_Off(t *testing.T) {
	c := otlptest.Start(t)
	traceTo(t, c, "grpc", "OTEL_TRACES_SAMPLER=always_off")
	for _, disabled := range []string{"false", "true"} {
		t.Setenv("OTEL_SDK_DISABLED", disabled)
		s := startTraced(t, c, nil)
		if _, err := s.ask(t.Context(), tracedNumber); err != nil {
			t.Fatal(err)
		}
		s.stop()
		s.mu.Lock()
		if told := s.told["grpc"] != ""; told != (disabled == "false") {
			t.Errorf("OTEL_SDK_DISABLED=%s: sources were told %q", disabled, s.told)
		}
		s.mu.Unlock()
	}
	if c.Calls() != 0 {
		t.Errorf("got %d calls of the collector, want none", c.Calls())
	}
}

// TestProfiling: profiles are served only if the configuration says so, and each start
// warns of it then.
func TestProfiling(t *testing.T) {
	for _, on := range []bool{false, true} {
		log := &lines{}
		s := &service{config: &config.Config{}, logger: slog.New(slog.NewTextHandler(log, nil))}
		s.config.Server.Profiling = on
		mux := http.NewServeMux()
		s.profile(mux)
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap?debug=1", "/debug/pprof/goroutine?debug=1", "/debug/pprof/profile?seconds=1"} {
			recorder := httptest.NewRecorder()
			mux.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
			if ok := recorder.Code == http.StatusOK; ok != on {
				t.Errorf("profiling %t: got status %d of %s", on, recorder.Code, path)
			}
		}
		if warned := strings.Contains(log.String(), "level=WARN"); warned != on {
			t.Errorf("profiling %t: got log %q", on, log)
		}
	}
	s := startService(t, nil)
	recorder := httptest.NewRecorder()
	s.admin.Handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/debug/pprof/heap", nil))
	if recorder.Code != http.StatusNotFound {
		t.Errorf("by default: got status %d of a profile, want 404", recorder.Code)
	}
}
