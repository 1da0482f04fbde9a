// Package symbol numbers strings: the literals of policies, so that a target
// is a comparison of integers, and the attributes of a request, whose strings
// are looked up once each.
//
// A [Table] is immutable. It is an open-addressing hash table of flat arrays,
// so that a table with one string more ([Extend]) is a copy of memory and not
// a walk through a map; a large table is not even copied, but gets a small one
// beside it. A cell says all of a short string, so that to find one takes one
// look at memory. What a table holds comes from policies, which are trusted;
// strings of requests are only looked up, so that nobody can make a look-up long:
// it is no longer than the longest run of cells in use.
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
	// cells is the hash table.
	// INVARIANT: the number of cells is a power of two, or none, and at least half
	// of them are free (see room).
	cells []cell
	texts []string
	first int
}

// cell is a string of the table by its key. Without a symbol it is free.
type cell struct {
	x, y   uint64
	length uint32
	symbol Symbol
}

// differs is 0 if the cell has the key.
func (c *cell) differs(k Key) uint64 {
	return (c.x ^ k.x) | (c.y ^ k.y) | uint64(c.length^k.length)
}

// Lookup is the symbol of s, 0 if the table does not have s.
func (t *Table) Lookup(s string) Symbol {
	k, _ := KeyOf(s)
	return t.Find(k, s)
}

// Find is Lookup of a string whose key is known.
func (t *Table) Find(k Key, s string) Symbol {
	if t == nil {
		return 0
	}
	if t.old != nil {
		if y := t.old.find(k, s); y != 0 {
			return y
		}
	}
	return t.recent.find(k, s)
}

// LookupAll puts the symbols of strings where the strings are among them, and
// tells whether all of them are ASCII. It takes less than to look them up one by
// one: the processor waits for the memory of several at once.
func (t *Table) LookupAll(strings []string, symbols []Symbol) (ascii bool) {
	const several = 32
	ascii = true
	for len(strings) > 0 {
		n := min(len(strings), several)
		further, a := t.firstLook(strings[:n], symbols[:n])
		for ; further != 0; further &= further - 1 {
			i := bits.TrailingZeros32(further)
			k, a := KeyOf(strings[i])
			symbols[i] = t.Find(k, strings[i])
			ascii = ascii && a
		}
		ascii = ascii && a
		strings, symbols = strings[n:], symbols[n:]
	}
	return ascii
}

// firstLook looks where each string is most of the time, without a branch that
// depends on what is there. Those of further, by number, may be elsewhere.
func (t *Table) firstLook(strings []string, symbols []Symbol) (further uint32, ascii bool) {
	if t == nil || t.old != nil || len(t.recent.cells) == 0 {
		return 1<<len(strings) - 1, true
	}
	cells := t.recent.cells // masked with its own length, which spares the check of the index
	symbols = symbols[:len(strings)]
	seen := uint64(0)
	for i, s := range strings {
		var k Key
		switch n := len(s); {
		case n > saidByKey:
			further = further>>1 | 1<<31
			continue
		case n >= 8:
			k = Key{octets(s), octets(s[n-8:]), uint32(n)}
		default:
			k = keyOfShort(s)
		}
		seen |= k.x | k.y
		c := &cells[k.hash()&uint64(len(cells)-1)]
		differs := nonzero(c.differs(k))
		symbols[i] = c.symbol & Symbol(differs-1)
		further = further>>1 | uint32(differs&nonzero(uint64(c.symbol)))<<31
	}
	return further >> (32 - len(strings)), seen&high == 0
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

// nonzero is 1 if n is not 0, and 0 if it is.
func nonzero(n uint64) uint64 { return (n | -n) >> 63 }

func (l *layer) find(k Key, s string) Symbol {
	cells := l.cells // masked with its own length everywhere, which spares the check of the index
	if len(cells) == 0 {
		return 0
	}
	for at := k.hash(); ; at++ {
		c := &cells[at&uint64(len(cells)-1)]
		if c.symbol == 0 {
			return 0
		}
		if c.differs(k) == 0 && (k.length <= saidByKey || l.texts[int(c.symbol)-1-l.first] == s) {
			return c.symbol
		}
	}
}
