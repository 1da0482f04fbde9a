package eval

import (
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// view is an evaluation as an index.View. Bags that nobody knows rule nothing
// out; all others are those that targets and conditions see.
type view evaluation

// Symbols is the number of values, and the symbols of those that have one.
func (v *view) Symbols(s Slot) (n int, symbols []symbol.Symbol, known bool) {
	e := (*evaluation)(v)
	b := e.bag(s)
	if b.state == failed {
		return 0, nil, false
	}
	symbols = e.symbolsOf(b)
	if len(symbols) > wideBag {
		_ = e.spend(len(symbols)) // if that stops the evaluation, any answer will do
	}
	return int(b.size), symbols, true
}

// Ordinal is the number of values, and the ordinal of the only one.
func (v *view) Ordinal(s Slot) (n int, ordinal int64, known bool) {
	e := (*evaluation)(v)
	b := e.bag(s)
	if b.size != 1 {
		return int(b.size), 0, b.state != failed
	}
	ordinal, known = value.Ordinal(e.valuesOf(b)[0])
	return 1, ordinal, known
}

// longText is the length of text that is not known to the index: a regular
// expression fails on text for which it takes too long (regex.MaxCost), whatever
// the text begins with. The largest expression does not on a text of this length.
const longText = 256

// Text is the number of values, and the text of the only one, a string.
func (v *view) Text(s Slot) (n int, text string, known bool) {
	e := (*evaluation)(v)
	b := e.bag(s)
	switch {
	case b.size != 1:
		return int(b.size), "", b.state != failed
	case b.hasTexts:
		text = nfc(e.textsOf(b)[0])
	default:
		text = nfc(string(b.values[0].(value.String)))
	}
	return 1, text, len(text) <= longText
}
