package explanation

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Hidden is values that no part of an explanation may show.
type Hidden map[string]struct{}

// shortest is the length in bytes of the text that is looked for everywhere: a
// shorter one, or a truth value, means nothing by itself.
const shortest = 4

// Add adds values.
func (h Hidden) Add(values ...value.Value) {
	for _, v := range values {
		if v.Type() == value.TypeBoolean {
			continue
		}
		h.add(value.Lexical(v), v.String(), value.Normal(v).String()) // the last: to sources
	}
}

func (h Hidden) add(texts ...string) {
	for _, text := range texts {
		if len(text) >= shortest {
			h[text] = struct{}{}
			h[cut(text)] = struct{}{} // as a node would show it
		}
	}
}

// Apply takes what is hidden out of the decision, wherever it stands but for
// identifiers: a value that equals a private one is private as well, and in text
// a private value is masked.
func (h Hidden) Apply(d *Decision) {
	if len(h) == 0 {
		return
	}
	// The longest first: one private value may be a part of another.
	texts := slices.SortedFunc(maps.Keys(h), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(texts))
	for _, t := range texts {
		pairs = append(pairs, t, Masked)
	}
	s := sweep{strings.NewReplacer(pairs...)}
	d.Status = s.status(d.Status)
	for i := range d.Notes {
		d.Notes[i] = s.text(d.Notes[i])
	}
	for i := range d.Request {
		s.value(d.Request[i].Values)
	}
	for i := range d.Lookups {
		d.Lookups[i].Error = s.text(d.Lookups[i].Error)
		for j := range d.Lookups[i].Provided {
			s.value(d.Lookups[i].Provided[j].Values)
		}
	}
	if d.Root != nil {
		s.node(d.Root)
	}
}

// sweep masks text.
type sweep struct{ masks *strings.Replacer }

func (s sweep) text(t string) string { return s.masks.Replace(t) }

func (s sweep) node(n *Node) {
	s.value(n.Value)
	n.Status = s.status(n.Status)
	n.Reason, n.Note = s.text(n.Reason), s.text(n.Note)
	for _, c := range n.Children {
		s.node(c)
	}
}

func (s sweep) status(of *Status) *Status {
	if of == nil {
		return nil
	}
	out := *of // nodes share it
	out.Message = s.text(of.Message)
	return &out
}

func (s sweep) value(v *Value) {
	if v != nil && !v.Private && slices.ContainsFunc(v.Texts, func(t string) bool { return s.text(t) != t }) {
		v.hide()
	}
}

// hide makes the value private.
func (v *Value) hide() { v.Private, v.Texts = true, nil }
