package tlsfile

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// DefaultRefresh is the time between two readings.
const DefaultRefresh = 2 * time.Second

// Config says where the files are.
type Config struct {
	// CertFile has the certificate of the server and those between it and its
	// authority, KeyFile its key; both as PEM.
	CertFile, KeyFile string
	// ClientCAFile has the authorities of the certificates of clients, as PEM. Empty:
	// clients are not asked for certificates.
	ClientCAFile string
	// RequireClient refuses clients without a certificate.
	RequireClient bool
	// Refresh is the time between two readings; zero stands for [DefaultRefresh].
	Refresh time.Duration
	// Logger is told of changes and of what cannot be used; may be nil.
	Logger *slog.Logger
}

// Files is the TLS of a server. It is a collector of metrics.
type Files struct {
	config  Config
	current atomic.Pointer[material]
	broken  atomic.Bool // what is in the files now does not count
	metrics metrics
	cancel  context.CancelFunc
	stopped chan struct{}

	judged, seen reading // of run alone
	told         string  // what was wrong with what was judged; of run alone
}

// Open reads the files, which have to be in order, and begins to keep watch: close it.
func Open(cfg Config) (*Files, error) {
	if cfg.CertFile == "" || cfg.KeyFile == "" {
		return nil, errors.New("a certificate and its key are required")
	}
	if cfg.RequireClient && cfg.ClientCAFile == "" {
		return nil, errors.New("certificates of clients are required, and no authority is trusted to issue them")
	}
	if cfg.Refresh == 0 {
		cfg.Refresh = DefaultRefresh
	}
	if cfg.Refresh < 0 {
		return nil, errors.New("the time between readings must not be negative")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	f := &Files{config: cfg, metrics: newMetrics(), stopped: make(chan struct{})}
	r, m, err := cfg.read()
	if err != nil {
		return nil, err
	}
	f.judged, f.seen = r, r
	f.current.Store(m)
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	go f.run(ctx)
	return f, nil
}

// Close stops to keep watch, and waits for it.
func (f *Files) Close() error {
	f.cancel()
	<-f.stopped
	return nil
}

// TLS is the configuration of a server, which gives each new connection what counts
// then.
func (f *Files) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return f.current.Load().config(f.config.RequireClient), nil
		},
	}
}

// run reads the files again and again.
func (f *Files) run(ctx context.Context) {
	defer close(f.stopped)
	tick := time.NewTicker(f.config.Refresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.look()
		}
	}
}

// look reads the files once, and judges what it has seen twice: a certificate and its
// key are two files, which do not change at the same time. What is not in order is judged
// again at each look: a certificate that is not good yet may become so.
func (f *Files) look() {
	r, m, err := f.config.read()
	if r == f.judged && !f.broken.Load() || r != f.seen {
		f.seen = r
		return
	}
	again := r == f.judged
	f.judged = r
	f.broken.Store(err != nil)
	if err == nil {
		f.told = ""
		f.use(m)
		return
	}
	if again && f.told == err.Error() {
		return
	}
	f.told = err.Error()
	f.config.Logger.Warn("some of the files of TLS cannot be used; what was in those before goes on to count", "error", err)
	if before := f.current.Load(); !m.or(before).same(before) {
		f.use(m)
	}
}

// use makes the material count.
func (f *Files) use(m *material) {
	f.current.Store(m)
	f.config.Logger.Info("another certificate or other authorities count", "certificate_expires", m.expires, "authorities", m.authorities)
}
