package restart

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler/client"
	"github.com/forseti-pdp/forseti/internal/programme/harness"
)

// TestRollingRestart is T13: instances are restarted one after the other, as a roll-out
// does, and every fourth one is killed instead. No question fails.
func TestRollingRestart(t *testing.T) {
	configuration, authority, caller := secured(t)
	tests := []struct {
		name      string
		instances int
		config    string
		client    client.Config
	}{
		{"two instances", 2, "", client.Config{Insecure: true}},
		{"three instances, TLS, with a wait", 3, strings.Replace(configuration, "server:\n", "server:\n  shutdown_wait: 200ms\n", 1), client.Config{
			TLS: &tls.Config{RootCAs: authority.Pool(), Certificates: []tls.Certificate{caller.TLS()}, MinVersion: tls.VersionTLS13},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			instances := make([]*harness.Server, test.instances)
			addresses := make([]string, test.instances)
			for i := range instances {
				instances[i] = harness.Start(t, harness.Options{Config: test.config})
				addresses[i] = instances[i].Address()
			}
			c, err := client.New(strings.Join(addresses, ","), test.client)
			must(t, err)
			t.Cleanup(func() { must(t, c.Close()) })
			a := ask(t, c)
			busy(t, a)
			restarts := 12
			if harness.Long() {
				restarts = 100
			}
			for n := range restarts {
				i := n % test.instances
				kill := n%4 == 3
				stop(t, instances[i], kill)
				time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
				instances[i] = harness.Start(t, harness.Options{Config: test.config, Listen: addresses[i]})
				// The next one goes when this one has work again.
				served(t, instances[i])
				busy(t, a)
			}
			a.report(t)
		})
	}
}

// stop ends an instance.
func stop(t *testing.T, s *harness.Server, kill bool) {
	t.Helper()
	if kill {
		s.Signal(os.Kill)
		if err := s.Wait(10 * time.Second); err == nil {
			t.Error("an instance that was killed ended in good order")
		}
		return
	}
	s.Signal(syscall.SIGTERM)
	if err := s.Wait(10 * time.Second); err != nil {
		t.Errorf("an instance ended with %v:\n%s", err, s.Log())
	}
}

// served waits until the instance has decided something.
func served(t *testing.T, s *harness.Server) {
	t.Helper()
	await(t, "questions came to a new instance", func() bool { return s.Metrics(t).Sum("forseti_decisions_total") > 0 })
}

// busy waits until some more questions were answered.
func busy(t *testing.T, a *askers) {
	t.Helper()
	end := a.total() + 100
	await(t, fmt.Sprintf("%d questions were answered", end), func() bool { return a.total() >= end })
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}
