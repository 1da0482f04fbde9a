package jwks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forseti-pdp/forseti/internal/panics"
)

// The defaults of [Config].
const (
	DefaultURLRefresh  = 15 * time.Minute
	DefaultFileRefresh = 5 * time.Second
	DefaultMaxStale    = 24 * time.Hour
	DefaultTimeout     = 5 * time.Second
)

const (
	// demandPause is the least time between two readings on demand. Unknown kids
	// cost nothing to make up.
	demandPause = 30 * time.Second
	// The pauses after a reading that failed double from the first to the last.
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	// nap is the longest time between two looks at the clock. Timers stand still while the
	// machine sleeps, and keys that were taken back meanwhile must not wait for them.
	nap = 30 * time.Second
)

// The errors of [Cache.Current].
var (
	ErrNever = errors.New("the keys were never read")
	ErrStale = errors.New("the keys are too old")
)

// Config says where the keys of an issuer come from. Either File or URL is set.
type Config struct {
	// File is the name of a file with a JWK set. It is read when the cache is opened,
	// and every Refresh.
	File string
	// URL is where a JWK set is fetched, by https; by http only from this host.
	URL string
	// CAFile holds the authorities to trust at the URL (PEM); those of the system if
	// empty. It is read for each fetch.
	CAFile string
	// AllowPlain accepts http from any host. Whoever is on the way can then sign tokens.
	AllowPlain bool
	// Refresh is the time between two readings, which jitter makes up to 10 % shorter.
	// Zero stands for [DefaultURLRefresh] or [DefaultFileRefresh]. It is also the
	// longest time for which a key counts that the issuer took back. What HTTP says of
	// caching is not considered.
	Refresh time.Duration
	// MaxStale is how long after a good reading its keys count, if no later one is
	// good. Zero stands for [DefaultMaxStale].
	MaxStale time.Duration
	// Timeout bounds one fetch. Zero stands for [DefaultTimeout].
	Timeout time.Duration
	// Transport is what URLs are fetched with, whatever CAFile says; nil for an own one
	// without proxy.
	Transport http.RoundTripper
	// Logger is told of readings that failed and of keys that changed; may be nil.
	Logger *slog.Logger
}

