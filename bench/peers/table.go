package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// way is one of the two ways of asking.
type way struct {
	title string
	of    func(f *figures) []float64
}

func ways() []way {
	return []way{
		{"request prepared in the engine's own form", func(f *figures) []float64 { return f.prepared }},
		{"request made of strings for each decision", func(f *figures) []float64 { return f.built }},
	}
}

// write prints all tables.
func (r results) write(out io.Writer, engines []string) error {
	t := tables{results: r, engines: engines}
	for _, w := range ways() {
		t.table("Nanoseconds a decision, "+w.title, func(workload, engine string) string {
			return thousands(median(w.of(r[workload][engine])))
		})
		if r.measured(nameForseti) {
			t.table("Engine / Forseti, "+w.title, func(workload, engine string) string { return r.ratio(w, workload, engine) })
		}
	}
	t.absent()
	t.table("Load time and live heap, questions aside", func(workload, engine string) string {
		f := r[workload][engine]
		return fmt.Sprintf("%s, %.1f MB", f.took.Round(100*time.Microsecond), float64(f.heap)/1e6)
	})
	_, err := io.WriteString(out, t.text.String())
	return err
}

// measured is whether there are figures of the engine on any workload.
func (r results) measured(engine string) bool {
	for _, byEngine := range r {
		if byEngine[engine] != nil {
			return true
		}
	}
	return false
}

// ratio is the median of the ratios of the rounds, with the goal.
func (r results) ratio(w way, workload, engine string) string {
	byEngine := r[workload]
	forseti, measured := byEngine[nameForseti]
	if !measured {
		return "–"
	}
	if engine == nameFloor {
		inverse := median(divide(w.of(forseti), w.of(byEngine[engine])))
		return fmt.Sprintf("1/%.2f (≤ %d%s)", inverse, atMostFloor, verdict(inverse <= atMostFloor))
	}
	ratio := median(divide(w.of(byEngine[engine]), w.of(forseti)))
	goal := goalOf(workload, engine, func(form string) (float64, bool) {
		f, measured := byEngine[form]
		if !measured {
			return 0, false
		}
		return median(w.of(f)), true
	})
	return withGoal(ratio, goal)
}

// divide gives the quotients of the rounds.
func divide(a, b []float64) []float64 {
	q := make([]float64, min(len(a), len(b)))
	for i := range q {
		q[i] = a[i] / b[i]
	}
	return q
}

func withGoal(ratio, goal float64) string {
	if goal == 0 {
		return decimal(ratio)
	}
	return fmt.Sprintf("%s (≥ %s%s)", decimal(ratio), thousands(goal), verdict(ratio >= goal))
}

func verdict(reached bool) string {
	if reached {
		return ", reached"
	}
	return ", **not reached**"
}

// decimal has three digits or more.
func decimal(f float64) string {
	switch {
	case f < 9.995:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f < 99.95:
		return strconv.FormatFloat(f, 'f', 1, 64)
	default:
		return thousands(f)
	}
}

// thousands has no fraction, and commas.
func thousands(f float64) string {
	text := strconv.FormatFloat(f, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// tables collects the text.
type tables struct {
	results results
	engines []string
	text    strings.Builder
}

// table writes a row for each engine that was measured.
func (t *tables) table(title string, cell func(workload, engine string) string) {
	t.head(title)
	for _, engine := range t.engines {
		if !t.results.measured(engine) {
			continue
		}
		t.row(engine, func(workload string) string {
			if t.results[workload][engine] == nil {
				return "–"
			}
			return cell(workload, engine)
		})
	}
}

// absent writes the engines that were not measured.
func (t *tables) absent() {
	if !t.results.measured(nameFloor) || !t.results.measured(nameForseti) {
		return
	}
	t.head("Not measured: figures of another machine, scaled by the floor: ns (/ Forseti, prepared)")
	then := absentFloor()
	for _, a := range absents() {
		t.row(a.name, func(workload string) string {
			byEngine := t.results[workload]
			ns, known := a.ns[workload]
			if !known || byEngine == nil {
				return "–"
			}
			ns *= median(byEngine[nameFloor].prepared) / then[workload]
			return fmt.Sprintf("%s: %s", thousands(ns), withGoal(ns/median(byEngine[nameForseti].prepared), a.goal[workload]))
		})
	}
}

func (t *tables) head(title string) {
	if t.text.Len() > 0 {
		t.text.WriteByte('\n')
	}
	fmt.Fprintf(&t.text, "### %s\n\n| engine | %s |\n|---%s|\n", title, strings.Join(workloads(), " | "), strings.Repeat("|---:", len(workloads())))
}

// row writes a row with a cell for each workload of the run.
func (t *tables) row(name string, cell func(workload string) string) {
	cells := []string{name}
	for _, workload := range workloads() {
		if t.results[workload] == nil {
			cells = append(cells, "–")
			continue
		}
		cells = append(cells, cell(workload))
	}
	fmt.Fprintf(&t.text, "| %s |\n", strings.Join(cells, " | "))
}
