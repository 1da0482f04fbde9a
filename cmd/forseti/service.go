package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/cmd/forseti/internal/demo"
	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/contexthandler/rpc/tlsfile"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/sql"
)

// service is everything that serves, put together.
type service struct {
	config   *config.Config
	logger   *slog.Logger
	registry *prometheus.Registry
	started  time.Time

	tls           *tlsfile.Files     // nil if connections are not encrypted
	callers       *config.Callers    // nil if callers are not authenticated
	tokens        *config.Identifier // nil if there are no issuers
	sources       *config.Sources
	invalidations *invalidations
	store         *pap.Store
	server        *rpc.Server
	decisions     net.Listener
	admin         *http.Server
	adminListener net.Listener

	stopping atomic.Bool
	closers  []func() error // of what was made, in order
}

// newService makes all parts in the order in which they need each other. If one
// fails, those before it are closed.
func newService(ctx context.Context, c *config.Config, logger *slog.Logger) (*service, error) {
	s := &service{config: c, logger: logger, registry: prometheus.NewRegistry(), started: time.Now()}
	for _, step := range []func(context.Context) error{
		s.makeRegistry, s.seed, s.openSources, s.openPolicies, s.openAccess, s.makeServer, s.makeAdmin,
	} {
		if err := step(ctx); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// close closes what was made, the last first.
func (s *service) close() {
	for _, closer := range slices.Backward(s.closers) {
		if err := closer(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.logger.Warn("a part of the service did not close well", "error", err)
		}
	}
	s.closers = nil
}

func (s *service) makeRegistry(context.Context) error {
	b := thisBuild()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "forseti_build_info",
		Help:        "What the program was made of; always 1.",
		ConstLabels: prometheus.Labels{"version": b.Version, "goversion": b.Go},
	})
	info.Set(1)
	return errors.Join(
		s.registry.Register(info),
		s.registry.Register(collectors.NewGoCollector()),
		s.registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})),
	)
}

// seed makes the demo database, if a source uses it and it is not there.
func (s *service) seed(ctx context.Context) error {
	if !s.hasDemo() {
		return nil
	}
	path := s.config.Demo.Database
	_, missing := os.Stat(path)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = sql.CreateFromSeed(ctx, path, demo.Seed)
	}
	if err != nil {
		return fmt.Errorf("the demo database cannot be created: %w", err)
	}
	if missing != nil {
		s.logger.Info("demo database created", "file", path)
	}
	return nil
}

// openSources opens the sources, and what tells who subjects are.
func (s *service) openSources(ctx context.Context) error {
	metrics, err := pip.NewMetrics(s.registry)
	if err != nil {
		return err
	}
	if err := s.openTokens(); err != nil {
		return fmt.Errorf("tokens cannot be checked:\n%w", err)
	}
	env := config.Environment{Tokens: s.tokens, Logger: s.logger, Metrics: metrics}
	if s.sources, err = s.config.OpenSources(ctx, env); err != nil {
		return fmt.Errorf("a source cannot be opened:\n%w", err)
	}
	s.closers = append(s.closers, s.sources.Close)
	s.invalidations, err = newInvalidations(s.registry, s.sources.List)
	return err
}

func (s *service) openTokens() (err error) {
	if s.tokens, err = s.config.OpenTokens(s.logger); s.tokens == nil {
		return err
	}
	s.closers = append(s.closers, s.tokens.Close)
	return s.tokens.Register(s.registry)
}

func (s *service) openPolicies(ctx context.Context) error {
	metrics, err := pap.NewMetrics(s.registry)
	if err != nil {
		return err
	}
	panics := prometheus.NewCounter(prometheus.CounterOpts{
		Name:        "forseti_panics_total",
		Help:        "Panics that were contained, by place.",
		ConstLabels: prometheus.Labels{"where": "evaluation"},
	})
	if err := s.registry.Register(panics); err != nil {
		return err
	}
	c := policyFolder(s.config.Policies, func(recovered any, stack []byte) {
		panics.Inc()
		s.logger.Error("panic in an evaluation, answered by Indeterminate", "panic", fmt.Sprint(recovered), "stack", string(stack))
	})
	c.Logger, c.Metrics = s.logger, metrics
	s.store, err = pap.Open(ctx, c)
	return err
}

// policyFolder says how policies are loaded, in service and in check.
func policyFolder(p config.Policies, onPanic func(recovered any, stack []byte)) pap.Config {
	return pap.Config{
		Dir: p.Folder,
		Compile: pap.CompileXACML(pdp.Config{
			RootAlgorithm:      p.RootAlgorithm,
			RefuseHiddenErrors: p.RefusePermitUnlessDeny,
			Lenient:            p.Lenient,
			Delegation:         p.Delegation,
			KeepModel:          p.ShadowRate > 0,
			OnPanic:            onPanic,
		}, xacmlxml.DefaultLimits(), p.Library),
		RootAlgorithm: p.RootAlgorithm,
		AllowEmpty:    p.AllowEmpty,
		Verify:        p.Rescan,
		Settle:        p.Debounce,
	}
}

