package overload

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// deadline is that of every call.
const deadline = 100 * time.Millisecond

// attempts is how often a measure is taken that the machine may have spoilt.
const attempts = 4

// phase is how long each load lasts.
func phase() time.Duration {
	if harness.Long() {
		return 20 * time.Second
	}
	return 2 * time.Second
}

// TestOverload_Computing is T14 where decisions take the processor.
func TestOverload_Computing(t *testing.T) { overload(t, computing(t)) }

// TestOverload_Waiting is T14 where decisions wait for a source, and take the processor
// when they come back.
func TestOverload_Waiting(t *testing.T) { overload(t, waiting(t)) }

// overload asks for several times the peak. How much the server can do changes while
// other programs share its caches: so the peak is measured before and after each load.
// What it did under a smaller load it can do, too.
func overload(t *testing.T, w *world) {
	done := 0.0
	healthy := w.watchHealth(t)
	w.findCallers(t)
	normal := w.normal(t)
	for _, load := range []struct {
		factor, share float64 // of the peak
	}{{2, 0.9}, {5, 0.8}, {10, 0.6}} {
		w.judge(t, fmt.Sprintf("%v times the peak", load.factor), func() error {
			before := w.peak(t)
			r, busy := w.open(t, load.factor*before.Goodput())
			after := w.peak(t)
			peak := max((before.Goodput()+after.Goodput())/2, done)
			t.Logf("%v times a peak of %.0f/s: goodput %.0f %%, p50 %s, p99 %s (normally %s), sent %d at %.0f %% of the rate, %v",
				load.factor, peak, 100*r.Goodput()/peak, r.P50, r.P99, normal, r.Sent, 100*float64(r.Sent)/r.Elapsed.Seconds()/(load.factor*before.Goodput()), r.Codes)
			if err := refusals(r); err != nil {
				t.Error(err)
			}
			switch {
			case busy != nil:
				return busy
			case r.Goodput() < load.share*peak:
				return fmt.Errorf("goodput is %.0f/s, want %.0f %% of %.0f/s", r.Goodput(), 100*load.share, peak)
			case r.P99 > 5*normal:
				return fmt.Errorf("p99 is %s, want at most 5 times %s", r.P99, normal)
			default:
				done = r.Goodput()
				return nil
			}
		})
	}
	w.judge(t, "afterwards", func() error {
		peak := w.peak(t)
		if _, err := w.open(t, 10*peak.Goodput()); err != nil {
			t.Logf("the load before: %v", err)
		}
		rate := peak.Goodput() / 2
		w.load(t, harness.Load{Rate: rate, Duration: 2 * time.Second}) // to come to rest
		r, busy := w.open(t, rate)
		t.Logf("afterwards, at half the peak: %.0f %% in time, p99 %s (normally %s)", 100*float64(r.OK)/float64(r.Sent), r.P99, normal)
		switch {
		case busy != nil:
			return busy
		case float64(r.OK) < 0.99*float64(r.Sent):
			return fmt.Errorf("%d of %d calls were answered in time, want 99 %%: %v", r.OK, r.Sent, r.Codes)
		case r.P99 > 2*normal+10*time.Millisecond:
			return fmt.Errorf("p99 is %s, want what it normally is, %s", r.P99, normal)
		default:
			return nil
		}
	})
	healthy()
}

// errBusy tells that a measure says nothing, because of what else runs.
type errBusy struct{ why string }

func (e errBusy) Error() string { return "the machine is too busy: " + e.why }

// judge takes a measure until it is good. It fails the test if it never is, and skips
// the rest if it never says anything.
func (w *world) judge(t *testing.T, what string, measure func() error) {
	t.Helper()
	var bad, busy error
	for range attempts {
		err := measure()
		if err == nil {
			return
		}
		t.Logf("%s: %v", what, err)
		if errors.As(err, new(errBusy)) {
			busy = err
		} else {
			bad = err
		}
	}
	if bad != nil && busy == nil {
		t.Fatalf("%s: %v", what, bad)
	}
	t.Skipf("%s: %v", what, busy)
}

// normal is the p99 at half the peak. Less than a tenth of the deadline counts as that:
// calls come at fixed times then, and hardly ever meet.
func (w *world) normal(t *testing.T) (p99 time.Duration) {
	t.Helper()
	w.judge(t, "normal load", func() error {
		peak := w.peak(t)
		r, busy := w.open(t, peak.Goodput()/2)
		t.Logf("peak %.0f/s, p99 %s; half of it: p50 %s, p99 %s, %v", peak.Goodput(), peak.P99, r.P50, r.P99, r.Codes)
		if busy != nil {
			return busy
		}
		if float64(r.OK) < 0.99*float64(r.Sent) {
			return fmt.Errorf("%d of %d calls were answered in time, want 99 %%: %v", r.OK, r.Sent, r.Codes)
		}
		p99 = max(r.P99, deadline/10)
		return nil
	})
	return p99
}

