package faults

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// TestBatchOfSlowQuestions decides a batch of a thousand requests, each of which
// needs an answer of its own of a source that takes 20 ms. Waiting takes no
// processor: the source must be the limit, and not the number of processors. Where
// questions are put together, there are few calls.
func TestBatchOfSlowQuestions(t *testing.T) {
	const takes, size = 20 * time.Millisecond, 1000
	tests := []struct {
		name   string
		cfg    pip.Config
		calls  int64         // of the backend, at most
		within time.Duration // on a machine that has time for it
	}{
		// 64 at a time: 16 waves of 20 ms.
		{"one by one", pip.Config{}, size, 2 * time.Second},
		// 100 at a time, two calls at a time: 5 waves, if enough questions wait. The
		// first calls go out before.
		{"gathered", pip.Config{Gather: pip.GatherConfig{MaxBatch: 100}}, 40, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newSlow(takes)
			tt.cfg.Timeout, tt.cfg.Cache.TTL = 10*time.Second, time.Minute
			needs, provides := declaration(nil, nil)
			s, err := pip.Assemble(pip.Source{Name: "slow", Needs: needs, Provides: provides, Provider: b}, tt.cfg, nil)
			must(t, err)
			r := (&test{TB: t}).serve(&source{Source: s})
			defer r.stop()
			r.snapshot.Store(snapshot(t, "deny-overrides", true))
			message := new(v1.AuthorizeBatchRequest)
			for n := range int64(size) {
				message.Requests = append(message.Requests, (&call{user: someone("admin", n), action: "granted"}).message())
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for _, warm := range []bool{false, true} {
				began := time.Now()
				answer, err := r.client.AuthorizeBatch(ctx, message)
				took := time.Since(began)
				must(t, err)
				permits := 0
				for _, item := range answer.GetItems() {
					if item.GetResponse().GetDecision() == v1.Decision_DECISION_PERMIT {
						permits++
					}
				}
				t.Logf("%d permits in %s, warm=%t, %d calls of the backend", permits, took.Round(time.Millisecond), warm, b.calls.Load())
				if permits != size || b.calls.Load() > tt.calls {
					t.Errorf("warm=%t: got %d permits and %d calls of the backend, want %d and at most %d", warm, permits, b.calls.Load(), size, tt.calls)
				}
				if took > tt.within*slack {
					t.Errorf("warm=%t: got an answer after %s, want %s at most", warm, took, tt.within*slack)
				}
			}
			if times, users := b.most(); times != 1 || users != size {
				t.Errorf("got %d users, each asked about at most %d times, want %d and 1", users, times, size)
			}
		})
	}
}

// BenchmarkBatch decides batches whose requests need a question each.
func BenchmarkBatch(b *testing.B) {
	for _, gather := range []int{0, 100} {
		b.Run(fmt.Sprintf("items=1000/gather=%d", gather), func(b *testing.B) {
			backend := newSlow(20 * time.Millisecond)
			needs, provides := declaration(nil, nil)
			s, err := pip.Assemble(pip.Source{Name: "slow", Needs: needs, Provides: provides, Provider: backend},
				pip.Config{Timeout: 10 * time.Second, Gather: pip.GatherConfig{MaxBatch: gather}}, nil)
			must(b, err)
			r := (&test{TB: b}).serve(&source{Source: s})
			defer r.stop()
			r.snapshot.Store(snapshot(b, "deny-overrides", true))
			message := new(v1.AuthorizeBatchRequest)
			for n := range int64(1000) {
				message.Requests = append(message.Requests, (&call{user: someone("admin", n), action: "granted"}).message())
			}
			for b.Loop() {
				ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
				_, err := r.client.AuthorizeBatch(ctx, message)
				cancel()
				must(b, err)
			}
			b.ReportMetric(float64(backend.calls.Load())/float64(b.N), "calls/op")
		})
	}
}
