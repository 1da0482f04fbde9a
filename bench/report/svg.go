package main

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// line is the growth of one engine.
type line struct {
	name   string
	class  string
	colour string // on a light background
	points []point
}

type point struct{ policies, ns float64 }

// The picture and the area of the plot in it.
const (
	width, height            = 720, 400
	left, right, top, bottom = 76, 576, 72, 336
)

// dark is for readers who prefer it; the attributes of the elements are for all
// others, and for programs that do not know the rule.
const dark = `@media (prefers-color-scheme: dark) {
.text { fill: #f0f6fc } .soft { fill: #9198a1 } .grid { stroke: #3d444d } .axis { stroke: #9198a1 }
.forseti { stroke: #58a6ff } .forseti-text { fill: #58a6ff } .floor { stroke: #9198a1 } .floor-text { fill: #9198a1 }
}`

// lines gives the growth of both engines.
func lines(all []*series) []line {
	forseti := line{name: "Forseti", class: "forseti", colour: "#0969da"}
	floor := line{name: "floor", class: "floor", colour: "#6e7781"}
	for _, s := range all {
		if s.policies > 0 {
			forseti.points = append(forseti.points, point{float64(s.policies), s.forseti.ns()})
			floor.points = append(floor.points, point{float64(s.policies), s.floor.ns()})
		}
	}
	for _, l := range []line{forseti, floor} {
		slices.SortFunc(l.points, func(a, b point) int { return cmp.Compare(a.policies, b.policies) })
	}
	return []line{forseti, floor}
}

// picture draws the lines as SVG: policies on a logarithmic axis, time on one
// that begins with zero.
func picture(all []line) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, "<title>Time of a decision by the number of policies</title>\n<style>%s</style>\n", dark)
	text(&b, "text", left-48, 28, "start", "#1f2328", `font-size="16" font-weight="600"`, "Time of a decision by the number of policies")
	a := newAxes(all)
	text(&b, "soft", left-48, 46, "start", "#59636e", "", a.unit()+", one core; 8 rules a policy; floor: hand-written code for these requests only")
	a.draw(&b)
	for _, l := range all {
		a.drawLine(&b, l)
	}
	a.drawNames(&b, all)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// axes are the ranges that are drawn.
type axes struct {
	decades    float64 // of policies, from 1
	step, most float64 // of nanoseconds, from 0
	scale      float64 // nanoseconds of the unit that figures are given in
}

func (a axes) unit() string {
	if a.scale == 1 {
		return "nanoseconds"
	}
	return "microseconds"
}

func newAxes(all []line) axes {
	a := axes{decades: 1, scale: 1}
	for _, l := range all {
		for _, p := range l.points {
			a.decades = max(a.decades, math.Ceil(math.Log10(p.policies)))
			a.most = max(a.most, p.ns)
		}
	}
	if a.most >= 100_000 { // there is no room for more digits
		a.scale = 1_000
	}
	a.step = niceStep(a.most / 5)
	a.most = max(a.step, math.Ceil(a.most/a.step)*a.step)
	return a
}

// niceStep is the least of 1, 2, 5, 10, 20, 50 ... that is not less.
func niceStep(least float64) float64 {
	for step := 1.0; ; step *= 10 {
		for _, nice := range []float64{step, 2 * step, 5 * step} {
			if nice >= least {
				return nice
			}
		}
	}
}

func (a axes) x(policies float64) float64 {
	return left + (right-left)*math.Log10(policies)/a.decades
}

func (a axes) y(ns float64) float64 { return bottom - (bottom-top)*ns/a.most }

func (a axes) draw(b *bytes.Buffer) {
	for ns := 0.0; ns <= a.most; ns += a.step {
		class, colour := "grid", "#d1d9e0"
		if ns == 0 {
			class, colour = "axis", "#59636e"
		}
		fmt.Fprintf(b, `<line class="%s" x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="%s"/>`+"\n", class, left, a.y(ns), right, a.y(ns), colour)
		text(b, "soft", left-10, a.y(ns)+4, "end", "#59636e", "", number(ns/a.scale))
	}
	for decade := 0.0; decade <= a.decades; decade++ {
		policies := math.Pow(10, decade)
		fmt.Fprintf(b, `<line class="axis" x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#59636e"/>`+"\n", a.x(policies), bottom, a.x(policies), bottom+5)
		text(b, "soft", a.x(policies), bottom+22, "middle", "#59636e", "", number(policies))
	}
	text(b, "text", (left+right)/2, bottom+46, "middle", "#1f2328", "", "policies")
}

func (a axes) drawLine(b *bytes.Buffer, l line) {
	fmt.Fprintf(b, `<polyline class="%s" fill="none" stroke="%s" stroke-width="2.5" stroke-linejoin="round" points="`, l.class, l.colour)
	for i, p := range l.points {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(b, "%.1f,%.1f", a.x(p.policies), a.y(p.ns))
	}
	b.WriteString(`"/>` + "\n")
	for _, p := range l.points {
		fmt.Fprintf(b, `<circle class="%s-text" cx="%.1f" cy="%.1f" r="4" fill="%s"><title>%s: %s policies, %s ns</title></circle>`+"\n",
			l.class, a.x(p.policies), a.y(p.ns), l.colour, l.name, number(p.policies), number(p.ns))
	}
}

// drawNames writes the name and the last figure of each line beside its end,
// from the lowest line up so that no two overlap.
func (a axes) drawNames(b *bytes.Buffer, all []line) {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(l, m line) int {
		return cmp.Compare(l.points[len(l.points)-1].ns, m.points[len(m.points)-1].ns)
	})
	limit := math.Inf(1)
	for _, l := range sorted {
		last := l.points[len(l.points)-1]
		y := min(a.y(last.ns)+4, limit)
		limit = y - 18
		text(b, l.class+"-text", a.x(last.policies)+12, y, "start", l.colour, `font-weight="600"`, l.name+", "+number(last.ns/a.scale))
	}
}

func text(b *bytes.Buffer, class string, x, y float64, anchor, colour, more, content string) {
	if more != "" {
		more = " " + more
	}
	fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s" fill="%s"%s>%s</text>`+"\n", class, x, y, anchor, colour, more, content)
}

// number is a whole number with a comma between thousands.
func number(n float64) string {
	digits := strconv.FormatInt(int64(math.Round(n)), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
