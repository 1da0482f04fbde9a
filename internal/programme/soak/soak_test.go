package soak

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
)

const (
	// tolerance is by how much goroutines and files may differ at the end.
	tolerance = 5
	// quiet is how long connections that nobody uses may stay.
	quiet = 20 * time.Second
	// enough is how long it takes until a slope of a few percent an hour shows.
	enough = 20 * time.Minute
	// mostSlope is by how much the live heap may grow in an hour.
	mostSlope = 0.01
)

// sample is what the service is at a time.
type sample struct {
	at                time.Duration
	heap              float64 // alive at the last garbage collection, in bytes
	goroutines        int
	files, series     int
	resident          int64
	decisions, refuse float64
}

func take(t *testing.T, s *harness.Server, began time.Time) sample {
	t.Helper()
	m := s.Metrics(t)
	resident, _ := s.Memory(t)
	return sample{
		time.Since(began), m.Value("go_gc_heap_live_bytes"), int(m.Value("go_goroutines")), s.Files(t), m.Series(), resident,
		m.Sum("forseti_decisions_total"), m.Value(`forseti_policy_reloads_total{result="rejected"}`),
	}
}

// TestSoak is T12.
func TestSoak(t *testing.T) {
	w := newWorld(t)
	s := harness.Start(t, harness.Options{Config: w.configuration(), Policies: w.policies, Env: []string{"GOGC=100"}}) // without ballast
	load := harness.Load{Target: s.Address(), Duration: 500 * time.Millisecond, InFlight: 8, Deadline: 10 * time.Second, Request: w.request, Check: w.check, Dial: w.dial()}
	peak, err := load.Run(t.Context())
	must(t, err)
	load.Rate, load.InFlight = 0.3*peak.Goodput(), 1000
	if length := duration(t); length >= enough {
		load.Rate = 0.8 * peak.Goodput()
	}
	load.Duration = 2 * time.Second // after which all connections are made anew
	before := settled(t, s, func(sample) bool { return true })

	var changing, loading context.CancelFunc
	var ctx context.Context
	ctx, changing = context.WithCancel(t.Context())
	defer changing()
	turned := make(chan struct{})
	go func() {
		defer close(turned)
		w.turn(ctx)
	}()
	var soaked context.Context
	soaked, loading = context.WithTimeout(t.Context(), duration(t))
	defer loading()
	reports := make(chan harness.Report)
	go func() {
		defer close(reports)
		for soaked.Err() == nil {
			r, err := load.Run(context.WithoutCancel(soaked))
			if err != nil {
				t.Error(err)
				return
			}
			reports <- r
		}
	}()
	began := time.Now()
	var samples []sample
	tick := time.NewTicker(max(500*time.Millisecond, min(duration(t)/1000, 5*time.Second)))
	defer tick.Stop()
	var sum harness.Report
	for open := true; open; {
		select {
		case <-tick.C:
			samples = append(samples, take(t, s, began))
		case r, more := <-reports:
			if open = more; more {
				sum.Sent, sum.OK, sum.P99 = sum.Sent+r.Sent, sum.OK+r.OK, max(sum.P99, r.P99)
				sum.Errors, sum.Wrong = append(sum.Errors, r.Errors...), append(sum.Wrong, r.Wrong...)
			}
		}
	}
	changing()
	<-turned
	w.server.CloseClientConnections()
	after := settled(t, s, func(now sample) bool {
		return now.goroutines <= before.goroutines+tolerance && now.files <= before.files+tolerance
	})

	t.Logf("peak %.0f calls a second, load %.0f for %s: %d calls, %d in time, the longest p99 of 2 s was %s", peak.Goodput(), load.Rate, duration(t), sum.Sent, sum.OK, sum.P99)
	t.Log(table(append(append([]sample{before}, samples...), after)))
	if len(sum.Errors) > 0 || len(sum.Wrong) > 0 {
		t.Errorf("failed: %v\nwrong: %v", sum.Errors, sum.Wrong)
	}
	if after.refuse < 1 {
		t.Error("no candidate was refused: the policies did not change")
	}
	judge(t, samples, before, after)
}

// judge tells what grew.
func judge(t *testing.T, samples []sample, before, after sample) {
	t.Helper()
	if after.goroutines > before.goroutines+tolerance || after.files > before.files+tolerance {
		t.Errorf("there were %d goroutines and %d files, and there are %d and %d", before.goroutines, before.files, after.goroutines, after.files)
	}
	// What is there only once something happened is there after a third of the time.
	warm := samples[len(samples)/3:]
	for _, s := range append(warm, after) {
		if s.series != warm[0].series {
			t.Errorf("there were %d series of metrics after a third of the time, and there are %d after %s", warm[0].series, s.series, s.at.Round(time.Second))
			break
		}
	}
	var heap []point
	for _, s := range warm {
		heap = append(heap, point{s.at, s.heap})
	}
	low := least(heap, 30)
	perHour, deviation := slope(low)
	first, last := low[0].value, low[len(low)-1].value
	t.Logf("live heap: %.2f MiB at first, %.2f at last; slope %+.2f %% an hour, standard error %.2f", first/(1<<20), last/(1<<20), 100*perHour/first, 100*deviation/first)
	switch {
	case duration(t) >= enough && perHour-2*deviation > mostSlope*first:
		t.Errorf("the live heap grows by %.2f %% an hour, want at most %.0f", 100*perHour/first, 100*mostSlope)
	case duration(t) < enough && last > 1.25*first+1<<20: // a slope means nothing by then
		t.Errorf("the live heap grew from %.0f to %.0f bytes", first, last)
	}
}

// settled waits until the service is at rest, and gives what it then is.
func settled(t *testing.T, s *harness.Server, rests func(sample) bool) sample {
	t.Helper()
	began := time.Now()
	last := take(t, s, began)
	for {
		time.Sleep(500 * time.Millisecond)
		now := take(t, s, began)
		if now.goroutines == last.goroutines && now.files == last.files && rests(now) || time.Since(began) > quiet {
			return now
		}
		last = now
	}
}

// table is a few of the samples, evenly.
func table(all []sample) string {
	const rows = 14
	var b strings.Builder
	fmt.Fprintf(&b, "\n%8s %10s %10s %10s %6s %7s %11s\n", "after", "heap MiB", "RSS MiB", "goroutines", "files", "series", "decisions")
	for i := range min(rows, len(all)) {
		s := all[i*(len(all)-1)/(min(rows, len(all))-1)]
		fmt.Fprintf(&b, "%8s %10.2f %10.1f %10d %6d %7d %11.0f\n", s.at.Round(time.Second), s.heap/(1<<20), float64(s.resident)/(1<<20), s.goroutines, s.files, s.series, s.decisions)
	}
	return b.String()
}
