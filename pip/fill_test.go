package pip

import (
	"testing"
	"time"
)

// A caller who found nothing in the cache, and was then overtaken by another one
// who brought the answer, does not ask the backend once more.
func TestFillAsksNobodyWhatIsKnown(t *testing.T) {
	c, err := NewCache(CacheConfig{TTL: time.Hour}, roles(nil).Provides)
	if err != nil {
		t.Fatal(err)
	}
	p, asked := counting(after(0, answer("dagl")))
	overtaken := c.Fill(p)
	wantRoles(t, c.Serve(overtaken), ask("1"), "dagl")
	if a := wantRoles(t, overtaken, ask("1"), "dagl"); asked.Load() != 1 || !a.Cached {
		t.Errorf("got %d questions, cached %t, want 1 and true", asked.Load(), a.Cached)
	}
	if n := c.Forget(nil); n != 1 {
		t.Fatalf("forgot %d answers, want 1", n)
	}
	if a := wantRoles(t, overtaken, ask("1"), "dagl"); asked.Load() != 2 || a.Cached {
		t.Errorf("after Forget: got %d questions, cached %t, want 2 and false", asked.Load(), a.Cached)
	}
}
