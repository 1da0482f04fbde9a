package rpc

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// greedy hosts take all that they get, one after the other; what is left tells how much
// a host gets that comes after them.
func TestShare_LeavesSomething(t *testing.T) {
	for _, test := range []struct {
		limit  int64
		greedy int
		want   []int64 // what each of them gets, and then the one who comes last
	}{
		{8, 0, []int64{8}}, // who is alone has all
		{8, 1, []int64{4, 2}},
		{16, 1, []int64{8, 4}},
		{16, 2, []int64{8, 4, 2}},
		{1, 1, []int64{1, 0}},
	} {
		s := &share{limit: test.limit}
		c := newConnections(1, test.greedy+1, prometheus.NewCounter(prometheus.CounterOpts{Name: "refused"}))
		var hosts []*host
		for range test.greedy + 1 {
			h := &host{hosts: &c.count}
			c.count.Add(1)
			hosts = append(hosts, h)
		}
		var got []int64
		for _, h := range hosts {
			for s.enter(h, 1) {
			}
			got = append(got, h.held[s.resource].Load())
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%d among %d: -want +got\n%s", test.limit, len(hosts), d)
		}
		for _, h := range hosts {
			s.leave(h, h.held[s.resource].Load())
		}
		if n := s.inside.Load(); n != 0 {
			t.Errorf("%d among %d: %d are left", test.limit, len(hosts), n)
		}
	}
}

// What comes back is let in also where nothing is left, up to half of all.
func TestShare_Back(t *testing.T) {
	var hosts atomic.Int64
	greedy, other := &host{hosts: &hosts}, &host{hosts: &hosts}
	s := &share{limit: 8}
	hosts.Store(1)
	for range 10 {
		if !s.back(greedy) {
			t.Error("who is alone did not get back what it had")
		}
	}
	hosts.Store(2)
	if s.back(greedy) {
		t.Error("a host got more than half of all")
	}
	for i := range 5 {
		if got := s.back(other); got != (i < 4) {
			t.Errorf("another host, %d: got %v", i, got)
		}
	}
}

// from dials from another address of this machine than others do.
func (r *rig) from(last byte, options ...grpc.DialOption) *grpc.ClientConn {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}}
	conn := r.dial(append(options, grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", address)
	}))...)
	r.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Calls whose message does not come take nothing from those whose does, and not all
// from those who are as slow.
func TestReading_HeadersOnly(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxInFlight, c.Limits.DefaultDeadline = 4, 5*time.Second })
	reading := r.server.service.reading
	var held []net.Conn
	for i := range int64(20) { // of which 16 are let in
		conn, _ := r.rawCall(authorizeMethod, []byte{0, 0, 0, 1, 0, 'x'})
		held = append(held, conn)
		eventually(t, "the call waits", func() bool { return reading.inside.Load() == min(i+1, 16) })
	}
	eventually(t, "the others are refused", func() bool { return r.metric("forseti_shed_total", "reading") == 4 })
	eventually(t, "none of them is worked on", func() bool { return r.metric("forseti_rpc_in_flight_calls") == 0 })
	// Who comes from the same address has to wait for them; others need not.
	other := v1.NewAuthorizationServiceClient(r.from(3))
	if _, err := other.Authorize(within(t), action("read")); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("while one host had all: got %v", err)
	}
	for _, conn := range held[:8] {
		_ = conn.Close()
	}
	eventually(t, "others are let in", func() bool { _, err := other.Authorize(within(t), action("read")); return err == nil })
	for range 100 {
		if _, err := other.Authorize(within(t), action("read")); err != nil {
			t.Fatalf("another host: got %v", err)
		}
	}
	for _, conn := range held[8:] {
		_ = conn.Close()
	}
	eventually(t, "nobody is left", func() bool { return reading.inside.Load() == 0 })
}

// A call that waits for its message has its place again when that comes.
func TestReading_SlowMessage(t *testing.T) {
	r := start(t, nil)
	message := []byte{0, 0, 0, 0, 2, 0x1a, 0} // action ""
	_, framer := r.rawCall(authorizeMethod, message[:3])
	eventually(t, "it waits", func() bool { return r.server.service.reading.inside.Load() == 1 })
	_ = framer.WriteData(1, true, message[3:])
	if got := outcome(framer); got != "status 0" && got != "status 3" {
		t.Errorf("got %s", got)
	}
	eventually(t, "nothing is left", func() bool {
		return r.server.service.reading.inside.Load() == 0 && r.metric("forseti_rpc_in_flight_calls") == 0
	})
}

