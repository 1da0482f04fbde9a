// Package board holds the dashboard of Forseti as tables: rows of panels, each with
// its queries. Grafana turns it into the file that Grafana imports; the same queries
// are run against a real Prometheus by the tests, and drawn for docs/board.md.
package board

import (
	"maps"
	"slices"
	"strings"
)

// Row is a part of the board that belongs together.
type Row struct {
	Title  string
	Name   string // in file names and anchors
	Panels []Panel
}

// Kind is how a panel shows its queries.
type Kind int

// The kinds of panels.
const (
	Lines  Kind = iota // over time
	Areas              // over time, one upon the other
	Stat               // the last value, large
	States             // over time, the states of something
	Table              // the labels and values of now
)

// Unit is a unit as Grafana names it.
type Unit string

// The units of the board.
const (
	PerSecond Unit = "ops"
	Share     Unit = "percentunit"
	Seconds   Unit = "s"
	Bytes     Unit = "bytes"
	Count     Unit = "short"
)

// Panel is one picture.
type Panel struct {
	Title string
	About string // what it shows, and what is wrong if it looks wrong
	Kind  Kind
	Unit  Unit
	// Width is in 24ths of the board. Panels fill lines from left to right.
	Width   int
	Queries []Query
	// Colours are those of series by their legend; others get one of a palette.
	Colours map[string]Colour
	// Steps are the values from which on a figure gets another colour, in order.
	Steps []Step
	// States are the names of values, for the kind States and for a Stat.
	States []State
	// Decimals of a Stat; as many as needed if nil.
	Decimals *int
	// Max is the end of the axis, if it has one.
	Max float64
}

// Query is a query of a panel. In its text $of stands for the job and the instances
// that were chosen, and $__rate_interval for the shortest window that makes sense.
type Query struct {
	Text   string
	Legend string // of the series, with labels as {{label}}
	// Exemplars are the traces that a histogram has examples of.
	Exemplars bool
	// Quiet says why there may be no data although all is well; empty if there
	// always is some.
	Quiet string
}

// Step is the colour of values from a limit on.
type Step struct {
	From   float64
	Colour Colour
}

// State is the name of a value.
type State struct {
	Value  float64
	Name   string
	Colour Colour
}

// Colour is a colour as Grafana names it, so that it fits dark and light boards.
type Colour string

// The colours with a meaning.
const (
	Green  Colour = "green"
	Red    Colour = "red"
	Orange Colour = "orange"
	Yellow Colour = "yellow"
	Blue   Colour = "blue"
	Purple Colour = "purple"
	Grey   Colour = "#8e8e8e"
)

// chosen is what $of stands for in Grafana.
const chosen = `job=~"$job",instance=~"$instance"`

// InGrafana is the query as Grafana is given it.
func (q Query) InGrafana() string { return strings.ReplaceAll(q.Text, "$of", chosen) }

// Over is the query for all instances, with rates over a window such as 10s, as
// Prometheus can run it.
func (q Query) Over(window string) string {
	return strings.NewReplacer("$of", `job=~".+",instance=~".+"`, "$job", ".+", "$__rate_interval", window).Replace(q.Text)
}

// Rows are the rows of the board, in order.
func Rows() []Row {
	return []Row{overview(), calls(), policies(), sources(), callers(), audit(), runtime()}
}

// one is a panel's single query.
func one(text, legend string) []Query { return []Query{{Text: text, Legend: legend}} }

// quantiles are the given quantiles of a histogram over all instances, with exemplars.
func quantiles(histogram, matchers string) []Query {
	if matchers != "" {
		matchers = "," + matchers
	}
	var all []Query
	for _, q := range []struct{ quantile, name string }{{"0.5", "p50"}, {"0.9", "p90"}, {"0.99", "p99"}} {
		all = append(all, Query{
			Text:      "histogram_quantile(" + q.quantile + ", sum by (le) (rate(" + histogram + "_bucket{$of" + matchers + "}[$__rate_interval])))",
			Legend:    q.name,
			Exemplars: true,
		})
	}
	return all
}

// bad are steps from green over orange to red.
func bad(orange, red float64) []Step {
	return []Step{{0, Green}, {orange, Orange}, {red, Red}}
}

// anyIsBad are steps to red from the least value that is not 0.
func anyIsBad() []Step { return []Step{{0, Green}, {1e-9, Red}} }

// latencyColours are those of quantiles.
func latencyColours() map[string]Colour {
	return map[string]Colour{"p50": Green, "p90": Yellow, "p99": Orange}
}

// sortedNames are the names of series that have a colour.
func sortedNames(colours map[string]Colour) []string {
	return slices.Sorted(maps.Keys(colours))
}

// yesNo names the values of a gauge for which 1 is good, the least first.
func yesNo(good, bad string) []State {
	return []State{{0, bad, Red}, {1, good, Green}}
}
