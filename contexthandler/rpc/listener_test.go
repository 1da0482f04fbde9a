package rpc

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// Where there are too many connections of all, silent ones leave, the oldest first, and
// those that are used stay.
func TestListener_TooManyConnections(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxConnections = 4 })
	client := healthpb.NewHealthClient(r.conn)
	ask := func() {
		t.Helper()
		if _, err := client.Check(within(t), &healthpb.HealthCheckRequest{}); err != nil {
			t.Errorf("got %v", err)
		}
	}
	ask()
	open := func(conn net.Conn) bool {
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := io.Copy(io.Discard, conn) // the settings of the service
		return errors.Is(err, os.ErrDeadlineExceeded)
	}
	var silent []net.Conn
	for range 8 {
		conn, err := net.Dial("tcp", r.address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		silent = append(silent, conn)
	}
	eventually(t, "there are too many", func() bool { return r.metric("forseti_rpc_connections_refused_total") == 5 })
	for i, conn := range silent {
		if got, want := open(conn), i >= 5; got != want {
			t.Errorf("silent connection %d: got open %v, want %v", i, got, want)
		}
	}
	ask()
	for i := range byte(3) { // take the places of the silent ones
		if _, err := healthpb.NewHealthClient(r.from(10+i)).Check(within(t), &healthpb.HealthCheckRequest{}); err != nil {
			t.Errorf("another host: got %v", err)
		}
	}
	if conn, err := net.Dial("tcp", r.address); err != nil || open(conn) {
		t.Errorf("a connection when all are used: got open, %v", err)
	}
	ask()
}
