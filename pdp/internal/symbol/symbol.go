// Package symbol numbers strings: the literals of policies, so that a target
// is a comparison of integers, and the attributes of a request, whose strings
// are looked up once each.
//
// A [Table] is immutable. It is an open-addressing hash table of flat arrays,
// so that a table with one string more ([Extend]) is a copy of memory and not
// a walk through a map; a large table is not even copied, but gets a small one
// beside it. What it holds comes from policies, which are trusted; strings of
// requests are only looked up, so that nobody can make a look-up long: it is no
// longer than the longest run of cells in use.
//
// The package knows nothing of values, attributes or policies.
package symbol

import "math/bits"

// Symbol is the number of a string in a [Table]. 0 stands for a string that
// no table has.
type Symbol uint32

// Table numbers strings. It is immutable and safe for concurrent use. The nil
// and the zero Table are empty.
type Table struct {
	// old has the lower symbols of a table that grew out of a large one, which
	// it shares with that. It may be nil.
	old    *layer
	recent layer
}

// layer numbers strings from first+1 on.
type layer struct {
	// cells is the hash table: 32 bits of hash above 32 of symbol, 0 in a free
	// cell.
	// INVARIANT: the number of cells is a power of two, or none, and at least half
	// of them are free.
	cells []uint64
	texts []string
	first int
}

// Lookup is the symbol of s, 0 if the table does not have s.
func (t *Table) Lookup(s string) Symbol {
	y, _ := t.LookupASCII(s)
	return y
}

// LookupASCII is the symbol of s, and whether all of s is ASCII.
func (t *Table) LookupASCII(s string) (y Symbol, ascii bool) {
	h, ascii := hash(s)
	switch {
	case t == nil:
		return 0, ascii
	case t.old == nil:
		return t.recent.lookup(s, h), ascii
	default:
		return t.lookup(s, h), ascii
	}
}

func (t *Table) lookup(s string, h uint32) Symbol {
	if t.old != nil {
		if y := t.old.lookup(s, h); y != 0 {
			return y
		}
	}
	return t.recent.lookup(s, h)
}

// Text is the string of a symbol of this table. It is empty for symbol 0.
func (t *Table) Text(y Symbol) string {
	switch {
	case y == 0:
		return ""
	case int(y) <= t.recent.first:
		return t.old.texts[y-1]
	default:
		return t.recent.texts[int(y)-1-t.recent.first]
	}
}

// Len is the number of strings: symbols are 1 to Len.
func (t *Table) Len() int {
	if t == nil {
		return 0
	}
	return t.recent.first + len(t.recent.texts)
}

func (l *layer) lookup(s string, h uint32) Symbol {
	cells := l.cells // masked with its own length everywhere, which spares the check of the index
	if len(cells) == 0 {
		return 0
	}
	for at := int(h); ; at++ {
		cell := cells[at&(len(cells)-1)]
		if cell == 0 {
			return 0
		}
		if uint32(cell>>32) == h && l.texts[int(uint32(cell))-1-l.first] == s {
			return Symbol(cell)
		}
	}
}

// high is the bits that no ASCII character has.
const high = 0x8080808080808080

// hash is what a cell keeps of the hash, and all that places it: a table grows
// without reading its strings. It goes through the string sixteen octets at a
// time, and tells on the way whether they are all ASCII.
func hash(s string) (h uint32, ascii bool) {
	const a, b = 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03 // odd, without a pattern
	sum, seen := uint64(len(s))*a, uint64(0)
	for rest := s; len(rest) > 16; rest = rest[16:] {
		x, y := octets(rest), octets(rest[8:])
		seen |= x | y
		hi, lo := bits.Mul64(sum^x, b^y)
		sum = hi ^ lo
	}
	x, y := ends(s)
	seen |= x | y
	hi, lo := bits.Mul64(sum^x, a^y)
	return uint32(hi ^ lo), seen&high == 0
}

// ends is the last sixteen octets, or all of a shorter string, as two numbers:
// strings of one length that differ there have others.
func ends(s string) (x, y uint64) {
	switch n := len(s); {
	case n >= 16:
		return octets(s[n-16:]), octets(s[n-8:])
	case n >= 8:
		return octets(s), octets(s[n-8:])
	case n >= 4:
		return uint64(four(s)), uint64(four(s[n-4:]))
	case n > 0:
		return uint64(s[0]) | uint64(s[n/2])<<8, uint64(s[n-1])
	default:
		return 0, 0
	}
}

// four is the first four octets as a number.
func four(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// octets is the first eight octets as a number: one load.
func octets(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