// peak is what the server can do: callers that ask again as soon as they are answered,
// or when they are told to come back.
func (w *world) peak(t *testing.T) harness.Report {
	t.Helper()
	patient := func(ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		err := invoke(ctx, method, request, answer, conn, options...)
		time.Sleep(retryDelay(err))
		return err
	}
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	return w.load(t, harness.Load{
		InFlight: w.callers, Duration: phase() / 2, Dial: []grpc.DialOption{plain, grpc.WithUnaryInterceptor(patient)},
	})
}

// findCallers finds how many callers it takes for the server to do all it can.
func (w *world) findCallers(t *testing.T) {
	t.Helper()
	best, callers := 0.0, 0
	for _, n := range []int{4, 8, 16, 32, 64, 128} {
		w.callers = n
		if goodput := w.peak(t).Goodput(); goodput > best {
			best, callers = goodput, n
		}
	}
	t.Logf("%d callers get most: %.0f/s", callers, best)
	w.callers = callers
}

// retryDelay is the time in RetryInfo; 0 if there is none.
func retryDelay(err error) time.Duration {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// open is a load at a rate. The error tells that it says nothing.
func (w *world) open(t *testing.T, rate float64) (harness.Report, error) {
	t.Helper()
	const used = "process_cpu_seconds_total"
	before := w.server.Metrics(t).Value(used)
	r := w.load(t, harness.Load{Rate: rate, Duration: phase()})
	cpu := w.server.Metrics(t).Value(used) - before
	idle := 1 - cpu/r.Elapsed.Seconds()
	late := r.Codes[codes.DeadlineExceeded] + r.Late
	switch {
	case r.Lag > deadline/2:
		return r, errBusy{fmt.Sprintf("a call was made %s after it was due", r.Lag)}
	case idle > 0.2 && float64(late) > 0.02*float64(r.Sent):
		return r, errBusy{fmt.Sprintf("the server had its processor for %.0f %% of the time, and was late", 100*(1-idle))}
	default:
		return r, nil
	}
}

func (w *world) load(t *testing.T, l harness.Load) harness.Report {
	t.Helper()
	l.Target, l.Deadline, l.Request = w.server.Address(), deadline, w.request
	var unknown atomic.Int64 // because the source was too late
	l.Check = func(_ int, r *v1.AuthorizeResponse) error {
		switch d := r.GetDecision(); d {
		case v1.Decision_DECISION_PERMIT:
			return nil
		case v1.Decision_DECISION_INDETERMINATE:
			unknown.Add(1)
			return nil
		default:
			return fmt.Errorf("got %v, want Permit", d)
		}
	}
	r, err := l.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.OK -= min(r.OK, unknown.Load()) // is no use to anybody
	if len(r.Wrong) > 0 {
		t.Errorf("wrong answers: %v", r.Wrong)
	}
	return r
}

// refusals checks how calls were refused: only because there were too many, and with a
// time after which to come back.
func refusals(r harness.Report) error {
	for code, n := range r.Codes {
		if code != codes.OK && code != codes.ResourceExhausted && code != codes.DeadlineExceeded {
			return fmt.Errorf("%d calls ended with %v", n, code)
		}
	}
	for _, err := range r.Errors {
		if status.Code(err) == codes.ResourceExhausted && retryDelay(err) <= 0 {
			return fmt.Errorf("a call was refused without RetryInfo: %w", err)
		}
	}
	return nil
}

// watchHealth asks the health service all the time until the function that it gives is
// called, which fails the test unless all answers were that the server is serving.
func (w *world) watchHealth(t *testing.T) (healthy func()) {
	t.Helper()
	conn, err := grpc.NewClient(w.server.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	asked, failed := 0, error(nil)
	wg.Go(func() {
		for ctx.Err() == nil {
			within, done := context.WithTimeout(ctx, 5*time.Second)
			answer, err := healthpb.NewHealthClient(conn).Check(within, &healthpb.HealthCheckRequest{})
			done()
			if asked++; ctx.Err() == nil && (err != nil || answer.GetStatus() != healthpb.HealthCheckResponse_SERVING) {
				failed = fmt.Errorf("health: got %v, %w", answer, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	stop := sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		_ = conn.Close() // nothing is under way
	})
	t.Cleanup(stop)
	return func() {
		stop()
		if failed != nil || asked < 10 {
			t.Errorf("asked %d times: %v", asked, failed)
		}
	}
}
