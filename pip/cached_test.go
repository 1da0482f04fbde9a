package pip

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// mustCached is Cached with a good configuration.
func mustCached(t *testing.T, p Provider, cfg CacheConfig) Provider {
	t.Helper()
	c, err := Cached(p, cfg, roles(nil).Provides)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCachedTTL(t *testing.T) {
	tests := []struct {
		name string
		a    Answer
		ttl  time.Duration
	}{
		{"values", answer("dagl"), 10 * time.Second},
		{"none", answer(), time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, asked := counting(after(0, tt.a))
				p = mustCached(t, p, CacheConfig{TTL: 10 * time.Second, NegativeTTL: time.Second})
				want := func(cached bool, age time.Duration, n int64) {
					t.Helper()
					a := wantRoles(t, p, ask("1"), texts(tt.a)...)
					if a.Cached != cached || a.Age != age || asked.Load() != n {
						t.Errorf("got cached %t, age %v, %d questions, want %t, %v, %d", a.Cached, a.Age, asked.Load(), cached, age, n)
					}
				}
				want(false, 0, 1)
				want(true, 0, 1)
				time.Sleep(tt.ttl * 89 / 100)
				want(true, tt.ttl*89/100, 1)
				time.Sleep(tt.ttl * 11 / 100)
				want(false, 0, 2)
			})
		})
	}
}

func TestCachedZeroTTL(t *testing.T) {
	p, asked := counting(after(0, answer()))
	p = mustCached(t, p, CacheConfig{TTL: time.Hour})
	wantRoles(t, p, ask("1"))
	wantRoles(t, p, ask("1"))
	if n := asked.Load(); n != 2 {
		t.Errorf("got %d questions, want 2: an empty answer has no time to live", n)
	}
}

func TestCachedAgeCountsFromTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, asked := counting(after(6*time.Second, answer("dagl")))
		p = mustCached(t, p, CacheConfig{TTL: 10 * time.Second})
		wantRoles(t, p, ask("1"), "dagl")
		if a := wantRoles(t, p, ask("1"), "dagl"); a.Age != 6*time.Second {
			t.Errorf("got age %v, want 6s", a.Age)
		}
		time.Sleep(4 * time.Second)
		wantRoles(t, p, ask("1"), "dagl")
		if n := asked.Load(); n != 2 {
			t.Errorf("got %d questions, want 2", n)
		}
	})
}

func TestCachedNeverKeepsErrors(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		err  error
	}{
		{"error", t.Context(), errors.New("refused")},
		{"timeout", t.Context(), context.DeadlineExceeded},
		{"canceled", t.Context(), context.Canceled},
		{"invalid", t.Context(), Invalidf("two rows")},
		{"answer to nobody", canceled, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, asked := counting(func(context.Context, Question) (Answer, error) { return answer(), tt.err })
			p = mustCached(t, p, CacheConfig{TTL: time.Hour, NegativeTTL: time.Hour})
			for range 3 {
				if _, err := p.Fetch(tt.ctx, ask("1")); !errors.Is(err, tt.err) {
					t.Errorf("got error %v, want %v", err, tt.err)
				}
			}
			if n := asked.Load(); n != 3 {
				t.Errorf("got %d questions, want 3", n)
			}
		})
	}
}

