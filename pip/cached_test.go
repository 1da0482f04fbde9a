package pip

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// mustCached is Cached with a good configuration.
func mustCached(t *testing.T, p Provider, cfg CacheConfig) Provider {
	t.Helper()
	c, err := Cached(p, cfg)
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
	c, err := NewCache(CacheConfig{TTL: time.Hour, MaxEntries: 100})
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

func TestCacheJitter(t *testing.T) {
	c, err := NewCache(CacheConfig{TTL: time.Hour})
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
		if _, err := NewCache(cfg); err == nil {
			t.Errorf("got no error for %+v", cfg)
		}
	}
}
