package main

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
)

const (
	// checkTimeout bounds one attempt to reach what is required.
	checkTimeout = 5 * time.Second
	// The pause after an attempt that failed, which doubles, up to the longest one.
	checkPause    = 50 * time.Millisecond
	maxCheckPause = time.Second
)

// requirements are what the service has to reach before it is ready for the first
// time. What was reached once is not looked at again: a source that goes down later
// does so for all instances, and they must not all be taken out of service by it.
type requirements struct {
	list   []requirement
	wait   time.Duration // then it is ready without; 0 is never
	logger *slog.Logger

	without atomic.Bool // the wait is over
}

type requirement struct {
	config.Requirement
	reached atomic.Bool
}

func newRequirements(all []config.Requirement, wait time.Duration, logger *slog.Logger) *requirements {
	r := &requirements{list: make([]requirement, len(all)), wait: wait, logger: logger}
	for i := range all {
		r.list[i].Requirement = all[i]
	}
	return r
}

// met tells whether nothing more has to be waited for.
func (r *requirements) met() bool { return r.without.Load() || len(r.missing()) == 0 }

// missing is what was never reached.
func (r *requirements) missing() []string {
	var names []string
	for i := range r.list {
		if !r.list[i].reached.Load() {
			names = append(names, r.list[i].Name)
		}
	}
	return names
}

// await tries to reach everything, side by side, until that is done or ctx ends.
func (r *requirements) await(ctx context.Context) {
	if r.wait > 0 {
		over := time.AfterFunc(r.wait, func() {
			if missing := r.missing(); len(missing) > 0 {
				r.without.Store(true)
				r.logger.Error("ready without what is required at the start, because it was waited for long enough", "missing", missing)
			}
		})
		defer over.Stop()
	}
	var trying sync.WaitGroup
	for i := range r.list {
		trying.Go(func() { r.reach(ctx, &r.list[i]) })
	}
	trying.Wait()
}

// reach tries to reach one thing. Attempts are apart by pauses at random, so that not
// all instances ask at the same time what comes back.
func (r *requirements) reach(ctx context.Context, one *requirement) {
	failed := ""
	for pause := checkPause; ; pause = min(2*pause, maxCheckPause) {
		err := attempt(ctx, one.Check)
		if err == nil {
			one.reached.Store(true)
			if failed != "" {
				r.logger.InfoContext(ctx, "what is required at the start is there now", "what", one.Name)
			}
			return
		}
		if ctx.Err() != nil {
			return
		}
		if failed != err.Error() {
			failed = err.Error()
			r.logger.WarnContext(ctx, "not ready: what is required at the start cannot be reached", "what", one.Name, "error", failed)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
	}
}

// attempt tries once.
func attempt(ctx context.Context, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return check(ctx)
}

// makeReadiness finds out what is required at the start.
func (s *service) makeReadiness(context.Context) error {
	all := append(append([]config.Requirement(nil), s.sources.Required...), s.config.RequiredIssuers(s.tokens, s.callers)...)
	s.required = newRequirements(all, s.config.Server.StartWait, s.logger)
	return s.registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "forseti_ready",
		Help: "Whether the service says that it is ready.",
	}, func() float64 {
		if s.ready() {
			return 1
		}
		return 0
	}))
}

// unready tells why the service is not ready; empty if it is.
func (s *service) unready() string {
	switch {
	case s.stopping.Load():
		return "stopping"
	case s.store.Current() == nil:
		return "no valid set of policies; see /status"
	case !s.required.met():
		return "not reached yet: " + strings.Join(s.required.missing(), ", ")
	default:
		return ""
	}
}

// ready tells whether the service has policies to decide on and reached what it needs
// for that, and goes on.
func (s *service) ready() bool { return s.unready() == "" }

// announce tells those who watch the health service as soon as the service is ready. It
// is from then on, until it stops.
func (s *service) announce(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !s.ready() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	s.setServing(true)
	if s.stopping.Load() { // and stays so
		s.setServing(false)
	}
}

func (s *service) setServing(ready bool) { s.server.SetServing(ready && !s.stopping.Load()) }
