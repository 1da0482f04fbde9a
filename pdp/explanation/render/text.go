package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/explanation"
)

// TextOptions is how [Text] shows an explanation.
type TextOptions struct {
	// Color uses the colours of a terminal.
	Color bool
	// All shows every node; otherwise what a result does not rest on is one line.
	All bool
}

// Text writes the explanation for people.
func Text(to io.Writer, e *explanation.Explanation, o TextOptions) error {
	w := &textWriter{o: o}
	for i, d := range e.Decisions {
		if i > 0 {
			w.b.WriteByte('\n')
		}
		if len(e.Decisions) > 1 {
			fmt.Fprintf(&w.b, "decision %d of %d: ", i+1, len(e.Decisions))
		}
		w.decision(d, e.Snapshot)
	}
	_, err := io.WriteString(to, w.b.String())
	return err
}

type textWriter struct {
	b strings.Builder
	o TextOptions
}

func (w *textWriter) line(label, text string) { fmt.Fprintf(&w.b, "  %-12s%s\n", label, text) }

func (w *textWriter) decision(d *explanation.Decision, snapshot string) {
	w.b.WriteString(w.paint(toneOf(d.Decision), true, printable(d.Decision)) + "\n")
	if d.Status != nil {
		w.line("status", status(d.Status))
		for i := range d.Status.Missing {
			m := &d.Status.Missing[i]
			w.line("missing", printable(m.Name())+" of type "+short(m.DataType))
		}
	}
	w.line("policies", summary(d))
	if snapshot != "" {
		w.line("snapshot", printable(snapshot))
	}
	for _, name := range d.Policies.Unavailable {
		w.line("changed", printable(name)+" is not there any more as it was")
	}
	for _, note := range d.Notes {
		w.line("note", printable(note))
	}
	for i := range d.Request {
		label := ""
		if i == 0 {
			label = "request"
		}
		w.line(label, provided(&d.Request[i]))
	}
	for i := range d.Lookups {
		if l := &d.Lookups[i]; w.o.All || l.Questions > 0 || l.Error != "" {
			w.lookup(l)
		}
	}
	if d.Root != nil {
		w.b.WriteByte('\n')
		w.node(d.Root, "", "", true)
	}
}

func (w *textWriter) lookup(l *explanation.Lookup) {
	how := toneOf("Permit")
	if l.Error != "" {
		how = unclear
	}
	w.line(fmt.Sprintf("look-up %d", l.Round), fmt.Sprintf("%s %s, %s", w.paint(how, false, printable(l.Source)), milliseconds(l.Took), answered(l)))
	if l.Error != "" {
		w.line("", "  "+printable(l.Error))
	}
	for i := range l.Provided {
		if a := &l.Provided[i]; w.o.All || a.Values != nil && a.Values.Count > 0 {
			w.line("", "  "+provided(a))
		}
	}
}

// node writes a node and, if the result around it rests on it, those inside. first
// stands before the node, rest before those inside.
func (w *textWriter) node(n *explanation.Node, first, rest string, decisive bool) {
	w.b.WriteString(w.dim(first) + w.title(n) + "\n")
	if !decisive && !w.o.All || n.Kind == explanation.Match && !w.o.All {
		return
	}
	items := w.inside(n)
	for i, item := range items {
		branch, below := "├─ ", "│  "
		if i == len(items)-1 {
			branch, below = "└─ ", "   "
		}
		if item.node == nil {
			w.b.WriteString(w.dim(rest+branch) + w.dim(item.text) + "\n")
			continue
		}
		w.node(item.node, rest+branch, rest+below, item.decisive)
	}
}

// item is a line below a node: another node, or a text.
type item struct {
	node     *explanation.Node
	decisive bool
	text     string
}

// inside is what is shown below a node.
func (w *textWriter) inside(n *explanation.Node) []item {
	const mostIdle = 12 // lines for what does not matter, one below the other
	var out []item
	idle, parts := 0, 0
	for i, decisive := range n.Decisive() {
		c := n.Children[i]
		switch {
		case w.o.All:
			out = append(out, item{node: c, decisive: true})
			continue
		case c.Kind == explanation.Target && len(c.Children) == 0 && c.Omitted == 0 && c.Result == explanation.ResultMatch:
			continue // an empty target
		case !decisive && !decides(c) && c.Kind != explanation.Obligation && c.Kind != explanation.Advice:
			parts++
			continue
		case !decisive:
			if idle++; idle > mostIdle {
				continue
			}
		}
		if c.Kind == explanation.Target && c.Result == explanation.ResultMatch && c.Omitted == 0 {
			for _, anyOf := range c.Children { // all of them
				out = append(out, item{node: folded(anyOf), decisive: true})
			}
			continue
		}
		out = append(out, item{node: folded(c), decisive: decisive})
	}
	if idle > mostIdle {
		out = append(out, item{text: fmt.Sprintf("… and %d more that do not decide", idle-mostIdle)})
	}
	if parts > 0 && !decides(n) {
		out = append(out, item{text: fmt.Sprintf("… and %d more that do not decide", parts)})
	}
	if n.Omitted > 0 {
		out = append(out, item{text: fmt.Sprintf("… %d steps are left out, because the explanation would be too large", n.Omitted)})
	}
	return out
}

// title is the line of a node.
func (w *textWriter) title(n *explanation.Node) string {
	t := toneOf(n.Result)
	text := title(n)
	switch {
	case decides(n):
		text = w.paint(t, true, t.mark()+" "+printable(n.Result)) + "  " + text
	case n.Kind == explanation.Match:
		text = w.paint(t, false, t.mark()) + " " + text
	case n.Value != nil || n.Kind == explanation.Literal:
		text = expression(n)
	case n.Result == explanation.ResultDone || n.Result == "":
	default:
		text = w.paint(t, false, t.mark()) + " " + text + ": " + result(n)
	}
	if n.File != "" || n.Line > 0 && decides(n) {
		text += w.dim(" " + place(n))
	}
	if r := remark(n); r != "" {
		text += w.dim(" — ") + r
	}
	return text
}

// result is the result in the words of a line.
func result(n *explanation.Node) string {
	switch n.Result {
	case explanation.ResultMatch:
		return "matches"
	case explanation.ResultNoMatch:
		return "does not match"
	default:
		return printable(n.Result)
	}
}

// place is where the element is.
func place(n *explanation.Node) string {
	text := printable(n.File)
	if n.Line > 0 {
		text += fmt.Sprintf(":%d", n.Line)
	}
	return text
}

func (w *textWriter) paint(t tone, bold bool, text string) string {
	if !w.o.Color {
		return text
	}
	code := map[tone]string{good: "32", bad: "31", unclear: "33", idle: "2", neutral: "0"}[t]
	if bold && t != idle {
		code = "1;" + code
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (w *textWriter) dim(text string) string {
	if !w.o.Color || text == "" {
		return text
	}
	return "\x1b[2m" + text + "\x1b[0m"
}
