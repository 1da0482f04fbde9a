package main

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// What is to be reached.
const (
	reachFloor    = 2.0 // times the floor
	reachGrowthW2 = 1.4 // times W1
	reachGrowthW3 = 3.0
	reachHeap     = 200.0 // MB
	reachLoad     = 100.0 // us a policy and core
)

// order sorts by workload: W1 to W6, then sizes.
func order(all []*series) {
	slices.SortStableFunc(all, func(a, b *series) int {
		named := func(s *series) int {
			if strings.HasPrefix(s.name, "W") {
				return 0
			}
			return 1
		}
		if c := cmp.Compare(named(a), named(b)); c != 0 {
			return c
		}
		if named(a) == 0 {
			return strings.Compare(a.name, b.name)
		}
		return cmp.Compare(a.policies, b.policies)
	})
}

// tables are what was measured, as Markdown. loaded is nil without W3.
func tables(all []*series, loaded *load) []byte {
	out := new(bytes.Buffer)
	fmt.Fprintf(out, "%s, %s/%s, %d cores\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Fprintln(out, "| workload | floor, ns a decision | Forseti, ns a decision | Forseti / floor | to reach | allocations |")
	fmt.Fprintln(out, "|---|--:|--:|--:|---|--:|")
	for _, s := range all {
		if s.floor == nil {
			fmt.Fprintf(out, "| %s | | %.0f | | | %.0f |\n", s.name, s.forseti.ns(), s.forseti.allocs)
			continue
		}
		r := ratio(s.forseti, s.floor)
		fmt.Fprintf(out, "| %s | %.0f | %.0f | %.2f | %s | %.0f |\n",
			s.name, s.floor.ns(), s.forseti.ns(), r, reached(r, reachFloor), s.forseti.allocs)
	}
	fmt.Fprintln(out, "\n| what | measured | to reach |")
	fmt.Fprintln(out, "|---|--:|---|")
	w1 := named(all, "W1")
	for _, growth := range []struct {
		name string
		most float64
	}{{"W2", reachGrowthW2}, {"W3", reachGrowthW3}} {
		if s := named(all, growth.name); s != nil {
			r := ratio(s.forseti, w1.forseti)
			fmt.Fprintf(out, "| growth %s/W1 | %.2f (floor %.2f) | %s |\n", s.name, r, ratio(s.floor, w1.floor), reached(r, growth.most))
		}
	}
	if loaded != nil {
		writeLoad(out, loaded)
	}
	return out.Bytes()
}

func writeLoad(out *bytes.Buffer, l *load) {
	megabytes := float64(l.heap) / 1e6
	fmt.Fprintf(out, "| W3 live heap, MB | %.0f | %s |\n", megabytes, reached(megabytes, reachHeap))
	each := func(nanoseconds int64) float64 { return float64(nanoseconds) / 1e3 / float64(l.policies) }
	total := each(int64(l.total))
	fmt.Fprintf(out, "| W3 from XML files to the first decision, us a policy and core | %.1f (reading %.1f, XML %.1f, the rest %.1f; %.1f KB each) | %s |\n",
		total, each(int64(l.reading)), each(int64(l.parsing)), each(int64(l.total-l.reading-l.parsing)),
		float64(l.bytes)/1e3/float64(l.policies), reached(total, reachLoad))
}

func reached(got, most float64) string {
	if got <= most {
		return fmt.Sprintf("<= %g: reached", most)
	}
	return fmt.Sprintf("<= %g: **not reached**", most)
}

func named(all []*series, name string) *series {
	for _, s := range all {
		if s.name == name {
			return s
		}
	}
	return nil
}
