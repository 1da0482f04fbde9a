package rpc

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// slow makes the source wait until release. asked gets a value for each question.
func (r *rig) slow() (asked chan struct{}, release func()) {
	asked, end := make(chan struct{}, 1000), make(chan struct{})
	r.ask(func(ctx context.Context) error {
		asked <- struct{}{}
		select {
		case <-end:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	release = sync.OnceFunc(func() { close(end) })
	r.t.Cleanup(release)
	return asked, release
}

// wantPlaces waits until that many calls are worked on and wait.
func (r *rig) wantPlaces(inFlight, waiting float64) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("%v calls are in flight and %v wait", inFlight, waiting), func() bool {
		return r.metric("forseti_rpc_in_flight_calls") == inFlight && r.metric("forseti_rpc_waiting_calls") == waiting
	})
}

// Calls that wait for a source do not keep others out, up to a limit of their own.
// Beyond it what needs the source is refused, and nothing else.
func TestWaiting(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxInFlight, c.Limits.MaxWaiting = 1, 4 })
	_, release := r.slow()
	var wg sync.WaitGroup
	waiting := 0.0
	waits := func(do func() error) {
		t.Helper()
		r.server.service.gate.allowed.Store(4 * parts) // on a busy machine it may have been lowered
		wg.Go(func() {
			err := do()
			for codeOf(err) == codes.ResourceExhausted && t.Context().Err() == nil {
				time.Sleep(time.Millisecond) // one that waited was back at work for a moment
				err = do()
			}
			if err != nil {
				t.Errorf("a call that waits: got %v", err)
			}
		})
		waiting++
		r.wantPlaces(0, waiting) // a batch is in flight until all of its items wait
	}
	waits(func() error { _, err := r.client.Authorize(within(t), action("ask")); return err })
	general := action("ask") // not by the short way
	general.Attributes = []*v1.RequestAttribute{{Category: "subject", AttributeId: "urn:a", DataType: "integer", Values: []string{"1"}}}
	waits(func() error { _, err := r.client.Authorize(within(t), general); return err })
	waits(func() error {
		_, err := r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{action("ask"), action("ask"), general}})
		return err
	})
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	waits(func() error {
		if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("ask")}); err != nil {
			return err
		}
		got, err := stream.Recv()
		switch {
		case err != nil:
			return err
		case got.GetError().GetReason() == v1.ErrorReason_ERROR_REASON_OVERLOADED:
			return status.Error(codes.ResourceExhausted, got.GetError().GetMessage())
		case got.GetResponse().GetDecision() != v1.Decision_DECISION_PERMIT:
			return fmt.Errorf("got %v", got)
		default:
			return nil
		}
	})

	if _, err := r.client.Authorize(within(t), action("read")); err != nil {
		t.Errorf("a call that needs no source: got %v", err)
	}
	_, err = r.client.Authorize(within(t), action("ask"))
	wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
	_, err = r.client.Authorize(within(t), general)
	wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
	other, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		action string
		want   v1.ErrorReason
	}{
		{"ask", v1.ErrorReason_ERROR_REASON_OVERLOADED},
		{"read", v1.ErrorReason_ERROR_REASON_UNSPECIFIED},
	} {
		if err := other.Send(&v1.AuthorizeStreamRequest{Request: action(test.action)}); err != nil {
			t.Fatal(err)
		}
		if got, err := other.Recv(); err != nil || got.GetError().GetReason() != test.want {
			t.Errorf("stream, %s: got %v, %v", test.action, got, err)
		}
	}
	batch, err := r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{
		action("read"), action("ask"), action("ask"),
	}})
	if err != nil || batch.GetItems()[0].GetResponse() == nil {
		t.Fatalf("batch: got %v, %v", batch, err)
	}
	for _, item := range batch.GetItems()[1:] {
		if item.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_OVERLOADED || item.GetRequestId() != "id of ask" {
			t.Errorf("batch: got %v", item)
		}
	}
	if n := r.metric("forseti_shed_total", "waiting"); n != 5 {
		t.Errorf("got %v refusals counted, want 5", n)
	}
	release()
	wg.Wait()
	r.wantPlaces(0, 0)
	if _, err := r.client.Authorize(within(t), action("ask")); err != nil {
		t.Errorf("afterwards: got %v", err)
	}
}

