package rpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Row 35: more than 1 MiB, also after decompression, is not read.
func TestTransport_MessageSize(t *testing.T) {
	r := start(t, nil)
	big := action("read")
	big.Resource = map[string]string{"urn:big": strings.Repeat("x", 1<<20)}
	_, err := r.client.Authorize(within(t), big)
	wantError(t, err, codes.ResourceExhausted, "")
	_, err = r.client.Authorize(within(t), big, grpc.UseCompressor(gzip.Name))
	wantError(t, err, codes.ResourceExhausted, "")
	if _, err := r.client.Authorize(within(t), action("read"), grpc.UseCompressor(gzip.Name)); err != nil {
		t.Errorf("compressed: got %v", err)
	}
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&v1.AuthorizeStreamRequest{Request: big}); err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	wantError(t, err, codes.ResourceExhausted, "")
}

// An answer that is too large is refused with a reason.
func TestTransport_AnswerSize(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxSendBytes = 1000 })
	m := one("subject", "urn:a", "", strings.Repeat("x", 1000))
	m.Attributes[0].IncludeInResult = true
	_, err := r.client.Authorize(within(t), m)
	wantError(t, err, codes.ResourceExhausted, "REQUEST_TOO_LARGE")
	batch, err := r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{m, action("write")}})
	if err != nil || batch.GetItems()[0].GetError().GetReason() != v1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE || batch.GetItems()[1].GetResponse() == nil {
		t.Errorf("got %v, %v", batch, err)
	}
}

// What cannot be sent together is not decided to the end.
func TestTransport_BatchAnswerSize(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxSendBytes = 8000 })
	r.ask(func(context.Context) error { return nil })
	for _, verb := range []string{"write", "ask"} {
		before := r.metric("forseti_decisions_total")
		batch := &v1.AuthorizeBatchRequest{}
		for range 1000 {
			m := action(verb)
			m.RequestId = strings.Repeat("x", 100)
			batch.Requests = append(batch.Requests, m)
		}
		_, err := r.client.AuthorizeBatch(within(t), batch)
		wantError(t, err, codes.ResourceExhausted, "REQUEST_TOO_LARGE")
		if made := r.metric("forseti_decisions_total") - before; made == 0 || made > 500 {
			t.Errorf("%s: got %v decisions, want no more than are needed to see that it is too much", verb, made)
		}
	}
}

// Row 35: a header list of more than 16 KiB. The client knows the limit and
// does not send it; see TestTransport_Frames for one that does.
func TestTransport_HeaderSize(t *testing.T) {
	r := start(t, nil)
	ctx := metadata.AppendToOutgoingContext(within(t), "x-big", strings.Repeat("x", 17<<10))
	if _, err := r.client.Authorize(ctx, action("read")); err == nil {
		t.Error("got an answer")
	}
}

// rawCall sends the headers of a call of the method, with others beside those
// that gRPC needs, and gives what frames come back.
func (r *rig) rawCall(method string, data []byte, headers ...hpack.HeaderField) (net.Conn, *http2.Framer) {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		r.t.Fatal(err)
	}
	_ = framer.WriteSettings()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, h := range append([]hpack.HeaderField{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: "http"},
		{Name: ":path", Value: method},
		{Name: ":authority", Value: "test"},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "te", Value: "trailers"},
	}, headers...) {
		_ = encoder.WriteField(h)
	}
	const most = 16 << 10
	first := block.Next(most)
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: first, EndHeaders: block.Len() == 0})
	for block.Len() > 0 {
		next := block.Next(most)
		_ = framer.WriteContinuation(1, block.Len() == 0, next)
	}
	if data != nil {
		_ = framer.WriteData(1, false, data)
	}
	return conn, framer
}

// outcome reads frames until stream 1 ends: by a status, a reset, or the end of
// the connection.
func outcome(framer *http2.Framer) string {
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return "closed"
		}
		switch f := frame.(type) {
		case *http2.MetaHeadersFrame:
			for _, h := range f.Fields {
				if h.Name == "grpc-status" {
					return "status " + h.Value
				}
			}
		case *http2.RSTStreamFrame:
			return "reset " + f.ErrCode.String()
		case *http2.GoAwayFrame:
			return "goaway " + f.ErrCode.String()
		}
	}
}

const authorizeMethod = "/forseti.authorization.v1.AuthorizationService/Authorize"

// Rows 35 and 37, by a client that keeps no rules.
func TestTransport_Frames(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.DefaultDeadline = 200 * time.Millisecond })
	for _, test := range []struct {
		name, method, want string
		data               []byte
		headers            []hpack.HeaderField
	}{
		{
			"large header list", authorizeMethod, "reset FRAME_SIZE_ERROR", nil,
			[]hpack.HeaderField{{Name: "x-big-1", Value: strings.Repeat("~", 10<<10)}, {Name: "x-big-2", Value: strings.Repeat("~", 10<<10)}},
		},
		{
			"very large header", authorizeMethod, "closed", nil,
			[]hpack.HeaderField{{Name: "x-big", Value: strings.Repeat("~", 40<<10)}},
		},
		{
			"unknown compressor", authorizeMethod, "status 12",
			[]byte{1, 0, 0, 0, 1, 0},
			[]hpack.HeaderField{{Name: "grpc-encoding", Value: "x-unknown"}},
		},
		{"unknown method", "/forseti.authorization.v1.AuthorizationService/Nothing", "status 12", nil, nil},
		{
			"unknown method, long deadline", "/x/y", "status 12", nil,
			[]hpack.HeaderField{{Name: "grpc-timeout", Value: "99999999H"}},
		},
		{"method without a slash", "Authorize", "status 12", nil, nil},
		{"no message", authorizeMethod, "status 4", nil, nil},
		{"half a message", authorizeMethod, "status 4", []byte{0, 0, 0, 1, 0, 'x'}, nil},
		{
			"deadline of no time", authorizeMethod, "status 4", nil,
			[]hpack.HeaderField{{Name: "grpc-timeout", Value: "0n"}},
		},
		{"half a message of health", "/grpc.health.v1.Health/Check", "status 4", []byte{0, 0}, nil},
	} {
		conn, framer := r.rawCall(test.method, test.data, test.headers...)
		if got := outcome(framer); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		_ = conn.Close()
	}
	eventually(t, "nothing is in flight", func() bool { return r.metric("forseti_rpc_in_flight_calls") == 0 })
	if n := r.metric("forseti_rpc_unknown_methods_total"); n != 3 {
		t.Errorf("got %v unknown methods, want 3", n)
	}
}

