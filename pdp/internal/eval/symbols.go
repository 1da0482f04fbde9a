package eval

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// signature tells of most symbols that they are not in a set: it has a bit of
// each symbol of the set.
type signature uint64

// always is a bit that the signatures of all bags have. It is that of symbol 0, and
// of some others.
const always signature = 1

func bitOf(y symbol.Symbol) signature { return 1 << (y & 63) }

func signatureOf(symbols ...symbol.Symbol) (s signature) {
	for _, y := range symbols {
		s |= bitOf(y)
	}
	return s
}

// wideBag is the number of symbols from which on those of a bag are sorted.
const wideBag = 8

// lookSteps is what it takes to look for one symbol in the bag.
func (b *bag) lookSteps() int { return int(min(b.known, wideBag)) }

// holds tells whether some value of the bag, which is translated, has the symbol
// of one of the literals.
func (e *evaluation) holds(b *bag, literals code) bool {
	for _, y := range literals {
		if e.has(b, y) {
			return true
		}
	}
	return false
}

// has tells whether some value of the bag, which is translated, has the symbol.
func (e *evaluation) has(b *bag, literal symbol.Symbol) bool {
	return b.signature&bitOf(literal) != 0 && e.finds(b, literal)
}

func (e *evaluation) finds(b *bag, literal symbol.Symbol) bool {
	symbols := e.symbols[b.symbols:][:b.known]
	if len(symbols) > wideBag {
		_, ok := slices.BinarySearch(symbols, literal)
		return ok
	}
	return slices.Contains(symbols, literal)
}

// symbolsOf translates a bag of strings or URIs, which must not have failed, and
// gives its symbols.
func (e *evaluation) symbolsOf(b *bag) []symbol.Symbol {
	if !b.translated() {
		e.translate(b)
	}
	return e.symbols[b.symbols:][:b.known]
}

func (e *evaluation) translate(b *bag) {
	if b.hasTexts {
		e.know(b, e.lookUp(e.textsOf(b)))
		return
	}
	from := len(e.symbols)
	for _, v := range b.values {
		switch v := v.(type) {
		case value.String:
			e.symbols = append(e.symbols, e.program.textSymbol(string(v)))
		case value.AnyURI:
			e.symbols = append(e.symbols, e.program.URIs.Lookup(string(v)))
		}
	}
	e.know(b, uint32(from))
}

// lookUp puts the symbol of each text, 0 where it has none, among those of the
// evaluation, from the place that it gives.
func (e *evaluation) lookUp(texts []string) (from uint32) {
	n := len(e.symbols)
	e.symbols = slices.Grow(e.symbols, len(texts))[:n+len(texts)]
	symbols := e.symbols[n:]
	if ascii := e.program.Strings.LookupAll(texts, symbols); !ascii {
		for i, text := range texts {
			symbols[i] = e.program.textSymbol(text)
		}
	}
	return uint32(n)
}

// know takes the symbols of all values, which begin there.
func (e *evaluation) know(b *bag, from uint32) {
	symbols := e.symbols[from:][:b.size]
	known, signature := 0, always
	for _, y := range symbols {
		symbols[known] = y
		if y != 0 {
			known++
		}
		signature |= bitOf(y)
	}
	if known > wideBag { // a symbol that comes often is looked for once
		slices.Sort(symbols[:known])
		known = len(slices.Compact(symbols[:known]))
	}
	b.symbols, b.known, b.signature = from, uint32(known), signature
}

// textSymbol is the symbol of a string.
func (p *Program) textSymbol(s string) symbol.Symbol {
	k, ascii := symbol.KeyOf(s)
	if !ascii {
		return p.Strings.Lookup(norm.NFC.String(s))
	}
	return p.Strings.Find(k, s)
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
