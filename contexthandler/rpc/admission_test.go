package rpc

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Row 40: what is above the limit is refused at once and told when to come
// back; health is not.
func TestAdmission_Overload(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxInFlight = 2 })
	places := r.server.service.gate
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if !places.enter(new(host)) {
			t.Fatal("there is no place")
		}
	}
	if n := r.metric("forseti_rpc_in_flight_calls"); n != 2 {
		t.Errorf("got %v in flight, want 2", n)
	}
	_, err = r.client.Authorize(within(t), action("read"))
	wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
	long, cancel := context.WithTimeout(context.Background(), time.Hour) // refused elsewhere, see tapPatience
	defer cancel()
	_, err = r.client.Authorize(long, action("read"))
	wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
	if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}); err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Recv(); err != nil || got.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_OVERLOADED {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := healthpb.NewHealthClient(r.conn).Check(within(t), &healthpb.HealthCheckRequest{}); err != nil {
		t.Errorf("health: got %v", err)
	}
	places.leave(new(host))
	places.leave(new(host))
	if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}); err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Recv(); err != nil || got.GetResponse() == nil {
		t.Errorf("got %v, %v", got, err)
	}
	if n := r.metric("forseti_rpc_failures_total", "overloaded"); n != 3 {
		t.Errorf("got %v refusals counted, want 3", n)
	}
	if n := r.metric("forseti_shed_total", "calls"); n != 3 {
		t.Errorf("got %v calls shed, want 3", n)
	}
}

func TestAdmission_OpenStreams(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxOpenStreams = 1 })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	open := func(ctx context.Context) error {
		stream, err := r.client.AuthorizeStream(ctx)
		if err == nil {
			err = stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")})
		}
		if err != nil {
			return err
		}
		_, err = stream.Recv()
		return err
	}
	if err := open(ctx); err != nil {
		t.Fatal(err)
	}
	stream, err := r.client.AuthorizeStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
	if _, err := r.client.Authorize(within(t), action("read")); err != nil {
		t.Errorf("call: got %v", err)
	}
	cancel()
	eventually(t, "the place is free again", func() bool { return open(within(t)) == nil })
}

// Row 38: nothing is left of calls and streams that are cancelled.
func TestAdmission_CancellationStorm(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxInFlight = 1000 })
	r.ask(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	if _, err := r.client.Authorize(within(t), action("read")); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	for worker := range 20 {
		wg.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithCancel(context.Background())
				timer := time.AfterFunc(time.Duration(i*worker)*time.Microsecond, cancel)
				_, err := r.client.Authorize(ctx, action("ask"))
				if code := status.Code(err); code != codes.Canceled {
					t.Errorf("got %v", err)
				}
				timer.Stop()
				cancel()
			}
		})
	}
	wg.Wait()
	eventually(t, "nothing is in flight", func() bool { return r.metric("forseti_rpc_in_flight_calls") == 0 })
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before+2 })

	for range 50 {
		ctx, cancel := context.WithCancel(context.Background())
		stream, err := r.client.AuthorizeStream(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 { // none is read
			m := action([]string{"read", "ask"}[i/10])
			if err := stream.Send(&v1.AuthorizeStreamRequest{Request: m}); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
	}
	eventually(t, "no stream is open", func() bool {
		return r.metric("forseti_rpc_open_streams") == 0 && r.metric("forseti_rpc_in_flight_calls") == 0
	})
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before+2 })
}

// Row 39: no call is without a deadline, none has a long one, and what cannot be
// done in time is not begun.
func TestAdmission_Deadlines(t *testing.T) {
	r := start(t, func(c *Config) {
		c.Limits.DefaultDeadline = 200 * time.Millisecond
		c.Limits.MaxDeadline = 500 * time.Millisecond
	})
	left := make(chan time.Duration, 1)
	r.ask(func(ctx context.Context) error {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		<-ctx.Done()
		return ctx.Err()
	})
	for _, test := range []struct {
		name       string
		deadline   time.Duration // 0: none
		least, max time.Duration
	}{
		{"none", 0, 0, 200 * time.Millisecond},
		{"huge", 100 * time.Hour, 200 * time.Millisecond, 500 * time.Millisecond},
		{"own", 400 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		if test.deadline > 0 {
			ctx, cancel = context.WithTimeout(context.Background(), test.deadline)
		}
		_, err := r.client.Authorize(ctx, action("ask"))
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("%s: got %v", test.name, err)
		}
		if test.name != "own" { // the client does not wait for what the server says
			wantError(t, err, codes.DeadlineExceeded, "DEADLINE_EXCEEDED")
		}
		if got := <-left; got < test.least || got > test.max {
			t.Errorf("%s: got %s, want %s to %s", test.name, got, test.least, test.max)
		}
		cancel()
	}
}

