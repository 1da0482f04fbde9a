package jwks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/token/tokentest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host answers for the host of the keys, without a network, so that time can be
// that of a synctest bubble.
type host struct {
	mu     sync.Mutex
	body   []byte
	status int
	err    error
	delay  time.Duration
	asked  int
}

// RoundTrip answers with the body.
func (h *host) RoundTrip(request *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.asked++
	body, status, err, delay := h.body, h.status, h.err, h.delay
	h.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body)), Request: request}, nil
}

// serve sets what the host answers from now on.
func (h *host) serve(body []byte, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.body, h.err = body, err
}

// count is how often the host was asked.
func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

// open opens a cache of the host, which the test closes.
func open(t *testing.T, h *host, change func(*Config)) *Cache {
	t.Helper()
	cfg := Config{URL: "https://issuer.test/jwks", Transport: h}
	if change != nil {
		change(&cfg)
	}
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// has reports whether the cache has a key now.
func has(c *Cache, kid string) bool {
	s, err := c.Current()
	if err != nil {
		return false
	}
	_, ok := s.Key(kid)
	return ok
}

// A machine that slept has a monotonic clock that stood still meanwhile. Keys grow too
// old all the same, and are read again for whoever misses them.
func TestCacheAgesWhileTheMachineSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &host{body: tokentest.Set(tokentest.NewKey("a", "ES256"))}, nil)
		synctest.Wait()
		slept := *c.current.Load()
		for _, test := range []struct {
			asleep time.Duration
			want   error
		}{{DefaultMaxStale - time.Minute, nil}, {DefaultMaxStale + time.Minute, ErrStale}} {
			k := slept
			k.wall = k.wall.Add(-test.asleep)
			c.current.Store(&k)
			if _, err := c.Current(); !errors.Is(err, test.want) {
				t.Errorf("got %v after a sleep of %v, want %v", err, test.asleep, test.want)
			}
		}
		if err := c.Renew(t.Context()); err != nil || !has(c, "a") {
			t.Errorf("got %v and no key, want the key after another reading", err)
		}
	})
}

// A key that the issuer took back while the machine slept counts for half a minute at most
// when it is awake again, and not until a timer ends that stood still.
func TestCacheReadsAgainAfterTheMachineSlept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tokentest.NewKey("a", "ES256"), tokentest.NewKey("b", "ES256")
		h := &host{body: tokentest.Set(a, b)}
		c := open(t, h, nil)
		synctest.Wait()
		h.serve(tokentest.Set(b), nil)
		time.Sleep(time.Minute)
		if !has(c, "a") {
			t.Error("got a reading before it is due")
		}
		slept := *c.current.Load()
		slept.wall = slept.wall.Add(-time.Hour)
		c.current.Store(&slept)
		time.Sleep(nap)
		synctest.Wait()
		if has(c, "a") || !has(c, "b") {
			t.Error("got no reading after the machine slept for an hour")
		}
	})
}

func TestCacheReadsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &host{body: tokentest.Set(tokentest.NewKey("a", "ES256")), delay: time.Second}, nil)
		if _, err := c.Current(); !errors.Is(err, ErrNever) {
			t.Errorf("got %v before the first reading, want %v", err, ErrNever)
		}
		if err := c.Renew(t.Context()); err != nil || !has(c, "a") {
			t.Errorf("got %v and no key, want the key after the first reading", err)
		}
	})
}

func TestCacheDropsAKeyAtTheNextRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tokentest.NewKey("a", "ES256"), tokentest.NewKey("b", "ES256")
		h := &host{body: tokentest.Set(a, b)}
		c := open(t, h, nil)
		synctest.Wait()
		if !has(c, "a") || !has(c, "b") {
			t.Fatal("got no keys")
		}
		h.serve(tokentest.Set(b), nil)
		time.Sleep(DefaultURLRefresh + time.Second)
		if has(c, "a") || !has(c, "b") {
			t.Error("a key that was dropped still counts")
		}
		h.serve(set(), nil) // a set without keys says that there are none
		time.Sleep(DefaultURLRefresh + time.Second)
		if has(c, "b") {
			t.Error("a key that was dropped still counts")
		}
	})
}

func TestCacheRefreshesBeforeTheEndWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{body: tokentest.Set(tokentest.NewKey("a", "ES256"))}
		open(t, h, nil)
		last, began := 0, time.Now()
		pauses := make(map[time.Duration]bool)
		for len(pauses) < 20 {
			time.Sleep(time.Second)
			if n := h.count(); n != last {
				pause := time.Since(began).Round(time.Second)
				if last > 0 && (pause < DefaultURLRefresh*9/10-time.Second || pause > DefaultURLRefresh+time.Second) {
					t.Fatalf("got a pause of %v, want 90 to 100 %% of %v", pause, DefaultURLRefresh)
				}
				pauses[pause] = true
				last, began = n, time.Now()
			}
			if last > 200 {
				t.Fatalf("got %d different pauses in %d readings, want jitter", len(pauses), last)
			}
		}
	})
}

// TestCacheOutage is 24 hours without the host of the keys, and an hour more.
func TestCacheOutage(t *testing.T) {
	garbage := []struct {
		name string
		host func(h *host)
	}{
		{"refused", func(h *host) { h.err = errors.New("connection refused") }},
		{"hanging", func(h *host) { h.delay = time.Hour }},
		{"status 503", func(h *host) { h.status = http.StatusServiceUnavailable }},
		{"status 204", func(h *host) { h.status, h.body = http.StatusNoContent, nil }},
		{"page", func(h *host) { h.body = []byte("<html><body>sorry</body></html>") }},
		{"nothing", func(h *host) { h.body = nil }},
		{"half", func(h *host) { h.body = h.body[:len(h.body)/2] }},
		{"twice", func(h *host) { h.body = []byte(`{"keys":[],"keys":[]}`) }},
	}
	for _, test := range garbage {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := tokentest.Set(tokentest.NewKey("a", "ES256"))
				h := &host{body: good}
				c := open(t, h, nil)
				synctest.Wait()
				began := time.Now()
				h.mu.Lock()
				test.host(h)
				h.mu.Unlock()
				for time.Since(began) < DefaultMaxStale {
					if !has(c, "a") {
						t.Fatalf("got no key after %v of outage, want the last good one", time.Since(began))
					}
					time.Sleep(time.Minute)
				}
				time.Sleep(time.Hour)
				if _, err := c.Current(); !errors.Is(err, ErrStale) {
					t.Errorf("got %v after %v of outage, want %v", err, time.Since(began), ErrStale)
				}
				if s := c.Status(); s.Failures == 0 || s.Keys != 1 || !s.Read.Equal(began) {
					t.Errorf("got status %+v, want failures, one key, and the time of the last good reading", s)
				}
				h.mu.Lock()
				h.delay, h.err, h.status, h.body = 0, nil, 0, good
				h.mu.Unlock()
				time.Sleep(lastRetry + DefaultTimeout + time.Second)
				if !has(c, "a") || c.Status().Failures != 0 {
					t.Error("got no key after the outage")
				}
			})
		})
	}
}

func TestCacheRetriesSoonAndThenSlower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{err: errors.New("refused")}
		open(t, h, nil)
		time.Sleep(10 * time.Second)
		if n := h.count(); n < 4 || n > 6 {
			t.Errorf("got %d readings in the first 10 s, want 1+2+4 s between them", n)
		}
		time.Sleep(time.Hour)
		if n := h.count(); n < 120 || n > 145 {
			t.Errorf("got %d readings in an hour, want one every %v", n, lastRetry)
		}
	})
}

