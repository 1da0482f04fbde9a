package harness

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Load is calls of Authorize. With a rate it is an open loop: calls are due at fixed
// times, whatever becomes of those before, and take their time from when they were due.
// Without one, each call follows the answer to another.
type Load struct {
	Target      string // of gRPC
	Rate        float64
	InFlight    int // the calls that wait for answers at a time; those beyond are dropped. 64 if 0, without limit if there is a rate
	Connections int // 8 if 0
	Deadline    time.Duration
	Duration    time.Duration
	Request     func(n int) *v1.AuthorizeRequest           // DemoRequest if nil
	Check       func(n int, r *v1.AuthorizeResponse) error // nil: any answer will do
	Dial        []grpc.DialOption                          // plain connections if empty
}

// Report is what became of calls.
type Report struct {
	Sent    int64
	OK      int64 // answered in time
	Late    int64 // answered, after the deadline that began when they were due
	Dropped int64 // never sent, because too many waited
	Codes   map[codes.Code]int64
	Elapsed time.Duration
	P50     time.Duration // of those answered in time
	P99     time.Duration
	Max     time.Duration
	Lag     time.Duration // the longest by which a call was sent after it was due
	Errors  []error       // some
	Wrong   []error       // of Check, some
}

// some is how many errors are kept.
const some = 8

// Goodput is the calls a second that were answered in time.
func (r Report) Goodput() float64 { return float64(r.OK) / r.Elapsed.Seconds() }

// Failed is how many calls were not answered.
func (r Report) Failed() int64 { return r.Sent - r.Codes[codes.OK] }

// Run makes the calls, and returns when all are answered.
func (l Load) Run(ctx context.Context) (Report, error) {
	if l.Connections == 0 {
		l.Connections = 8
	}
	if l.Request == nil {
		l.Request = DemoRequest
	}
	if len(l.Dial) == 0 {
		l.Dial = []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	}
	run := &running{Load: l, report: Report{Codes: make(map[codes.Code]int64)}}
	var errs []error
	for range l.Connections {
		connection, err := grpc.NewClient(l.Target, l.Dial...)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		connection.Connect()
		defer connection.Close() //nolint:errcheck // nothing is under way
		run.clients = append(run.clients, v1.NewAuthorizationServiceClient(connection))
	}
	if len(errs) > 0 {
		return Report{}, errors.Join(errs...)
	}
	run.start = time.Now()
	if l.Rate > 0 {
		run.open(ctx)
	} else {
		run.closed(ctx)
	}
	return run.finish(), nil
}

// running is a load under way.
type running struct {
	Load
	clients []v1.AuthorizationServiceClient
	start   time.Time
	waiting atomic.Int64

	mu     sync.Mutex
	times  []time.Duration
	report Report
}

// open makes calls when they are due.
func (r *running) open(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	every := time.Duration(float64(time.Second) / r.Rate)
	for n := 0; ctx.Err() == nil; n++ {
		due := r.start.Add(time.Duration(n) * every)
		if due.Sub(r.start) >= r.Duration {
			return
		}
		time.Sleep(time.Until(due))
		if r.InFlight > 0 && r.waiting.Load() >= int64(r.InFlight) {
			r.report.Dropped++ // of this goroutine alone until finish
			continue
		}
		r.report.Lag = max(r.report.Lag, time.Since(due))
		r.waiting.Add(1)
		wg.Go(func() {
			defer r.waiting.Add(-1)
			r.call(ctx, n, due)
		})
	}
}

// closed makes calls one after the other, some at a time.
func (r *running) closed(ctx context.Context) {
	if r.InFlight == 0 {
		r.InFlight = 64
	}
	var wg sync.WaitGroup
	var next atomic.Int64
	for range r.InFlight {
		wg.Go(func() {
			for ctx.Err() == nil && time.Since(r.start) < r.Duration {
				r.call(ctx, int(next.Add(1)-1), time.Now())
			}
		})
	}
	wg.Wait()
}

func (r *running) call(ctx context.Context, n int, due time.Time) {
	if r.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Deadline)
		defer cancel()
	}
	response, err := r.clients[n%len(r.clients)].Authorize(ctx, r.Request(n))
	took := time.Since(due)
	var wrong error
	if err == nil && r.Check != nil {
		wrong = r.Check(n, response)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Sent++
	r.report.Codes[status.Code(err)]++
	switch {
	case err != nil:
		r.report.Errors = keep(r.report.Errors, err)
	case r.Deadline > 0 && took > r.Deadline:
		r.report.Late++
	default:
		r.report.OK++
		r.times = append(r.times, took)
	}
	if wrong != nil {
		r.report.Wrong = keep(r.report.Wrong, wrong)
	}
}

func keep(errs []error, err error) []error {
	if len(errs) < some {
		errs = append(errs, err)
	}
	return errs
}

func (r *running) finish() Report {
	r.report.Elapsed = time.Since(r.start)
	slices.Sort(r.times)
	if n := len(r.times); n > 0 {
		r.report.P50, r.report.P99, r.report.Max = r.times[n/2], r.times[min(n*99/100, n-1)], r.times[n-1]
	}
	return r.report
}
