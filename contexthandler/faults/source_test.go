package faults

import (
	"context"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

// remembered is what a cache knows when the fault begins.
type remembered string

// The states of a cache.
const (
	uncached remembered = "no cache"
	cold     remembered = "cold"
	warm     remembered = "warm"
	expired  remembered = "expired"
	stale    remembered = "stale-if-error" // expired, and it may help out
)

// ttl is how long caches remember that are to be expired. It counts from the
// question: an answer that comes in time is remembered.
const ttl = 2 * sourceTimeout

// guard says what stands between the cache and the backend.
type guard string

// The guards.
const (
	bare    guard = "bare"
	guarded guard = "guarded" // retries, a breaker, and questions put together
)

// setting is how a source is set up.
type setting struct {
	remembered remembered
	guard      guard
}

func (s setting) String() string { return string(s.remembered) + ", " + string(s.guard) }

// settings are those for a backend.
func (b *backend) settings() []setting {
	if b.local {
		return []setting{{uncached, bare}}
	}
	var all []setting
	for _, g := range []guard{bare, guarded} {
		for _, r := range []remembered{cold, warm, expired, stale} {
			all = append(all, setting{r, g})
		}
	}
	return all
}

// assemble puts the decorators around the provider of the backend.
func (s setting) assemble(t testing.TB, b *backend) pip.Source {
	t.Helper()
	source, cfg := b.source, pip.Config{Local: b.local}
	if !b.local {
		cfg.Timeout, cfg.Reserve = sourceTimeout, 5*time.Millisecond
	}
	switch s.remembered {
	case cold, warm:
		cfg.Cache = pip.CacheConfig{TTL: time.Minute, NegativeTTL: time.Minute}
	case expired, stale:
		cfg.Cache = pip.CacheConfig{TTL: ttl, NegativeTTL: ttl}
	case uncached:
	}
	if s.remembered == stale {
		source.Provides = append([]pip.Provided(nil), source.Provides...)
		for i := range source.Provides {
			source.Provides[i].StaleIfError = time.Hour
		}
	}
	if s.guard == guarded {
		cfg.Retry, cfg.Breaker.Enabled = pip.RetryConfig{Retries: 1, Backoff: 20 * time.Millisecond}, true
		if b.bulk != nil {
			source.Provider, cfg.Gather = b.bulk, pip.GatherConfig{MaxBatch: 100}
		}
	}
	source, err := pip.Assemble(source, cfg, nil)
	must(t, err)
	source.Provider = overheard(source.Provider)
	return source
}

// heard is what a source said in the course of one decision.
type heard struct {
	said   bool
	answer pip.Answer
	err    error
}

type heardKey struct{}

// overheard tells the context of a decision what the source said.
func overheard(p pip.Provider) pip.Provider {
	return pip.ProviderFunc(func(ctx context.Context, q pip.Question) (pip.Answer, error) {
		a, err := p.Fetch(ctx, q)
		if h, ok := ctx.Value(heardKey{}).(*heard); ok {
			*h = heard{true, a, err}
		}
		return a, err
	})
}
