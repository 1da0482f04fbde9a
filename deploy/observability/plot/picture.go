package main

import "github.com/forseti-pdp/forseti/deploy/observability/board"

// The size of a picture and of what is in it.
const (
	pictureWidth = 1080.0
	gap          = 8.0
	lineHeight   = 24.0 // of the grid of the board
	headRoom     = 58.0
)

// picture draws a row of the board.
func picture(r *Recording, row board.Row) string {
	places, lines := row.Places(0)
	height := headRoom + float64(lines)*lineHeight + gap
	d := &drawing{}
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%[1]f" height="%[2]f" role="img">`, pictureWidth, height)
	d.add("<title>The row %s of the board, during a run with troubles</title>\n<style>%s\n</style>", row.Title, styles())
	d.rect(0, 0, pictureWidth, height, "back", `rx="6"`)
	d.text(gap+4, 24, "head", "start", 16, row.Title)
	d.course(r)
	column := (pictureWidth - gap) / 24
	for i, p := range row.Panels {
		at := places[i]
		d.panel(r, p, box{
			gap + float64(at.X)*column, headRoom + float64(at.Y)*lineHeight,
			float64(at.Width)*column - gap, float64(at.Height)*lineHeight - gap,
		})
	}
	d.add("</svg>")
	return d.b.String()
}

// course tells what was done when: the grey bands of the panels.
func (d *drawing) course(r *Recording) {
	x := gap + 4.0
	for i, e := range r.Events {
		when := clock(e.From)
		if e.To > e.From {
			when += "–" + clock(e.To)
		}
		text := when + " " + e.What
		if i > 0 {
			x += 22
		}
		d.rect(x, 36, 10, 10, "band s grey", "")
		d.text(x+15, 45, "soft", "start", 11, text)
		x += 15 + width(text, 11)
	}
}
