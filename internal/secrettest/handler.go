package secrettest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
)

// Logger is a logger of each level that fails the test if anything that is planted, or
// known by its form, is logged. What is logged goes nowhere else.
func Logger(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(Planted().Handler(t, nil))
}

// Handler is a slog.Handler of each level that fails the test if any of it is logged. Keep,
// if not nil, gets what is logged, as text.
func (p *Plants) Handler(t testing.TB, keep io.Writer) slog.Handler {
	t.Helper()
	out := &output{plants: p, keep: keep}
	// A service may log when the test has ended: then nobody can be told.
	t.Cleanup(func() {
		out.mu.Lock()
		defer out.mu.Unlock()
		for _, found := range out.found {
			t.Errorf("the log tells %s", found)
		}
	})
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	return both{slog.NewTextHandler(out, options), slog.NewJSONHandler(&output{plants: p, to: out}, options)}
}

// output checks what is written.
type output struct {
	plants *Plants
	to     *output // who keeps what was found; nil: this one

	mu    sync.Mutex
	keep  io.Writer
	found []string
}

// Write makes output an io.Writer.
func (o *output) Write(text []byte) (int, error) {
	found, keep := o.plants.Find(string(text)), o.keep
	if o.to != nil {
		o = o.to // which has the other form of it already
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.found = append(o.found, found...)
	if keep != nil {
		return keep.Write(text)
	}
	return len(text), nil
}

// both is a handler of two: what one form hides, the other may show.
type both [2]slog.Handler

// Enabled is true for each level.
func (both) Enabled(context.Context, slog.Level) bool { return true }

// Handle gives the record to both.
func (b both) Handle(ctx context.Context, r slog.Record) error {
	return errors.Join(b[0].Handle(ctx, r.Clone()), b[1].Handle(ctx, r.Clone()))
}

// WithAttrs has the attributes in all that follows.
func (b both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{b[0].WithAttrs(attrs), b[1].WithAttrs(attrs)}
}

// WithGroup has the group in all that follows.
func (b both) WithGroup(name string) slog.Handler {
	return both{b[0].WithGroup(name), b[1].WithGroup(name)}
}
