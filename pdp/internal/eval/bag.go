package eval

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// bag is what is known of the values of a slot (§7.3.4, 7.3.5). It keeps its
// value for the whole evaluation, an error too.
type bag struct {
	state bagState
	// translated tells that symbols holds the symbol of each value.
	translated bool
	// own tells that values is memory of this bag alone, which may grow.
	own  bool
	size int
	// values are the values; they are made of texts, if there are any, when they
	// are first needed.
	values  []value.Value
	texts   []string
	symbols []symbol.Symbol
	filter  *filter // of the symbols, if there are many
	err     *xacml.Error
}

type bagState uint8

const (
	unread  bagState = iota // not in the request, and not looked for elsewhere
	present                 // from the request
	read                    // found elsewhere, or found to be missing
	failed                  // nobody knows the values
)

// load takes what the request holds of the attributes that policies name, and
// tells whether the result is to have some of its attributes.
func (e *evaluation) load(r *xacml.Request) (included bool) {
	n := 0
	for i := range r.Attributes {
		attributes := &r.Attributes[i]
		var c *category
		for j := range attributes.Attributes {
			a := &attributes.Attributes[j]
			included = included || a.IncludeInResult
			if n == len(e.shape) {
				e.shape = append(e.shape, place{})
			}
			at := &e.shape[n]
			if n++; at.slots == nil || at.id != a.ID || at.category != attributes.Category {
				if c == nil {
					c = e.program.Attributes.category(attributes.Category)
				}
				if !e.remember(at, c, a.ID) {
					continue
				}
			}
			for _, s := range at.slots {
				e.take(s, a)
			}
		}
	}
	return included
}

// place is what stands at one place of a request: requests of one caller look
// alike, so that it is not looked up again where the last one had the same.
// What it holds is of the program.
type place struct {
	category, id string
	slots        []Slot
}

// remember finds the slots of an attribute; ok is false if it has none.
func (e *evaluation) remember(at *place, c *category, id string) (ok bool) {
	if c == nil {
		return false
	}
	y := c.ids.Lookup(id)
	if y == 0 {
		return false
	}
	*at = place{c.name, c.ids.Text(y), c.named[y]}
	return true
}

// loadAttribute takes one attribute.
func (e *evaluation) loadAttribute(category string, a *xacml.Attribute) {
	if c := e.program.Attributes.category(category); c != nil {
		for _, s := range c.named[c.ids.Lookup(a.ID)] {
			e.take(s, a)
		}
	}
}

