package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
)

// measurement is what a run measures and for how long.
type measurement struct {
	inputs     inputs
	contenders []contender
	workloads  []string
	rounds     int
	cell       time.Duration // for an engine, a workload and a round, each way of asking
	verify     time.Duration // for an engine and a workload before that
	progress   io.Writer
}

// leastVerified is how many requests an engine is asked before it is measured,
// however slow it is.
const leastVerified = 32

// figures are the medians of the batches of an engine on a workload, one a
// round, in ns a decision.
type figures struct {
	prepared, built []float64
	took            time.Duration
	heap            int64
	verified        int
}

// results are the figures by workload and engine.
type results map[string]map[string]*figures

// run measures one workload after another. The engines take turns within each
// round, so that they share what the machine does meanwhile.
func (m *measurement) run() (results, error) {
	all := make(results)
	for _, name := range m.workloads {
		byEngine, err := m.runWorkload(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[name] = byEngine
	}
	return all, nil
}

// entrant is an engine that is loaded with the workload of a run.
type entrant struct {
	loaded          *loaded
	figures         *figures
	prepared, built batch
}

// turn measures the engine once, on one core: what it allocates is collected in
// its own time, what others have left before that.
func (e *entrant) turn(limit time.Duration) {
	runtime.GC()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	l, f := e.loaded, e.figures
	f.prepared = append(f.prepared, e.prepared.measure(l.prepared, l.requests, limit))
	f.built = append(f.built, e.built.measure(l.built, l.requests, limit))
}

func (m *measurement) runWorkload(name string) (map[string]*figures, error) {
	var entrants []*entrant
	byEngine := make(map[string]*figures)
	for _, c := range m.contenders {
		load, takesPart := c.loads[name]
		if !takesPart {
			continue
		}
		l, err := load(m.inputs, name)
		if err != nil {
			return nil, fmt.Errorf("%s: load: %w", c.name, err)
		}
		verified, err := l.verify(leastVerified, m.verify)
		if err != nil {
			return nil, fmt.Errorf("%s: wrong answer: %w", c.name, err)
		}
		e := &entrant{loaded: l, figures: &figures{took: l.took, heap: l.heap, verified: verified}}
		entrants = append(entrants, e)
		byEngine[c.name] = e.figures
		m.report("%s: %s: loaded in %s, %d answers right\n", name, c.name, l.took.Round(time.Millisecond), verified)
	}
	for round := range m.rounds {
		start := time.Now()
		for i := range entrants {
			entrants[(i+round)%len(entrants)].turn(m.cell)
		}
		m.report("%s: round %d of %d took %s\n", name, round+1, m.rounds, time.Since(start).Round(time.Millisecond))
	}
	return byEngine, nil
}

func (m *measurement) report(format string, arguments ...any) {
	_, _ = fmt.Fprintf(m.progress, format, arguments...) // progress is for people only
}

// batch is how many decisions are measured at once, and with which request the
// next one begins.
type batch struct {
	size, next int
}

// batchesPerCell is how many batches fit into the time of a cell; slow
// engines have fewer.
const batchesPerCell = 16

// measure asks in batches until the time is over and gives the median of the
// batches in ns a decision. The first time it finds out how large a batch is.
func (b *batch) measure(ask func(i int) answer, requests int, limit time.Duration) float64 {
	if b.size == 0 {
		for b.size = 1; b.size < requests && b.ask(ask) < limit/batchesPerCell; {
			b.size *= 2
		}
	}
	var perDecision []float64
	for start := time.Now(); len(perDecision) == 0 || time.Since(start) < limit; {
		perDecision = append(perDecision, float64(b.ask(ask))/float64(b.size))
	}
	return median(perDecision)
}

// ask asks one batch.
func (b *batch) ask(ask func(i int) answer) time.Duration {
	start := time.Now()
	for i := range b.size {
		ask(b.next + i)
	}
	took := time.Since(start)
	b.next += b.size
	return took
}

// median is that of one or more values.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
