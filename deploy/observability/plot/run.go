package main

import (
	"context"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/deploy/observability/lab"
)

// act is what is done at a time of the run.
type act struct {
	from, to float64 // seconds; what is done at from ends at to
	what     string  // in the pictures; empty if it is not told
	begin    func(ctx context.Context) error
	end      func(ctx context.Context) error
}

// length of the run, in seconds.
const length = 330.0

// acts are the troubles of a run.
func acts(l *lab.Lab, callers *lab.Callers) []act {
	trouble := func(t lab.Trouble) func(context.Context) error {
		return func(context.Context) error { l.Trouble(t); return nil }
	}
	return []act{
		{50, 95, "a policy is broken", func(context.Context) error { return l.BreakPolicies() }, func(context.Context) error { return l.MendPolicies(0, 1) }},
		{110, 110, "", func(context.Context) error { return l.MendPolicies(1, 1) }, nil}, // the other instance follows
		{130, 175, "a source fails", trouble(lab.Failing), trouble(lab.None)},
		{200, 245, "overload, and the source is slow", func(ctx context.Context) error {
			l.Trouble(lab.Slow)
			flood, cancel := context.WithTimeout(ctx, 45*time.Second)
			defer cancel()
			callers.Flood(flood, 100)
			return nil
		}, trouble(lab.None)},
		{280, 280, "forseti-b is restarted", l.Restart, nil},
	}
}

// perform runs the acts, with callers all the time, more and fewer of them.
func perform(ctx context.Context, l *lab.Lab) (time.Time, []Event, error) {
	callers, err := l.Callers()
	if err != nil {
		return time.Time{}, nil, err
	}
	defer callers.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	start := time.Now()
	var events []Event
	for _, a := range acts(l, callers) {
		if a.what != "" {
			events = append(events, Event{a.from, a.to, a.what})
		}
		parts.Go(func() {
			for _, part := range []struct {
				at float64
				do func(context.Context) error
			}{{a.from, a.begin}, {a.to, a.end}} {
				if part.do == nil || !sleep(ctx, start, part.at) {
					continue
				}
				if err := part.do(ctx); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; float64(i)*15 < length; i++ {
		rates := []float64{40, 60, 75, 60, 50, 65}
		part, end := context.WithDeadline(ctx, start.Add(time.Duration(min(float64(i+1)*15, length))*time.Second))
		callers.Ask(part, rates[i%len(rates)])
		end()
	}
	cause := context.Cause(ctx)
	parts.Wait()
	return start, events, cause
}

// sleep waits for a time of the run, and says whether it came to that.
func sleep(ctx context.Context, start time.Time, at float64) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(start.Add(time.Duration(at * float64(time.Second))))):
		return true
	}
}
