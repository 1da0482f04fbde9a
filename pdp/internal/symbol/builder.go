package symbol

import (
	"slices"
	"strings"
)

const (
	minCells = 16
	// A table of fewer strings is copied whole when it is extended.
	smallTable = 1024
	// An extended table is made one again when the strings beside the old ones
	// are more than this part of them.
	recentShare = 16
)

// Builder makes a [Table] that has the strings of another one and more. It is
// not safe for concurrent use.
type Builder struct {
	from  *Table
	table Table // shares all arrays with from until something is new
	own   bool  // the arrays of table.recent are not shared
}

// Extend starts a Table with the strings of t, which keep their symbols. A nil
// t starts an empty one. Nothing is copied before the first string that t does
// not have.
func Extend(t *Table) *Builder {
	b := &Builder{from: t}
	if t != nil {
		b.table = *t
	}
	return b
}

// Lookup is the symbol of s, 0 if s was not interned.
func (b *Builder) Lookup(s string) Symbol { return b.table.Lookup(s) }

// Intern is the symbol of s, a new one if it has none. The table keeps a copy
// of s and nothing of the memory around it.
func (b *Builder) Intern(s string) Symbol {
	t := &b.table
	k, _ := KeyOf(s)
	if y := t.Find(k, s); y != 0 {
		return y
	}
	b.reserve()
	t.recent.texts = append(t.recent.texts, strings.Clone(s))
	y := Symbol(t.Len())
	put(t.recent.cells, cell{k.x, k.y, k.length, y})
	return y
}

// Table is the table of all strings so far: the very table that the Builder
// extends, be it nil, if nothing is new. The Builder must not be used
// afterwards.
func (b *Builder) Table() *Table {
	if b.from.Len() == b.table.Len() {
		return b.from
	}
	t := b.table // not a part of the Builder, which holds the table before
	return &t
}

// reserve makes the arrays the Builder's own, with room for one string more.
func (b *Builder) reserve() {
	t := &b.table
	if !b.own {
		b.own = true
		if t.old == nil && t.Len() >= smallTable {
			t.old = &b.from.recent
			t.recent = layer{first: t.Len()}
		}
		t.recent = t.recent.copied(nil)
	}
	if t.old != nil && len(t.recent.texts) > len(t.old.texts)/recentShare {
		t.recent = t.recent.copied(t.old)
		t.old = nil
	}
	if l := &t.recent; len(l.texts) >= room(len(l.cells)) {
		l.cells = grown(2*len(l.cells), l.cells)
	}
}

// copied is a copy of the layer with more room, and with the strings of the
// layer before it, if that is not nil.
func (l *layer) copied(before *layer) layer {
	if before == nil {
		before = &layer{first: l.first}
	}
	n := len(before.texts) + len(l.texts)
	c := layer{first: before.first, texts: make([]string, 0, n+n/8+minCells)}
	c.texts = append(append(c.texts, before.texts...), l.texts...)
	if len(before.texts) == 0 && len(l.cells) > 0 {
		c.cells = slices.Clone(l.cells)
		return c
	}
	size := max(minCells, len(before.cells))
	for room(size) <= n {
		size *= 2
	}
	c.cells = grown(size, before.cells, l.cells)
	return c
}

// room is how many strings fit into so many cells: fewer than would have to, so
// that most strings are found, or not, at the first look. A large table is sooner
// slowed down by its size.
func room(cells int) int {
	if cells <= 16*smallTable {
		return cells / 4
	}
	return cells / 2
}

// grown is a hash table of the given size with what others hold.
func grown(size int, others ...[]cell) []cell {
	cells := make([]cell, size)
	for _, other := range others {
		for i := range other {
			if other[i].symbol != 0 {
				put(cells, other[i])
			}
		}
	}
	return cells
}

func put(cells []cell, c cell) {
	at := Key{c.x, c.y, c.length}.hash()
	for cells[at&uint64(len(cells)-1)].symbol != 0 {
		at++
	}
	cells[at&uint64(len(cells)-1)] = c
}