// newHandler makes what decides, of the sources and policies that are open.
func (s *service) newHandler() (*contexthandler.Handler, error) {
	dictionary, err := s.config.Dictionary()
	if err != nil {
		return nil, err
	}
	metrics, err := contexthandler.NewMetrics(s.registry)
	if err != nil {
		return nil, err
	}
	auditor, err := s.openAudit(dictionary)
	if err != nil {
		return nil, err
	}
	c := contexthandler.Config{
		Audit:        auditor,
		Snapshot:     s.store.Current,
		Dictionary:   dictionary,
		Sources:      s.invalidations.counted(s.sources.List),
		Supplies:     s.config.Supplies(),
		MaxDecisions: s.config.Server.MaxDecisions,
		Enforce:      s.config.EnforcementRules(),
		MaxReuse:     s.config.Server.MaxReuse,
		ShadowRate:   s.config.Policies.ShadowRate,
		Logger:       s.logger,
		Metrics:      metrics,
	}
	if s.tokens != nil {
		c.Identify = s.tokens.Identify
	}
	return contexthandler.New(c), nil
}

func (s *service) makeServer(ctx context.Context) error {
	handler, err := s.newHandler()
	if err != nil {
		return err
	}
	c := s.config.Server
	settings := rpc.Config{
		Handler: handler,
		Limits: rpc.Limits{
			MaxBatch:                 c.MaxBatch,
			DefaultDeadline:          c.DefaultDeadline,
			MaxDeadline:              c.MaxDeadline,
			MaxReceiveBytes:          c.MaxMessageBytes,
			MaxSendBytes:             c.MaxSendBytes,
			MaxHeaderBytes:           c.MaxHeaderBytes,
			MaxInFlight:              c.MaxInFlight,
			MaxOpenStreams:           c.MaxOpenStreams,
			MaxConcurrentStreams:     c.MaxConcurrentStreams,
			MaxConnectionsPerAddress: c.MaxConnectionsPerAddress,
			ConnectionTimeout:        c.ConnectionTimeout,
		},
		Reflection:     c.Reflection,
		Administration: c.Administration,
		MayExplain:     func(string) bool { return c.Explanations },
		Logger:         s.logger,
		Registerer:     s.registry,
	}
	s.secure(&settings)
	if s.server, err = rpc.New(settings); err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { return s.server.Shutdown(context.Background()) })
	if s.decisions, err = listen(ctx, "server.listen", c.Listen); err != nil {
		return err
	}
	s.closers = append(s.closers, s.decisions.Close)
	return s.checkExposure(s.decisions.Addr())
}

func (s *service) makeAdmin(ctx context.Context) (err error) {
	s.adminListener, err = listen(ctx, "server.admin", s.config.Server.Admin)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.adminListener.Close)
	s.admin = s.newAdmin()
	return nil
}

func listen(ctx context.Context, key, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: the address %s is in use", key, address)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return l, nil
}

// run serves until a signal, and then stops gracefully. A part that fails ends
// all of it.
func (s *service) run(ctx context.Context, signals <-chan os.Signal) error {
	defer s.close()
	ctx, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
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
	parts.Go(func() { s.announce(ctx) })

	err := s.await(ctx, signals, failed)
	s.stop(signals)
	return err
}

// await waits for a reason to stop.
func (s *service) await(ctx context.Context, signals <-chan os.Signal, failed <-chan error) error {
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
			if err := s.store.Reload(ctx); err != nil {
				s.logger.Warn("policies were not reloaded", "error", err)
			}
		}
	}
}

// announce tells those who watch the health service as soon as there is a valid
// set of policies. There always is one from then on.
func (s *service) announce(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.store.Current() == nil {
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

// ready tells whether the service has policies to decide on, and goes on.
func (s *service) ready() bool { return !s.stopping.Load() && s.store.Current() != nil }

// stop says that the service is not serving, gives those who send requests time
// to notice, finishes what is under way, and ends at the latest at
// shutdown_timeout or with another signal.
func (s *service) stop(signals <-chan os.Signal) {
	s.stopping.Store(true)
	s.setServing(false)
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Server.ShutdownTimeout)
	defer cancel()
	var impatience sync.WaitGroup
	defer impatience.Wait()
	done := make(chan struct{})
	defer close(done)
	impatience.Go(func() {
		for {
			select {
			case <-done:
				return
			case signal := <-signals:
				if signal != syscall.SIGHUP {
					s.logger.Warn("stopping at once", "signal", signal.String())
					cancel()
				}
			}
		}
	})
	wait := time.NewTimer(s.config.Server.ShutdownWait)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	if err := s.server.Shutdown(ctx); err != nil {
		s.logger.Warn("calls under way were cut off", "error", err)
	}
	if err := s.admin.Shutdown(ctx); err != nil {
		_ = s.admin.Close() // whoever reads metrics now is cut off as well
	}
	s.logger.Info("stopped")
}
