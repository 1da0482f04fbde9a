package main

import (
	"fmt"
	"html"
	"strings"

	"github.com/forseti-pdp/forseti/deploy/observability/board"
)

// style is for light and dark backgrounds. Text stays text, so that it can be read
// aloud and found.
const (
	light = `
text { font-family: system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Helvetica, Arial, sans-serif; fill: #1f2328 }
.soft { fill: #59636e } .head { font-weight: 600 } .panel { fill: #ffffff; stroke: #d1d9e0 } .back { fill: #f6f8fa }
.grid { stroke: #e4e9ee } .axis { stroke: #afb8c1 } .band { fill: #57606a; fill-opacity: .1 }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round } .area { fill-opacity: .5 } .spark { fill-opacity: .15; stroke-opacity: .5 }
`
	dark = `
text { fill: #f0f6fc } .soft { fill: #9198a1 } .panel { fill: #151b23; stroke: #3d444d } .back { fill: #0d1117 }
.grid { stroke: #262c36 } .axis { stroke: #656c76 } .band { fill: #c9d1d9; fill-opacity: .12 }
`
)

// colours are classes with their colours on light and on dark backgrounds.
func colours() [][3]string {
	return [][3]string{
		{"green", "#1a7f37", "#3fb950"},
		{"red", "#cf222e", "#f85149"},
		{"orange", "#d4660a", "#f0883e"},
		{"yellow", "#b58400", "#d29922"},
		{"blue", "#0969da", "#58a6ff"},
		{"purple", "#8250df", "#a371f7"},
		{"grey", "#848d97", "#9198a1"},
		{"teal", "#0e8a8a", "#39c5cf"},
		{"pink", "#bf3989", "#f778ba"},
		{"brown", "#8a5a33", "#c69a6d"},
	}
}

// styles is the style sheet. What is of class s is stroked, what is of class f filled.
func styles() string {
	var b strings.Builder
	sheet := func(base string, which int) {
		b.WriteString(base)
		for _, c := range colours() {
			fmt.Fprintf(&b, ".s.%s { stroke: %s } .f.%[1]s { fill: %[2]s }\n", c[0], c[which])
		}
	}
	sheet(light, 1)
	b.WriteString("@media (prefers-color-scheme: dark) {")
	sheet(dark, 2)
	b.WriteString("}")
	return b.String()
}

// palette are the classes of series without a colour of their own.
func palette() []string {
	return []string{"blue", "orange", "green", "purple", "teal", "pink", "yellow", "brown", "red", "grey"}
}

// class is the class of a colour.
func class(c board.Colour) string {
	if c == board.Grey {
		return "grey"
	}
	return string(c)
}

// drawing is an SVG that is being made.
type drawing struct{ b strings.Builder }

func (d *drawing) add(format string, arguments ...any) { fmt.Fprintf(&d.b, format+"\n", arguments...) }

// text writes at a place; anchor is start, middle or end.
func (d *drawing) text(x, y float64, class, anchor string, size float64, content string) {
	d.add(`<text class="%s" x="%.1f" y="%.1f" text-anchor="%s" font-size="%g">%s</text>`, class, x, y, anchor, size, html.EscapeString(content))
}

func (d *drawing) rect(x, y, w, h float64, class, more string) {
	d.add(`<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" %s/>`, class, x, y, w, h, more)
}

// width is about how wide a text is.
func width(text string, size float64) float64 {
	w := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("iljtfrI.,:;' |()[]/", r):
			w += 0.34
		case strings.ContainsRune("mwMW%", r) || r > 0x2000:
			w += 0.92
		case r >= 'A' && r <= 'Z':
			w += 0.7
		default:
			w += 0.61
		}
	}
	return w * size
}

// fit cuts a text to a width.
func fit(text string, size, room float64) string {
	if width(text, size) <= room {
		return text
	}
	runes := []rune(text)
	for len(runes) > 1 && width(string(runes)+"…", size) > room {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
