package compile

import (
	"iter"
	"math/bits"
	"slices"
)

// units are documents by number, in chunks that copies share until they change.
type units struct {
	chunks [][]*unit
	own    []bool // the chunks that are not shared
	len    uint32
}

const chunk = 256

// shared is a copy. The units themselves must not be changed from now on.
func (u *units) shared() units {
	return units{slices.Clone(u.chunks), make([]bool, len(u.chunks)), u.len}
}

// at is the document with the number, nil if there is none.
func (u *units) at(n uint32) *unit {
	if n >= u.len {
		return nil
	}
	return u.chunks[n/chunk][n%chunk]
}

func (u *units) set(n uint32, to *unit) {
	if i := n / chunk; !u.own[i] {
		u.chunks[i], u.own[i] = slices.Clone(u.chunks[i]), true
	}
	u.chunks[n/chunk][n%chunk] = to
}

// grow gives a number that was never used.
func (u *units) grow() uint32 {
	if u.len%chunk == 0 {
		u.chunks, u.own = append(u.chunks, make([]*unit, chunk)), append(u.own, true)
	}
	u.len++
	return u.len - 1
}

// bitset is a set of numbers of documents. It is flat, so that a copy is cheap
// however many documents there are.
type bitset []uint64

func (s bitset) has(n uint32) bool {
	return int(n/64) < len(s) && s[n/64]&(1<<(n%64)) != 0
}

func (s bitset) empty() bool {
	for _, word := range s {
		if word != 0 {
			return false
		}
	}
	return true
}

func (s bitset) len() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// set puts the number in or takes it out.
func (s *bitset) set(n uint32, in bool) {
	switch {
	case !in:
		if s.has(n) {
			(*s)[n/64] &^= 1 << (n % 64)
		}
	default:
		if missing := int(n/64) + 1 - len(*s); missing > 0 {
			*s = append(*s, make(bitset, missing)...)
		}
		(*s)[n/64] |= 1 << (n % 64)
	}
}

// union is a set of its own.
func union(a, b bitset) bitset {
	if len(a) < len(b) {
		a, b = b, a
	}
	a = slices.Clone(a)
	for i, word := range b {
		a[i] |= word
	}
	return a
}

// directory finds numbers of documents by the hash of something that they hold.
// A copy shares its shards, which are flat, until they change.
type directory struct {
	shards [256]shard
	// own are the shards that are not shared.
	own [256]bool
}

// shard is an open-addressing table: the low half of a hash, and a number plus
// one; zero is free.
type shard struct {
	slots []uint64
	used  int
}

// shared is a copy. The directory itself must not be changed from now on.
func (d *directory) shared() directory { return directory{shards: d.shards} }

// writable is the shard of the hash, which may be changed.
func (d *directory) writable(hash uint64) *shard {
	i := hash >> 56
	s := &d.shards[i]
	if !d.own[i] {
		d.own[i] = true
		s.slots = slices.Clone(s.slots)
	}
	return s
}

func slot(hash uint64, n uint32) uint64 { return hash<<32 | uint64(n) + 1 }

// at is where the search for the slot begins.
func (s *shard) at(slot uint64) int { return int(slot>>32) & (len(s.slots) - 1) }

func (s *shard) next(i int) int { return (i + 1) & (len(s.slots) - 1) }

// add puts a number in, which must not be there under this hash.
func (d *directory) add(hash uint64, n uint32) {
	s := d.writable(hash)
	if s.used*4 >= len(s.slots)*3 {
		old := s.slots
		s.slots = make([]uint64, max(8, 2*len(old)))
		for _, entry := range old {
			if entry != 0 {
				s.place(entry)
			}
		}
	}
	s.place(slot(hash, n))
	s.used++
}

func (s *shard) place(entry uint64) {
	i := s.at(entry)
	for s.slots[i] != 0 {
		i = s.next(i)
	}
	s.slots[i] = entry
}

// remove takes a number out, which must be there under this hash.
func (d *directory) remove(hash uint64, n uint32) {
	s := d.writable(hash)
	i := s.at(slot(hash, n))
	for s.slots[i] != slot(hash, n) {
		i = s.next(i)
	}
	// Entries that were pushed beyond the hole move up.
	mask := len(s.slots) - 1
	for j := s.next(i); s.slots[j] != 0; j = s.next(j) {
		if (j-s.at(s.slots[j]))&mask >= (j-i)&mask {
			s.slots[i] = s.slots[j]
			i = j
		}
	}
	s.slots[i] = 0
	s.used--
}

// find gives the numbers under this hash, and some of others by chance.
func (d *directory) find(hash uint64) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		s := &d.shards[hash>>56]
		if s.used == 0 {
			return
		}
		low := slot(hash, 0) >> 32
		for i := s.at(slot(hash, 0)); s.slots[i] != 0; i = s.next(i) {
			if s.slots[i]>>32 == low && !yield(uint32(s.slots[i])-1) {
				return
			}
		}
	}
}
