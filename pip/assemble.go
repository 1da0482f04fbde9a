package pip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Config is what surrounds the provider of one source. The zero Config is
// usable: no timeout but the caller's, no cache, no retries and no breaker.
type Config struct {
	// Timeout bounds one question, retries included; zero leaves it to the caller's
	// deadline, and to [DefaultFlight] for a question whose caller has left.
	Timeout time.Duration
	// Reserve is the part of the caller's deadline that is kept for the
	// evaluation.
	Reserve time.Duration
	// Retry asks again when the source is unavailable.
	Retry RetryConfig
	// Breaker leaves the source alone while it fails.
	Breaker BreakerConfig
	// MaxInFlight bounds the questions that the source is asked at the same time,
	// each by itself; the time for which others wait is part of their Timeout. Zero
	// stands for [DefaultMaxInFlight]. Questions that are put together are bounded
	// by Gather instead.
	MaxInFlight int
	// Gather puts questions together if the provider is a [BulkProvider].
	Gather GatherConfig
	// Cache remembers answers if one of its times is set.
	Cache CacheConfig
	// MaxValues bounds the values of one answer; zero stands for [DefaultMaxValues].
	MaxValues int
	// Validate says what the values must be like, beyond their data types.
	Validate []Rule
	// Local is for providers that compute without input or output: only MaxValues
	// and Validate are for them. Their answers may be reused for ever, or for as long
	// as they say themselves.
	Local bool
	// OnPanic, if not nil, is told of each panic, which is a failure of the source.
	OnPanic func(*Panic)
	// OnFailing, if not nil, is told that the source fails, at most once a minute, and that
	// it answers again. It must not block. Nobody is told of a Local provider.
	OnFailing func(Failing)
	// Tracer makes a span, "pip.lookup", of each call of the provider that belongs to a
	// trace that is recorded. Nil: there are no spans.
	Tracer trace.Tracer
}

// check reports everything that is wrong with the configuration of s.
func (cfg Config) check(s Source) error {
	errs := []error{s.Check(), cfg.Retry.check(), cfg.Breaker.check()}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if cfg.Timeout < 0 || cfg.Reserve < 0 || cfg.MaxValues < 0 || cfg.MaxInFlight < 0 || cfg.Gather.MaxBatch < 0 || cfg.Gather.Calls < 0 {
		fail("times and limits must not be negative")
	}
	if _, bulk := s.Provider.(BulkProvider); cfg.Gather.enabled() && !bulk {
		fail("the provider takes one question at a time, and they cannot be put together")
	}
	for _, p := range s.Provides {
		if (p.TTL > 0 || p.StaleIfError > 0) && (cfg.Local || !cfg.Cache.enabled()) {
			fail("attribute %q has times for a cache, and the source has none", p.Key.ID)
		}
	}
	return errors.Join(errs...)
}

// Assemble checks the declaration of s and puts the decorators around its
// provider. From the inside out:
//
//   - [Limited] and [Rule], so that nothing undeclared gets further, and what is
//     garbage counts as a failure of the backend;
//   - the span of the call, if somebody traces;
//   - a bulkhead, so that a slow backend is not asked ever more;
//   - a breaker, so that one that fails is left alone: around the bulkhead,
//     because nobody should wait for a place only to be refused;
//   - [Gathered] in place of the bulkhead, if questions are put together: around
//     the breaker, for which a call counts once, however many questions it has.
//     While the breaker is open calls end at once, so that nobody waits for them;
//   - retries, each of which is an attempt of its own for all of these, does
//     not hold a place while it waits, and ends when the breaker opens;
//   - what tells that the source fails ([Config.OnFailing]);
//   - [Cache.Fill], so that an answer is kept even if its caller has left;
//   - [Coalesced], so that one question at a time goes out;
//   - [Timeout], so that each caller waits as long as it can afford;
//   - [Cache.Serve], so that what is known costs no goroutine, needs no backend
//     and no breaker, and can help out when the source fails;
//   - [Instrumented], so that all of it is counted. m may be nil.
//
// It also sets the Forget of the source.
func Assemble(s Source, cfg Config, m *Metrics) (Source, error) {
	p, forget, err := assemble(s, cfg, m)
	if err != nil {
		return Source{}, fmt.Errorf("source %q: %w", s.Name, err)
	}
	s.Provider, s.Forget = instrumented(telling(p, cfg.OnPanic), s.Name, m, cfg.Tracer != nil), forget
	return s, nil
}

func assemble(s Source, cfg Config, m *Metrics) (p Provider, forget func(func(Question) bool) int, err error) {
	rules, err := newRules(cfg.Validate, s.Provides)
	if err := errors.Join(cfg.check(s), err); err != nil {
		return nil, nil, err
	}
	held := limits{provides: s.Provides, maxValues: cfg.MaxValues, rules: rules}
	countRetry, tellBreaker := m.retried(s.Name), m.breaker(s.Name)
	if cfg.Local {
		return reusable(held.around(s.Provider, s.Needs)), nil, nil
	}

	cache, err := NewCache(cfg.Cache, s.Provides)
	if err != nil {
		return nil, nil, err
	}
	p = asked(observed(retried(backend(s, held, cfg, tellBreaker), cfg.Retry, countRetry), cfg.OnFailing), s.Needs)
	p = telling(p, cfg.OnPanic) // here too: those who asked may have left
	if cfg.Cache.enabled() {
		p = cache.Fill(p)
	}
	flights := newCoalesced(p, cfg.Timeout)
	p = Timeout(flights, cfg.Timeout, cfg.Reserve)
	if cfg.Cache.enabled() {
		p = cache.Serve(p)
	}
	forget = func(match func(Question) bool) int {
		// The cache first: a flight that found its answer there must not be joined.
		dropped := cache.Forget(match)
		flights.forget(match)
		return dropped
	}
	return p, forget, nil
}

// backend is the provider of s with what is between it and one attempt at a question.
func backend(s Source, held limits, cfg Config, state func(float64)) Provider {
	guarded := func(c calls) calls { return c }
	if cfg.Breaker.Enabled {
		guarded = newBreaker(cfg.Breaker, cmp.Or(cfg.Timeout, DefaultFlight), state).calls
	}
	if bulk, ok := s.Provider.(BulkProvider); ok && cfg.Gather.enabled() {
		return gathered(guarded(held.calls(together(bulk)).traced(cfg.Tracer, s.Name)), cfg.Gather, cfg.Tracer != nil)
	}
	return guarded(bulkhead(held.calls(alone(s.Provider)).traced(cfg.Tracer, s.Name), cfg.MaxInFlight)).single()
}

// reusable says how long the answers of a local provider may be used: they
// depend on nothing but the question, and on time if ValidFor says so.
func reusable(p Provider) Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		a, err := p.Fetch(ctx, q)
		if err != nil {
			return Answer{}, err
		}
		a.Reuse = max(0, a.ValidFor)
		if a.ValidFor == 0 {
			a.Reuse = math.MaxInt64
		}
		return a, nil
	})
}