// Row 36: a connection has a number of calls at a time, an address a number of
// connections.
func TestTransport_ConnectionLimit(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxConnectionsPerAddress = 3 })
	if _, err := r.client.Authorize(within(t), action("read")); err != nil {
		t.Fatal(err)
	}
	var held []net.Conn
	for range 2 {
		conn, err := net.Dial("tcp", r.address)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	for range 5 {
		conn, err := net.Dial("tcp", r.address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the connection is still open")
		}
		_ = conn.Close()
	}
	if n := r.metric("forseti_rpc_connections_refused_total"); n != 5 {
		t.Errorf("got %v refused connections, want 5", n)
	}
	if _, err := r.client.Authorize(within(t), action("read")); err != nil {
		t.Errorf("the connection that was there first: got %v", err)
	}
	for _, conn := range held {
		_ = conn.Close()
	}
	eventually(t, "a place is free again", func() bool {
		conn := r.dial()
		defer func() { _ = conn.Close() }()
		_, err := v1.NewAuthorizationServiceClient(conn).Authorize(within(t), action("read"))
		return err == nil
	})
}

func TestListener_Network(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:80":             "192.0.2.1/32",
		"[::ffff:192.0.2.1]:80":    "192.0.2.1/32",
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1":         "fe80::/64",
	} {
		if got := network(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))).String(); got != want {
			t.Errorf("got %s, want %s, input: %s", got, want, address)
		}
	}
	if network(&net.UnixAddr{Name: "socket"}).IsValid() {
		t.Error("a socket of the file system has a network")
	}
}

// Row 36: calls above the limit of a connection wait for a place, as HTTP/2
// says; the server does not have more of them.
func TestTransport_StreamLimit(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxConcurrentStreams = 4 })
	var mu sync.Mutex
	inside, most := 0, 0
	r.ask(func(context.Context) error {
		mu.Lock()
		inside++
		most = max(most, inside)
		mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		mu.Lock()
		inside--
		mu.Unlock()
		return nil
	})
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if _, err := r.client.Authorize(within(t), action("ask")); err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if most > 4 {
		t.Errorf("got %d calls at a time, want 4", most)
	}
}

// Row 37: a connection that says nothing is closed.
func TestTransport_SilentConnection(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.ConnectionTimeout = 200 * time.Millisecond })
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is still open")
	}
}

// Who does not speak HTTP/2 is told nothing, and who begins slowly is answered.
func TestTransport_FirstOctets(t *testing.T) {
	r := start(t, nil)
	for _, text := range []string{"GET / HTTP/1.1\r\nHost: forseti\r\n\r\n", strings.Repeat("x", 1<<10), "\x16\x03\x01\x40\x00\x01" + strings.Repeat("x", 100)} {
		conn, err := net.Dial("tcp", r.address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(conn, text); err != nil {
			t.Error(err)
		}
		if n, err := io.Copy(io.Discard, conn); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%.10q: got %d octets and %v, want an end", text, n, err)
		}
		_ = conn.Close()
	}
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	for _, octet := range []byte(http2.ClientPreface) {
		if _, err := conn.Write([]byte{octet}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	framer := http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	if frame, err := framer.ReadFrame(); err != nil || frame.Header().Type != http2.FrameSettings {
		t.Errorf("octet by octet: got %v, %v, want the settings", frame, err)
	}
}

// A silent connection does not hold up a shutdown that is in a hurry.
func TestShutdown_SilentConnection(t *testing.T) {
	r := start(t, nil)
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := r.client.Authorize(within(t), action("read")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	started := time.Now()
	_ = r.server.Shutdown(ctx)
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("got %s", took)
	}
}

// Calls are answered, streams end.
func TestShutdown_Graceful(t *testing.T) {
	r := start(t, nil)
	asked, release := make(chan struct{}), make(chan struct{})
	r.ask(func(context.Context) error { close(asked); <-release; return nil })
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := r.client.Authorize(within(t), action("ask"))
		answered <- err
	}()
	<-asked
	done := make(chan error, 1)
	go func() { done <- r.server.Shutdown(within(t)) }()
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("stream: got %v", err)
	}
	close(release)
	if err := <-answered; err != nil {
		t.Errorf("call: got %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("shutdown: got %v", err)
	}
}

// What does not end in time is cancelled.
func TestShutdown_Hard(t *testing.T) {
	r := start(t, nil)
	asked := make(chan struct{})
	r.ask(func(ctx context.Context) error { close(asked); <-ctx.Done(); return ctx.Err() })
	answered := make(chan error, 1)
	go func() {
		_, err := r.client.Authorize(within(t), action("ask"))
		answered <- err
	}()
	<-asked
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := <-answered; status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
}
