package faults

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// slow is a backend that takes its time, and can answer many questions with one
// call in the same time.
type slow struct {
	takes time.Duration
	calls atomic.Int64

	mu    sync.Mutex
	asked map[string]int // by user
}

func newSlow(takes time.Duration) *slow { return &slow{takes: takes, asked: make(map[string]int)} }

func (s *slow) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	r := s.FetchAll(ctx, []pip.Question{q})[0]
	return r.Answer, r.Err
}

func (s *slow) FetchAll(ctx context.Context, qs []pip.Question) []pip.Reply {
	s.calls.Add(1)
	replies := make([]pip.Reply, len(qs))
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		for i := range replies {
			replies[i].Err = pip.Failure(ctx, ctx.Err())
		}
		return replies
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, q := range qs {
		user := q[0].String()
		s.asked[user]++
		var bags []value.Bag
		for _, found := range [][]string{first(truth(user)), second(truth(user))} {
			bags = append(bags, bagOf(found, len(bags)))
		}
		replies[i].Answer.Bags = bags
	}
	return replies
}

func first(a, _ []string) []string  { return a }
func second(_, b []string) []string { return b }

// bagOf is a bag of roles (0) or levels (1).
func bagOf(found []string, at int) value.Bag {
	key := role
	if at == 1 {
		key = level
	}
	var values []value.Value
	for _, text := range found {
		v, err := value.Parse(key.Type, text)
		if err != nil {
			panic(err)
		}
		values = append(values, v)
	}
	return value.NewBag(key.Type, values...)
}

// most is how often the user who was asked for most was asked for, and how many
// users there were.
func (s *slow) most() (times, users int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.asked {
		times = max(times, n)
	}
	return times, len(s.asked)
}

// handler decides with the backend as the only source.
func (s *slow) handler(t testing.TB, cfg pip.Config) *contexthandler.Handler {
	t.Helper()
	needs, provides := declaration(nil, nil)
	source, err := pip.Assemble(pip.Source{Name: "slow", Needs: needs, Provides: provides, Provider: s}, cfg, nil)
	must(t, err)
	return contexthandler.New(contexthandler.Config{Snapshot: func() *pap.Snapshot { return nil }, Sources: []pip.Source{source}})
}

// crowd is how many callers come at the same time, and how many users they ask
// about.
const (
	crowd  = 1000
	public = 100
)

// rush has the whole crowd ask at the same time, and tells how long that took.
func rush(t testing.TB, h *contexthandler.Handler, snapshot *pap.Snapshot) time.Duration {
	t.Helper()
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	var wrong atomic.Int64
	for i := range crowd {
		ready.Add(1)
		done.Go(func() {
			user := someone("admin", int64(i%public))
			r := request(user, "granted")
			ready.Done()
			<-gate
			answer, err := h.Decide(t.Context(), snapshot, contexthandler.Call{Request: r})
			if err != nil || outcomeOf(answer.Results[0]).decision != "Permit" {
				wrong.Add(1)
			}
		})
	}
	ready.Wait()
	began := time.Now()
	close(gate)
	done.Wait()
	took := time.Since(began)
	if n := wrong.Load(); n > 0 {
		t.Fatalf("%d of %d decisions are not Permit", n, crowd)
	}
	return took
}

// TestStampede has a thousand callers at once need one slow source: each question
// goes out once, when nothing is known and again when all that was known expired.
func TestStampede(t *testing.T) {
	const life = 500 * time.Millisecond * slack
	s := newSlow(50 * time.Millisecond)
	h := s.handler(t, pip.Config{Timeout: 5 * time.Second, Cache: pip.CacheConfig{TTL: life}})
	snapshot := snapshot(t, "deny-overrides", true)
	before := runtime.NumGoroutine()
	for round := 1; round <= 3; round++ {
		took := rush(t, h, snapshot)
		if times, users := s.most(); times != round || users != public {
			t.Errorf("round %d: got %d questions about one user, %d users asked about, want %d and %d", round, times, users, round, public)
		}
		t.Logf("round %d: %d calls about %d users in %s", round, crowd, public, took.Round(time.Millisecond))
		time.Sleep(life)
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines run, %d did before", runtime.NumGoroutine(), before)
		}
	}
}

// TestAfterStampede measures that a cache that a stampede filled is as good as one
// that was filled in peace, and that the stampede leaves no memory behind.
func TestAfterStampede(t *testing.T) {
	cfg := pip.Config{Timeout: 5 * time.Second, Cache: pip.CacheConfig{TTL: time.Hour}}
	snapshot := snapshot(t, "deny-overrides", true)
	memory := func() uint64 {
		runtime.GC()
		runtime.GC() // what was in pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	peace := newSlow(0)
	calm := peace.handler(t, cfg)
	for range 3 {
		rush(t, calm, snapshot)
	}
	before := memory()
	stampede := newSlow(50 * time.Millisecond)
	h := stampede.handler(t, cfg)
	rush(t, h, snapshot)
	if grown := int64(memory()) - int64(before); grown > 8<<20 {
		t.Errorf("the heap grew by %d KiB for %d answers", grown>>10, public)
	}
	rounds := 30
	if long() {
		rounds = 300
	}
	var ratios []float64
	for range rounds {
		ratios = append(ratios, float64(rush(t, calm, snapshot))/float64(rush(t, h, snapshot)))
	}
	slices.Sort(ratios)
	t.Logf("throughput after a stampede: %.2f of that with a warm cache (median of %d rounds of %d calls)", ratios[rounds/2], rounds, crowd)
	if times, _ := stampede.most(); times != 1 {
		t.Errorf("got %d questions about one user, want 1", times)
	}
	if long() && ratios[rounds/2] < 0.9 {
		t.Errorf("got %.2f of the throughput, want at least 0.9", ratios[rounds/2])
	}
}

// BenchmarkStampede is one round of the whole crowd.
func BenchmarkStampede(b *testing.B) {
	for _, takes := range []time.Duration{0, 50 * time.Millisecond} {
		b.Run("source="+takes.String(), func(b *testing.B) {
			h := newSlow(takes).handler(b, pip.Config{Timeout: 5 * time.Second, Cache: pip.CacheConfig{TTL: time.Hour}})
			snapshot := snapshot(b, "deny-overrides", true)
			rush(b, h, snapshot)
			for b.Loop() {
				rush(b, h, snapshot)
			}
			b.ReportMetric(crowd*float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
