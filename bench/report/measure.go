package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/bench"
	"github.com/forseti-pdp/forseti/bench/workload"
)

// In a round every engine has this many batches, of about this time. Batches are
// shorter than the time for which the system lets a process run, so that most of
// them are not interrupted where others use the machine.
const (
	batches   = 35
	batchTime = time.Millisecond
)

// series is a workload and what was measured of it.
type series struct {
	name     string
	policies int   // app policies; 0 if those of the workload are others, or users have more roles
	floor    *cell // nil if there is none
	forseti  *cell
}

// cell is an engine on a workload and what was measured of it.
type cell struct {
	engine  bench.Engine
	next    int       // the request to go on with
	batch   int       // decisions of a batch
	current []float64 // ns a decision in each batch of the round
	rounds  []float64 // the median of each round
	allocs  float64   // a decision
}

// withFloor checks the answers of Forseti and of the floor, and allocations.
func withFloor(w workload.Workload, forseti bench.Engine) (*series, error) {
	s := &series{name: w.Name()}
	if apps, ok := w.(*workload.Apps); ok && w.Name() != "W5" {
		s.policies = apps.Len()
	}
	var err error
	if s.forseti, err = newCell(forseti); err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	e, ok, err := bench.Floor(w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	if ok {
		if s.floor, err = newCell(e); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return s, nil
}

func newCell(e bench.Engine) (*cell, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	c := &cell{engine: e, batch: 1}
	for { // find how many decisions make a batch
		took := c.run()
		if took >= batchTime/2 {
			c.batch = max(1, int(float64(c.batch)*float64(batchTime)/float64(took)))
			break
		}
		c.batch *= 2
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c.run()
	runtime.ReadMemStats(&after)
	c.allocs = float64((after.Mallocs - before.Mallocs) / uint64(c.batch)) // what is less than one is not of the decision
	return c, nil
}

// run decides a batch of requests.
func (c *cell) run() time.Duration {
	start := time.Now()
	for range c.batch {
		c.engine.Decide(c.next)
		if c.next++; c.next == c.engine.Requests {
			c.next = 0
		}
	}
	return time.Since(start)
}

// measure lets all engines take turns.
func measure(all []*series, rounds int) {
	var cells []*cell
	for _, s := range all {
		if s.floor != nil {
			cells = append(cells, s.floor)
		}
		cells = append(cells, s.forseti)
	}
	runtime.GC()
	for range rounds {
		for n := range batches {
			for _, c := range cells {
				c.current = append(c.current, float64(c.run())/float64(c.batch))
			}
			if n%2 == 0 { // whoever is measured first may have the warmer caches
				slices.Reverse(cells)
			}
		}
		for _, c := range cells {
			c.rounds = append(c.rounds, median(c.current))
			c.current = c.current[:0]
		}
	}
}

// ns is the median of the rounds.
func (c *cell) ns() float64 { return median(c.rounds) }

// ratio is the median of the ratios of each round.
func ratio(of, to *cell) float64 {
	ratios := make([]float64, len(of.rounds))
	for i := range ratios {
		ratios[i] = of.rounds[i] / to.rounds[i]
	}
	return median(ratios)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[half-1] + sorted[half]) / 2
	}
	return sorted[half]
}
