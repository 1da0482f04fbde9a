package grpc

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

const (
	// Pauses before a watch is begun again: the first one, and the longest. A
	// watch that lasted for less than the longest one counts as failed.
	watchPause    = 100 * time.Millisecond
	watchPauseMax = 5 * time.Second

	// watchRest is the time between two calls for changes, so that a service that
	// never ends to tell of changes costs no more than a hundred calls a second.
	watchRest = 10 * time.Millisecond

	// maxInvalidations is what the contract allows in one message.
	maxInvalidations = 1000
)

// Invalidation says that answers may have changed.
type Invalidation struct {
	// Patterns are those of the questions whose answers may have changed. Nil stands
	// for all questions.
	Patterns []Pattern
}

// Pattern holds for each need, in order, the values that it may have, which are ways to
// write one value; none stands for whatever value.
type Pattern [][]value.Value

// Matches reports whether the answer to q may have changed. It fits
// [pip.Source].Forget.
func (i Invalidation) Matches(q pip.Question) bool {
	for _, pattern := range i.Patterns {
		if pattern.matches(q) {
			return true
		}
	}
	return i.Patterns == nil
}

// matches goes beyond equal values: a service may find ALICE where alice changed.
func (p Pattern) matches(q pip.Question) bool {
	for at, values := range p {
		if len(values) == 0 || at >= len(q) || q[at] == nil {
			continue
		}
		asked := q[at].String()
		if !slices.ContainsFunc(values, func(v value.Value) bool { return pip.Alike(v.String(), asked) || value.Equal(v, q[at]) }) {
			return false
		}
	}
	return true
}

// Watch calls changed for everything that the service says has changed, one call
// after the other, until ctx is done; it then returns. Each time that it has begun
// to listen, the first time included, it reports that all answers may have
// changed, because it cannot know what it missed. A watch that breaks, or is
// silent for too long, is begun again after a pause of 100 ms that grows to 5 s.
//
// A service that cannot be watched is tried again and again, and logged once.
// End the watch before the provider is closed.
func (p *Provider) Watch(ctx context.Context, changed func(Invalidation)) {
	pause, watched := watchPause, true
	for {
		start := time.Now()
		began, err := p.listen(ctx, changed)
		if ctx.Err() != nil {
			return
		}
		if watched = watched || began; watched {
			p.cfg.Logger.WarnContext(ctx, "a source is not watched: a change counts when the answers before it are forgotten in time",
				slog.String("address", p.cfg.Address), slog.String("code", status.Code(err).String()))
			watched = false
		}
		if began && time.Since(start) >= watchPauseMax {
			pause = watchPause
		}
		if !sleep(ctx, pause/2+rand.N(pause)) { // not all instances at once
			return
		}
		pause = min(2*pause, watchPauseMax)
	}
}

// sleep waits, and reports whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// listen watches until the stream ends. It reports whether it had begun.
func (p *Provider) listen(ctx context.Context, changed func(Invalidation)) (began bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(p.cfg.WatchSilence, cancel)
	defer silence.Stop()

	client := v1.NewAttributeServiceClient(p.conn)
	stream, err := client.WatchAttributes(ctx, &v1.WatchAttributesRequest{Needs: p.form.needs, Attributes: p.form.attributes})
	if err != nil {
		return false, err
	}
	for {
		m, err := stream.Recv()
		if !silence.Stop() { // what follows may take its time
			return began, status.Error(codes.DeadlineExceeded, "the service was silent for too long")
		}
		if err != nil {
			return began, err
		}
		if !began {
			began = true
			p.cfg.Logger.InfoContext(ctx, "a source is watched", slog.String("address", p.cfg.Address))
			changed(Invalidation{})
		}
		if len(m.GetInvalidations()) > 0 {
			changed(p.form.invalidation(m.GetInvalidations()))
			if !sleep(ctx, watchRest) {
				return began, ctx.Err()
			}
		}
		silence.Reset(p.cfg.WatchSilence)
	}
}

// invalidation reads what changed. What makes no sense means that something
// changed, so it stands for all answers.
func (f *form) invalidation(list []*v1.Invalidation) Invalidation {
	if len(list) > maxInvalidations {
		return Invalidation{}
	}
	patterns := make([]Pattern, len(list))
	for i, m := range list {
		pattern, ok := f.pattern(m.GetInputs())
		if !ok {
			return Invalidation{}
		}
		patterns[i] = pattern
	}
	return Invalidation{Patterns: patterns}
}

// pattern reads the inputs of an invalidation; not ok if there are none.
func (f *form) pattern(inputs []*v1.Input) (pattern Pattern, ok bool) {
	pattern = make(Pattern, len(f.needs))
	for _, in := range inputs {
		at, known := f.need(in.GetName())
		if !known || pattern[at] != nil {
			return nil, false
		}
		dataType, _ := value.TypeByID(f.needs[at].GetAttribute().GetDataType())
		v, err := pip.Parse(dataType, in.GetValue())
		if err != nil {
			return nil, false
		}
		pattern[at] = []value.Value{v}
	}
	return pattern, len(inputs) > 0
}

// need finds a need by its name.
func (f *form) need(name string) (at int, known bool) {
	for i, n := range f.needs {
		if n.GetName() == name {
			return i, true
		}
	}
	return 0, false
}