func TestAdmission_DeadlineTooShort(t *testing.T) {
	r := start(t, func(c *Config) {
		c.Limits.MinDeadline = 2 * time.Second
		c.Limits.DefaultDeadline = 3 * time.Second
	})
	if _, err := r.client.Authorize(context.Background(), action("read")); err != nil {
		t.Errorf("default: got %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 1900*time.Millisecond)
	defer cancel()
	_, err := r.client.Authorize(ctx, action("read"))
	wantError(t, err, codes.DeadlineExceeded, "DEADLINE_TOO_SHORT")
	stream, err := r.client.AuthorizeStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	wantError(t, err, codes.DeadlineExceeded, "DEADLINE_TOO_SHORT")
}

// A batch whose time runs out answers what it decided.
func TestAdmission_BatchDeadline(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.DefaultDeadline = 200 * time.Millisecond })
	r.ask(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	batch := &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{action("read")}}
	for i := range 3 * runtime.GOMAXPROCS(0) {
		batch.Requests = append(batch.Requests, action("ask"))
		batch.Requests[i+1].RequestId = fmt.Sprint(i)
	}
	got, err := r.client.AuthorizeBatch(context.Background(), batch)
	if err != nil {
		t.Fatal(err)
	}
	for i, item := range got.GetItems() {
		if i == 0 && item.GetResponse().GetDecision() != v1.Decision_DECISION_PERMIT ||
			i > 0 && (item.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED || item.GetRequestId() != fmt.Sprint(i-1)) {
			t.Errorf("item %d: got %v", i, item)
		}
	}
}

// What gRPC drops between the tap and the handler gives its place back too, and
// no place is given back twice.
func TestAdmission_Tickets(t *testing.T) {
	drain, stop := context.WithCancel(context.Background())
	defer stop()
	calls, streams := &gate{share: share{limit: 2}}, &gate{share: share{resource: resourceStreams, limit: 1}}
	m, err := newMetrics(prometheus.NewRegistry(), calls, streams)
	if err != nil {
		t.Fatal(err)
	}
	a := &admission{calls: calls, streams: streams, open: &share{resource: resourceOpen, limit: 1}, reading: &share{resource: resourceReading, limit: 1}, limits: DefaultLimits(), drain: drain, metrics: m}
	a.learn(map[string]grpc.ServiceInfo{
		v1.AuthorizationService_ServiceDesc.ServiceName: {Methods: []grpc.MethodInfo{{Name: "Authorize"}, {Name: "AuthorizeStream", IsClientStream: true}}},
		"x": {Methods: []grpc.MethodInfo{{Name: "Watch", IsServerStream: true}}},
	})
	enter := func(ctx context.Context, method string) context.Context {
		t.Helper()
		out, err := a.handle(ctx, &tap.Info{FullMethodName: method})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const stream = "/forseti.authorization.v1.AuthorizationService/AuthorizeStream"

	dropped, cancel := context.WithCancel(context.Background())
	enter(dropped, authorizeMethod)
	enter(dropped, stream)
	if calls.count() != 1 || streams.count() != 1 {
		t.Fatalf("got %v calls and %v streams", calls.count(), streams.count())
	}
	cancel()
	eventually(t, "dropped calls give their places back", func() bool { return calls.count() == 0 && streams.count() == 0 })

	parent, cancel := context.WithCancel(context.Background())
	ctx := enter(parent, authorizeMethod)
	ticketOf(ctx).begin()
	cancel()
	time.Sleep(20 * time.Millisecond)
	if calls.count() != 1 {
		t.Error("the place of a call was given back before the handler returned")
	}
	ticketOf(ctx).end()
	ticketOf(ctx).end()
	if calls.count() != 0 {
		t.Errorf("got %v calls", calls.count())
	}

	watch := enter(context.Background(), "/x/Watch")
	own := enter(context.Background(), stream)
	if _, limited := watch.Deadline(); limited {
		t.Error("a stream has a deadline")
	}
	stop()
	<-watch.Done()
	if own.Err() != nil {
		t.Error("a stream of requests was cancelled")
	}
	ticketOf(own).begin()
	ticketOf(own).end()
	if own.Err() != nil {
		t.Error("a stream of requests was cancelled before its status was sent")
	}

	for range 100 {
		if _, err := a.handle(context.Background(), &tap.Info{FullMethodName: "/x/Unknown"}); status.Code(err) != codes.Unimplemented {
			t.Fatalf("got %v", err)
		}
	}
	if calls.count() != 0 || streams.count() != 0 {
		t.Errorf("got %v calls and %v streams", calls.count(), streams.count())
	}
}
