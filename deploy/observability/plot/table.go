package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/prometheus/common/model"
)

// row is a line of a table.
type row struct{ severity, name, more, value string }

// table draws the labels and values at the time at which there were most of them.
func (d *drawing) table(r *Recording, all []series, b box) {
	at := fullest(r, all)
	d.text(b.x+b.w-10, b.y-8, "soft", "end", small, "at "+clock(float64(at)*step.Seconds()))
	rows := rowsAt(all, at)
	if len(rows) == 0 {
		d.text(b.x+b.w/2, b.y+b.h/2, "soft", "middle", body, "none in this run")
	}
	columns := 1
	if b.w > 600 {
		columns = 2
	}
	const line = 17.0
	each := b.w / float64(columns)
	for i, row := range rows {
		x, y := b.x+14+float64(i%columns)*each, b.y+14+float64(i/columns)*line
		if y > b.y+b.h-4 {
			break
		}
		if row.severity != "" {
			colour := "orange"
			if row.severity == "page" {
				colour = "red"
			}
			d.text(x, y, "head f "+colour, "start", 11, row.severity)
			x += 46
		}
		d.text(x, y, "", "start", 11, row.name)
		d.text(x+width(row.name, 11)+10, y, "soft", "start", 11, row.more)
		if row.severity == "" {
			d.text(x+each-40, y, "head", "end", 11, row.value)
		}
	}
}

// fullest is the step with the most values, the last of these.
func fullest(r *Recording, all []series) int {
	count := make([]int, r.steps()+1)
	at := 0
	for i := range count {
		for _, s := range all {
			if _, has := s.points[i]; has {
				count[i]++
			}
		}
		if count[i] >= count[at] {
			at = i
		}
	}
	return at
}

// rowsAt are the lines of a step, what calls people first.
func rowsAt(all []series, at int) []row {
	var rows []row
	for _, s := range all {
		v, has := s.points[at]
		if !has {
			continue
		}
		of := func(label string) string { return string(s.labels[model.LabelName(label)]) }
		rows = append(rows, row{
			severity: of("severity"),
			name:     cmp.Or(of("alertname"), of("snapshot"), of("version")),
			more:     cmp.Or(of("instance"), of("goversion")),
			value:    fmt.Sprint(v),
		})
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.severity, b.severity), cmp.Compare(a.name, b.name), cmp.Compare(a.more, b.more))
	})
	return rows
}
