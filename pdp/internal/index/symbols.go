package index

import (
	"math/bits"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

// symbolSplit finds the children that accept a symbol: by a hash table, or in a
// large split by the symbol itself, if its symbols are close to each other.
type symbolSplit struct {
	axis       axis
	generation uint32
	shift      uint8 // a hash without these low bits is a place
	// table is the cells of the hash table: 32 bits of symbol above 32 of ref, 0 in
	// a free cell.
	// INVARIANT: the number of cells is a power of two, and a quarter is free.
	table []uint64
	keys  int // cells in use
	// pages is the groups by symbol, if there is no table. A copy of the split
	// shares a page until it writes to it.
	pages  []*page
	groups groups
}

// page is the groups of as many symbols in a row, each without the bits of
// noChildren, so that a new page has no children.
type page [pageRefs]ref

const (
	pageBits = 10
	pageRefs = 1 << pageBits
)

// maxSpread is how many symbols there may be for each that is a key, or there is
// a table.
const maxSpread = 8

// newSymbolSplit makes a split without children, with room for so many keys up to
// the last one.
func newSymbolSplit(a axis, keys int, last symbol.Symbol) *symbolSplit {
	s := &symbolSplit{axis: a}
	if keys >= pageRefs && int(last) < maxSpread*keys {
		s.pages = make([]*page, last>>pageBits+1)
	} else {
		s.resize(keys)
	}
	return s
}

func (s *symbolSplit) candidates(v View, into []uint32) []uint32 {
	n, symbols, known := v.Symbols(s.axis.slot)
	switch {
	case !known, n == 0 && s.axis.empty, n > 1 && s.axis.many:
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
	for _, cell := range s.table {
		if cell != 0 {
			into = s.groups.candidates(ref(cell), v, into)
		}
	}
	for _, p := range s.pages {
		if p != nil {
			for _, r := range p {
				into = s.groups.candidates(r^noChildren, v, into)
			}
		}
	}
	return into
}

// find is the group of a symbol. Symbol 0 has none.
func (s *symbolSplit) find(y symbol.Symbol) ref {
	if s.pages != nil {
		if at := int(y >> pageBits); at < len(s.pages) && s.pages[at] != nil {
			return s.pages[at][y&(pageRefs-1)] ^ noChildren
		}
		return noChildren
	}
	if y == 0 {
		return noChildren
	}
	table := s.table
	for at := int(hash(y) >> s.shift); len(table) > 0; at++ {
		cell := table[at&(len(table)-1)]
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

// set gives a symbol its group, in what is not shared.
func (s *symbolSplit) set(y symbol.Symbol, r ref) {
	if s.pages != nil {
		for len(s.pages) <= int(y>>pageBits) {
			s.pages = append(s.pages, nil)
		}
		p := &s.pages[y>>pageBits]
		if *p == nil {
			*p = new(page)
		}
		(*p)[y&(pageRefs-1)] = r ^ noChildren
		return
	}
	at := s.where(y)
	if s.table[at] == 0 {
		s.reserve()
		at = s.where(y)
		s.keys++
	}
	s.table[at] = uint64(y)<<32 | uint64(r)
}

// where is where the cell of y is, or the free one where it would be.
func (s *symbolSplit) where(y symbol.Symbol) int {
	mask := len(s.table) - 1
	at := int(hash(y)>>s.shift) & mask
	for s.table[at] != 0 && symbol.Symbol(s.table[at]>>32) != y {
		at = (at + 1) & mask
	}
	return at
}

// resize makes the table anew, with room for so many keys. Keys without
// children are left out.
func (s *symbolSplit) resize(keys int) {
	old := s.table
	cells := 1 << bits.Len(uint((4*max(keys, 1)+2)/3-1)) // three quarters of them are enough
	s.keys = 0
	s.shift = uint8(32 - bits.TrailingZeros(uint(cells)))
	s.table = make([]uint64, cells)
	for _, cell := range old {
		if cell != 0 && ref(cell) != noChildren {
			s.table[s.where(symbol.Symbol(cell>>32))] = cell
			s.keys++
		}
	}
}

// reserve makes room for one key more in the table.
func (s *symbolSplit) reserve() {
	if s.keys < len(s.table)-max(1, len(s.table)/4) {
		return
	}
	used := 0
	for _, cell := range s.table {
		if cell != 0 && ref(cell) != noChildren {
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
		old := s.find(y)
		if old == noChildren && !grow {
			continue
		}
		if r := change(old); r != old {
			s.ownPage(int(y >> pageBits))
			s.set(y, r)
		}
	}
}

// ownPage makes a page one that is not shared.
func (s *symbolSplit) ownPage(at int) {
	if at < len(s.pages) && s.pages[at] != nil {
		own := *s.pages[at]
		s.pages[at] = &own
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
	for at, cell := range s.table {
		if cell != 0 {
			s.table[at] = cell>>32<<32 | uint64(change(ref(cell)))
		}
	}
	for at := range s.pages {
		s.ownPage(at)
		if p := s.pages[at]; p != nil {
			for i, r := range p {
				p[i] = change(r^noChildren) ^ noChildren
			}
		}
	}
}
