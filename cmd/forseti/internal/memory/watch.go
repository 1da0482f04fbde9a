package memory

import (
	"context"
	"log/slog"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// Level is how much memory is left.
type Level int32

// The levels.
const (
	Enough Level = iota
	Short        // what takes much should wait
	Out          // everything should
)

// String is the level in a word.
func (l Level) String() string {
	switch l {
	case Enough:
		return "enough"
	case Short:
		return "short"
	case Out:
		return "out"
	default:
		return "unknown"
	}
}

// The watermarks, in hundredths of the limit: where a level begins, and how far below
// that use has to fall for it to end.
const (
	shortFrom = 75
	outFrom   = 90
	until     = 5
)

const (
	interval = 100 * time.Millisecond // between two looks
	collect  = time.Second            // between two collections while memory is short
)

// Watch watches how much memory is in use. It is made by NewWatch.
type Watch struct {
	limit  int64
	logger *slog.Logger
	used   func() int64
	level  atomic.Int32
}

// NewWatch makes a watch. Without a limit there is always enough.
func NewWatch(limit Limit, logger *slog.Logger) *Watch {
	return &Watch{limit: limit.Heap, logger: logger, used: Used}
}

// Level is how much is left, as of the last look. It is safe for concurrent use.
func (w *Watch) Level() Level { return Level(w.level.Load()) }

// Used is how much memory is in use that collecting garbage does not give back: what
// was alive on the heap when it was last collected, and the stacks, in bytes.
func Used() int64 {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	used := int64(0)
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			used += int64(s.Value.Uint64()) //nolint:gosec // no heap has 2^63 bytes
		}
	}
	return used
}

// Run looks until the context ends. While memory is short it has garbage collected now
// and then: who is refused leaves none behind, so that nobody would notice that what was
// in use is not any more.
func (w *Watch) Run(ctx context.Context) {
	if w.limit <= 0 {
		return
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	collected := time.Now()
	for {
		w.look()
		if w.Level() != Enough && time.Since(collected) >= collect {
			runtime.GC()
			collected = time.Now()
			w.look()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look finds the level.
func (w *Watch) look() {
	used := w.used()
	before := w.Level()
	now := after(before, used, w.limit)
	if now == before {
		return
	}
	w.level.Store(int32(now))
	level := slog.LevelInfo
	if now > before {
		level = slog.LevelWarn
	}
	w.logger.Log(context.Background(), level, "memory", "level", now.String(), "before", before.String(), "used", used, "limit", w.limit)
}

// after is the level that follows on another. It goes up at a watermark, and down only
// well below it.
func after(before Level, used, limit int64) Level {
	reached := func(percent int64) bool { return used >= limit/100*percent }
	switch {
	case reached(outFrom), before == Out && reached(outFrom-until):
		return Out
	case reached(shortFrom), before != Enough && reached(shortFrom-until):
		return Short
	default:
		return Enough
	}
}
