package memory

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The levels begin at their watermarks and end well below them.
func TestAfter_LevelsEndWellBelowWhereTheyBegin(t *testing.T) {
	const limit = 1000
	before := Enough
	for i, test := range []struct {
		used int64
		want Level
	}{
		{0, Enough},
		{749, Enough},
		{750, Short},
		{749, Short},
		{700, Short},
		{699, Enough},
		{749, Enough},
		{900, Out},
		{899, Out},
		{850, Out},
		{849, Short},
		{899, Short},
		{2000, Out},
		{700, Short}, // from out to short, where that goes on
		{1000, Out},
		{699, Enough},
	} {
		now := after(before, test.used, limit)
		if now != test.want {
			t.Errorf("%d: at %d after %s: got %s, want %s", i, test.used, before, now, test.want)
		}
		before = now
	}
}

// A watch sees what changes, says so once, and ends with its context.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var used atomic.Int64
		var log bytes.Buffer
		w := NewWatch(Limit{Heap: 1000}, slog.New(slog.NewTextHandler(&log, nil)))
		w.used = used.Load
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.Run(ctx); close(done) }()
		for _, test := range []struct {
			used int64
			want Level
		}{{100, Enough}, {800, Short}, {950, Out}, {10, Enough}} {
			used.Store(test.used)
			time.Sleep(2 * interval)
			if got := w.Level(); got != test.want {
				t.Errorf("%d in use: got %s, want %s", test.used, got, test.want)
			}
		}
		cancel()
		<-done
		if n := strings.Count(log.String(), "\n"); n != 3 || strings.Count(log.String(), "WARN") != 2 {
			t.Errorf("got %d lines:\n%s", n, &log)
		}
	})
}

func TestWatch_WithoutLimit(t *testing.T) {
	w := NewWatch(Limit{}, slog.New(slog.DiscardHandler))
	w.Run(t.Context()) // ends
	if got := w.Level(); got != Enough {
		t.Errorf("got %s, want enough", got)
	}
}

// While memory is short, what is not in use any more is found out about, although
// nobody leaves garbage.
func TestWatch_Collects(t *testing.T) {
	held := make([][]byte, 1)
	held[0] = make([]byte, 64<<20)
	runtime.GC()
	with := Used()
	if with < 64<<20 {
		t.Fatalf("got %d in use, want 64 MiB at least", with)
	}
	w := NewWatch(Limit{Heap: with}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { w.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	for end := time.Now().Add(10 * time.Second); w.Level() != Out; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was not found that memory is short")
		}
	}
	held[0] = nil
	for end := time.Now().Add(10 * time.Second); w.Level() != Enough; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was not found that memory is there again")
		}
	}
	runtime.KeepAlive(held)
}
