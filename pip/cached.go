package pip

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// DefaultMaxEntries is the number of answers that a cache remembers.
const DefaultMaxEntries = 10_000

// maxKey is the size in bytes of the longest question that is remembered: whoever
// asks chooses its size, and must not fill the memory with it.
const maxKey = 8 << 10

// CacheConfig says what a [Cache] remembers, and for how long. Both times are
// upper bounds: each entry lives up to 10 % shorter, so that entries that were
// made together do not expire together.
type CacheConfig struct {
	// TTL is the time for which an answer with values is remembered. Zero: not at all.
	TTL time.Duration
	// NegativeTTL is the time for which an answer without any value is
	// remembered. Zero: not at all.
	NegativeTTL time.Duration
	// MaxEntries bounds the number of answers; zero stands for [DefaultMaxEntries].
	// Those to questions of more than 8 KiB are not remembered.
	MaxEntries int
}

// enabled reports whether anything is remembered at all.
func (c CacheConfig) enabled() bool { return c.TTL > 0 || c.NegativeTTL > 0 }

// Cache remembers the answers of one provider. It remembers answers only:
// errors, among them timeouts and cancellations, are never kept, and an answer
// is never given after its time, unless the source fails and the attribute
// allows it ([Provided].StaleIfError).
type Cache struct {
	cfg      CacheConfig
	provides []Provided
	stale    time.Duration // the longest StaleIfError
	entries  *otter.Cache[string, *entry]
	flights  flights
}

// entry is a remembered answer. It is never changed.
type entry struct {
	question Question
	bags     []value.Bag
	since    time.Time // when the question was asked, by the monotonic clock, which may stand still while the machine sleeps
	wall     time.Time // the same by the other one, which may be set
	ttl      time.Duration
	limit    time.Duration // no use, stale or not, from this age on; zero: none
}

// age is the time since the question was asked, by the clock by which that is longer.
func (e *entry) age() time.Duration {
	now := time.Now()
	return max(now.Sub(e.since), now.Round(0).Sub(e.wall))
}

// fresh is the answer at an age before its time is up.
func (e *entry) fresh(age time.Duration) Answer {
	return Answer{Bags: e.bags, Cached: true, Age: age, Reuse: e.ttl - age}
}

// NewCache makes an empty cache for answers of what is provided.
func NewCache(cfg CacheConfig, provides []Provided) (*Cache, error) {
	if cfg.TTL < 0 || cfg.NegativeTTL < 0 || cfg.MaxEntries < 0 {
		return nil, errors.New("the times and the size of a cache must not be negative")
	}
	if cfg.MaxEntries == 0 {
		cfg.MaxEntries = DefaultMaxEntries
	}
	c := &Cache{cfg: cfg, provides: provides}
	for _, p := range provides {
		c.stale = max(c.stale, p.StaleIfError)
	}
	entries, err := otter.New(&otter.Options[string, *entry]{
		MaximumSize: cfg.MaxEntries,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, *entry]) time.Duration {
			return e.Value.ttl + c.stale
		}),
		Clock: monotonic{start: time.Now()},
	})
	if err != nil {
		return nil, err
	}
	c.entries = entries
	return c, nil
}

// Cached remembers the answers of p. It is [Cache.Serve] around [Cache.Fill].
func Cached(p Provider, cfg CacheConfig, provides []Provided) (Provider, error) {
	c, err := NewCache(cfg, provides)
	if err != nil {
		return nil, err
	}
	return c.Serve(c.Fill(p)), nil
}

// Serve answers from the cache, and asks p what the cache does not know.
func (c *Cache) Serve(p Provider) Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		key := q.Key()
		if a, ok := c.known(key); ok {
			return a, nil
		}
		a, err := p.Fetch(ctx, q)
		if err != nil && c.stale > 0 && excuses(err) {
			return c.pastItsTime(key, err)
		}
		return a, err
	})
}

// known gives what the cache knows, if its time is not up.
func (c *Cache) known(key string) (Answer, bool) {
	e, ok := c.entries.GetIfPresent(key)
	if !ok {
		return Answer{}, false
	}
	age := e.age()
	if age >= e.ttl {
		return Answer{}, false
	}
	return e.fresh(age), true
}

// Fill asks p and remembers what it answers. The time of an answer counts from
// the moment of the question, so a slow source does not make values look fresh.
// Who found nothing in the cache may be here only after another one has brought the
// answer: then p is not asked.
func (c *Cache) Fill(p Provider) Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		if a, ok := c.known(q.Key()); ok {
			return a, nil
		}
		f, since := c.flights.begin(q), time.Now()
		a, err := fetchRecovered(ctx, p, q)
		if err != nil {
			c.flights.end(f, func() {})
			return Answer{}, err
		}
		a.Reuse = 0 // unless it is remembered
		e := &entry{question: q, bags: a.Bags, since: since, wall: since.Round(0), ttl: c.ttl(a), limit: a.ValidFor}
		c.flights.end(f, func() {
			// An answer that came after the time was up may have been cut short.
			if ctx.Err() == nil && c.keep(e) {
				a.Reuse = max(0, e.ttl-e.age())
			}
		})
		return a, nil
	})
}

// keep replaces what is remembered by the answer, if that is newer, or by
// nothing if it has no time to live: what was known before is no longer true,
// and must not come back when the source fails.
func (c *Cache) keep(e *entry) (kept bool) {
	key := e.question.Key()
	if len(key) > maxKey {
		return false
	}
	c.entries.Compute(key, func(old *entry, found bool) (*entry, otter.ComputeOp) {
		switch {
		case found && old.since.After(e.since):
			return old, otter.CancelOp
		case e.age() < e.ttl:
			kept = true
			return e, otter.WriteOp
		case found:
			return old, otter.InvalidateOp
		default:
			return nil, otter.CancelOp
		}
	})
	return kept
}

// Forget drops the answers to the questions that match, all if match is nil, and
// tells how many they were. Nothing that was asked for before it was called is
// remembered after it returned.
func (c *Cache) Forget(match func(Question) bool) int {
	c.flights.forget(match, func(Question) {})
	var keys []string
	for key, e := range c.entries.All() {
		if match == nil || match(e.question) {
			keys = append(keys, key)
		}
	}
	dropped := 0
	for _, key := range keys {
		if _, ok := c.entries.Invalidate(key); ok {
			dropped++
		}
	}
	return dropped
}

// ttl is the time for which the answer is remembered: the least of those that
// are set. Not above zero: not at all.
func (c *Cache) ttl(a Answer) time.Duration {
	ttl := c.cfg.TTL
	if a.Empty() {
		ttl = c.cfg.NegativeTTL
	}
	for _, p := range c.provides {
		if p.TTL > 0 {
			ttl = min(ttl, p.TTL)
		}
	}
	if a.ValidFor != 0 {
		ttl = min(ttl, a.ValidFor)
	}
	return ttl - time.Duration(rand.Float64()*0.1*float64(ttl))
}

// monotonic counts nanoseconds on the monotonic clock, for how long entries take memory.
// It has no ticks: entries past their time are dropped by later writes and by the bound
// on the size.
type monotonic struct{ start time.Time }

// NowNano is the time since the start.
func (m monotonic) NowNano() int64 { return int64(time.Since(m.start)) }

// Tick is nil: no goroutine cleans up.
func (monotonic) Tick(time.Duration) <-chan time.Time { return nil }
