package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// counted counts the questions that go out, and answers them after a time.
type counted struct {
	calls atomic.Int64
	takes time.Duration
	give  func(call int64, a *v1.AuthorizeResponse) error
}

func (c *counted) ask(ctx context.Context, r *Request) (*v1.AuthorizeResponse, error) {
	n := c.calls.Add(1)
	select {
	case <-ctx.Done():
		return nil, ended(ctx.Err())
	case <-time.After(c.takes):
	}
	a := permit(r.message())
	a.ReuseMilliseconds = 1000
	if c.give != nil {
		if err := c.give(n, a); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// reader asks a cache of its own. The questions are told apart by their action.
type reader struct {
	t     *testing.T
	cache *cache
	from  *counted
}

func (r *reader) get(ctx context.Context, action string) (*v1.AuthorizeResponse, bool, error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	q := question(action)
	k, ok := keyOf(ctx, "", &q)
	if !ok {
		r.t.Fatal("there is no key")
	}
	return r.cache.answer(ctx, k, &q, r.from.ask)
}

// want asks, and tells whether the answer is of an earlier question.
func (r *reader) want(action string, reused bool) {
	r.t.Helper()
	if _, got, err := r.get(r.t.Context(), action); err != nil || got != reused {
		r.t.Errorf("%s: got reused %t, %v, want %t", action, got, err, reused)
	}
}

func newReader(t *testing.T, config Reuse, from *counted) *reader {
	if config.Entries == 0 {
		config.Entries = 10
	}
	return &reader{t, newCache(config), from}
}

// An answer lives for as long as it says, and at most as long as the configuration
// says, from when its question was sent.
func TestCache_Life(t *testing.T) {
	for _, tt := range []struct {
		max, takes, life time.Duration
	}{
		{time.Minute, 0, time.Second},
		{time.Minute, 600 * time.Millisecond, 400 * time.Millisecond},
		{300 * time.Millisecond, 0, 300 * time.Millisecond},
		{300 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond},
		{time.Minute, 2 * time.Second, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newReader(t, Reuse{Max: tt.max}, &counted{takes: tt.takes})
			r.want("read", false)
			if tt.life > 0 {
				time.Sleep(tt.life - time.Millisecond)
				r.want("read", true)
				time.Sleep(time.Millisecond)
			}
			r.want("read", false)
			r.want("other", false)
		})
	}
}

// A machine that sleeps has a monotonic clock that sleeps as well: what is kept is
// old by either clock.
func TestCache_Asleep(t *testing.T) {
	from := &counted{}
	r := newReader(t, Reuse{Max: time.Hour, Entries: 10}, from)
	r.want("read", false)
	r.want("read", true)
	for _, e := range r.cache.entries {
		e.Value.(*entry).wall = time.Now().Round(0)
	}
	r.want("read", false)
}

// What a panic says may hold values of the request, and goes into no error.
func TestCache_PanicWithValues(t *testing.T) {
	_, err := recovered(t.Context(), &Request{}, func(context.Context, *Request) (*v1.AuthorizeResponse, error) { panic("person 01017012345") })
	if status.Code(errors.Unwrap(err)) != codes.Internal || strings.Contains(err.Error(), "person") {
		t.Errorf("got %v", err)
	}
}

// What does not permit it is never kept, and not for others.
func TestCache_NeverKept(t *testing.T) {
	for _, tt := range []struct {
		name string
		give func(int64, *v1.AuthorizeResponse) error
		kept bool
	}{
		{"permit", nil, true},
		{"deny", func(_ int64, a *v1.AuthorizeResponse) error { a.Decision = v1.Decision_DECISION_DENY; return nil }, true},
		{"not applicable", func(_ int64, a *v1.AuthorizeResponse) error {
			a.Decision = v1.Decision_DECISION_NOT_APPLICABLE
			return nil
		}, true},
		{"with obligations", func(_ int64, a *v1.AuthorizeResponse) error {
			a.Obligations = []*v1.Obligation{obligation("x")}
			return nil
		}, true},
		{"indeterminate", func(_ int64, a *v1.AuthorizeResponse) error {
			a.Decision = v1.Decision_DECISION_INDETERMINATE
			return nil
		}, false},
		{"indeterminate with a status", func(_ int64, a *v1.AuthorizeResponse) error {
			a.Decision, a.Status.Code = v1.Decision_DECISION_INDETERMINATE, statusPrefix+"processing-error"
			return nil
		}, false},
		{"deny with a status", func(_ int64, a *v1.AuthorizeResponse) error {
			a.Decision, a.Status.Code = v1.Decision_DECISION_DENY, statusPrefix+"processing-error"
			return nil
		}, false},
		{"stale", func(_ int64, a *v1.AuthorizeResponse) error { a.Stale = true; return nil }, false},
		{"no hint", func(_ int64, a *v1.AuthorizeResponse) error { a.ReuseMilliseconds = 0; return nil }, false},
		{"error", func(int64, *v1.AuthorizeResponse) error { return unavailable(status.Error(codes.Unavailable, "no")) }, false},
		{"panic", func(int64, *v1.AuthorizeResponse) error { panic("boom") }, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newReader(t, Reuse{Max: time.Minute}, &counted{give: tt.give})
			for range 3 {
				if _, _, err := r.get(t.Context(), "read"); err != nil && !errors.Is(err, ErrDenied) {
					t.Errorf("%s: got %v", tt.name, err)
				}
			}
			if got := r.from.calls.Load() == 1; got != tt.kept {
				t.Errorf("%s: got %d questions", tt.name, r.from.calls.Load())
			}
		})
	}
}

