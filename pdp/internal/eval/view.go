package eval

import (
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// view is an evaluation as an index.View. Bags that nobody knows rule nothing
// out; all others are those that targets and conditions see.
type view evaluation

// Symbols is the symbols of the values of the bag.
func (v *view) Symbols(s Slot) (symbols []symbol.Symbol, known bool) {
	e := (*evaluation)(v)
	b := e.bag(s)
	if b.state == failed {
		return nil, false
	}
	return e.symbolsOf(s, b), true
}

// Ordinal is the number of values, and the ordinal of the only one.
func (v *view) Ordinal(s Slot) (n int, ordinal int64, known bool) {
	e := (*evaluation)(v)
	b := e.bag(s)
	if b.size != 1 {
		return b.size, 0, b.state != failed
	}
	ordinal, known = value.Ordinal(e.valuesOf(b)[0])
	return 1, ordinal, known
}

// Text is the number of values, and the text of the only one, a string.
func (v *view) Text(s Slot) (n int, text string, known bool) {
	b := (*evaluation)(v).bag(s)
	switch {
	case b.size != 1:
		return b.size, "", b.state != failed
	case b.values == nil:
		return 1, nfc(b.texts[0]), true
	default:
		return 1, nfc(string(b.values[0].(value.String))), true
	}
}
