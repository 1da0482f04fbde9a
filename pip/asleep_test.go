package pip

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// asleep makes what the cache remembers look as if the machine had slept meanwhile: the
// wall clock went on, and the monotonic one stood still. A negative time is a wall clock
// that was set back.
func asleep(c *Cache, d time.Duration) {
	for key, e := range c.entries.All() {
		older := *e
		older.wall = older.wall.Add(-d)
		c.entries.Set(key, &older)
	}
}

// A right that was taken away while the machine slept does not live on in the cache, as
// stale value neither. A wall clock that is set back prolongs nothing.
func TestCache_Asleep(t *testing.T) {
	provides := []Provided{{Key: roleKey, StaleIfError: time.Minute}}
	tests := []struct {
		name         string
		awake, slept time.Duration
		down         bool
		want         []string // nil: nobody knows
		stale        bool
		asked        int64
	}{
		{"a nap", time.Second, 2 * time.Second, false, []string{"dagl"}, false, 1},
		{"past its time", time.Second, 20 * time.Second, false, []string{"dagl"}, false, 2},
		{"past its time, and the source is down", time.Second, 20 * time.Second, true, []string{"dagl"}, true, 2},
		{"too long for a stale value", time.Second, 2 * time.Minute, true, nil, false, 2},
		{"set back, in its time", time.Second, -time.Hour, false, []string{"dagl"}, false, 1},
		{"set back, past its time", 11 * time.Second, -time.Hour, false, []string{"dagl"}, false, 2},
		{"set back, too long for a stale value", 2 * time.Minute, -time.Hour, true, nil, false, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				down := false
				give := after(0, answer("dagl"))
				p, asked := counting(func(ctx context.Context, q Question) (Answer, error) {
					if down {
						return Answer{}, unavailable()
					}
					return give(ctx, q)
				})
				c, err := NewCache(CacheConfig{TTL: 10 * time.Second}, provides)
				if err != nil {
					t.Fatal(err)
				}
				p = c.Serve(c.Fill(p))
				wantRoles(t, p, ask("1"), "dagl")
				time.Sleep(tt.awake)
				asleep(c, tt.slept)
				down = tt.down
				a, err := p.Fetch(t.Context(), ask("1"))
				if (err != nil) != (tt.want == nil) || asked.Load() != tt.asked {
					t.Fatalf("got %v and %d questions, want values %q and %d", err, asked.Load(), tt.want, tt.asked)
				}
				if err == nil && a.Stale != tt.stale {
					t.Errorf("got stale %t, want %t", a.Stale, tt.stale)
				}
				if tt.asked == 1 && a.Reuse > 9*time.Second-max(0, tt.slept) {
					t.Errorf("got %v to use it again, want what is left by the clock by which it is older", a.Reuse)
				}
			})
		})
	}
}
