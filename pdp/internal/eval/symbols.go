package eval

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

// wideBag is the number of values from which on a bag has a filter.
const wideBag = 8

// filter tells of most symbols that they are not in a bag.
type filter [16]uint64

func (f *filter) add(y symbol.Symbol) { f[y>>6&15] |= 1 << (y & 63) }

func (f *filter) may(y symbol.Symbol) bool { return f[y>>6&15]&(1<<(y&63)) != 0 }

// lookSteps is what it takes to look for one symbol in the bag.
func (b *bag) lookSteps() int { return min(len(b.symbols), wideBag) }

// holds tells whether some value of the bag, which is translated, has the symbol
// of one of the literals.
func (b *bag) holds(literals code) bool {
	return slices.ContainsFunc(literals, b.has)
}

// has tells whether some value of the bag, which is translated, has the symbol.
func (b *bag) has(literal symbol.Symbol) bool {
	if b.filter == nil {
		return slices.Contains(b.symbols, literal)
	}
	if !b.filter.may(literal) {
		return false
	}
	_, ok := slices.BinarySearch(b.symbols, literal)
	return ok
}
