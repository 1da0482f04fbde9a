package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// begin makes the service. A signal to stop that comes before it is made ends that, and
// the service is nil then. What does not end by itself within patience, or before
// another signal, ends with the process.
func begin(ctx context.Context, signals <-chan os.Signal, logger *slog.Logger, patience time.Duration,
	create func(context.Context) (*service, error),
) (*service, error) {
	type created struct {
		service *service
		err     error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	result := make(chan created, 1)
	go func() {
		s, err := create(ctx)
		result <- created{s, err}
	}()
	var late <-chan time.Time
	for {
		select {
		case c := <-result:
			if late == nil {
				return c.service, c.err
			}
			if c.service != nil {
				c.service.close()
			}
			return nil, nil
		case signal := <-signals:
			switch {
			case signal == syscall.SIGHUP: // the policies are being read anyway
			case late != nil:
				return nil, nil
			default:
				logger.Info("stopping before the service has started", "signal", signal.String())
				cancel()
				late = time.After(patience)
			}
		case <-late:
			logger.Warn("stopped, although the start did not end")
			return nil, nil
		}
	}
}

// run serves until a signal, and then stops gracefully. A part that fails ends
// all of it.
func (s *service) run(ctx context.Context, signals <-chan os.Signal) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	failed := make(chan error, 3+len(s.sources.Watches))
	start := func(part func() error) {
		parts.Go(func() {
			if err := part(); err != nil {
				failed <- err
			}
		})
	}
	start(func() error { return s.store.Run(ctx) })
	start(func() error { return s.server.Serve(s.decisions) })
	start(func() error {
		if err := s.admin.Serve(s.adminListener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	for _, watch := range s.sources.Watches {
		start(func() error { return watch(ctx, s.invalidations.forget) })
	}
	reloads := make(chan struct{}, 1)
	parts.Go(func() { s.reload(ctx, reloads) })
	parts.Go(func() { s.memory.Run(ctx) })
	parts.Go(func() { s.required.await(ctx) })
	parts.Go(func() { s.announce(ctx) })

	err := s.await(ctx, signals, reloads, failed)
	s.stop(signals, func() {
		cancel()
		parts.Wait()
	})
	return err
}

// await waits for a reason to stop.
func (s *service) await(ctx context.Context, signals <-chan os.Signal, reloads chan<- struct{}, failed <-chan error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return fmt.Errorf("the service stops, because a part of it failed: %w", err)
		case signal := <-signals:
			if signal != syscall.SIGHUP {
				s.logger.Info("stopping", "signal", signal.String())
				return nil
			}
			select {
			case reloads <- struct{}{}:
			default: // one is due already, and will see the same
			}
		}
	}
}

// reload reads the policy folder when it is asked to. Meanwhile other signals count.
func (s *service) reload(ctx context.Context, asked <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
			if err := s.store.Reload(ctx); err != nil && ctx.Err() == nil {
				s.logger.Warn("policies were not reloaded", "error", err)
			}
		}
	}
}

// stop says that the service is not serving, gives those who send requests time to
// notice, finishes what is under way, writes what waits to be written, and closes
// everything; finish ends the parts that run. All of it ends at the latest at
// shutdown_timeout, or a second after another signal: what has not ended by then ends
// with the process.
func (s *service) stop(signals <-chan os.Signal, finish func()) {
	s.stopping.Store(true)
	s.setServing(false)
	e := newEnding(s.config.Server.ShutdownTimeout)
	defer e.release()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.drain(e)
		s.flush(e.writing)
		if err := s.admin.Shutdown(e.writing); err != nil {
			_ = s.admin.Close() // whoever reads metrics now is cut off as well
		}
		finish()
		s.close()
	}()
	for {
		select {
		case <-done:
			s.logger.Info("stopped")
			return
		case <-e.all.Done():
			s.logger.Warn("stopped, although not everything has ended")
			return
		case signal := <-signals:
			if signal != syscall.SIGHUP {
				s.logger.Warn("stopping at once", "signal", signal.String())
				e.hurry()
			}
		}
	}
}

// drain lets calls end, and cuts off those that do not.
func (s *service) drain(e *ending) {
	wait := time.NewTimer(s.config.Server.ShutdownWait)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-e.calls.Done():
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		if err := s.server.Shutdown(e.calls); err != nil {
			s.logger.Warn("calls under way were cut off", "error", err)
		}
	}()
	select {
	case <-drained:
	case <-e.handlers.Done(): // they do not heed that they were cut off
	}
}

// flush writes what waits to be written, all of it side by side.
func (s *service) flush(ctx context.Context) {
	var writing sync.WaitGroup
	for _, flush := range s.flushes {
		writing.Go(func() {
			if err := flush(ctx); err != nil {
				s.logger.Warn("not everything was written at the end", "error", err)
			}
		})
	}
	writing.Wait()
	s.flushes = nil
}

// ending is the time that there is to stop, in phases that end one after the other:
// calls go on, handlers that were cut off return, what waits is written, and all ends.
type ending struct {
	calls, handlers, writing, all context.Context
	cancels                       [4]context.CancelFunc
	timers                        []*time.Timer
}

const (
	// maxFlushing bounds the time for what follows when calls are cut off.
	maxFlushing = 5 * time.Second
	// atOnce is how long it takes to stop after another signal, at the longest.
	atOnce = time.Second
)

func newEnding(timeout time.Duration) *ending {
	e := &ending{}
	for i, phase := range []*context.Context{&e.calls, &e.handlers, &e.writing, &e.all} {
		*phase, e.cancels[i] = context.WithCancel(context.Background())
	}
	rest := min(maxFlushing, timeout/5)
	e.end(timeout-rest, rest)
	return e
}

// end ends the calls after some time, and the other phases within the rest after that.
func (e *ending) end(after, rest time.Duration) {
	for i, share := range []time.Duration{0, rest / 4, rest * 3 / 4, rest} {
		e.timers = append(e.timers, time.AfterFunc(after+share, e.cancels[i]))
	}
}

// hurry ends the calls now.
func (e *ending) hurry() { e.end(0, atOnce) }

func (e *ending) release() {
	for _, timer := range e.timers {
		timer.Stop()
	}
	for _, cancel := range e.cancels {
		cancel()
	}
}
