package token

import (
	"crypto/sha256"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/forseti-pdp/forseti/token/jwks"
)

// memory remembers good tokens by their SHA-256 hashes. An entry counts as long as
// the token is in time and the keys of its issuer are those that verified it. Only
// good tokens get in, so nobody can fill it with what he makes up.
//
// A nil memory remembers nothing.
type memory struct {
	entries *otter.Cache[[sha256.Size]byte, remembered]
}

// remembered is a token that was good.
type remembered struct {
	claims Claims
	keys   *jwks.Cache
	set    *jwks.Set
	life   time.Duration
}

// newMemory makes a memory for this many tokens.
func newMemory(size int) (*memory, error) {
	entries, err := otter.New(&otter.Options[[sha256.Size]byte, remembered]{
		MaximumSize: size,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[[sha256.Size]byte, remembered]) time.Duration {
			return e.Value.life
		}),
		Clock: monotonic{start: time.Now()},
	})
	if err != nil {
		return nil, err
	}
	return &memory{entries}, nil
}

// recall gives the claims of a token that was good and still is.
func (m *memory) recall(text string, now time.Time, leeway time.Duration) (Claims, bool) {
	if m == nil {
		return Claims{}, false
	}
	hash := sha256.Sum256([]byte(text))
	r, ok := m.entries.GetIfPresent(hash)
	if !ok {
		return Claims{}, false
	}
	if set, err := r.keys.Current(); err != nil || set != r.set || r.claims.inTime(now, leeway) != "" {
		m.entries.Invalidate(hash)
		return Claims{}, false
	}
	return r.claims, true
}

// keep remembers a good token until it expires.
func (m *memory) keep(text string, claims Claims, now time.Time, keys *jwks.Cache, set *jwks.Set) {
	if life := claims.expires.Sub(now); m != nil && life > 0 {
		m.entries.Set(sha256.Sum256([]byte(text)), remembered{claims, keys, set, life})
	}
}

// monotonic counts nanoseconds on the monotonic clock. It has no ticks: entries
// past their time are dropped by later writes and by the bound on the size.
type monotonic struct{ start time.Time }

// NowNano is the time since the start.
func (m monotonic) NowNano() int64 { return int64(time.Since(m.start)) }

// Tick is nil: no goroutine cleans up.
func (monotonic) Tick(time.Duration) <-chan time.Time { return nil }