// Health is open to everybody: nobody gets all of its streams, and no place is lost.
func TestOthers_Watches(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxOpenStreams = 8 })
	others := healthpb.NewHealthClient(r.from(3))
	if _, err := others.Check(within(t), &healthpb.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	greedy := r.from(4)
	watching := 0
	for range 20 {
		stream, err := healthpb.NewHealthClient(greedy).Watch(t.Context(), &healthpb.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = stream.Recv(); err == nil {
			watching++
		} else {
			wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
		}
	}
	if watching != 4 {
		t.Errorf("got %d watches, want 4", watching)
	}
	watch, err := others.Watch(within(t), &healthpb.HealthCheckRequest{})
	if err == nil {
		_, err = watch.Recv()
	}
	if err != nil {
		t.Errorf("another host: got %v", err)
	}
	if n := r.metric("forseti_shed_total", "other"); n != 16 {
		t.Errorf("got %v refusals, want 16", n)
	}
	_ = greedy.Close()
	eventually(t, "their places are free", func() bool { return r.server.connections.count.Load() == 1 })
}

// callWithoutWindow makes n calls on a connection that opens no window for answers.
func (r *rig) callWithoutWindow(n int, request *v1.AuthorizeRequest) net.Conn {
	r.t.Helper()
	message, err := proto.Marshal(request)
	if err != nil {
		r.t.Fatal(err)
	}
	message = append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	conn, framer := r.rawCall(authorizeMethod, nil)
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := range n {
		block.Reset()
		for _, h := range [][2]string{
			{":method", "POST"}, {":scheme", "http"}, {":path", authorizeMethod}, {":authority", "test"}, {"content-type", "application/grpc"},
		} {
			_ = encoder.WriteField(hpack.HeaderField{Name: h[0], Value: h[1], Sensitive: true}) // the table is that of rawCall
		}
		id := uint32(2*i + 3)
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true})
		_ = framer.WriteData(id, true, message)
		time.Sleep(2 * time.Millisecond)
	}
	return conn
}

// Answers that nobody takes are bounded, and forgotten with their connection.
func TestUnsent(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxSendBytes = 40 << 10 }) // 160 KiB of all
	other := v1.NewAuthorizationServiceClient(r.from(3))
	if _, err := other.Authorize(within(t), action("read")); err != nil {
		t.Fatal(err)
	}
	large := action("read")
	large.RequestId = strings.Repeat("x", 10<<10)
	conn := r.callWithoutWindow(30, large)
	u := &r.server.service.unsent
	eventually(t, "some are refused", func() bool { return r.metric("forseti_shed_total", "unsent") >= 20 })
	if n := u.inside.Load(); n < 60<<10 || n > 90<<10 {
		t.Errorf("got %d octets that wait, want about half of 160 KiB", n)
	}
	for range 20 {
		if _, err := other.Authorize(within(t), large); err != nil {
			t.Fatalf("another host: got %v", err)
		}
	}
	large.RequestId = large.RequestId[:6<<10]
	stream, err := other.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&v1.AuthorizeStreamRequest{Request: large}); err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Recv(); err != nil || got.GetResponse() == nil {
		t.Errorf("stream: got %v, %v", got, err)
	}
	_ = conn.Close()
	eventually(t, "nothing waits", func() bool { return u.inside.Load() == 0 })
}

// What a caller compresses is answered as ever, but for large answers: they are not
// compressed, because what comes of it is not counted.
func TestUnsent_Compressed(t *testing.T) {
	r := start(t, nil)
	for _, size := range []int{10, 100 << 10} {
		m := action("read")
		m.RequestId = strings.Repeat("x", size)
		for range 3 {
			if _, err := r.client.Authorize(within(t), m, grpc.UseCompressor(gzip.Name)); err != nil {
				t.Errorf("%d: got %v", size, err)
			}
		}
		batch, err := r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{m, m}}, grpc.UseCompressor(gzip.Name))
		if err != nil || len(batch.GetItems()) != 2 {
			t.Errorf("%d: got %v", size, err)
		}
	}
	eventually(t, "nothing waits", func() bool { return r.server.service.unsent.inside.Load() == 0 })
}