// take adds those values of the attribute that belong to the slot (§7.3.4).
func (e *evaluation) take(s Slot, a *xacml.Attribute) {
	key := &e.program.Attributes.slots[s].key
	if key.Issuer != "" && !value.Equal(value.String(a.Issuer), value.String(key.Issuer)) {
		return
	}
	b := &e.slots[s]
	if b.state == unread && key.Type == value.TypeString && e.takeStrings(b, a.Values) {
		e.touched = append(e.touched, s)
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
	if b.state == unread {
		b.state = present
		e.touched = append(e.touched, s)
		if n == len(a.Values) {
			b.values, b.size = a.Values, n
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
	b.size, b.texts, b.translated, b.filter = len(b.values), nil, false, nil
}

// takeStrings takes values that are all strings, with their symbols, into a bag
// that is empty so far: the usual case.
func (e *evaluation) takeStrings(b *bag, values []value.Value) bool {
	from := len(e.symbols)
	for _, v := range values {
		s, ok := v.(value.String)
		if !ok {
			e.symbols = e.symbols[:from]
			return false
		}
		e.symbols = append(e.symbols, e.program.textSymbol(string(s)))
	}
	if len(values) == 0 {
		return false
	}
	b.state, b.values, b.size = present, values, len(values)
	e.translated(b, from)
	return true
}

// bag is the values of the attribute: those of the request, else the clock's,
// else the finder's.
func (e *evaluation) bag(s Slot) *bag {
	b := &e.slots[s]
	if b.state == unread {
		e.find(s, b)
	}
	return b
}

// find looks for values that the request does not hold.
func (e *evaluation) find(s Slot, b *bag) {
	e.touched = append(e.touched, s)
	a := &e.program.Attributes.slots[s]
	if e.pending != nil && e.pending(a.key) {
		b.state, b.err = failed, errPending
		e.awaited = append(e.awaited, s)
		return
	}
	b.state = read
	if v := e.clock(a.clock); v != nil {
		b.values, b.size = []value.Value{v}, 1
		return
	}
	if e.in.Finder == nil {
		return
	}
	found, err := e.ask(a.key)
	if err != nil {
		b.state, b.err = failed, err
		return
	}
	b.values, b.size = found.Values(), found.Len()
}

// errPending is why a bag is not known that can be had later, in [Needs] only.
var errPending = xacml.ProcessingErrorf("not known yet")

// ask asks the finder.
func (e *evaluation) ask(key xacml.AttributeKey) (value.Bag, *xacml.Error) {
	found, err := e.in.Finder.Find(e.ctx, key)
	if err != nil {
		// Absent is not unavailable: nobody knows the values, so the attribute
		// is Indeterminate even where it need not be present.
		return value.Bag{}, asError(err)
	}
	for _, v := range found.Values() {
		if v.Type() != key.Type {
			return value.Bag{}, xacml.ProcessingErrorf("attribute %q was supplied as %s, not as %s", key.ID, v.Type(), key.Type)
		}
	}
	return value.NewBag(key.Type, found.Values()...), nil
}

// clock is §7.3.6 and B.7: the PDP supplies the time if the request does not,
// one reading for the whole evaluation.
func (e *evaluation) clock(c clock) value.Value {
	if c == noClock {
		return nil
	}
	now := e.read()
	switch c {
	case clockTime:
		return value.TimeOf(now)
	case clockDate:
		return value.DateOf(now)
	default:
		return value.DateTimeOf(now)
	}
}

// read reads the clock, once.
func (e *evaluation) read() time.Time {
	if e.now.IsZero() {
		e.now = e.in.Now()
	}
	return e.now
}

// symbolsOf is the symbol of each value of the bag: 0 for one that is no
// literal of a policy. Those of a wide bag are ascending, and each comes once.
func (e *evaluation) symbolsOf(s Slot, b *bag) []symbol.Symbol {
	if b.translated {
		return b.symbols
	}
	from := len(e.symbols)
	if b.values == nil && b.texts != nil {
		e.symbols = e.translateTexts(b.texts, e.symbols)
	} else if e.program.Attributes.slots[s].key.Type == value.TypeString {
		for _, v := range b.values {
			e.symbols = append(e.symbols, e.program.textSymbol(string(v.(value.String))))
		}
	} else {
		for _, v := range b.values {
			e.symbols = append(e.symbols, e.program.URIs.Lookup(string(v.(value.AnyURI))))
		}
	}
	e.translated(b, from)
	return b.symbols
}

// translated gives the bag the symbols from there on.
func (e *evaluation) translated(b *bag, from int) {
	b.symbols, b.translated = e.symbols[from:len(e.symbols):len(e.symbols)], true
	if len(b.symbols) <= wideBag {
		return
	}
	// A symbol that comes often is looked for once. Several values stay several.
	slices.Sort(b.symbols)
	distinct := slices.Compact(b.symbols)
	if len(distinct) == 1 {
		distinct = append(b.symbols[:0], 0, b.symbols[0])
	}
	b.symbols = distinct
	if len(e.filters) == e.filtered {
		e.filters = append(e.filters, new(filter))
	}
	b.filter = e.filters[e.filtered]
	e.filtered++
	*b.filter = filter{}
	for _, y := range b.symbols {
		b.filter.add(y)
	}
}

// textSymbol is the symbol of a string.
func (p *Program) textSymbol(s string) symbol.Symbol {
	y, ascii := p.Strings.LookupASCII(s)
	if !ascii {
		return p.Strings.Lookup(norm.NFC.String(s))
	}
	return y
}

// nfc is the text of a string in normalization form C, by which strings are
// equal (§7.1.1).
func nfc(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return norm.NFC.String(s)
		}
	}
	return s
}

// asError is err as the status of an Indeterminate.
func asError(err error) *xacml.Error {
	if e, ok := errors.AsType[*xacml.Error](err); ok {
		return e
	}
	return xacml.ProcessingErrorf("%v", err)
}
