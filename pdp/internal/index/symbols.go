package index

import (
	"math/bits"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

// symbolSplit finds the children that accept a symbol by a hash table.
type symbolSplit struct {
	axis       axis
	generation uint32
	shift      uint8 // a hash without these low bits is a place
	// table is the cells of the table: 32 bits of symbol above 32 of ref, 0 in a
	// free cell. If there are more than fit into a page, they are in pages, which
	// a copy of the split shares until it writes to one.
	// INVARIANT: the number of cells is a power of two, and a quarter is free.
	table  []uint64
	pages  []*page
	keys   int // cells in use
	groups groups
}

const (
	pageBits  = 10
	pageCells = 1 << pageBits
)

type page [pageCells]uint64

// newSymbolSplit makes a split without children, with room for so many keys.
func newSymbolSplit(a axis, keys int) *symbolSplit {
	s := &symbolSplit{axis: a}
	s.resize(keys)
	return s
}

func (s *symbolSplit) candidates(v View, into []uint32) []uint32 {
	symbols, known := v.Symbols(s.axis.slot)
	switch {
	case !known, len(symbols) == 0 && s.axis.empty, len(symbols) > 1 && s.axis.many:
		return s.all(v, into)
	}
	for _, y := range symbols {
		switch r := s.find(y); {
		case r <= refMask: // oneChild, by far the most frequent
			into = append(into, uint32(r))
		case r != noChildren:
			into = s.groups.candidates(r, v, into)
		}
	}
	return into
}

// all is the candidates among all children of the split.
func (s *symbolSplit) all(v View, into []uint32) []uint32 {
	for at := range s.cells() {
		if cell := *s.cell(at); cell != 0 {
			into = s.groups.candidates(ref(cell), v, into)
		}
	}
	return into
}

// find is the group of a symbol. Symbol 0 has none: no cell with a key is 0.
func (s *symbolSplit) find(y symbol.Symbol) ref {
	if y == 0 {
		return noChildren
	}
	at := hash(y) >> s.shift
	if pages := s.pages; len(pages) > 0 {
		for ; ; at++ {
			cell := pages[at>>pageBits&uint32(len(pages)-1)][at&(pageCells-1)]
			if symbol.Symbol(cell>>32) == y {
				return ref(cell)
			}
			if cell == 0 {
				return noChildren
			}
		}
	}
	for table := s.table; len(table) > 0; at++ {
		cell := table[int(at)&(len(table)-1)]
		if symbol.Symbol(cell>>32) == y {
			return ref(cell)
		}
		if cell == 0 {
			break
		}
	}
	return noChildren
}

// hash spreads symbols, which are small numbers in a row, over 32 bits. They
// are literals of policies: no request chooses them.
func hash(y symbol.Symbol) uint32 { return uint32(y) * 0x9E3779B1 }

// cells is the number of cells.
func (s *symbolSplit) cells() int { return len(s.table) + len(s.pages)*pageCells }

func (s *symbolSplit) cell(at int) *uint64 {
	if len(s.pages) == 0 {
		return &s.table[at]
	}
	return &s.pages[at>>pageBits][at&(pageCells-1)]
}

// where is where the cell of y is, or the free one where it would be.
func (s *symbolSplit) where(y symbol.Symbol) int {
	mask := s.cells() - 1
	at := int(hash(y)>>s.shift) & mask
	for {
		if cell := *s.cell(at); cell == 0 || symbol.Symbol(cell>>32) == y {
			return at
		}
		at = (at + 1) & mask
	}
}

// set gives a new symbol its group. There must be room for it, in a table that
// is not shared.
func (s *symbolSplit) set(y symbol.Symbol, r ref) {
	*s.cell(s.where(y)) = uint64(y)<<32 | uint64(r)
	s.keys++
}

// resize makes the table anew, with room for so many keys. Keys without
// children are left out.
func (s *symbolSplit) resize(keys int) {
	old := *s
	cells := 1 << bits.Len(uint((4*max(keys, 1)+2)/3-1)) // three quarters of them are enough
	s.keys = 0
	s.shift = uint8(32 - bits.TrailingZeros(uint(cells)))
	s.table, s.pages = nil, nil
	if cells <= pageCells {
		s.table = make([]uint64, cells)
	} else {
		s.pages = make([]*page, cells/pageCells)
		for i := range s.pages {
			s.pages[i] = new(page)
		}
	}
	for at := range old.cells() {
		if cell := *old.cell(at); cell != 0 && ref(cell) != noChildren {
			s.set(symbol.Symbol(cell>>32), ref(cell))
		}
	}
}

// reserve makes room for one key more.
func (s *symbolSplit) reserve() {
	cells := s.cells()
	if s.keys < cells-max(1, cells/4) {
		return
	}
	used := 0
	for at := range cells {
		if cell := *s.cell(at); cell != 0 && ref(cell) != noChildren {
			used++
		}
	}
	s.resize(used + used/8 + 1)
}

func (s *symbolSplit) along() axis { return s.axis }

func (s *symbolSplit) store() *groups { return &s.groups }

func (s *symbolSplit) width(c *Constraint) int { return c.accepted() }

func (s *symbolSplit) place(c *Constraint, grow bool, change func(ref) ref) {
	for _, y := range c.Symbols {
		at := s.where(y)
		old := noChildren
		switch cell := *s.cell(at); {
		case cell != 0:
			old = ref(cell)
		case grow:
			s.reserve()
			at = s.where(y)
			s.keys++
		default:
			continue
		}
		if r := change(old); r != old {
			if len(s.pages) > 0 {
				own := *s.pages[at>>pageBits]
				s.pages[at>>pageBits] = &own
			}
			*s.cell(at) = uint64(y)<<32 | uint64(r)
		}
	}
}

func (s *symbolSplit) writable(generation uint32) split {
	if s.generation == generation {
		return s
	}
	next := *s
	next.generation = generation
	next.groups = s.groups.copied()
	next.table = slices.Clone(s.table)
	next.pages = slices.Clone(s.pages)
	next.groups.tidy(next.each)
	return &next
}

// each changes all groups.
func (s *symbolSplit) each(change func(ref) ref) {
	for i := range s.pages {
		own := *s.pages[i]
		s.pages[i] = &own
	}
	for at := range s.cells() {
		if cell := s.cell(at); *cell != 0 {
			*cell = *cell>>32<<32 | uint64(change(ref(*cell)))
		}
	}
}
