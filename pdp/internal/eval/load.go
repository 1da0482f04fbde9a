package eval

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// load takes what the request holds of the attributes that policies name, and
// tells whether the result is to have some of its attributes. It goes through the
// request in steps, attributes, texts, symbols, so that the processor can wait for
// the memory of several at once.
func (e *evaluation) load(r *xacml.Request) (included bool) {
	n := 0
	for i := range r.Attributes {
		attributes := &r.Attributes[i]
		c := e.program.Attributes.category(attributes.Category)
		for j := range attributes.Attributes {
			a := &attributes.Attributes[j]
			included = included || a.IncludeInResult
			if c == nil {
				continue
			}
			if n == len(e.shape) {
				e.shape = append(e.shape, place{})
			}
			at := &e.shape[n]
			n++
			if !at.is(c, a.ID) {
				at.remember(c, a.ID, e.program.Attributes)
			}
			if at.text && e.takeTexts(at.slot, a.Values) {
				continue
			}
			for _, s := range c.named[at.symbol] {
				e.take(s, a)
			}
		}
	}
	from := e.lookUp(e.texts)
	for _, s := range e.touched {
		if b := &e.slots[s]; b.hasTexts {
			e.know(b, from+b.first)
		}
	}
	return included
}

// place is what stands at one place of a request: requests of one caller look
// alike, so that it is not looked up again where the last one had the same.
type place struct {
	category *category
	id       []byte        // a copy
	symbol   symbol.Symbol // of the id, 0 if no policy names it
	slot     Slot          // if text
	text     bool          // the id has one slot, of strings of whatever issuer
}

// longID is the length of ids that are looked up each time.
const longID = 256

// is tells whether the place holds the attribute.
func (p *place) is(c *category, id string) bool { return p.category == c && string(p.id) == id }

// remember makes the place one of the attribute.
func (p *place) remember(c *category, id string, a *Attributes) {
	*p = place{id: p.id[:0], symbol: c.ids.Lookup(id)}
	if len(id) <= longID {
		p.category, p.id = c, append(p.id, id...)
	}
	if slots := c.named[p.symbol]; len(slots) == 1 {
		key := &a.slots[slots[0]].key
		p.slot, p.text = slots[0], key.Type == value.TypeString && key.Issuer == ""
	}
}

// loadAttribute takes one attribute.
func (e *evaluation) loadAttribute(category string, a *xacml.Attribute) {
	if c := e.program.Attributes.category(category); c != nil {
		for _, s := range c.named[c.ids.Lookup(a.ID)] {
			e.take(s, a)
		}
	}
}

// takeTexts takes the values into a bag that is empty so far, if they are all
// strings: the usual case.
func (e *evaluation) takeTexts(s Slot, values []value.Value) bool {
	b := &e.slots[s]
	if b.state != unread || len(values) == 0 {
		return false
	}
	from := len(e.texts)
	for _, v := range values {
		text, ok := v.(value.String)
		if !ok {
			clear(e.texts[from:])
			e.texts = e.texts[:from]
			return false
		}
		e.texts = append(e.texts, string(text))
	}
	b.state, b.size, b.values, b.hasTexts, b.first = present, uint32(len(values)), values, true, uint32(from)
	e.touched = append(e.touched, s)
	return true
}

// take adds those values of the attribute that belong to the slot (§7.3.4).
func (e *evaluation) take(s Slot, a *xacml.Attribute) {
	key := &e.program.Attributes.slots[s].key
	if key.Issuer != "" && !value.Equal(value.String(a.Issuer), value.String(key.Issuer)) {
		return
	}
	n := 0
	for _, v := range a.Values {
		if v.Type() == key.Type {
			n++
		}
	}
	if n == 0 {
		return
	}
	b := &e.slots[s]
	if b.state == unread {
		b.state = present
		e.touched = append(e.touched, s)
		if n == len(a.Values) {
			b.values, b.size = a.Values, uint32(n)
			return
		}
	}
	e.add(b, a.Values, key.Type)
}

// add adds the values of the type to a bag, which has memory of its own from then
// on: an attribute may come as often as there are values.
func (e *evaluation) add(b *bag, values []value.Value, t value.Type) {
	if !b.own {
		b.values, b.own = slices.Clip(e.valuesOf(b)), true
	}
	for _, v := range values {
		if v.Type() == t {
			b.values = append(b.values, v)
		}
	}
	b.size, b.hasTexts, b.signature = uint32(len(b.values)), false, 0
}