// Pitfall 51: an answer is kept for the whole question that it is for; decisions
// are not kept at all.
func TestCachedKeepsQuestionsApart(t *testing.T) {
	p := mustCached(t, ProviderFunc(func(_ context.Context, q Question) (Answer, error) {
		return answer(fmt.Sprintf("%q", q)), nil
	}), CacheConfig{TTL: time.Hour})
	questions := []Question{ask("a", "b"), ask("a,b", ""), ask("", "a,b"), ask("a\x00", "b"), ask("a", "\x00b"), ask("A", "b"), ask("a", "b ")}
	for range 2 {
		for _, q := range questions {
			wantRoles(t, p, q, fmt.Sprintf("%q", q))
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c, err := NewCache(CacheConfig{TTL: time.Hour, MaxEntries: 100}, roles(nil).Provides)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Serve(c.Fill(after(0, answer("dagl"))))
	for i := range 5000 {
		wantRoles(t, p, ask(fmt.Sprint(i)), "dagl")
	}
	c.entries.CleanUp()
	if n := c.entries.EstimatedSize(); n > 100 {
		t.Errorf("got %d entries, want at most 100", n)
	}
}

// Whoever asks must not fill the memory with questions that are as long as a request
// may be.
func TestCacheKeepsNoLongQuestions(t *testing.T) {
	c, err := NewCache(CacheConfig{TTL: time.Hour}, roles(nil).Provides)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Serve(c.Fill(after(0, answer("dagl"))))
	for size, want := range map[int]int{8_000: 1, 9_000: 0, 1_000_000: 0} {
		q := ask(strings.Repeat("x", size))
		wantRoles(t, p, q, "dagl")
		a, err := p.Fetch(t.Context(), q)
		if err != nil || a.Cached != (want == 1) || (a.Reuse > 0) != (want == 1) {
			t.Errorf("%d bytes: got cached %t, reuse %v and error %v, want cached %t", size, a.Cached, a.Reuse, err, want == 1)
		}
		if n := c.Forget(nil); n != want {
			t.Errorf("%d bytes: got %d entries, want %d", size, n, want)
		}
	}
}

func TestCacheJitter(t *testing.T) {
	c, err := NewCache(CacheConfig{TTL: time.Hour}, roles(nil).Provides)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[time.Duration]bool)
	for range 1000 {
		ttl := c.ttl(answer("dagl"))
		if ttl > time.Hour || ttl < 54*time.Minute {
			t.Errorf("got %v, want 54m to 60m", ttl)
		}
		seen[ttl] = true
	}
	if len(seen) < 900 {
		t.Errorf("got %d different times of 1000", len(seen))
	}
}

func TestNewCacheRefuses(t *testing.T) {
	for _, cfg := range []CacheConfig{{TTL: -1}, {NegativeTTL: -1}, {MaxEntries: -1}} {
		if _, err := NewCache(cfg, nil); err == nil {
			t.Errorf("got no error for %+v", cfg)
		}
	}
}

// The least of all times holds, and what the backend says of its answer is one.
func TestCachedTimes(t *testing.T) {
	tests := []struct {
		name     string
		cache    CacheConfig
		ttls     []time.Duration // of the attributes
		validFor time.Duration
		a        []string
		want     time.Duration
	}{
		{"cache", CacheConfig{TTL: time.Minute}, []time.Duration{0, 0}, 0, []string{"a"}, time.Minute},
		{"attribute", CacheConfig{TTL: time.Minute}, []time.Duration{0, 10 * time.Second}, 0, []string{"a"}, 10 * time.Second},
		{"least attribute", CacheConfig{TTL: time.Minute}, []time.Duration{20 * time.Second, 10 * time.Second}, 0, []string{"a"}, 10 * time.Second},
		{"longer attribute", CacheConfig{TTL: time.Minute}, []time.Duration{time.Hour, 0}, 0, []string{"a"}, time.Minute},
		{"backend", CacheConfig{TTL: time.Minute}, []time.Duration{0, 0}, 5 * time.Second, []string{"a"}, 5 * time.Second},
		{"longer backend", CacheConfig{TTL: time.Minute}, []time.Duration{0, 0}, time.Hour, []string{"a"}, time.Minute},
		{"backend forbids", CacheConfig{TTL: time.Minute}, []time.Duration{0, 0}, -1, []string{"a"}, 0},
		{"attribute of none", CacheConfig{TTL: time.Hour, NegativeTTL: time.Minute}, []time.Duration{10 * time.Second, 0}, 0, nil, 10 * time.Second},
		{"backend of none", CacheConfig{TTL: time.Hour}, []time.Duration{0, 0}, time.Minute, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := answer(tt.a...)
				a.Bags, a.ValidFor = append(a.Bags, answer().Bags...), tt.validFor
				p, asked := counting(after(0, a))
				p, err := Cached(p, tt.cache, []Provided{{Key: roleKey, TTL: tt.ttls[0]}, {Key: userKey, TTL: tt.ttls[1]}})
				if err != nil {
					t.Fatal(err)
				}
				first := wantRoles(t, p, ask("1"), tt.a...)
				if least := tt.want * 9 / 10; first.Reuse < least || first.Reuse > tt.want {
					t.Errorf("got reuse %v, want %v to %v", first.Reuse, least, tt.want)
				}
				for at := time.Duration(0); at < tt.want*9/10; at += tt.want / 10 {
					a := wantRoles(t, p, ask("1"), tt.a...)
					if got := first.Reuse - at; !a.Cached || a.Reuse != got {
						t.Errorf("after %v: got cached %t, reuse %v, want it and %v", at, a.Cached, a.Reuse, got)
					}
					time.Sleep(tt.want / 10)
				}
				time.Sleep(tt.want / 10)
				if wantRoles(t, p, ask("1"), tt.a...); asked.Load() != 2 {
					t.Errorf("after its time: got %d questions, want 2", asked.Load())
				}
			})
		})
	}
}

// What a slow source gives may be used for a shorter time.
func TestCachedReuseCountsFromTheQuestion(t *testing.T) {
	for took, least := range map[time.Duration]time.Duration{4 * time.Second: 5 * time.Second, 11 * time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			p := mustCached(t, after(took, answer("dagl")), CacheConfig{TTL: 10 * time.Second})
			a := wantRoles(t, p, ask("1"), "dagl")
			if most := max(0, 10*time.Second-took); a.Reuse < least || a.Reuse > most {
				t.Errorf("got reuse %v after %v, want %v to %v", a.Reuse, took, least, most)
			}
		})
	}
}

// An answer that was asked for earlier does not replace a newer one, however
// late it comes.
func TestCachedKeepsTheNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		p := mustCached(t, ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
			n++
			if n == 1 {
				return after(2*time.Second, answer("old"))(ctx, q)
			}
			return after(time.Second, answer("new"))(ctx, q)
		}), CacheConfig{TTL: time.Hour})
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, err := p.Fetch(t.Context(), ask("1")); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
			time.Sleep(time.Millisecond)
		}
		wg.Wait()
		if a := wantRoles(t, p, ask("1"), "new"); !a.Cached {
			t.Error("nothing was remembered")
		}
	})
}
