package pip

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// of matches the questions about a user.
func of(user string) func(Question) bool {
	return func(q Question) bool { return q[0].String() == user }
}

// mustForget is a source as Assemble makes it.
func mustForget(t *testing.T, p Provider, cfg Config) Source {
	t.Helper()
	s, err := Assemble(roles(p), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestForget(t *testing.T) {
	backend, asked := counting(after(0, answer("dagl")))
	s := mustForget(t, backend, Config{Cache: CacheConfig{TTL: time.Hour}})
	fetch := func(n int64) {
		t.Helper()
		for i := range 3 {
			wantRoles(t, s.Provider, ask(fmt.Sprint(i)), "dagl")
		}
		if got := asked.Load(); got != n {
			t.Errorf("got %d questions, want %d", got, n)
		}
	}
	forget := func(match func(Question) bool, want int) {
		t.Helper()
		if got := s.Forget(match); got != want {
			t.Errorf("forgot %d answers, want %d", got, want)
		}
	}
	fetch(3)
	fetch(3)
	forget(of("1"), 1)
	forget(of("1"), 0)
	fetch(4)
	forget(of("7"), 0)
	fetch(4)
	forget(nil, 3)
	fetch(7)
}

// What is stale is forgotten, too.
func TestForgetStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault error
		s := helpful(t, ProviderFunc(func(context.Context, Question) (Answer, error) { return both("dagl"), fault }), nil, nil)
		wantRoles(t, s.Provider, ask("1"), "dagl")
		wantRoles(t, s.Provider, ask("2"), "dagl")
		fault = unavailable()
		time.Sleep(11 * time.Second)
		if n := s.Forget(of("1")); n != 1 {
			t.Errorf("forgot %d answers, want 1", n)
		}
		_, err := s.Provider.Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeUnavailable)
		if a := wantRoles(t, s.Provider, ask("2"), "dagl"); !a.Stale {
			t.Error("the other user: got an answer that is not stale")
		}
	})
}

// A flight may find its answer in the cache, which is filled meanwhile. So those
// under way are looked at when nothing is in the cache any more that they could
// find: nobody who comes later may join one that did.
func TestForgetEmptiesTheCacheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustForget(t, ProviderFunc(func(_ context.Context, q Question) (Answer, error) {
			if of("slow")(q) {
				time.Sleep(time.Second)
			}
			return answer("dagl"), nil
		}), Config{Cache: CacheConfig{TTL: time.Hour}})
		wantRoles(t, s.Provider, ask("1"), "dagl")
		var wg sync.WaitGroup
		wg.Go(func() { wantRoles(t, s.Provider, ask("slow"), "dagl") })
		synctest.Wait()
		known := true
		s.Forget(func(q Question) bool {
			if of("slow")(q) {
				known = wantRoles(t, s.Provider, ask("1"), "dagl").Cached
			}
			return true
		})
		if known {
			t.Error("the last look at a flight was when the cache still knew the answer")
		}
		wg.Wait()
	})
}

// A question that was under way when its answer was to be forgotten is neither
// joined by later callers nor remembered; those who waited already get it.
func TestForgetUnderWay(t *testing.T) {
	for _, cached := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var version atomic.Int64
			backend, asked := counting(func(ctx context.Context, q Question) (Answer, error) {
				return after(time.Second, answer(fmt.Sprint(version.Load())))(ctx, q)
			})
			cfg := Config{Timeout: time.Minute}
			if cached {
				cfg.Cache.TTL = time.Hour
			}
			s := mustForget(t, backend, cfg)
			var wg sync.WaitGroup
			fetch := func(user, want string) {
				wg.Go(func() {
					a, err := s.Provider.Fetch(t.Context(), ask(user))
					if err != nil || texts(a)[0] != want {
						t.Errorf("user %s: got %v, error %v, want %s", user, a.Bags, err, want)
					}
				})
				synctest.Wait()
			}
			fetch("1", "0")
			fetch("2", "0")
			time.Sleep(500 * time.Millisecond)
			version.Store(1)
			if n := s.Forget(of("1")); n != 0 {
				t.Errorf("forgot %d answers, want none: nothing was remembered yet", n)
			}
			fetch("1", "1") // goes out by itself
			fetch("1", "1") // joins it
			fetch("2", "0") // joins what was not to be forgotten
			if n := asked.Load(); n != 3 {
				t.Errorf("got %d questions, want 3", n)
			}
			time.Sleep(700 * time.Millisecond) // the first are answered, the later one is not
			fetch("1", "1")
			if n := asked.Load(); n != 3 {
				t.Errorf("got %d questions, want still 3", n)
			}
			wg.Wait()
			if !cached {
				return
			}
			fetch("1", "1")
			fetch("2", "0")
			if wg.Wait(); asked.Load() != 3 {
				t.Errorf("got %d questions, want still 3", asked.Load())
			}
		})
	}
}

