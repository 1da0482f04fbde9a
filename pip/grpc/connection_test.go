package grpc

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// accept has f handle each connection to an address on loopback, until the end of
// the test.
func accept(t testing.TB, f func(net.Conn)) string {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// TestBrokenConnections: what can not be asked is unavailable, at once.
func TestBrokenConnections(t *testing.T) {
	closed := listen(t, "127.0.0.1:0")
	_ = closed.Close()
	tests := map[string]string{
		"refused": closed.Addr().String(),
		"closed":  accept(t, func(net.Conn) {}),
		"reset": accept(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 10))
			_ = c.(*net.TCPConn).SetLinger(0)
		}),
		"HTTP/1.1":     accept(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n<html>") }),
		"garbage":      accept(t, func(c net.Conn) { _, _ = io.WriteString(c, strings.Repeat("\x00\xff", 5000)) }),
		"unknown host": "none.invalid:1",
	}
	for name, address := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := roles()
			cfg.Address = address
			p := open(t, cfg)
			start := time.Now()
			outcome, e := outcomeOf(t, errorOf(p.Fetch(within(t), question("ann", 7))))
			if took := time.Since(start); outcome != pip.OutcomeUnavailable || took > 5*time.Second {
				t.Errorf("got %v after %s, want unavailable", e, took)
			}
		})
	}
}

// TestResetOfCall: the connection breaks while a call is under way.
func TestResetOfCall(t *testing.T) {
	asked := make(chan struct{})
	s := &service{get: func(ctx context.Context, _ *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	g := grpc.NewServer()
	s.register(g)
	l := listen(t, "127.0.0.1:0")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Serve(l)
	}()
	cfg := roles()
	cfg.Address = l.Addr().String()
	p := open(t, cfg)
	go func() {
		<-asked
		g.Stop()
	}()
	if outcome, e := outcomeOf(t, errorOf(p.Fetch(within(t), question("ann", 7)))); outcome != pip.OutcomeUnavailable {
		t.Errorf("got %v, want unavailable", e)
	}
	<-done
}

// A question is over soon after its time.
func TestFetch_EndsSoonAfterItsTime(t *testing.T) {
	silent := roles()
	silent.Address = accept(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }) // until the client leaves
	hang := &service{get: func(ctx context.Context, _ *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	for name, p := range map[string]*Provider{"the network": open(t, silent), "the service": asking(t, hang)} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			start := time.Now()
			outcome, e := outcomeOf(t, errorOf(p.Fetch(ctx, question("ann", 7))))
			if took := time.Since(start); outcome != pip.OutcomeTimeout || took > 2*time.Second {
				t.Errorf("got %v after %s, want timeout", e, took)
			}

			ctx, cancel = context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			start = time.Now()
			outcome, e = outcomeOf(t, errorOf(p.Fetch(ctx, question("ann", 7))))
			if took := time.Since(start); outcome != pip.OutcomeCanceled || took > 2*time.Second {
				t.Errorf("got %v after %s, want canceled", e, took)
			}
		})
	}
}

// The service hears of the deadline.
func TestDeadlineIsSent(t *testing.T) {
	left := make(chan time.Duration, 1)
	p := asking(t, &service{get: func(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return respond(m), nil
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := p.Fetch(ctx, question("ann", 7)); err != nil {
		t.Fatal(err)
	}
	if got := <-left; got < time.Second || got > 5*time.Second {
		t.Errorf("got %s left, want a bit less than 5 s", got)
	}
}

// TestComesBack: a service that was down is found again within 2 s.
func TestComesBack(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	cfg := roles()
	cfg.Address = l.Addr().String()
	_ = l.Close()
	p := open(t, cfg)
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if outcome, e := outcomeOf(t, errorOf(p.Fetch(within(t), question("ann", 7)))); outcome != pip.OutcomeUnavailable {
			t.Fatalf("got %v, want unavailable", e)
		}
	}
	serveOn(t, listen(t, cfg.Address), (&service{}).register)
	start := time.Now()
	for {
		_, err := p.Fetch(within(t), question("ann", 7))
		if err == nil {
			break
		}
		if time.Since(start) > 5*time.Second { // 2 s on a machine that does nothing else
			t.Fatalf("not within 5 s: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("back after %s", time.Since(start).Round(time.Millisecond))
}

// A provider that is closed answers nothing.
func TestClose_NothingIsAnsweredAnyMore(t *testing.T) {
	cfg := roles()
	cfg.Address = serve(t, (&service{}).register)
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if outcome, e := outcomeOf(t, errorOf(p.Fetch(within(t), question("ann", 7)))); outcome != pip.OutcomeUnavailable {
		t.Errorf("got %v, want unavailable", e)
	}
}
