package rpc

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

func TestServer_Health(t *testing.T) {
	r := start(t, nil)
	client := healthpb.NewHealthClient(r.conn)
	check := func(service string, want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		got, err := client.Check(within(t), &healthpb.HealthCheckRequest{Service: service})
		if err != nil || got.GetStatus() != want {
			t.Errorf("%q: got %v, %v, want %v", service, got, err, want)
		}
	}
	const name = "forseti.authorization.v1.AuthorizationService"
	check("", healthpb.HealthCheckResponse_NOT_SERVING)
	check(name, healthpb.HealthCheckResponse_NOT_SERVING)
	watch, err := client.Watch(within(t), &healthpb.HealthCheckRequest{Service: name})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := watch.Recv(); err != nil || got.GetStatus() != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("got %v, %v", got, err)
	}
	r.server.SetServing(true)
	check("", healthpb.HealthCheckResponse_SERVING)
	check(name, healthpb.HealthCheckResponse_SERVING)
	if got, err := watch.Recv(); err != nil || got.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("got %v, %v", got, err)
	}
	r.server.SetServing(false)
	check(name, healthpb.HealthCheckResponse_NOT_SERVING)
	if _, err := client.Check(within(t), &healthpb.HealthCheckRequest{Service: "other"}); status.Code(err) != codes.NotFound {
		t.Errorf("got %v", err)
	}
	// Those who watch do not hold up a shutdown: the end of the test is one.
}

func TestServer_Reflection(t *testing.T) {
	for _, on := range []bool{false, true} {
		r := start(t, func(c *Config) { c.Reflection = on })
		stream, err := reflectionpb.NewServerReflectionClient(r.conn).ServerReflectionInfo(within(t))
		if err != nil {
			t.Fatal(err)
		}
		_ = stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
		got, err := stream.Recv()
		if !on {
			if status.Code(err) != codes.Unimplemented {
				t.Errorf("off: got %v, %v", got, err)
			}
			continue
		}
		if err != nil || !strings.Contains(got.String(), v1.AuthorizationService_ServiceDesc.ServiceName) {
			t.Errorf("on: got %v, %v", got, err)
		}
	}
}

func TestNew_Config(t *testing.T) {
	handler := contexthandler.New(contexthandler.Config{Snapshot: func() *pap.Snapshot { return nil }})
	for _, test := range []struct {
		name   string
		config Config
		want   []string // what the error has to name; none: no error
	}{
		{"minimal", Config{Handler: handler}, nil},
		{"empty", Config{}, []string{"handler"}},
		{
			"ranges",
			Config{Handler: handler, Limits: Limits{MaxBatch: -1, MaxInFlight: 1 << 40, MinDeadline: -time.Second}},
			[]string{"MaxBatch", "MaxInFlight", "MinDeadline"},
		},
		{"order", Config{Handler: handler, Limits: Limits{DefaultDeadline: time.Minute}}, []string{"1m0s"}},
	} {
		server, err := New(test.config)
		if err == nil {
			defer func() { _ = server.Shutdown(within(t)) }()
		}
		if (err != nil) != (len(test.want) > 0) {
			t.Errorf("%s: got %v", test.name, err)
		}
		for _, want := range test.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", test.name, err, want)
			}
		}
	}
	registry := prometheus.NewRegistry()
	server, err := New(Config{Handler: handler, Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown(within(t)) }()
	if _, err := New(Config{Handler: handler, Registerer: registry}); err == nil {
		t.Error("two servers with one registry: got no error")
	}
}

// Every series is there from the start, and calls add none (row 48).
func TestMetrics_Closed(t *testing.T) {
	r := start(t, nil)
	count := func() int {
		families, err := r.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, f := range families {
			n += len(f.GetMetric())
		}
		return n
	}
	before := count()
	for reason, name := range v1.ErrorReason_name {
		if reason != 0 && r.metric("forseti_rpc_failures_total", strings.ToLower(strings.TrimPrefix(name, "ERROR_REASON_"))) != 0 {
			t.Errorf("%s is not 0", name)
		}
	}
	for _, name := range []string{"read", "write", "lack", "\x00"} {
		if _, err := r.client.Authorize(within(t), action(name)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.client.Authorize(within(t), &v1.AuthorizeRequest{Subject: map[string]string{"x": ""}})
	wantError(t, err, codes.InvalidArgument, "INVALID_REQUEST")
	_ = r.conn.Invoke(within(t), "/unknown/Method", &v1.AuthorizeRequest{}, &v1.AuthorizeResponse{})
	if after := count(); after != before {
		t.Errorf("got %d series after %d", after, before)
	}
	eventually(t, "the call is counted", func() bool { return r.metric("grpc_server_handled_total", "InvalidArgument") == 1 })
}