// filled checks the configuration and fills in the defaults.
func (cfg Config) filled() (Config, error) {
	var errs []error
	if (cfg.File == "") == (cfg.URL == "") {
		errs = append(errs, errors.New("keys come either from a file or from a URL"))
	}
	if cfg.URL != "" {
		errs = append(errs, checkURL(cfg.URL, cfg.AllowPlain))
	}
	if _, err := authorities(cfg.CAFile); err != nil {
		errs = append(errs, fmt.Errorf("the authorities of the URL of the keys: %w", err))
	}
	if cfg.CAFile != "" && cfg.URL == "" {
		errs = append(errs, errors.New("there are no authorities to trust where there is no URL"))
	}
	if cfg.Refresh < 0 || cfg.MaxStale < 0 || cfg.Timeout < 0 {
		errs = append(errs, errors.New("the times of keys must not be negative"))
	}
	if cfg.Refresh == 0 {
		cfg.Refresh = DefaultURLRefresh
		if cfg.File != "" {
			cfg.Refresh = DefaultFileRefresh
		}
	}
	if cfg.MaxStale == 0 {
		cfg.MaxStale = DefaultMaxStale
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Refresh > cfg.MaxStale {
		errs = append(errs, errors.New("keys must be refreshed before they are too old"))
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg, errors.Join(errs...)
}

// Cache is the keys of one issuer, which a goroutine keeps up to date.
type Cache struct {
	cfg     Config
	fetch   func(ctx context.Context) ([]byte, error)
	current atomic.Pointer[kept]
	failed  atomic.Int64 // readings since the last good one

	mu       sync.Mutex
	round    chan struct{} // closed when the reading is done that is under way or asked for; nil if there is none
	demanded time.Time     // last reading on demand

	demand  chan struct{}
	cancel  context.CancelFunc
	stopped chan struct{}
}

// kept is a good reading.
type kept struct {
	set   *Set
	data  []byte
	since time.Time // when the reading began, by the monotonic clock, which may stand still while the machine sleeps
	wall  time.Time // the same by the other one, which may be set
}

// older reports whether the reading began longer ago, by one of the clocks.
func (k *kept) older(than time.Duration) bool {
	now := time.Now()
	return now.Sub(k.since) > than || now.Round(0).Sub(k.wall) > than
}

// Open begins to keep the keys. A file has to hold a set already; that a URL
// cannot be fetched is no error, it is tried again. Close the cache.
func Open(cfg Config) (*Cache, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return nil, err
	}
	c := &Cache{cfg: cfg, demand: make(chan struct{}, 1), stopped: make(chan struct{})}
	if cfg.File != "" {
		c.fetch = func(context.Context) ([]byte, error) { return readFile(cfg.File) }
	} else {
		c.fetch = cfg.get
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	first := time.Duration(0)
	if cfg.File != "" {
		if err := c.read(ctx); err != nil {
			cancel()
			return nil, err
		}
		first = c.pause()
	} else {
		c.round = make(chan struct{}) // who comes before the first keys waits for them
	}
	go c.run(ctx, first)
	return c, nil
}

// get fetches the keys from the URL.
func (cfg Config) get(ctx context.Context) ([]byte, error) {
	if cfg.Transport != nil {
		return get(ctx, client(cfg.Transport), cfg.URL)
	}
	trusted, err := authorities(cfg.CAFile)
	if err != nil {
		return nil, err
	}
	return get(ctx, client(transport(trusted)), cfg.URL)
}

// Close stops the reading, and waits for it.
func (c *Cache) Close() error {
	c.cancel()
	<-c.stopped
	return nil
}

// Current is the set that counts now. Two calls give the same set if nothing
// changed between them. The error is ErrNever or ErrStale.
func (c *Cache) Current() (*Set, error) {
	k := c.current.Load()
	switch {
	case k == nil:
		return nil, ErrNever
	case k.older(c.cfg.MaxStale):
		return nil, ErrStale
	default:
		return k.set, nil
	}
}

// Renew waits for a reading, for somebody who misses a key: for the one that is
// under way, or else for a new one, of which there is at most one every 30
// seconds. It returns at once if there is nothing to wait for, and when ctx is
// done, with its error.
func (c *Cache) Renew(ctx context.Context) error {
	round := c.join()
	if round == nil {
		return nil
	}
	select {
	case <-round:
		return nil
	case <-c.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join gives the round to wait for, or nil.
func (c *Cache) join() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.round != nil {
		return c.round
	}
	if !c.demanded.IsZero() && time.Since(c.demanded) < demandPause {
		return nil
	}
	c.demanded = time.Now()
	c.round = make(chan struct{})
	select {
	case c.demand <- struct{}{}:
	default: // asked for already
	}
	return c.round
}

// run reads again and again.
func (c *Cache) run(ctx context.Context, left time.Duration) {
	defer close(c.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		rest := min(left, nap)
		timer.Reset(rest)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			if left -= rest; left > 0 && !c.overdue() {
				continue
			}
		case <-c.demand:
		}
		c.turn(ctx)
		left = c.pause()
	}
}

// overdue reports whether the last good reading is older than it should be, by one of the
// clocks. After one that failed another is due soon.
func (c *Cache) overdue() bool {
	k := c.current.Load()
	return k != nil && c.failed.Load() == 0 && k.older(c.cfg.Refresh)
}

// turn is one reading, with those who wait for it.
func (c *Cache) turn(ctx context.Context) {
	c.mu.Lock()
	if c.round == nil {
		c.round = make(chan struct{})
	}
	select {
	case <-c.demand: // this reading is it
	default:
	}
	c.mu.Unlock()

	if err := c.read(ctx); err != nil && ctx.Err() == nil {
		c.cfg.Logger.Warn("the keys of an issuer cannot be read; those of the last good reading count",
			"error", err, "failures", c.failed.Load())
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.round)
	c.round = nil
}

// pause is the time until the next reading.
func (c *Cache) pause() time.Duration {
	pause := c.cfg.Refresh
	if n := c.failed.Load(); n > 0 {
		pause = min(pause, lastRetry, firstRetry<<min(n-1, 10))
	}
	return pause - time.Duration(rand.Float64()*0.1*float64(pause))
}

// read reads the keys once. What is not a set leaves those that count alone, and so does
// a fault of reading it, from which nobody else would recover.
func (c *Cache) read(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			c.failed.Add(1)
			c.cfg.Logger.ErrorContext(ctx, "panic while reading keys", "panic", panics.Text(r), "stack", string(debug.Stack()))
			err = errors.New("the keys cannot be read: internal fault")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	since := time.Now()
	data, err := c.fetch(ctx)
	if err != nil {
		c.failed.Add(1)
		return err
	}
	before := c.current.Load()
	if before != nil && bytes.Equal(before.data, data) {
		c.current.Store(&kept{set: before.set, data: before.data, since: since, wall: since.Round(0)})
		c.failed.Store(0)
		return nil
	}
	set, err := Parse(data)
	if err != nil {
		c.failed.Add(1)
		return err
	}
	c.current.Store(&kept{set: set, data: data, since: since, wall: since.Round(0)})
	c.failed.Store(0)
	level := slog.LevelInfo
	if set.Len() == 0 || len(set.refused) > 0 {
		level = slog.LevelWarn
	}
	c.cfg.Logger.Log(ctx, level, "the keys of an issuer changed", "keys", set.Len(), "refused", set.refused)
	return nil
}

// Status is what an operator wants to know of a cache.
type Status struct {
	// Read is when the last good reading began; zero if there was none.
	Read time.Time
	// Keys is how many keys can be used, Refused how many cannot, and why.
	Keys    int
	Refused map[Refusal]int
	// Failures counts the readings that failed since the last good one.
	Failures int
}

// Status tells how the keys are.
func (c *Cache) Status() Status {
	s := Status{Failures: int(c.failed.Load())}
	if k := c.current.Load(); k != nil {
		s.Read, s.Keys, s.Refused = k.since, k.set.Len(), k.set.Refused()
	}
	return s
}
