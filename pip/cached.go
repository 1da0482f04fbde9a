package pip

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/maypok86/otter/v2"
)

// DefaultMaxEntries is the number of answers that a cache remembers.
const DefaultMaxEntries = 10_000

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
	MaxEntries int
}

// enabled reports whether anything is remembered at all.
func (c CacheConfig) enabled() bool { return c.TTL > 0 || c.NegativeTTL > 0 }

// Cache remembers the answers of one provider. It remembers answers only:
// errors, among them timeouts and cancellations, are never kept, and an answer
// is never served after its time.
type Cache struct {
	cfg     CacheConfig
	clock   monotonic
	entries *otter.Cache[string, entry]
}

// entry is a remembered answer.
type entry struct {
	answer Answer
	since  int64 // clock reading at which the question was asked
	ttl    time.Duration
}

// NewCache makes an empty cache.
func NewCache(cfg CacheConfig) (*Cache, error) {
	if cfg.TTL < 0 || cfg.NegativeTTL < 0 || cfg.MaxEntries < 0 {
		return nil, errors.New("the times and the size of a cache must not be negative")
	}
	if cfg.MaxEntries == 0 {
		cfg.MaxEntries = DefaultMaxEntries
	}
	clock := monotonic{start: time.Now()}
	entries, err := otter.New(&otter.Options[string, entry]{
		MaximumSize: cfg.MaxEntries,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, entry]) time.Duration {
			return e.Value.ttl
		}),
		Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	return &Cache{cfg: cfg, clock: clock, entries: entries}, nil
}

// Cached remembers the answers of p. It is [Cache.Serve] around [Cache.Fill].
func Cached(p Provider, cfg CacheConfig) (Provider, error) {
	c, err := NewCache(cfg)
	if err != nil {
		return nil, err
	}
	return c.Serve(c.Fill(p)), nil
}

// Serve answers from the cache, and asks p what the cache does not know.
func (c *Cache) Serve(p Provider) Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		if e, ok := c.entries.GetIfPresent(q.Key()); ok {
			if age := c.age(e); age < e.ttl {
				return Answer{Bags: e.answer.Bags, Cached: true, Age: age}, nil
			}
		}
		return p.Fetch(ctx, q)
	})
}

// Fill asks p and remembers what it answers. The time of an answer counts from
// the moment of the question, so a slow source does not make values look fresh.
func (c *Cache) Fill(p Provider) Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		since := c.clock.NowNano()
		a, err := p.Fetch(ctx, q)
		if err != nil {
			return Answer{}, err
		}
		e := entry{answer: a, since: since, ttl: c.ttl(a)}
		// An answer that came after the time was up may have been cut short.
		if ctx.Err() == nil && c.age(e) < e.ttl {
			c.entries.Set(q.Key(), e)
		}
		return a, nil
	})
}

// age is the time since the question of the entry was asked.
func (c *Cache) age(e entry) time.Duration { return time.Duration(c.clock.NowNano() - e.since) }

// ttl is the time for which the answer is remembered.
func (c *Cache) ttl(a Answer) time.Duration {
	ttl := c.cfg.TTL
	if a.Empty() {
		ttl = c.cfg.NegativeTTL
	}
	return ttl - time.Duration(rand.Float64()*0.1*float64(ttl))
}

// monotonic counts nanoseconds on the monotonic clock, so that a step of the
// wall clock neither keeps nor kills entries. It has no ticks: entries past
// their time are dropped by later writes and by the bound on the size.
type monotonic struct{ start time.Time }

// NowNano is the time since the start.
func (m monotonic) NowNano() int64 { return int64(time.Since(m.start)) }

// Tick is nil: no goroutine cleans up.
func (monotonic) Tick(time.Duration) <-chan time.Time { return nil }