// The cache is bounded; those that were used last stay.
func TestCache_Bounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t, Reuse{Max: time.Minute, Entries: 3}, &counted{})
		for _, action := range []string{"a", "b", "c"} {
			r.want(action, false)
		}
		r.want("a", true)
		r.want("d", false) // in the place of b
		r.want("c", true)
		r.want("a", true)
		r.want("b", false)
		for i := range 100 {
			r.want(fmt.Sprint(i), false)
		}
		if len(r.cache.entries) != 3 || r.cache.order.Len() != 3 {
			t.Errorf("got %d entries, %d in order", len(r.cache.entries), r.cache.order.Len())
		}
	})
}

// Equal questions at the same time go out once, and the one who brought it may leave.
func TestCache_Coalescing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t, Reuse{Max: time.Minute}, &counted{takes: 100 * time.Millisecond})
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, _, err := r.get(first, "read"); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrDenied) {
				t.Errorf("who left: got %v", err)
			}
		})
		synctest.Wait()
		for range 20 {
			wg.Go(func() { r.want("read", true) })
		}
		synctest.Wait()
		leave()
		wg.Wait()
		if n := r.from.calls.Load(); n != 1 {
			t.Errorf("got %d questions", n)
		}
	})
}

// A question that everybody left ends, and nobody can join it.
func TestCache_EverybodyLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t, Reuse{Max: time.Minute}, &counted{takes: 5 * time.Second})
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { _, _, _ = r.get(ctx, "read") })
		}
		synctest.Wait()
		leave()
		wg.Wait()
		r.want("read", false)
		began := time.Now()
		r.cache.close() // does not wait for what nobody waits for
		if took := time.Since(began); took != 0 {
			t.Errorf("got %s", took)
		}
		if n := r.from.calls.Load(); n != 2 {
			t.Errorf("got %d questions", n)
		}
	})
}

// An answer that is for one is not for others, and neither is the deadline of one; an
// error is for all.
func TestCache_SharedOrNot(t *testing.T) {
	for _, tt := range []struct {
		name  string
		give  func(int64, *v1.AuthorizeResponse) error
		calls int64
		fails int64
	}{
		{"no hint", func(_ int64, a *v1.AuthorizeResponse) error { a.ReuseMilliseconds = 0; return nil }, 5, 0},
		{"indeterminate", func(_ int64, a *v1.AuthorizeResponse) error {
			a.Decision = v1.Decision_DECISION_INDETERMINATE
			return nil
		}, 5, 0},
		{"too late", func(_ int64, a *v1.AuthorizeResponse) error { a.ReuseMilliseconds = 100; return nil }, 5, 0},
		{"error", func(int64, *v1.AuthorizeResponse) error { return unavailable(status.Error(codes.Unavailable, "no")) }, 1, 5},
		{"deadline of the first", func(n int64, _ *v1.AuthorizeResponse) error {
			if n == 1 {
				return unavailable(status.Error(codes.DeadlineExceeded, "no"))
			}
			return nil
		}, 5, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newReader(t, Reuse{Max: time.Minute}, &counted{takes: 100 * time.Millisecond, give: tt.give})
			var wg sync.WaitGroup
			var fails atomic.Int64
			for range 5 {
				wg.Go(func() {
					_, another, err := r.get(t.Context(), "read")
					if err != nil {
						fails.Add(1)
					} else if another {
						t.Errorf("%s: the answer is that of another", tt.name)
					}
				})
			}
			wg.Wait()
			if n := r.from.calls.Load(); n != tt.calls || fails.Load() != tt.fails {
				t.Errorf("%s: got %d questions, %d failed", tt.name, n, fails.Load())
			}
		})
	}
}

func TestCache_Forget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t, Reuse{Max: time.Minute}, &counted{})
		for _, action := range []string{"a", "b", "c"} {
			r.want(action, false)
		}
		if n := r.cache.forget(func(r Request) bool { return r.Action == "b" && r.Subject["user-id"] == "1337" }); n != 1 {
			t.Errorf("got %d", n)
		}
		r.want("a", true)
		r.want("b", false)
		if n := r.cache.forget(nil); n != 3 {
			t.Errorf("got %d", n)
		}
		r.want("a", false)
	})
}

