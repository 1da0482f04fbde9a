package grpc

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// TestCheck: a service is there if it says so, or says nothing of itself.
func TestCheck(t *testing.T) {
	saying := func(status healthpb.HealthCheckResponse_ServingStatus) func(*grpc.Server) {
		return func(g *grpc.Server) {
			(&service{}).register(g)
			h := health.NewServer()
			h.SetServingStatus(v1.AttributeService_ServiceDesc.ServiceName, status)
			healthpb.RegisterHealthServer(g, h)
		}
	}
	for name, test := range map[string]struct {
		register func(*grpc.Server)
		there    bool
	}{
		"says nothing":     {(&service{}).register, true},
		"knows no service": {func(g *grpc.Server) { healthpb.RegisterHealthServer(g, health.NewServer()) }, true},
		"serving":          {saying(healthpb.HealthCheckResponse_SERVING), true},
		"not serving":      {saying(healthpb.HealthCheckResponse_NOT_SERVING), false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := roles()
			cfg.Address = serve(t, test.register)
			if err := open(t, cfg).Check(within(t)); (err == nil) != test.there {
				t.Errorf("got %v", err)
			}
		})
	}
	cfg := roles()
	cfg.Address = "127.0.0.1:1"
	err := open(t, cfg).Check(within(t))
	if outcome, _ := outcomeOf(t, err); outcome != pip.OutcomeUnavailable {
		t.Errorf("nobody there: got %v", err)
	}
}
