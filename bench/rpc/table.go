package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// printTable writes the table.
func printTable(out io.Writer, contenders []contender, results [][]result) error {
	of := func(name string) []result {
		return results[slices.IndexFunc(contenders, func(c contender) bool { return c.name == name })]
	}
	var b strings.Builder
	b.WriteString("| server | calls/s | decisions/s | server CPU a call, us | allocations a call | p50, us | p99, us | calls/s to raw no-op | p99 to it | calls/s to coded no-op | target |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
	for i, c := range contenders {
		r := results[i]
		figure := func(f func(result) float64) float64 { return median(each(r, f)) }
		ratio := func(to string, f func(result) float64) float64 {
			var all []float64
			for n, base := range of(to) {
				all = append(all, f(r[n])/f(base))
			}
			return median(all)
		}
		rate := result.decisions
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.1f | %.1f | %.0f | %.0f | %.2f | %.2f | %.2f | %s |\n", c.name,
			figure(result.calls), figure(result.decisions), figure(result.cost), figure(result.allocs), figure(result.p50), figure(result.p99),
			ratio(rawNoop, rate), ratio(rawNoop, result.p99), ratio(codedNoop, rate), target(c))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// target is what is to be reached.
func target(c contender) string {
	switch {
	case c.mode != unary:
		return "decisions/s >= 10x raw"
	case c.server == "W7":
		return ">= 0.9x coded"
	case c.server == "W1", c.server == "W2", c.server == "W3":
		return ">= 0.95x raw, p99 <= 1.10x; >= 1.2x coded"
	default:
		return ""
	}
}

func each(all []result, f func(result) float64) []float64 {
	out := make([]float64, len(all))
	for i, r := range all {
		out[i] = f(r)
	}
	return out
}

func (r result) calls() float64     { return float64(r.Calls) / r.Seconds }
func (r result) decisions() float64 { return float64(r.Decisions) / r.Seconds }
func (r result) cost() float64      { return r.used.CPU * 1e6 / float64(r.Calls) }
func (r result) allocs() float64    { return r.used.Allocs / float64(r.Calls) }
func (r result) p50() float64       { return r.P50 }
func (r result) p99() float64       { return r.P99 }
