package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/deploy/observability/board"
)

// box is where something is drawn.
type box struct{ x, y, w, h float64 }

// The distances inside of a panel.
const (
	margin, edge, titleRoom, axisRoom, legendLine = 52, 10, 26, 18, 14
	small, body                                   = 10, 12.5
)

// panel draws one panel of the board.
func (d *drawing) panel(r *Recording, p board.Panel, b box) {
	d.rect(b.x, b.y, b.w, b.h, "panel", `rx="5"`)
	d.text(b.x+10, b.y+18, "head", "start", body, fit(p.Title, body, b.w-20))
	all := r.seriesOf(p)
	inside := box{b.x, b.y + titleRoom, b.w, b.h - titleRoom}
	switch p.Kind {
	case board.Stat:
		d.stat(r, p, all, inside)
	case board.States:
		d.states(r, p, all, inside)
	case board.Table:
		d.table(r, all, inside)
	case board.Lines, board.Areas:
		d.lines(r, p, all, inside)
	}
}

// time is the place of a step.
func (b box) time(r *Recording, step int) float64 { return b.x + b.w*float64(step)/float64(r.steps()) }

// bands are the troubles behind a picture.
func (d *drawing) bands(r *Recording, b box) {
	for _, e := range r.Events {
		from, to := b.x+b.w*e.From/r.Length, b.x+b.w*e.To/r.Length
		if e.From == e.To {
			d.add(`<line class="axis" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke-dasharray="2 2"/>`, from, b.y, from, b.y+b.h)
			continue
		}
		d.rect(from, b.y, to-from, b.h, "band", "")
	}
}

// clockAxis writes the minutes below a picture.
func (d *drawing) clockAxis(r *Recording, b box) {
	for s := 0.0; s <= r.Length; s += 60 {
		x := b.x + b.w*s/r.Length
		d.text(x, b.y+b.h+13, "soft", "middle", small, clock(s))
	}
}

// lines draws lines or areas over time, with a legend.
func (d *drawing) lines(r *Recording, p board.Panel, all []series, b box) {
	lines := d.legend(all, b)
	at := box{b.x + margin, b.y + 4, b.w - margin - edge, b.h - 4 - axisRoom - lines*legendLine - 6}
	stacked := p.Kind == board.Areas
	marks := ticks(p.Unit, most(r, all, stacked))
	top := marks[len(marks)-1]
	if p.Max > 0 && top > p.Max {
		top = p.Max
	}
	y := func(v float64) float64 { return at.y + at.h - at.h*min(max(v, 0), top)/top }
	d.bands(r, at)
	for i, m := range marks {
		if m > top {
			break
		}
		kind := "grid"
		if i == 0 {
			kind = "axis"
		}
		d.add(`<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%[3]f"/>`, kind, at.x, y(m), at.x+at.w)
		d.text(at.x-6, y(m)+3.5, "soft", "end", small, figure(p.Unit, m))
	}
	d.clockAxis(r, at)
	if len(all) == 0 {
		d.text(at.x+at.w/2, at.y+at.h/2, "soft", "middle", body, "no data in this run")
	}
	below := make([]float64, r.steps()+1)
	for _, s := range all {
		if stacked {
			d.area(r, s, at, y, below)
			continue
		}
		for _, run := range s.runs(r.steps()) {
			d.add(`<polyline class="line s %s" points="%s"/>`, s.class, points(run, func(i int) (float64, float64) { return at.time(r, i), y(s.points[i]) }))
		}
	}
}

// area draws a line upon those below it, and adds it to them.
func (d *drawing) area(r *Recording, s series, at box, y func(float64) float64, below []float64) {
	for _, run := range s.above(0).runs(r.steps()) {
		up := points(run, func(i int) (float64, float64) { return at.time(r, i), y(below[i] + s.points[i]) })
		back := slices.Clone(run)
		slices.Reverse(back)
		down := points(back, func(i int) (float64, float64) { return at.time(r, i), y(below[i]) })
		d.add(`<polygon class="area f %s" points="%s %s"/>`, s.class, up, down)
		d.add(`<polyline class="line s %s" stroke-opacity=".9" points="%s"/>`, s.class, up)
	}
	for i := range below {
		below[i] += s.points[i]
	}
}

// above is the line where it is greater than a value.
func (s series) above(limit float64) series {
	s.points = maps.Clone(s.points)
	maps.DeleteFunc(s.points, func(_ int, v float64) bool { return v <= limit })
	return s
}

// runs are the steps of a line, parted where there is no data.
func (s series) runs(steps int) (all [][]int) {
	var run []int
	for i := 0; i <= steps+1; i++ {
		if _, has := s.points[i]; has && i <= steps {
			run = append(run, i)
		} else if len(run) > 0 {
			all, run = append(all, run), nil
		}
	}
	return all
}

func points(steps []int, place func(int) (x, y float64)) string {
	var b strings.Builder
	for n, i := range steps {
		if n > 0 {
			b.WriteByte(' ')
		}
		x, y := place(i)
		fmt.Fprintf(&b, "%.1f,%.1f", x, y)
	}
	return b.String()
}

// most is the greatest value, or sum of values, of lines.
func most(r *Recording, all []series, stacked bool) float64 {
	most := 0.0
	for i := 0; i <= r.steps(); i++ {
		sum := 0.0
		for _, s := range all {
			most = max(most, s.points[i])
			sum += max(s.points[i], 0)
		}
		if stacked {
			most = max(most, sum)
		}
	}
	return most
}

