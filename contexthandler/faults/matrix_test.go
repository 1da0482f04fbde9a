package faults

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/pgtest"
)

// recoveryTime is how long after the end of a fault a source may need to be back.
const recoveryTime = 2 * time.Second

// matrix is what all lanes have in common.
type matrix struct {
	rules        []rules
	oracle       oracle
	callsPerCell int
	hold         time.Duration // for how long a fault lasts at least
	count        counts
}

// counts is what comes of a matrix.
type counts struct {
	lanes, cells, calls atomic.Int64
	remote              atomic.Int64 // calls over gRPC
	wrong               atomic.Int64 // Permits that the reference evaluator does not give
	exceptions          atomic.Int64 // Permits of permit-unless-deny without the values
	late                atomic.Int64 // calls past their deadline, each time they were made
	heldUp              atomic.Int64 // calls and recoveries that were too late once

	mu          sync.Mutex
	slowest     time.Duration // recovery
	slowestName string
}

// excepted takes note of a Permit that was given without the values that the rules
// speak of. Where a Permit holds whatever the values are that is no exception.
func (c *counts) excepted(t *test, made *call) {
	if made.rules.algorithm == "permit-unless-deny" {
		c.exceptions.Add(1)
		return
	}
	// These permit what one rule permits, whatever the others say (C.4, C.6).
	any := made.rules.algorithm == "permit-overrides" || made.rules.algorithm == "deny-unless-permit"
	if !any || made.action != "guarded" {
		t.Errorf("%s: got Permit without values", made)
		c.wrong.Add(1)
	}
}

// recovered takes note of how long a source took to be back.
func (c *counts) recovered(after time.Duration, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if after > c.slowest {
		c.slowest, c.slowestName = after, name
	}
}

// TestFaults is the product of kinds of sources, faults, what a cache knows, what
// guards a source, rule-combining algorithms, and MustBePresent.
func TestFaults(t *testing.T) {
	m := &matrix{rules: allRules(t), callsPerCell: 5, hold: 500 * time.Millisecond}
	switch {
	case slack > 1:
		m.callsPerCell = 2
	case long():
		m.callsPerCell, m.hold = 100, 5*time.Second
	}
	m.oracle = newOracle(t, m.rules)
	postgres := new(pgtest.Server)
	files := openFiles()

	places := make(chan struct{}, 8)
	started := time.Now()
	var running sync.WaitGroup
	for _, k := range kinds() {
		running.Go(func() { t.Run(k.name, func(t *testing.T) { m.runKind(t, k, postgres, places) }) })
	}
	running.Wait()
	must(t, postgres.Close())
	c := &m.count
	t.Logf("%d lanes, %d cells, %d calls and %d over gRPC in %s: %d wrong permits, %d calls past their deadline + %s (%d things held up), slowest recovery %s (%s), %d permits by permit-unless-deny without values",
		c.lanes.Load(), c.cells.Load(), c.calls.Load(), c.remote.Load(), time.Since(started).Round(time.Millisecond), c.wrong.Load(),
		c.late.Load(), grace, c.heldUp.Load(), c.slowest.Round(time.Millisecond), c.slowestName, c.exceptions.Load())
	if c.wrong.Load() > 0 {
		t.Error("there are wrong permits")
	}
	wantFiles(t, files)
}

// runKind runs all faults that fit a kind, a few at a time.
func (m *matrix) runKind(t *testing.T, k kind, postgres *pgtest.Server, places chan struct{}) {
	database := ""
	if k.name == "postgres" {
		database = postgres.Database(t, postgresSeed)
	}
	var running sync.WaitGroup
	for _, f := range k.fitting() {
		running.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			t.Run(f.name, func(t *testing.T) {
				m.count.lanes.Add(1)
				l := lane{name: k.name + "-" + strings.ReplaceAll(strings.ToLower(f.name), " ", "-"), postgres: postgres, database: database}
				made := &test{TB: t, matrix: m, fault: f, says: f.says[k.name], lane: l, backend: k.start(t, l)}
				made.run()
			})
		})
	}
	running.Wait()
}

// openFiles are the files and sockets that this process has open, if the system
// tells.
func openFiles() []string {
	const folder = "/proc/self/fd/"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range entries {
		name, _ := os.Readlink(folder + e.Name()) // that of the folder itself is gone
		files = append(files, name)
	}
	return files
}

// wantFiles waits until no more files and sockets are open than before. The pipes
// that the runtime copies with between connections are closed by the collector.
func wantFiles(t testing.TB, before []string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		runtime.GC()
		now := openFiles()
		if len(now) <= len(before) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("got these files and sockets open:\n%q\nbefore:\n%q", now, before)
		}
	}
}
