package render

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"

	"github.com/forseti-pdp/forseti/pdp/explanation"
)

//go:embed page.html
var pageText string

// HTML writes the explanation as a page that needs nothing else: no script, no
// style sheet, no picture, and a policy that forbids the browser to load any.
func HTML(to io.Writer, e *explanation.Explanation) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	page := htmlPage{Title: "Explanation", Snapshot: printable(e.Snapshot)}
	for _, d := range e.Decisions {
		page.Decisions = append(page.Decisions, htmlOf(d))
	}
	if len(e.Decisions) == 1 {
		page.Title = page.Decisions[0].Decision + " – explanation"
	}
	return t.Execute(to, page)
}

type htmlPage struct {
	Title, Snapshot string
	Decisions       []htmlDecision
}

type htmlDecision struct {
	Decision, Tone, Status, Summary string
	Differs                         bool
	Missing, Notes                  []string
	Request                         []htmlAttribute
	Lookups                         []htmlLookup
	Tree                            *htmlNode
}

type htmlAttribute struct{ Name, Values string }

type htmlLookup struct {
	Round                       int
	Source, Took, Answer, Error string
	Provided                    []htmlAttribute
}

type htmlNode struct {
	Tone, Result, Title, Place, Remark, Omitted string
	Open                                        bool // it has a part in the result
	Inside                                      []*htmlNode
}

// class is the style of a tone.
func (t tone) class() string {
	return map[tone]string{good: "good", bad: "bad", unclear: "unclear", idle: "idle", neutral: ""}[t]
}

func htmlOf(d *explanation.Decision) htmlDecision {
	out := htmlDecision{
		Decision: printable(d.Decision), Tone: toneOf(d.Decision).class(), Summary: summary(d), Differs: d.Agreement == explanation.Differs,
	}
	if d.Status != nil {
		out.Status = status(d.Status)
		for i := range d.Status.Missing {
			m := &d.Status.Missing[i]
			out.Missing = append(out.Missing, printable(m.Name())+" of type "+short(m.DataType))
		}
	}
	for _, name := range d.Policies.Unavailable {
		out.Notes = append(out.Notes, printable(name)+" is not there any more as it was")
	}
	for _, note := range d.Notes {
		out.Notes = append(out.Notes, printable(note))
	}
	out.Request = htmlAttributes(d.Request)
	for i := range d.Lookups {
		l := &d.Lookups[i]
		out.Lookups = append(out.Lookups, htmlLookup{
			Round: l.Round, Source: printable(l.Source), Took: milliseconds(l.Took), Answer: answered(l), Error: printable(l.Error),
			Provided: htmlAttributes(l.Provided),
		})
	}
	if d.Root != nil {
		out.Tree = htmlTree(d.Root, true)
	}
	return out
}

func htmlAttributes(list []explanation.Attribute) []htmlAttribute {
	out := make([]htmlAttribute, len(list))
	for i := range list {
		out[i] = htmlAttribute{printable(list[i].Name()), values(list[i].Values)}
	}
	return out
}

func htmlTree(n *explanation.Node, open bool) *htmlNode {
	t := toneOf(n.Result)
	out := &htmlNode{Tone: t.class(), Title: title(n), Remark: remark(n), Open: open}
	switch {
	case decides(n):
		out.Result = t.mark() + " " + printable(n.Result)
	case n.Value != nil:
		out.Title = expression(n)
	case n.Result != explanation.ResultDone && n.Result != "":
		out.Result = t.mark()
		if n.Kind != explanation.Match {
			out.Title += ": " + result(n)
		}
	}
	if n.File != "" || n.Line > 0 && decides(n) {
		out.Place = place(n)
	}
	if n.Omitted > 0 {
		out.Omitted = fmt.Sprintf("… %d steps are left out, because the explanation would be too large", n.Omitted)
	}
	if n.Kind == explanation.Match { // it is all in the title
		return out
	}
	for i, decisive := range n.Decisive() {
		c := n.Children[i]
		if c.Kind == explanation.Target && len(c.Children) == 0 && c.Omitted == 0 && c.Result == explanation.ResultMatch {
			continue // an empty target
		}
		for part(c) && c.Omitted == 0 && len(c.Children) == 1 {
			c = c.Children[0]
		}
		out.Inside = append(out.Inside, htmlTree(c, decisive))
	}
	return out
}
