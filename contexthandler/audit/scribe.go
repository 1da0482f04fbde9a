package audit

import (
	"encoding/json"
	"slices"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// scribe makes the records of one call. An Attributes element that many of them have,
// as the parts of a request for many decisions do, is put into the form of records once:
// a request of a mebibyte would otherwise cost as much as a thousand, when its decisions
// are made and nobody looks at the time any more.
type scribe struct {
	*masks
	event *contexthandler.Event
	call  string
	drawn map[element]*drawn
}

// element tells Attributes elements apart: those that are equal have the same attributes,
// in the same memory.
type element struct {
	category string
	content  bool
	first    *xacml.Attribute // nil if there are none
	count    int
}

func elementOf(a *xacml.Attributes) element {
	e := element{category: a.Category, content: a.Content != nil, count: len(a.Attributes)}
	if e.count > 0 {
		e.first = &a.Attributes[0]
	}
	return e
}

// level is how much is left out of a record because it would be too large.
type level int

const (
	whole level = iota
	shortValues
	namedAttributes
	fewDetails
	noRequest
	levels
)

// omitted is what [Record].Omitted says at each level.
func (l level) omitted() string {
	return [levels]string{"", "values", "attributes", "details", "request"}[l]
}

// drawn is an Attributes element in the form of records. Each level is made of the one
// before, when it is first needed.
type drawn struct {
	forms [levels]Category
	sizes [levels]int // in bytes, as JSON
	made  level       // the last one
}

// scribe makes a scribe.
func (m *Masking) scribe(e *contexthandler.Event, call string) *scribe {
	return &scribe{masks: m.newMasks(e), event: e, call: call, drawn: make(map[element]*drawn)}
}

// count is how many records there are.
func (s *scribe) count() int { return max(1, len(s.event.Decisions)) } // a refusal has no decisions

// record makes one of them, no larger than room: what is too large loses values first,
// then attributes, and then all that is of no fixed size, and says so.
func (s *scribe) record(number, room int) []byte {
	var r *Record
	var request, found []*drawn
	if s.event.Reason != "" {
		r = s.refusal()
		if s.event.Request != nil {
			request = s.drawAll(s.event.Request.Attributes)
		}
	} else {
		d := &s.event.Decisions[number]
		r = s.decision(d)
		if d.Request != nil {
			request = s.drawAll(d.Request.Attributes)
		}
		for i := range d.Found { // which are those of this decision
			found = append(found, s.draw(&d.Found[i]))
		}
	}
	r.Call, r.Part, r.Of = s.call, number+1, s.count()
	for l := whole; ; l++ {
		s.omit(r, l)
		if l >= fewDetails {
			found = nil
		}
		size := 0
		r.Request, size = s.at(request, l, size)
		r.Found, size = s.at(found, l, size)
		if size > room && l < noRequest {
			continue // without a look at the rest
		}
		if text := marshal(r); len(text) <= room || l == noRequest {
			return text
		}
	}
}

// drawAll gives the elements of a request.
func (s *scribe) drawAll(all []xacml.Attributes) []*drawn {
	out := make([]*drawn, len(all))
	for i := range all {
		e := elementOf(&all[i])
		if s.drawn[e] == nil {
			s.drawn[e] = s.draw(&all[i])
		}
		out[i] = s.drawn[e]
	}
	return out
}

func (s *scribe) draw(a *xacml.Attributes) *drawn {
	d := new(drawn)
	d.set(whole, s.category(a))
	return d
}

func (d *drawn) set(l level, c Category) { d.forms[l], d.sizes[l], d.made = c, sizeOf(&c), l }

// sizeOf is the size of a category in a record, in bytes.
func sizeOf(c *Category) int {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // it is texts and numbers
	}
	return len(text)
}

// at gives the elements at a level, and adds their size.
func (s *scribe) at(all []*drawn, l level, size int) ([]Category, int) {
	var out []Category
	for _, d := range all {
		for d.made < l {
			next := d.made + 1
			d.set(next, s.reduced(d.forms[d.made], next))
		}
		if c := d.forms[l]; l < namedAttributes || len(c.Attributes) > 0 {
			out, size = append(out, c), size+d.sizes[l]
		}
	}
	return out, size
}

// reduced is a category, of the level before, at a level. What it is made of is not changed.
func (s *scribe) reduced(c Category, to level) Category {
	switch to {
	case shortValues:
		return withShortValues(c)
	case namedAttributes:
		return s.withNamed(c)
	case fewDetails:
		return withFewDetails(c)
	default:
		return Category{}
	}
}

// What is left of texts, in bytes, and of lists, in a record that is too large.
const (
	shortText = 64
	shortList = 8
)

// cut is the beginning of a text.
func cut(text string) string {
	if len(text) <= shortText {
		return text
	}
	end := shortText
	for end > 0 && text[end]&0xC0 == 0x80 { // within a character
		end--
	}
	return text[:end] + "…"
}

// withShortValues cuts off long values, and leaves out all but the first ones.
func withShortValues(c Category) Category {
	c.Attributes = slices.Clone(c.Attributes)
	for i := range c.Attributes {
		a := &c.Attributes[i]
		first := min(len(a.Values), shortList)
		a.Omitted = len(a.Values) - first
		a.Values = slices.Clone(a.Values[:first])
		for j := range a.Values {
			a.Values[j] = cut(a.Values[j])
		}
	}
	return c
}

// withNamed leaves out the attributes that are not named: whoever asks may add as many of
// them as it likes, and must not hide the others behind them.
func (m *Masking) withNamed(c Category) Category {
	before := len(c.Attributes)
	c.Attributes = slices.DeleteFunc(slices.Clone(c.Attributes), func(a Attribute) bool { return !m.named(c.Category, a.ID) })
	c.Omitted = before - len(c.Attributes)
	return c
}

// named reports whether an attribute means something.
func (m *Masking) named(category, id string) bool {
	switch [2]string{category, id} {
	case [2]string{xacml.CategoryAccessSubject, xacml.AttributeSubjectID},
		[2]string{xacml.CategoryResource, xacml.AttributeResourceID},
		[2]string{xacml.CategoryAction, xacml.AttributeActionID}:
		return true
	default:
		return m.Named != nil && m.Named(category, id)
	}
}

// fewAttributes is how many named attributes are left of a category with the details gone.
const fewAttributes = 4

// withFewDetails leaves the first value of each of the first attributes.
func withFewDetails(c Category) Category {
	before := len(c.Attributes)
	ids := make(map[string]bool)
	c.Attributes = slices.DeleteFunc(slices.Clone(c.Attributes), func(a Attribute) bool {
		again := ids[a.ID] || len(ids) == fewAttributes
		ids[a.ID] = true
		return again
	})
	c.Category, c.Omitted = cut(c.Category), c.Omitted+before-len(c.Attributes)
	for i := range c.Attributes {
		a := &c.Attributes[i]
		a.ID, a.Issuer, a.DataType = cut(a.ID), cut(a.Issuer), cut(a.DataType)
		if n := len(a.Values); n > 1 {
			a.Values, a.Omitted = a.Values[:1], a.Omitted+n-1
		}
	}
	return c
}
