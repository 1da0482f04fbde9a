package eval

import (
	"errors"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// bag is what is known of the values of a slot (§7.3.4, 7.3.5). It keeps its
// value for the whole evaluation, an error too. It is one cache line.
type bag struct {
	state bagState
	// own tells that values is memory of this bag alone, which may grow.
	own bool
	// hasTexts tells that the values are strings, which are among the texts of the
	// evaluation, from the first one on. Values are made of them when they are
	// first needed, unless they are there as well.
	hasTexts bool
	first    uint32
	size     uint32 // values
	// known is how many of the values are literals of policies, and symbols where
	// their symbols begin among those of the evaluation. Where they are many they
	// are ascending, and each comes once.
	known, symbols uint32
	signature      signature // of the symbols, or 0 if they were not looked up
	values         []value.Value
	err            *xacml.Error
}

// translated tells that the symbols were looked up.
func (b *bag) translated() bool { return b.signature != 0 }

type bagState uint8

const (
	unread  bagState = iota // not in the request, and not looked for elsewhere
	present                 // from the request
	read                    // found elsewhere, or found to be missing
	failed                  // nobody knows the values
)

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
	b.values, b.size = found.Values(), uint32(found.Len())
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

// asError is err as the status of an Indeterminate.
func asError(err error) *xacml.Error {
	if e, ok := errors.AsType[*xacml.Error](err); ok {
		return e
	}
	return xacml.ProcessingErrorf("%v", err)
}
