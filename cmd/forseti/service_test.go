package main

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
)

// TestService_Health: the health service says SERVING only while there are
// policies to decide on and nobody told the service to stop.
func TestService_Health(t *testing.T) {
	sample, err := os.ReadFile("../../policies/auditors.xml")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	s := startService(t, func(c *config.Config) { c.Policies.Folder = folder })
	connection, err := grpc.NewClient(s.decisions.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close() //nolint:errcheck // nothing was written
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	watch, err := healthpb.NewHealthClient(connection).Watch(ctx, &healthpb.HealthCheckRequest{Service: "forseti.authorization.v1.AuthorizationService"})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		response, err := watch.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if got := response.GetStatus(); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	expect(healthpb.HealthCheckResponse_NOT_SERVING)
	if err := os.WriteFile(filepath.Join(folder, "auditors.xml"), sample, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(healthpb.HealthCheckResponse_SERVING)
	s.stopping.Store(true) // as stop does first
	s.setServing(true)     // as announce may do at the same time
	expect(healthpb.HealthCheckResponse_NOT_SERVING)
}

// TestService_Failure: if a part cannot be made, those before it are closed, and
// the next service can have their addresses.
func TestService_Failure(t *testing.T) {
	s := startService(t, nil)
	c := *s.config
	c.Server.Listen, c.Server.Admin = "127.0.0.1:0", s.adminListener.Addr().String()
	if _, err := newService(t.Context(), &c, s.logger); err == nil {
		t.Fatal("got no error for an address that is in use")
	}
	c.Server.Admin = "127.0.0.1:0"
	other, err := newService(t.Context(), &c, s.logger)
	if err != nil {
		t.Fatal(err)
	}
	listening := other.decisions.Addr().String()
	other.close()
	c.Server.Listen = listening
	again, err := newService(t.Context(), &c, s.logger)
	if err != nil {
		t.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	if err := again.run(t.Context(), signals); err != nil {
		t.Errorf("the service ended with %v", err)
	}
}

// TestService_PartFails: a part that fails ends the service with an error.
func TestService_PartFails(t *testing.T) {
	other := startService(t, nil)
	s, err := newService(t.Context(), other.config, other.logger)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.adminListener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.run(t.Context(), make(chan os.Signal)); err == nil {
		t.Error("got no error for a listener that failed")
	}
}
