package pap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// Config is what a Store needs to know. Dir and Compile are required; what else
// is zero stands for its default.
type Config struct {
	// Dir is the policy folder. It may be a link.
	Dir string
	// Compile makes PDPs of the files; see [CompileXACML]. The same files
	// always have to give the same verdict.
	Compile Compile
	// RootAlgorithm is the policy-combining algorithm over the files. It is
	// part of the identity of a snapshot.
	RootAlgorithm string
	// AllowEmpty accepts a folder without policies. Every decision is then
	// NotApplicable, so an emptied folder is refused by default.
	AllowEmpty bool
	// Limits bound what is read.
	Limits Limits
	// Poll is the pause between two looks at names, sizes, times and inodes;
	// 500 ms by default. It becomes longer, up to Verify, if a look takes more
	// than a quarter of it.
	Poll time.Duration
	// Verify is the pause between two readings of all content; 5 s by default.
	// It becomes longer if a reading takes more than a tenth of it.
	Verify time.Duration
	// Settle is how long content must stay the same before it is loaded; 100 ms
	// by default.
	Settle time.Duration
	// Hold tells, if it is not nil, that changes have to wait, for want of memory say:
	// while it does, and there is a snapshot, the folder is looked at by Reload, and once
	// a minute: a right that a change takes away must not stay in force for ever.
	Hold func() bool
	// NoEvents does without the events of the operating system. Changes are
	// then noticed by the regular looks alone.
	NoEvents bool
	// Logger gets a line for each problem and each new snapshot; nil discards
	// them.
	Logger *slog.Logger
	// Metrics counts; nil does not. It belongs to one Store.
	Metrics *Metrics
	// OnSnapshot, if it is not nil, is told of each new snapshot when it is in force. The
	// folder is not looked at meanwhile.
	OnSnapshot func(*Snapshot)
	// OnPanic is told of a fault of Compile, which refuses the candidate, and of one of
	// OnSnapshot, which changes nothing; nil logs it.
	OnPanic func(context.Context, pdp.Panic)
}

// The defaults of Config.
const (
	defaultPoll   = 500 * time.Millisecond
	defaultVerify = 5 * time.Second
	defaultSettle = 100 * time.Millisecond
)

// complete checks the configuration and fills in the defaults.
func (c Config) complete() (Config, error) {
	switch {
	case c.Dir == "":
		return c, errors.New("no policy folder is given")
	case c.Compile == nil:
		return c, errors.New("nothing to compile policies with is given")
	case c.Poll < 0 || c.Verify < 0 || c.Settle < 0:
		return c, errors.New("a pause between looks at the policy folder is negative")
	case !c.Limits.valid():
		return c, errors.New("a limit of the policy folder is negative")
	}
	c.Limits = c.Limits.orDefault()
	for _, d := range []struct {
		field    *time.Duration
		standard time.Duration
	}{{&c.Poll, defaultPoll}, {&c.Verify, defaultVerify}, {&c.Settle, defaultSettle}} {
		if *d.field == 0 {
			*d.field = d.standard
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.OnPanic == nil {
		c.OnPanic = func(_ context.Context, p pdp.Panic) {
			c.Logger.Error("panic while policies were loaded", "panic", p.Recovered, "stack", string(p.Stack))
		}
	}
	return c, nil
}

// Store keeps the snapshot of the policies in force. Its methods are safe for
// concurrent use.
//
// INVARIANT: a snapshot is replaced by a valid one or not at all.
type Store struct {
	config  Config
	folder  folder
	current atomic.Pointer[Snapshot]
	inForce atomic.Pointer[sight] // the names and contents of what is in force
	status  atomic.Pointer[Status]
	running atomic.Bool
	readers chan struct{} // holds a token for each document that is read again

	turn  chan struct{} // holds a token while somebody looks at the folder
	known knowledge     // belongs to whoever has the turn
}

// Open makes a store and loads the policies once. A folder that is refused, or
// missing, is no error: [Store.Current] is nil then until the folder is in order
// and [Store.Run] has seen it. The error is that of the configuration or of the
// context.
func Open(ctx context.Context, config Config) (*Store, error) {
	return open(ctx, config, openRoot)
}

func open(ctx context.Context, config Config, opener opener) (*Store, error) {
	s, err := newStore(config, opener)
	if err != nil {
		return nil, err
	}
	if _, err := s.examine(ctx, true); err != nil {
		return nil, fmt.Errorf("policy folder %q: %w", config.Dir, err)
	}
	return s, nil
}

// newStore makes a store that has not looked at its folder yet.
func newStore(config Config, opener opener) (*Store, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	s := &Store{
		config: config,
		folder: folder{
			dir: config.Dir, limits: config.Limits, rest: defaultRest,
			rootAlgorithm: config.RootAlgorithm, open: opener,
		},
		turn:    make(chan struct{}, 1),
		readers: make(chan struct{}, readers),
	}
	s.status.Store(&Status{State: StateChanging})
	return s, nil
}

// Current is the snapshot in force; nil if there never was a valid one. A
// decision must take it once and stay with it.
func (s *Store) Current() *Snapshot { return s.current.Load() }

// Status tells how the policies are kept up to date.
func (s *Store) Status() Status {
	status := *s.status.Load()
	status.Problems = append(policy.Problems(nil), status.Problems...)
	return status
}

// Reload reads the whole folder now and loads what changed, as on SIGHUP. The
// error tells why what the folder holds is not in force: it is a
// policy.Problems if the content is refused.
func (s *Store) Reload(ctx context.Context) error {
	if _, err := s.examine(ctx, true); err != nil {
		return err
	}
	status := s.status.Load()
	switch status.State {
	case StateRefused:
		return status.Problems.Errors()
	case StateChanging:
		return errors.New("the policy folder keeps changing")
	default:
		return nil
	}
}

// maxHold is how long [Config.Hold] keeps a change waiting at the longest.
const maxHold = time.Minute

// burst is how long a look waits for the events that follow a first one.
const burst = 10 * time.Millisecond

// Run watches the folder until the context ends, and then returns nil. Only one
// Run may be active.
func (s *Store) Run(ctx context.Context) error {
	if !s.running.CompareAndSwap(false, true) {
		return errors.New("the policy folder is watched already")
	}
	defer s.running.Store(false)
	var w *watcher
	if !s.config.NoEvents {
		w = newWatcher(s.config.Dir, s.config.Logger)
		defer w.close()
	}
	looked := time.Now()
	for {
		if s.config.Hold != nil && s.Current() != nil && time.Since(looked) < maxHold && s.config.Hold() {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(s.config.Poll):
			}
			continue
		}
		look, err := s.examine(ctx, false)
		if err != nil {
			return nil // only the end of the context ends a look
		}
		if !look.changing { // who waited for a turn does not wait for another
			looked = time.Now()
		}
		w.follow(look.folders)
		pause := min(max(s.config.Poll, 4*look.took), max(s.config.Verify, s.config.Poll))
		if look.changing {
			pause = min(s.config.Settle, pause)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		case <-w.hint():
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(min(max(burst, 4*look.took), pause)):
			}
		}
	}
}
