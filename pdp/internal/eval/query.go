package eval

import (
	"context"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Query is a request that is put together attribute by attribute, straight into
// the slots of a program: what no policy names costs next to nothing, and text is
// not made a value unless a function needs it. It is scratch memory: it belongs
// to one goroutine, and must not be used after Close.
//
// Text that is added must not change until Close; nothing keeps it after that.
type Query struct {
	e *evaluation
	// turn tells queries apart that use the same memory one after the other.
	turn uint64
	// entries are all attributes, for what needs the whole request.
	entries []entry
	// header is the request without its attributes, and whole the request with
	// them, if somebody asked for it.
	header xacml.Request
	whole  *xacml.Request
	// included tells that some attribute is to be in the result.
	included bool
	decided  bool
}

// entry is one attribute of a query: text, or an attribute.
type entry struct {
	category, id, text string
	attribute          *xacml.Attribute
}

// NewQuery makes a query without attributes for a program.
func NewQuery(p *Program) *Query {
	e := begin(context.Background(), p, Input{})
	if e.query == nil {
		e.query = &Query{e: e}
	}
	e.asked = e.query
	e.query.turn++
	return e.query
}

// Turn is what Close is told.
func (q *Query) Turn() uint64 { return q.turn }

// Close gives the memory of the query back, unless that was done before: the turn
// is that of the query.
func (q *Query) Close(turn uint64) {
	if q.e == nil || q.turn != turn {
		return
	}
	q.turn++
	if cap(q.entries) > keepValues {
		q.entries = nil
	}
	clear(q.entries)
	q.entries = q.entries[:0]
	q.header, q.whole, q.included, q.decided = xacml.Request{}, nil, false, false
	q.e.end()
}

// AddText adds a value of type string to an attribute without an issuer.
func (q *Query) AddText(category, id, text string) {
	q.entries, q.whole = append(q.entries, entry{category: category, id: id, text: text}), nil
	e := q.e
	c := e.program.Attributes.category(category)
	if c == nil {
		return
	}
	for _, s := range c.named[c.ids.Lookup(id)] {
		if key := &e.program.Attributes.slots[s].key; key.Type == value.TypeString && key.Issuer == "" {
			e.takeText(s, text)
		}
	}
}

// Add adds an attribute. It is not changed, and must not be.
func (q *Query) Add(category string, a *xacml.Attribute) {
	q.entries, q.whole = append(q.entries, entry{category: category, id: a.ID, attribute: a}), nil
	q.included = q.included || a.IncludeInResult
	q.e.loadAttribute(category, a)
}

// ReturnPolicyIDs asks for the policies that were applicable (§5.48).
func (q *Query) ReturnPolicyIDs() { q.header.ReturnPolicyIDList = true }

// Evaluate decides as the function [Evaluate] does. The Request of the input does
// not matter. A query is decided once: what is known of it by then would not be
// that of another reading of the clock.
func (q *Query) Evaluate(ctx context.Context, in Input) (result xacml.Result) {
	if q.decided {
		return xacml.Result{Status: xacml.ProcessingErrorf("a query is decided once").Status}
	}
	q.decided = true
	e := q.e
	defer e.blame()
	in.Request = &q.header
	e.restart(ctx, in)
	e.decide(&result)
	if q.included {
		result.Attributes = q.Request().IncludedInResult()
	}
	return result
}

// Timeless reports whether the clock was not read so far.
func (q *Query) Timeless() bool { return q.e != nil && q.e.now.IsZero() }

// Abandon leaves the query, which must not be used any more, to the garbage
// collector: after a panic nobody knows what it holds.
func (q *Query) Abandon() { q.e = nil }

// Request is all that was added so far as a request, each category once. It is of
// its own, and outlives the query.
func (q *Query) Request() *xacml.Request {
	if q.whole != nil {
		return q.whole
	}
	r := q.header
	for _, n := range q.entries {
		at := slices.IndexFunc(r.Attributes, func(a xacml.Attributes) bool { return a.Category == n.category })
		if at < 0 {
			at = len(r.Attributes)
			r.Attributes = append(r.Attributes, xacml.Attributes{Category: strings.Clone(n.category)})
		}
		a := xacml.Attribute{}
		if n.attribute != nil {
			a = *n.attribute
		} else {
			a.ID, a.Values = strings.Clone(n.id), []value.Value{value.String(strings.Clone(n.text))}
		}
		r.Attributes[at].Attributes = append(r.Attributes[at].Attributes, a)
	}
	q.whole = &r
	return q.whole
}

// takeText adds a value to a bag of strings.
func (e *evaluation) takeText(s Slot, text string) {
	b := &e.slots[s]
	switch {
	case b.state == unread:
		b.state, b.hasTexts, b.first = present, true, uint32(len(e.texts))
		e.touched = append(e.touched, s)
	case !b.hasTexts || b.values != nil || int(b.first+b.size) != len(e.texts): // not the last ones
		e.add(b, []value.Value{value.String(strings.Clone(text))}, value.TypeString)
		return
	}
	e.texts = append(e.texts, text)
	b.size++
}

// textsOf is the texts of a bag that has texts.
func (e *evaluation) textsOf(b *bag) []string { return e.texts[b.first:][:b.size] }

// valuesOf is the values of the bag. Text becomes values that keep nothing of
// where it came from.
func (e *evaluation) valuesOf(b *bag) []value.Value {
	if b.hasTexts && b.values == nil {
		b.values = make([]value.Value, b.size)
		for i, text := range e.textsOf(b) {
			b.values[i] = value.String(strings.Clone(text))
		}
	}
	return b.values
}
