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
	"regexp"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/cmd/forseti/internal/demo"
	"github.com/forseti-pdp/forseti/cmd/forseti/internal/memory"
	"github.com/forseti-pdp/forseti/cmd/forseti/internal/tracing"
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

	traces        *tracing.Traces
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

	memory   *memory.Watch
	ballast  []byte // only to be there
	panics   *panicLog
	required *requirements
	stopping atomic.Bool
	flushes  []func(context.Context) error // write what waits, when nothing is decided any more
	closers  []func() error                // of what was made, in order
}

// newService makes all parts in the order in which they need each other. If one
// fails, those before it are closed.
func newService(ctx context.Context, c *config.Config, logger *slog.Logger) (*service, error) {
	logger = slog.New(rpc.LogHandler(logger.Handler()))
	s := &service{config: c, logger: logger, registry: prometheus.NewRegistry(), started: time.Now()}
	for _, step := range []func(context.Context) error{
		s.makeRegistry, s.watchMemory, s.openTracing, s.seed, s.openSources, s.openPolicies, s.openAccess, s.makeReadiness, s.makeServer, s.makeAdmin,
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
	ctx, cancel := context.WithTimeout(context.Background(), maxFlushing)
	defer cancel()
	s.flush(ctx)
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
	var err error
	if s.panics, err = newPanicLog(s.logger, s.registry); err != nil {
		return err
	}
	return errors.Join(
		s.registry.Register(info),
		// What is alive on the heap, apart from garbage: it shows a leak.
		s.registry.Register(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
			collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)}))),
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
	env := config.Environment{
		Tokens: s.tokens, Logger: s.logger, Metrics: metrics, Tracer: s.traces.Tracer(), OnPanic: s.panics.source,
		OnFailing: func(source string, f pip.Failing) { tellFailing(s.logger, source, f) },
	}
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
	c := policyFolder(s.config.Policies, s.panics.policy)
	c.Logger, c.Metrics, c.Hold = s.logger, metrics, s.memoryShort
	names := &unaskedLog{s.logger, make(map[string]bool)}
	c.OnSnapshot = func(now *pap.Snapshot) { names.log(s.config.Unasked(now.PDP.MayAsk)) }
	s.store, err = pap.Open(ctx, c)
	return err
}

// policyFolder says how policies are loaded, in service and in check.
func policyFolder(p config.Policies, onPanic func(context.Context, pdp.Panic)) pap.Config {
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
		OnPanic:       onPanic,
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
		Delegation:   s.config.Policies.Delegation,
		MaxDecisions: s.config.Server.MaxDecisions,
		MaxAnswer:    s.config.Server.MaxSendBytes,
		Enforce:      s.config.EnforcementRules(),
		MaxReuse:     s.config.Server.MaxReuse,
		ShadowRate:   s.config.Policies.ShadowRate,
		Logger:       s.logger,
		Metrics:      metrics,
		Tracer:       s.traces.Tracer(),
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
			MaxWaiting:               c.MaxWaiting,
			MaxOpenStreams:           c.MaxOpenStreams,
			MaxConcurrentStreams:     c.MaxConcurrentStreams,
			MaxConnectionsPerAddress: c.MaxConnectionsPerAddress,
			MaxConnections:           c.MaxConnections,
			ConnectionTimeout:        c.ConnectionTimeout,
		},
		Memory:         s.memoryLeft,
		Reflection:     c.Reflection,
		Administration: c.Administration,
		MayExplain:     func(string) bool { return c.Explanations },
		Logger:         s.logger,
		Tracer:         s.traces.Tracer(),
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