// After Forget returned, nobody gets an answer for which the backend was asked
// before Forget was called, however the questions, the answers and the faults
// fall.
func TestForgetRace(t *testing.T) {
	configs := map[string]Config{
		"cache":   {Timeout: time.Minute, Cache: CacheConfig{TTL: time.Hour}},
		"none":    {Timeout: time.Minute},
		"stale":   {Timeout: time.Minute, Cache: CacheConfig{TTL: time.Nanosecond}},
		"bounded": {Timeout: time.Minute, Cache: CacheConfig{TTL: time.Hour, MaxEntries: 2}, MaxInFlight: 1},
		"bulk":    {Timeout: time.Minute, Cache: CacheConfig{TTL: time.Hour}, Gather: GatherConfig{MaxBatch: 3, Calls: 2}},
	}
	for name, cfg := range configs {
		t.Run(name, func(t *testing.T) {
			const users = 4
			var truth [users]atomic.Int64
			s := roles(&truthful{truth: truth[:], stale: name == "stale"})
			if name == "stale" {
				s.Provides[0].StaleIfError = time.Hour
			}
			s, err := Assemble(s, cfg, nil)
			if err != nil {
				t.Fatal(err)
			}
			var readers, writers sync.WaitGroup
			var done atomic.Bool
			var least [users]atomic.Int64 // versions that readers must see
			for user := range users {
				writers.Go(func() {
					match := of(fmt.Sprint(user))
					for i := range 300 {
						v := truth[user].Add(1)
						if i%7 == 0 {
							match = nil
						}
						s.Forget(match)
						least[user].Store(v)
						if i%3 == 0 {
							time.Sleep(50 * time.Microsecond)
						}
					}
				})
			}
			var reads atomic.Int64
			for r := range 2 * users {
				readers.Go(func() {
					for !done.Load() {
						want := least[r%users].Load()
						a, err := s.Provider.Fetch(t.Context(), ask(fmt.Sprint(r%users)))
						if err != nil {
							continue // a fault
						}
						reads.Add(1)
						if got := int64(a.Bags[0].Len()); got < want {
							t.Errorf("user %d: got version %d, which was forgotten before version %d was asked for", r%users, got, want)
							return
						}
					}
				})
			}
			writers.Wait()
			done.Store(true)
			readers.Wait()
			if reads.Load() == 0 {
				t.Error("nothing was read")
			}
		})
	}
}

// truthful answers with as many values as the version of the user says, after
// looking at it and a moment.
type truthful struct {
	truth []atomic.Int64
	stale bool // every second question fails
	asked atomic.Int64
}

func (p *truthful) Fetch(_ context.Context, q Question) (Answer, error) {
	var user int
	if _, err := fmt.Sscan(q[0].String(), &user); err != nil {
		return Answer{}, err
	}
	v := p.truth[user].Load()
	n := p.asked.Add(1)
	if p.stale && n%2 == 0 {
		return Answer{}, unavailable()
	}
	if n%5 == 0 {
		time.Sleep(20 * time.Microsecond)
	}
	values := make([]value.Value, v)
	for i := range values {
		values[i] = value.String("x")
	}
	return Answer{Bags: []value.Bag{value.NewBag(value.TypeString, values...)}}, nil
}

func (p *truthful) FetchAll(ctx context.Context, qs []Question) []Reply {
	replies := make([]Reply, len(qs))
	for i, q := range qs {
		replies[i].Answer, replies[i].Err = p.Fetch(ctx, q)
	}
	return replies
}
