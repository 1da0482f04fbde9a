package ldap

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jimlambrt/gldap"

	"github.com/forseti-pdp/forseti/internal/faultproxy"
	"github.com/forseti-pdp/forseti/pip"
)

// Connections are used again, and not more of them are open than there may be.
func TestPool(t *testing.T) {
	d := running(t)
	cfg := roles(d.url)
	cfg.MaxConnections = 3
	p := provider(t, cfg)
	for range 10 {
		wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	}
	if _, conns := d.asked(); conns != 1 {
		t.Errorf("one question at a time: got %d connections, want 1", conns)
	}
	var now, most atomic.Int64
	d.setAnswer(func(*gldap.ResponseWriter, *gldap.Request, *gldap.SearchMessage) bool {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(2 * time.Millisecond)
		now.Add(-1)
		return false
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for _, user := range []string{"alice", "bob", "nobody"} {
				if _, err := p.Fetch(t.Context(), ask(user)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, conns := d.asked(); conns != 3 || most.Load() != 3 {
		t.Errorf("got %d connections and %d searches at a time, want 3 and 3", conns, most.Load())
	}
}

// A question waits for a connection within its own time.
func TestPoolWaits(t *testing.T) {
	d := running(t)
	release, held := make(chan struct{}), make(chan struct{}, 1)
	d.setAnswer(func(*gldap.ResponseWriter, *gldap.Request, *gldap.SearchMessage) bool {
		held <- struct{}{}
		<-release
		return false
	})
	cfg := roles(d.url)
	cfg.MaxConnections = 1
	p := provider(t, cfg)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := p.Fetch(t.Context(), ask("alice")); err != nil {
			t.Error(err)
		}
	})
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := p.Fetch(ctx, ask("bob"))
	wantOutcome(t, err, pip.OutcomeTimeout)
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err = p.Fetch(ctx, ask("bob"))
	wantOutcome(t, err, pip.OutcomeCanceled)
	close(release)
	wg.Wait()
	if searches, _ := d.asked(); len(searches) != 1 {
		t.Errorf("got %d searches, want 1", len(searches))
	}
}

// After a restart of the server one question fails at most, however many
// connections there were.
func TestReconnect(t *testing.T) {
	d := running(t)
	proxy, err := faultproxy.New(strings.TrimPrefix(d.url, "ldap://"), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	p := provider(t, roles("ldap://"+proxy.Addr()))
	d.setAnswer(func(*gldap.ResponseWriter, *gldap.Request, *gldap.SearchMessage) bool {
		time.Sleep(5 * time.Millisecond)
		return false
	})
	for range 5 {
		var wg sync.WaitGroup
		for range DefaultMaxConnections {
			wg.Go(func() {
				if _, err := p.Fetch(t.Context(), ask("bob")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, f := range []faultproxy.Fault{{Kind: faultproxy.Refuse}, {}} {
			if err := proxy.Set(f); err != nil {
				t.Fatal(err)
			}
		}
		failed := 0
		for range 2 * DefaultMaxConnections {
			if _, err := p.Fetch(t.Context(), ask("bob")); err != nil {
				failed++
			}
		}
		if failed > 1 {
			t.Errorf("%d questions failed", failed)
		}
	}
}

// A connection that was idle for too long is not used again.
func TestMaxIdle(t *testing.T) {
	d := running(t)
	cfg := roles(d.url)
	cfg.MaxIdle = time.Nanosecond
	p := provider(t, cfg)
	for range 3 {
		wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	}
	if _, conns := d.asked(); conns != 3 {
		t.Errorf("got %d connections, want 3", conns)
	}
}

// Close ends what is under way, and all that comes later.
func TestClose(t *testing.T) {
	held := make(chan struct{}, 2)
	url := scripted(t, func(c net.Conn) {
		if _, ok := next(c); ok {
			held <- struct{}{}
			_, _ = next(c)
		}
	})
	p := provider(t, roles(url))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			_, err := p.Fetch(t.Context(), ask("alice"))
			wantOutcome(t, err, pip.OutcomeUnavailable)
		})
	}
	<-held
	<-held
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	_, err := p.Fetch(t.Context(), ask("alice"))
	wantOutcome(t, err, pip.OutcomeUnavailable)

	// While it connects.
	silent := scripted(t, func(c net.Conn) { held <- struct{}{}; _, _ = next(c); _, _ = next(c) })
	cfg := roles(silent)
	cfg.Bind = Bind{DN: "cn=forseti", PasswordFile: write(t, t.TempDir(), "password", "x")}
	cfg.ConnectTimeout = time.Hour
	q := provider(t, cfg)
	wg.Go(func() {
		_, err := q.Fetch(t.Context(), ask("alice"))
		wantOutcome(t, err, pip.OutcomeUnavailable)
	})
	<-held
	if err := q.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// A directory that is down does not keep the source from being made, and is
// found when it is there.
func TestStartsLater(t *testing.T) {
	d := &directory{entries: people()}
	address := freeAddress(t)
	p := provider(t, roles("ldap://"+address))
	_, err := p.Fetch(t.Context(), ask("bob"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
	d.bound, d.conns = make(map[int]bool), make(map[int]bool)
	if _, ok := d.try(t, address, nil, nil); !ok {
		t.Skip("somebody else took the port")
	}
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	// The server is stopped first and waits for the connections to end.
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