// A batch is one call, of which one place is taken, and one of those that wait.
func TestWaiting_Batch(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxInFlight, c.Limits.MaxWaiting = 1, 1 })
	asked, release := r.slow()
	batch := &v1.AuthorizeBatchRequest{}
	for range 100 {
		batch.Requests = append(batch.Requests, action("ask"))
	}
	done := make(chan error, 1)
	go func() {
		got, err := r.client.AuthorizeBatch(within(t), batch)
		for i, item := range got.GetItems() {
			if item.GetResponse().GetDecision() != v1.Decision_DECISION_PERMIT {
				t.Errorf("item %d: got %v", i, item)
			}
		}
		done <- err
	}()
	for range 100 {
		<-asked
	}
	r.wantPlaces(0, 1)
	if _, err := r.client.Authorize(within(t), action("read")); err != nil {
		t.Errorf("a call that needs no source: got %v", err)
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.wantPlaces(0, 0)
}

// How many calls are worked on at a time does not bound how many wait for a source.
func TestWaiting_Together(t *testing.T) {
	const calls = 100
	r := start(t, func(c *Config) { c.Limits.MaxInFlight, c.Limits.MaxWaiting = 2, calls })
	asked, release := r.slow()
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			for {
				_, err := r.client.Authorize(within(t), action("ask"))
				if err == nil {
					return
				}
				if codeOf(err) != codes.ResourceExhausted {
					t.Errorf("got %v", err)
					return
				}
				time.Sleep(time.Millisecond) // all came at the same time
			}
		})
	}
	for range calls {
		<-asked
	}
	release()
	wg.Wait()
	r.wantPlaces(0, 0)
}

// A place is lent by many goroutines without getting lost or multiplied.
func TestPlace_Shared(t *testing.T) {
	g := &gate{share: share{limit: 1}}
	g.set(1, 1)
	if !g.enter(new(host)) {
		t.Fatal("there is no place")
	}
	var p place
	p.begin(g, new(host))
	const workers = 20
	p.share(workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			defer p.done()
			for range 500 {
				if !p.Rest() {
					t.Error("the place was not given back")
					return
				}
				if n := g.waiting.Load(); n != 1 {
					t.Errorf("got %d that wait, want 1", n)
				}
				p.Resume()
				if n := g.inside.Load(); n < 1 {
					t.Errorf("got %d inside at work, want 1", n)
				}
			}
		})
	}
	wg.Wait()
	if g.inside.Load() != 0 || g.waiting.Load() != 1 {
		t.Errorf("all done: got %d inside and %d that wait, want 0 and 1", g.inside.Load(), g.waiting.Load())
	}
	p.unshare()
	if g.inside.Load() != 1 || g.waiting.Load() != 0 {
		t.Errorf("afterwards: got %d inside and %d that wait, want 1 and 0", g.inside.Load(), g.waiting.Load())
	}
}

// Who comes back is let in, and keeps others out until there is a place.
func TestPlace_ComesBack(t *testing.T) {
	g := &gate{share: share{limit: 1}}
	g.set(1, 1)
	first, second := new(place), new(place)
	for _, p := range []*place{first, second} {
		if !g.enter(new(host)) {
			t.Fatal("there is no place")
		}
		p.begin(g, new(host))
		if p == first && !p.Rest() {
			t.Fatal("the first cannot wait")
		}
	}
	if second.Rest() {
		t.Error("a second waits where one may")
	}
	if second.Refuse(); !second.Refused() || first.Refused() {
		t.Error("who was refused does not know it")
	}
	first.Resume()
	if g.enter(new(host)) {
		t.Error("a third is let in beside two")
	}
	g.leave(new(host))
	if g.enter(new(host)) {
		t.Error("a third is let in beside the one that came back")
	}
	g.leave(new(host))
	if !g.enter(new(host)) {
		t.Error("nobody is let in where nobody is")
	}
}

