package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/internal/secrettest"
)

// readyz is what /readyz says.
func readyz(t *testing.T, s *service) (code int, text string) {
	t.Helper()
	response, err := http.Get("http://" + s.adminListener.Addr().String() + "/readyz") //nolint:noctx // on this machine
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read-only
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, strings.TrimSpace(string(body))
}

// within waits until something is so.
func within(t *testing.T, limit time.Duration, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// requiring makes a source of a service at the URL required at the start.
func requiring(url string) func(*config.Config) {
	return func(c *config.Config) {
		c.Sources = append(c.Sources, config.Source{
			Name: "register", Kind: config.KindHTTP, RequiredAtStart: true,
			Needs:    []config.Need{{Name: "user", Attribute: "urn:altinn:userid"}},
			HTTP:     &config.HTTP{URL: url + "/users/{user}", Health: "/healthz"},
			Provides: []config.Provided{{Attribute: "urn:altinn:rolecode", From: []string{"$.roles[*]"}}},
		})
	}
}

// TestReady_RequiredSource: the service is ready when what is required was reached
// once, and stays so although it goes down again.
func TestReady_RequiredSource(t *testing.T) {
	var well atomic.Bool
	register := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" || !well.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer register.Close()
	s := startService(t, requiring(register.URL))
	time.Sleep(200 * time.Millisecond) // some attempts
	if code, text := readyz(t, s); code != http.StatusServiceUnavailable || text != "not reached yet: source register" {
		t.Errorf("got %d %q", code, text)
	}
	if got := s.status(); got.Ready || len(got.Missing) != 1 || got.Missing[0] != "source register" {
		t.Errorf("got %+v", got)
	}
	if got := gauge(t, s, "forseti_ready"); got != 0 {
		t.Errorf("got forseti_ready %v", got)
	}
	well.Store(true)
	within(t, 5*time.Second, "ready", s.ready)
	if code, text := readyz(t, s); code != http.StatusOK || text != "ready" {
		t.Errorf("got %d %q", code, text)
	}
	if got := gauge(t, s, "forseti_ready"); got != 1 {
		t.Errorf("got forseti_ready %v", got)
	}
	well.Store(false)
	register.CloseClientConnections()
	time.Sleep(200 * time.Millisecond)
	if !s.ready() || len(s.status().Missing) != 0 {
		t.Error("a source that went down later took the service out")
	}
}

// TestReady_StartWait: where that is configured, what is required is waited for only
// so long.
func TestReady_StartWait(t *testing.T) {
	s := startService(t, func(c *config.Config) {
		requiring("http://127.0.0.1:1")(c)
		c.Server.StartWait = 100 * time.Millisecond
	})
	within(t, 5*time.Second, "ready without", s.ready)
	if got := s.status().Missing; len(got) != 1 {
		t.Errorf("got missing %q, want the source all the same", got)
	}
}

// gauge is the value of a metric without labels.
func gauge(t *testing.T, s *service, name string) float64 {
	t.Helper()
	for _, f := range gather(t, s.registry) {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func gather(t *testing.T, registry *prometheus.Registry) []*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// TestReady_KeysOfCallers: a service whose callers show who they are by tokens is not
// ready before it has keys to check one.
func TestReady_KeysOfCallers(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String() + "/jwks"
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := startService(t, func(c *config.Config) {
		c.Server.Authentication.Mode = "token"
		c.Server.Authentication.Issuers = []config.CallerIssuer{{
			As: "platform", Claim: "sub", Name: "https://callers.example", Audiences: []string{"forseti"}, Algorithms: []string{"ES256"},
			Keys: config.Keys{URL: url}, RequiredAtStart: true,
		}}
	})
	time.Sleep(100 * time.Millisecond)
	want := `not reached yet: keys of the issuer "https://callers.example" of callers, keys of an issuer of callers`
	if got := s.unready(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestBegin_Signal: a signal ends the start, whether the start heeds it or not.
func TestBegin_Signal(t *testing.T) {
	heeds := func(ctx context.Context) (*service, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	release := make(chan struct{})
	defer close(release)
	hangs := func(context.Context) (*service, error) {
		<-release
		return nil, errors.New("too late")
	}
	tests := []struct {
		name     string
		create   func(context.Context) (*service, error)
		signals  []os.Signal
		patience time.Duration
		most     time.Duration
	}{
		{"heeded", heeds, []os.Signal{syscall.SIGTERM}, time.Hour, 2 * time.Second},
		{"not heeded", hangs, []os.Signal{syscall.SIGTERM}, 100 * time.Millisecond, 2 * time.Second},
		{"twice", hangs, []os.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT}, time.Hour, 2 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signals := make(chan os.Signal, len(test.signals))
			for _, signal := range test.signals {
				signals <- signal
			}
			began := time.Now()
			s, err := begin(t.Context(), signals, secrettest.Logger(t), test.patience, test.create)
			if s != nil || err != nil {
				t.Errorf("got %v and %v, want nothing", s, err)
			}
			if took := time.Since(began); took > test.most {
				t.Errorf("took %s", took)
			}
		})
	}
	if _, err := begin(t.Context(), nil, nil, 0, func(context.Context) (*service, error) { return nil, io.EOF }); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the error of the start", err)
	}
}

// TestStop_EndsInTime: whatever hangs, the service ends at shutdown_timeout, or a second
// after another signal; and what waits to be written has its time in any case.
func TestStop_EndsInTime(t *testing.T) {
	tests := []struct {
		name    string
		timeout time.Duration
		again   bool // another signal
		hang    func(s *service, until <-chan struct{})
		most    time.Duration
	}{
		{"nothing", 30 * time.Second, false, func(*service, <-chan struct{}) {}, 5 * time.Second},
		{"a part", time.Second, false, func(s *service, until <-chan struct{}) {
			s.closers = append(s.closers, func() error { <-until; return nil })
		}, 1500 * time.Millisecond},
		{"a write", time.Second, false, func(s *service, until <-chan struct{}) {
			s.flushes = append(s.flushes, func(context.Context) error { <-until; return nil })
		}, 1500 * time.Millisecond},
		{"a part, and another signal", time.Minute, true, func(s *service, until <-chan struct{}) {
			s.closers = append(s.closers, func() error { <-until; return nil })
		}, atOnce + 500*time.Millisecond},
		{"the wait, and another signal", time.Minute, true, func(s *service, _ <-chan struct{}) {
			s.config.Server.ShutdownWait = 50 * time.Second
		}, atOnce + 500*time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			started := startService(t, nil)
			c := *started.config
			c.Server.ShutdownTimeout = test.timeout
			s, err := newService(t.Context(), &c, started.logger)
			if err != nil {
				t.Fatal(err)
			}
			var written atomic.Bool
			s.flushes = append(s.flushes, func(context.Context) error {
				written.Store(true)
				return nil
			})
			until := make(chan struct{})
			defer close(until)
			test.hang(s, until)
			signals := make(chan os.Signal, 2)
			ended := make(chan error, 1)
			go func() { ended <- s.run(context.Background(), signals) }()
			within(t, 5*time.Second, "ready", s.ready)
			began := time.Now()
			signals <- syscall.SIGTERM
			if test.again {
				within(t, time.Second, "stopping", s.stopping.Load)
				time.Sleep(100 * time.Millisecond)
				signals <- syscall.SIGINT
			}
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(test.most):
				t.Fatalf("did not end in %s", test.most)
			}
			t.Logf("ended after %s", time.Since(began).Round(time.Millisecond))
			if !written.Load() {
				t.Error("what waited was not written")
			}
		})
	}
}
