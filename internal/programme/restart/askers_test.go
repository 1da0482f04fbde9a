package restart

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler/client"
	"github.com/forseti-pdp/forseti/internal/programme/harness"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

const (
	// patience is the deadline of a question, which includes its repetitions.
	patience = 5 * time.Second
	// batched is how many questions a batch has.
	batched = 16
	// pause is between two questions of one asker: the load is not to fill the machine.
	pause = 2 * time.Millisecond
)

// askers ask the demo questions until they are stopped, in all three ways.
type askers struct {
	client *client.Client
	stop   context.CancelFunc
	asking sync.WaitGroup
	next   atomic.Int64

	mu     sync.Mutex
	failed []error
	asked  map[string]int
	times  []time.Duration
}

// ask begins to ask.
func ask(t *testing.T, c *client.Client) *askers {
	t.Helper()
	a := &askers{client: c, asked: make(map[string]int)}
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	t.Cleanup(func() {
		stop()
		a.asking.Wait()
	})
	for range 6 {
		a.begin(ctx, "alone", a.alone)
	}
	for range 2 {
		a.begin(ctx, "batch", a.batch)
	}
	for range 2 {
		s := &stream{client: c}
		a.begin(ctx, "stream", s.ask)
	}
	return a
}

// begin has one asker ask one question after the other. The time of a question does not
// end when the asker is stopped: what was begun is finished.
func (a *askers) begin(ctx context.Context, way string, one func(context.Context, int) error) {
	a.asking.Go(func() {
		for ctx.Err() == nil {
			n := int(a.next.Add(batched))
			began := time.Now()
			asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			err := one(asking, n)
			cancel()
			a.mu.Lock()
			a.asked[way]++
			a.times = append(a.times, time.Since(began))
			if err != nil {
				a.failed = append(a.failed, fmt.Errorf("%s, question %d, after %s: %w", way, n, time.Since(began).Round(time.Millisecond), err))
			}
			a.mu.Unlock()
			time.Sleep(pause)
		}
	})
}

func (a *askers) total() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	sum := 0
	for _, n := range a.asked {
		sum += n
	}
	return sum
}

// report stops the askers, and fails the test if a question failed.
func (a *askers) report(t *testing.T) {
	t.Helper()
	a.stop()
	a.asking.Wait()
	slices.Sort(a.times)
	if len(a.times) == 0 {
		t.Fatal("nothing was asked")
	}
	t.Logf("asked %v (a batch has %d questions); p50 %s, p99 %s, longest %s; %d failed", a.asked, batched,
		a.times[len(a.times)/2], a.times[len(a.times)*99/100], a.times[len(a.times)-1].Round(time.Millisecond), len(a.failed))
	for i, err := range a.failed {
		if i == 10 {
			break
		}
		t.Error(err)
	}
}

// question is a demo question for the client.
func question(n int) client.Request {
	m := harness.DemoRequest(n)
	return client.Request{Subject: m.GetSubject(), Resource: m.GetResource(), Action: m.GetAction()}
}

// check compares a decision with what it must be.
func check(n int, d client.Decision) error {
	decisions := map[string]v1.Decision{
		client.Permit.String():        v1.Decision_DECISION_PERMIT,
		client.Deny.String():          v1.Decision_DECISION_DENY,
		client.NotApplicable.String(): v1.Decision_DECISION_NOT_APPLICABLE,
	}
	return harness.CheckDemo(n, &v1.AuthorizeResponse{Decision: decisions[d.String()]})
}

func (a *askers) alone(ctx context.Context, n int) error {
	d, err := a.client.Authorize(ctx, question(n))
	if err != nil {
		return err
	}
	return check(n, d)
}

func (a *askers) batch(ctx context.Context, n int) error {
	questions := make([]client.Request, batched)
	for i := range questions {
		questions[i] = question(n + i)
	}
	answers, err := a.client.AuthorizeBatch(ctx, questions)
	if err != nil {
		return err
	}
	for i, answer := range answers {
		if err := answer.Err; err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
		if err := check(n+i, answer.Decision); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	return nil
}

// stream asks over a stream, and begins another one when it ends, as the contract tells
// callers to do.
type stream struct {
	client  *client.Client
	current v1.AuthorizationService_AuthorizeStreamClient
	cancel  context.CancelFunc
}

func (s *stream) ask(ctx context.Context, n int) error {
	for {
		answer, err := s.try(ctx, n)
		if err == nil {
			return harness.CheckDemo(n, answer)
		}
		s.close()
		select {
		case <-ctx.Done():
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *stream) close() {
	if s.current != nil {
		s.cancel()
		s.current = nil
	}
}

// try asks once. The stream outlives the question.
func (s *stream) try(ctx context.Context, n int) (answer *v1.AuthorizeResponse, err error) {
	if s.current == nil {
		var long context.Context
		long, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
		if s.current, err = s.client.Service().AuthorizeStream(long); err != nil {
			s.cancel()
			s.current = nil
			return nil, err
		}
	}
	late := context.AfterFunc(ctx, s.cancel)
	defer late()
	if err := s.current.Send(&v1.AuthorizeStreamRequest{Request: harness.DemoRequest(n)}); err != nil {
		return nil, err
	}
	response, err := s.current.Recv()
	if err != nil {
		return nil, err
	}
	if response.GetResponse() == nil {
		return nil, fmt.Errorf("an item was not answered: %v", response.GetError())
	}
	return response.GetResponse(), nil
}
