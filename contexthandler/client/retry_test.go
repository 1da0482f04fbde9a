package client

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// failing fails the first attempts of each question.
func failing(attempts int64, code codes.Code) *fake {
	f := &fake{}
	var n atomic.Int64
	f.authorize = func(_ context.Context, m *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
		if n.Add(1) <= attempts {
			return nil, status.Error(code, "no")
		}
		return permit(m), nil
	}
	return f
}

// Only UNAVAILABLE is repeated, and only so often.
func TestRetry(t *testing.T) {
	for _, tt := range []struct {
		fails    int64
		code     codes.Code
		attempts int
		granted  bool
		calls    int64
	}{
		{3, codes.Unavailable, 0, true, 4},
		{4, codes.Unavailable, 0, false, 4},
		{1, codes.Unavailable, 1, false, 1},
		{4, codes.Unavailable, 5, true, 5},
		{1, codes.ResourceExhausted, 0, false, 1},
		{1, codes.Internal, 0, false, 1},
		{1, codes.DeadlineExceeded, 0, false, 1},
		{1, codes.PermissionDenied, 0, false, 1},
	} {
		f := failing(tt.fails, tt.code)
		c := connect(t, f.serve(t), func(c *Config) { c.Retry = Retry{Attempts: tt.attempts, Backoff: time.Millisecond} })
		err := c.Enforce(within(t), question("read"), Obligations{})
		if (err == nil) != tt.granted || f.calls.Load() != tt.calls {
			t.Errorf("%d times %s: got %v after %d calls, want %d", tt.fails, tt.code, err, f.calls.Load(), tt.calls)
		}
		if e, ok := errors.AsType[*UnavailableError](err); !tt.granted && (!ok || e.Code != tt.code) {
			t.Errorf("%d times %s: got %v", tt.fails, tt.code, err)
		}
	}
}

// A service that is down for long is not asked many times as often: 100 questions
// cost no more attempts than themselves and the budget.
func TestRetry_Budget(t *testing.T) {
	const budget, questions = 10, 100
	f := failing(1<<40, codes.Unavailable)
	c := connect(t, f.serve(t), func(c *Config) { c.Retry = Retry{Backoff: time.Millisecond, Budget: budget} })
	var wg sync.WaitGroup
	for range questions {
		wg.Go(func() {
			if err := c.Enforce(within(t), question("read"), Obligations{}); !errors.Is(err, ErrDenied) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if n := f.calls.Load(); n <= questions || n > questions+budget {
		t.Errorf("got %d calls, want more than %d and at most %d", n, questions, questions+budget)
	}
}

// The deadline counts for all attempts together.
func TestRetry_Deadline(t *testing.T) {
	f := failing(1<<40, codes.Unavailable)
	c := connect(t, f.serve(t), func(c *Config) { c.Retry = Retry{Backoff: time.Hour, MaxBackoff: time.Hour} })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := c.Enforce(ctx, question("read"), Obligations{})
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
		t.Errorf("got %v after %s", err, took)
	}
}

// cutter gives the connections that it accepted.
type cutter struct {
	net.Listener
	accepted chan net.Conn
}

func (c *cutter) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.accepted <- conn
	}
	return conn, err
}

// A call whose answer has begun and is cut off is repeated too, unless no call is.
func TestRetry_CutOff(t *testing.T) {
	for _, attempts := range []int{1, 2} {
		l := &cutter{listen(t, "127.0.0.1:0"), make(chan net.Conn, 10)}
		f := &fake{}
		f.authorize = func(ctx context.Context, m *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
			if f.calls.Load() == 1 {
				if err := grpc.SendHeader(ctx, metadata.Pairs("x", "y")); err != nil {
					t.Error(err)
				}
				time.Sleep(50 * time.Millisecond) // for the header to arrive
				_ = (<-l.accepted).Close()
			}
			return permit(m), nil
		}
		c := connect(t, serveOn(t, l, f.register), func(c *Config) { c.Retry.Attempts = attempts })
		err := c.Enforce(within(t), question("read"), Obligations{})
		if (err == nil) != (attempts > 1) || f.calls.Load() != int64(attempts) {
			t.Errorf("%d attempts: got %v after %d calls", attempts, err, f.calls.Load())
		}
	}
}

func TestBudget(t *testing.T) {
	b := newBudget(3)
	spent := func(n int) {
		t.Helper()
		for i := range n + 1 {
			if b.spend() != (i < n) {
				t.Errorf("repetition %d of %d", i+1, n)
			}
		}
	}
	b.earn() // there is no more than enough
	spent(3)
	for range 19 {
		b.earn()
	}
	spent(1)
	b.earn()
	spent(1)
}

// Who is asked to come back later is told when, and does not come back at once.
func TestRetryAfter(t *testing.T) {
	f := &fake{authorize: func(context.Context, *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
		s, err := status.New(codes.ResourceExhausted, "at its limit").WithDetails(
			&errdetails.ErrorInfo{Domain: "forseti", Reason: "OVERLOADED"},
			&errdetails.RetryInfo{RetryDelay: durationpb.New(70 * time.Millisecond)})
		if err != nil {
			return nil, err
		}
		return nil, s.Err()
	}}
	err := connect(t, f.serve(t), nil).Enforce(within(t), question("read"), Obligations{})
	e, ok := errors.AsType[*UnavailableError](err)
	if !ok || e.Reason != "OVERLOADED" || e.RetryAfter != 70*time.Millisecond || !e.Temporary() || f.calls.Load() != 1 {
		t.Errorf("got %+v after %d calls", err, f.calls.Load())
	}
}