// What was asked before is not kept after Forget, nor given to who comes later.
func TestCache_ForgetUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t, Reuse{Max: time.Minute}, &counted{takes: 100 * time.Millisecond})
		var wg sync.WaitGroup
		wg.Go(func() { r.want("read", false) })
		synctest.Wait()
		r.cache.forget(func(Request) bool { return false })
		wg.Go(func() { r.want("read", false) })
		synctest.Wait()
		wg.Go(func() { r.want("read", true) }) // joins the second
		wg.Wait()
		if n := r.from.calls.Load(); n != 2 {
			t.Errorf("got %d questions", n)
		}
		r.want("read", true)
	})
}

// Who changes a request after the call, or looks at one that is kept, does no harm.
func TestCache_RequestIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(Reuse{Max: time.Minute, Entries: 10})
		q := question("read")
		q.SubjectToken, q.Attributes = "secret", []Attribute{{Values: []string{"a"}}}
		k, _ := keyOf(t.Context(), "", &q)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		seen := make(chan Request, 1)
		ask := func(_ context.Context, r *Request) (*v1.AuthorizeResponse, error) {
			time.Sleep(time.Millisecond)
			seen <- *r
			a := permit(nil)
			a.ReuseMilliseconds = 1000
			return a, nil
		}
		go func() { _, _, _ = c.answer(ctx, k, &q, ask) }()
		synctest.Wait()
		q.Subject["user-id"], q.Attributes[0].Values[0] = "other", "b"
		got := <-seen
		if got.Subject["user-id"] != "1337" || got.Attributes[0].Values[0] != "a" || got.SubjectToken != "secret" {
			t.Error("the question was changed")
		}
		synctest.Wait()
		c.forget(func(r Request) bool {
			if r.SubjectToken != "" || r.Subject["user-id"] != "1337" {
				t.Error("the request is not what was asked without its token")
			}
			return true
		})
	})
}

// Many ask, forget and leave at a time; no answer is older than what was forgotten.
func TestCache_Race(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var generation, forgotten atomic.Int64
		from := &counted{takes: time.Millisecond}
		r := newReader(t, Reuse{Max: time.Minute, Entries: 4}, from)
		ask := func(ctx context.Context, q *Request) (*v1.AuthorizeResponse, error) {
			now := generation.Load()
			a, err := from.ask(ctx, q)
			if err == nil {
				a.Snapshot = fmt.Sprint(now)
			}
			return a, err
		}
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for j := range 200 {
					q := question(fmt.Sprint((i + j) % 8))
					k, _ := keyOf(t.Context(), "", &q)
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+j%3)*time.Millisecond)
					least := forgotten.Load()
					a, _, err := r.cache.answer(ctx, k, &q, ask)
					cancel()
					var of int64
					if err == nil {
						_, _ = fmt.Sscan(a.GetSnapshot(), &of)
						if of < least {
							t.Errorf("got an answer of %d at %d", of, least)
						}
					}
				}
			})
		}
		for range 100 {
			time.Sleep(time.Millisecond)
			now := generation.Add(1)
			r.cache.forget(nil)
			forgotten.Store(now) // what is older must not be seen from here on
		}
		wg.Wait()
		r.cache.close()
		if len(r.cache.flights) != 0 {
			t.Errorf("%d flights are left", len(r.cache.flights))
		}
	})
}

// With a service: it is asked once, its sources are, and each use carries out the
// obligations.
func TestReuse(t *testing.T) {
	i := start(t)
	c := connect(t, i.address, func(c *Config) { c.Reuse.Max = time.Minute })
	off := connect(t, i.address, nil)
	authorize := func(ctx context.Context, c *Client, r Request, reused bool) {
		t.Helper()
		d, err := c.Authorize(ctx, r)
		if err != nil || d.Reused() != reused {
			t.Errorf("got reused %t, %v, want %t", d.Reused(), err, reused)
		}
	}
	authorize(within(t), c, question("ask"), false)
	authorize(within(t), c, question("ask"), true)
	if n := i.asked.Load(); n != 1 {
		t.Errorf("the source was asked %d times", n)
	}
	authorize(within(t), off, question("ask"), false)
	authorize(within(t), off, question("ask"), false)
	authorize(metadata.AppendToOutgoingContext(within(t), "authorization", "me"), c, question("ask"), false)
	other := question("ask")
	other.Subject["user-id"] = "1338"
	authorize(within(t), c, other, false)
	authorize(within(t), c, question("lack"), false)
	authorize(within(t), c, question("lack"), false)

	var done []string
	for range 3 {
		if err := c.Enforce(within(t), question("log"), understanding(&done)); err != nil {
			t.Error(err)
		}
	}
	if len(done) != 3 {
		t.Errorf("the obligation was carried out %d times", len(done))
	}
	if n := c.Forget(func(r Request) bool { return r.Subject["user-id"] == "1338" }); n != 1 {
		t.Errorf("got %d forgotten", n)
	}
	authorize(within(t), c, other, false)
	authorize(within(t), c, question("ask"), true)
	if n := off.Forget(nil); n != 0 {
		t.Errorf("got %d forgotten of none", n)
	}
	large := question("read")
	large.Resource = map[string]string{"urn:test:large": string(make([]byte, maxKept))}
	authorize(within(t), c, large, false)
	authorize(within(t), c, large, false)
}
