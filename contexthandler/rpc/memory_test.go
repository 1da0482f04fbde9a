package rpc

import (
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Row 44: while memory is short, what may take much of it is refused, and when it is
// out, everything is. Health is not, and neither is what makes sources forget.
func TestMemory(t *testing.T) {
	var left atomic.Uint32
	r := start(t, func(c *Config) {
		c.Memory = func() Memory { return Memory(left.Load()) }
		c.MayExplain = func(string) bool { return true }
		c.Administration = true
	})
	explained := action("read")
	explained.Explain = true
	stream, err := r.client.AuthorizeStream(within(t)) // begun while there is enough
	if err != nil {
		t.Fatal(err)
	}
	calls := []struct {
		name string
		call func() error
	}{
		{"Authorize", func() error { _, err := r.client.Authorize(within(t), action("read")); return err }},
		{"explained", func() error { _, err := r.client.Authorize(within(t), explained); return err }},
		{"AuthorizeBatch", func() error {
			_, err := r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{action("read")}})
			return err
		}},
		{"Evaluate", func() error { _, err := r.client.Evaluate(within(t), &v1.EvaluateRequest{}); return err }},
		{"AuthorizeStream", func() error {
			stream, err := r.client.AuthorizeStream(within(t))
			if err != nil {
				return err
			}
			if err := stream.CloseSend(); err != nil {
				return err
			}
			if _, err = stream.Recv(); err != nil && err.Error() != "EOF" {
				return err
			}
			return nil
		}},
		{"health", func() error {
			_, err := healthpb.NewHealthClient(r.conn).Check(within(t), &healthpb.HealthCheckRequest{})
			return err
		}},
	}
	for _, test := range []struct {
		left    Memory
		refused map[string]string // what is counted
		message v1.ErrorReason
	}{
		{MemoryEnough, nil, v1.ErrorReason_ERROR_REASON_UNSPECIFIED},
		{MemoryShort, map[string]string{"explained": "memory_big", "AuthorizeBatch": "memory_big", "Evaluate": "memory_big"}, v1.ErrorReason_ERROR_REASON_UNSPECIFIED},
		{MemoryOut, map[string]string{
			"Authorize": "memory", "explained": "memory", "AuthorizeBatch": "memory", "Evaluate": "memory", "AuthorizeStream": "memory",
		}, v1.ErrorReason_ERROR_REASON_OVERLOADED},
		{MemoryEnough, nil, v1.ErrorReason_ERROR_REASON_UNSPECIFIED},
	} {
		left.Store(uint32(test.left))
		for _, c := range calls {
			shed := test.refused[c.name]
			before := 0.0
			if shed != "" {
				before = r.metric("forseti_shed_total", shed)
			}
			err := c.call()
			if shed == "" {
				if err != nil {
					t.Errorf("left %d, %s: got %v", test.left, c.name, err)
				}
				continue
			}
			wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
			if got := r.metric("forseti_shed_total", shed) - before; got != 1 {
				t.Errorf("left %d, %s: got %v counted as %s, want 1", test.left, c.name, got, shed)
			}
		}
		if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}); err != nil {
			t.Fatal(err)
		}
		if got, err := stream.Recv(); err != nil || got.GetError().GetReason() != test.message {
			t.Errorf("left %d, message of a stream: got %v, %v, want reason %v", test.left, got, err, test.message)
		}
		admin := v1.NewAdministrationServiceClient(r.conn)
		if _, err := admin.Invalidate(within(t), &v1.InvalidateRequest{Source: "asked"}); err != nil && codeOf(err) == codes.ResourceExhausted {
			t.Errorf("left %d, Invalidate: got %v", test.left, err)
		}
	}
}