// legend writes the names of lines at the bottom, those with the greatest values
// first if there are too many, and says how many lines of text it took.
func (d *drawing) legend(all []series, b box) float64 {
	shown := slices.Clone(all)
	const room = 3 // lines
	slices.SortStableFunc(shown, func(s, t series) int { return cmp.Compare(t.most(), s.most()) })
	type item struct {
		s    series
		x    float64
		line int
	}
	var items []item
	x, line, more := b.x+12, 0, 0
	for i, s := range shown {
		s.name = fit(s.name, small, b.w-60)
		w := 14 + width(s.name, small) + 10
		if x+w > b.x+b.w-6 && x > b.x+12 {
			x, line = b.x+12, line+1
		}
		if line == room-1 && i < len(shown)-1 && x+w > b.x+b.w-60 || line == room {
			more = len(shown) - i
			break
		}
		items = append(items, item{s, x, line})
		x += w
	}
	lines := float64(min(line+1, room))
	base := b.y + b.h - lines*legendLine + 4
	for _, i := range items {
		y := base + float64(i.line)*legendLine
		d.rect(i.x, y-5, 9, 4, "f "+i.s.class, `rx="1"`)
		d.text(i.x+13, y, "soft", "start", small, i.s.name)
	}
	if more > 0 {
		d.text(x, base+(lines-1)*legendLine, "soft", "start", small, fmt.Sprintf("and %d", more))
	}
	return lines
}

// stat draws the last value of each line, large, before its course.
func (d *drawing) stat(r *Recording, p board.Panel, all []series, b box) {
	if len(all) == 0 {
		d.text(b.x+b.w/2, b.y+b.h/2+4, "soft", "middle", 18, "–")
		return
	}
	each := b.w / float64(len(all))
	for i, s := range all {
		at := box{b.x + float64(i)*each, b.y, each, b.h}
		colour := colourOf(p, s.last())
		size, text, foot := 22.0, statText(p, s.last()), 6.0
		if len(all) > 1 {
			foot = 20
		}
		d.spark(r, s, box{at.x + 8, at.y + at.h - foot - at.h*0.25, at.w - 16, at.h * 0.25}, colour)
		for width(text, size) > at.w-16 {
			size--
		}
		d.text(at.x+at.w/2, at.y+(at.h*0.75-foot)/2+size*0.4, "head f "+colour, "middle", size, text)
		if len(all) > 1 {
			d.text(at.x+at.w/2, at.y+at.h-8, "soft", "middle", small, fit(s.name, small, at.w-8))
		}
	}
}

// colourOf is the class of a value: that of its state, or of the last step below it.
func colourOf(p board.Panel, v float64) string {
	for _, s := range p.States {
		if s.Value == v {
			return class(s.Colour)
		}
	}
	found := "green"
	for i, s := range p.Steps {
		if i == 0 || v >= s.From {
			found = class(s.Colour)
		}
	}
	return found
}

func statText(p board.Panel, v float64) string {
	for _, s := range p.States {
		if s.Value == v {
			return s.Name
		}
	}
	return figure(p.Unit, v)
}

// spark draws the course of a line without an axis.
func (d *drawing) spark(r *Recording, s series, at box, colour string) {
	top := max(s.most(), 1e-12)
	for _, run := range s.runs(r.steps()) {
		line := points(run, func(i int) (float64, float64) { return at.time(r, i), at.y + at.h - at.h*max(s.points[i], 0)/top })
		d.add(`<polygon class="spark f s %s" points="%.1f,%.1f %s %.1f,%.1f"/>`, colour, at.time(r, run[0]), at.y+at.h, line, at.time(r, run[len(run)-1]), at.y+at.h)
	}
}

// states draws a bar for each line, coloured by its state.
func (d *drawing) states(r *Recording, p board.Panel, all []series, b box) {
	slices.SortFunc(all, func(s, t series) int { return cmp.Compare(s.name, t.name) })
	names := 0.0
	for _, s := range all {
		names = max(names, width(s.name, small))
	}
	names = min(names, b.w*0.38)
	legend := b.y + b.h - 8
	at := box{b.x + names + 18, b.y + 4, b.w - names - 18 - edge, b.h - 4 - axisRoom - legendLine - 6}
	each := min(at.h/float64(max(len(all), 1)), 40)
	for i, s := range all {
		y := at.y + float64(i)*each
		d.text(at.x-8, y+each/2+3.5, "soft", "end", small, fit(s.name, small, names))
		for step := 0; step < r.steps(); step++ {
			end := step + 1
			v, has := s.points[step]
			for end < r.steps() && has && s.points[end] == v {
				end++
			}
			if has {
				d.rect(at.time(r, step), y+1.5, at.time(r, end)-at.time(r, step), each-3, "f "+colourOf(p, v), `fill-opacity=".75"`)
			}
			step = end - 1
		}
	}
	d.bands(r, box{at.x, at.y, at.w, each * float64(len(all))})
	d.clockAxis(r, at)
	x := b.x + 12
	for _, s := range p.States {
		d.rect(x, legend-5, 9, 4, "f "+class(s.Colour), `rx="1"`)
		d.text(x+13, legend, "soft", "start", small, s.Name)
		x += 23 + width(s.Name, small)
	}
}
