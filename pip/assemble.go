package pip

import (
	"errors"
	"fmt"
	"time"
)

// Config is what surrounds the provider of one source. The zero Config is
// usable: no timeout but the caller's, no cache.
type Config struct {
	// Timeout bounds one question; zero leaves it to the caller's deadline, and
	// to [DefaultFlight] for a question whose caller has left.
	Timeout time.Duration
	// Reserve is the part of the caller's deadline that is kept for the
	// evaluation.
	Reserve time.Duration
	// Cache remembers answers if one of its times is set.
	Cache CacheConfig
	// MaxValues bounds the values of one answer; zero stands for [DefaultMaxValues].
	MaxValues int
	// Local is for providers that compute without input or output: they are
	// neither coalesced nor timed out nor cached.
	Local bool
}

// Assemble checks the declaration of s and puts the decorators around its
// provider, from the inside out:
//
//   - [Limited], so that nothing undeclared gets further,
//   - [Cache.Fill], so that an answer is kept even if its caller has left,
//   - [Coalesced], so that one question at a time goes out,
//   - [Timeout], so that each caller waits as long as it can afford,
//   - [Cache.Serve], so that what is known costs no goroutine,
//   - [Instrumented], so that all of it is counted. m may be nil.
func Assemble(s Source, cfg Config, m *Metrics) (Source, error) {
	if err := s.Check(); err != nil {
		return Source{}, fmt.Errorf("source %q: %w", s.Name, err)
	}
	if cfg.Timeout < 0 || cfg.Reserve < 0 || cfg.MaxValues < 0 {
		return Source{}, fmt.Errorf("source %q: %w", s.Name, errors.New("times and limits must not be negative"))
	}
	p := Limited(s.Provider, s.Needs, s.Provides, cfg.MaxValues)
	if !cfg.Local {
		cache, err := NewCache(cfg.Cache)
		if err != nil {
			return Source{}, fmt.Errorf("source %q: %w", s.Name, err)
		}
		if cfg.Cache.enabled() {
			p = cache.Fill(p)
		}
		p = Coalesced(p, cfg.Timeout)
		p = Timeout(p, cfg.Timeout, cfg.Reserve)
		if cfg.Cache.enabled() {
			p = cache.Serve(p)
		}
	}
	s.Provider = Instrumented(p, s.Name, m)
	return s, nil
}