// The limit of those that wait goes down while those that come back stand in line, to
// what may be worked on and no further, and up again while it is in the way and they
// do not.
func TestWaiters_FindTheirLimit(t *testing.T) {
	const least, most = 8, 256
	var w waiters
	only := new(host)
	w.set(least, most)
	if got := w.limitWaiting(); got != most {
		t.Errorf("at first: got %v, want %v", got, most)
	}
	w.learn(only, patience/2)
	if got := w.limitWaiting(); got != most {
		t.Errorf("without a line: got %v, want %v", got, most)
	}
	for range 100 {
		w.learn(only, 2*patience)
	}
	if got := w.limitWaiting(); got >= most-40 || got < least {
		t.Errorf("after 100 in line: got %v, want some 50 less than %v", got, most)
	}
	for range 10 * most {
		w.learn(only, 2*patience)
	}
	if got := w.limitWaiting(); got != least {
		t.Errorf("after many in line: got %v, want %v", got, least)
	}
	for range 1000 {
		w.learn(only, 0)
	}
	if got := w.limitWaiting(); got != least {
		t.Errorf("while nobody waits: got %v, want %v", got, least)
	}
	for range 100 * most {
		for w.wait(only) {
		}
		w.learn(only, 0)
	}
	if got := w.limitWaiting(); got != most {
		t.Errorf("while all wait: got %v, want %v", got, most)
	}
	if !w.full() || w.countWaiting() != most {
		t.Errorf("got %v that wait, full %v, want %v", w.countWaiting(), w.full(), most)
	}
}

// Those who wait leave places to other hosts, as those who are worked on do.
func TestWaiters_LeaveSomething(t *testing.T) {
	var w waiters
	w.set(1, 8)
	var hosts atomic.Int64
	greedy, other := &host{hosts: &hosts}, &host{hosts: &hosts}
	waits := func(h *host) (n int64) {
		for w.wait(h) {
			n++
		}
		return n
	}
	gives := func(h *host) {
		for h.held[resourceWaiting].Load() > 0 {
			w.waited(h)
		}
	}
	hosts.Store(1)
	if n := waits(greedy); n != 8 {
		t.Errorf("alone: got %d places, want all 8", n)
	}
	gives(greedy)
	hosts.Store(2)
	if n, m := waits(greedy), waits(other); n != 4 || m != 2 {
		t.Errorf("beside another: got %d places, and the other %d, want 4 and 2", n, m)
	}
	gives(greedy)
	gives(other)
	if n := w.waiting.Load(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// The limit goes up again also where a host has all that it may, and never all places.
func TestWaiters_FindTheirLimitBesideOthers(t *testing.T) {
	const most = 64
	var w waiters
	w.set(4, most)
	var hosts atomic.Int64
	hosts.Store(2)
	greedy := &host{hosts: &hosts}
	for range 2 * most {
		w.learn(greedy, 2*patience)
	}
	if got := w.limitWaiting(); got != 4 {
		t.Fatalf("when many stood in line: got %v, want 4", got)
	}
	for range 100 * most {
		for w.wait(greedy) {
		}
		w.learn(greedy, 0)
	}
	if got := w.limitWaiting(); got != most {
		t.Errorf("with all that it may have: got %v, want %d", got, most)
	}
	for w.waiting.Load() > most/4 {
		w.waited(greedy)
	}
	w.allowed.Store((most - 1) * parts)
	if w.learn(greedy, 0); w.allowed.Load() != (most-1)*parts {
		t.Error("with half of what it may have: the limit went up")
	}
}

// While nobody may wait any more there are fewer places for those who come: enough for
// those who need not wait.
func TestGate_FewerPlacesWhileNobodyMayWait(t *testing.T) {
	for _, test := range []struct{ limit, want int64 }{{1, 1}, {8, 2}, {64, 16}} {
		g, only := &gate{share: share{limit: test.limit}}, new(host)
		g.set(1, 1)
		if !g.wait(only) {
			t.Fatal("nobody may wait")
		}
		n := int64(0)
		for g.enter(new(host)) {
			n++
		}
		g.waited(only)
		all := n
		for g.enter(new(host)) {
			all++
		}
		if n != test.want || all != test.limit {
			t.Errorf("got %d places, and then %d altogether, want %d and %d", n, all, test.want, test.limit)
		}
	}
}