// TestRenewIsRare has a million made-up kids ask for keys in ten minutes.
func TestRenewIsRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{body: tokentest.Set(tokentest.NewKey("a", "ES256"))}
		c := open(t, h, func(cfg *Config) { cfg.Refresh = DefaultMaxStale })
		synctest.Wait()
		before := h.count()
		for range 600 {
			for range 1667 {
				if err := c.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
		}
		if n := h.count() - before; n < 15 || n > 20 {
			t.Errorf("got %d readings on demand in 10 min, want 20 at most", n)
		}
	})
}

func TestRenewIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{body: tokentest.Set(tokentest.NewKey("a", "ES256"))}
		c := open(t, h, nil)
		synctest.Wait()
		h.mu.Lock()
		h.delay, h.body = time.Second, tokentest.Set(tokentest.NewKey("b", "ES256"))
		h.mu.Unlock()
		before := h.count()
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if err := c.Renew(t.Context()); err != nil || !has(c, "b") {
					t.Errorf("got %v, want the new key", err)
				}
			})
		}
		wg.Wait()
		if n := h.count() - before; n != 1 {
			t.Errorf("got %d readings for 1000 callers, want 1", n)
		}
	})
}

func TestRenewEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &host{delay: time.Hour}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := c.Renew(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v, want the end of the context after 1s", err, time.Since(began))
		}
	})
}

func TestRenewAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &host{delay: time.Hour}, nil)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.Renew(t.Context()); err != nil {
			t.Errorf("got %v, want to be let go", err)
		}
	})
}

func TestCacheKeepsTheSetThatDidNotChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{body: tokentest.Set(tokentest.NewKey("a", "ES256"))}
		c := open(t, h, nil)
		synctest.Wait()
		before, err := c.Current()
		if err != nil {
			t.Fatal(err)
		}
		read := c.Status().Read
		time.Sleep(10 * DefaultURLRefresh)
		if after, err := c.Current(); err != nil || after != before {
			t.Errorf("got another set and error %v, want the same", err)
		}
		if !c.Status().Read.After(read) {
			t.Error("the set was not read again")
		}
	})
}

func TestCacheLogsNeitherAddressNorKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		h := &host{body: tokentest.Set(tokentest.NewKey("key-name", "ES256"), tokentest.NewKey("twin", "ES256"), tokentest.NewKey("twin", "ES256"))}
		c := open(t, h, func(cfg *Config) {
			cfg.URL += "?code=hunter2"
			cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		})
		synctest.Wait()
		h.serve(nil, errors.New("refused"))
		time.Sleep(DefaultURLRefresh)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		text := log.String()
		for _, want := range []string{"keys=1", "duplicate:2", "refused", "failures=1"} {
			if !strings.Contains(text, want) {
				t.Errorf("got log %q, want %q in it", text, want)
			}
		}
		for _, secret := range []string{"hunter2", "issuer.test", "key-name"} {
			if strings.Contains(text, secret) {
				t.Errorf("got log %q with %q", text, secret)
			}
		}
	})
}

func TestCacheOfFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.json")
	write := func(data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write([]byte(`{"keys":`))
	if _, err := Open(Config{File: name}); err == nil {
		t.Error("got a cache of half a file, want an error")
	}
	write(tokentest.Set(tokentest.NewKey("a", "ES256")))
	c, err := Open(Config{File: name, Refresh: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // it has no error
	if !has(c, "a") {
		t.Error("got no key of the file")
	}
	write(tokentest.Set(tokentest.NewKey("b", "ES256")))
	eventually(t, func() bool { return has(c, "b") && !has(c, "a") })
	write([]byte(`{"keys":`)) // in the middle of being written
	eventually(t, func() bool { return c.Status().Failures > 0 })
	if !has(c, "b") {
		t.Error("got no key while the file is broken, want the last good one")
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if !has(c, "b") {
		t.Error("got no key while the file is gone, want the last good one")
	}
	write(tokentest.Set(tokentest.NewKey("c", "ES256")))
	eventually(t, func() bool { return has(c, "c") && !has(c, "b") })
}

// eventually waits until something is so.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	for began := time.Now(); !so(); time.Sleep(time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("it did not happen")
		}
	}
}
