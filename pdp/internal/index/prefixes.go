package index

import (
	"encoding/binary"
	"slices"
	"strings"
)

// prefixSplit finds the children that accept a beginning of a text.
type prefixSplit struct {
	axis       axis
	generation uint32
	groups     groups
	prefixes   []string // ascending
	refs       []ref
	// parents is the longest of the prefixes that a prefix begins with, beside
	// itself, -1 if there is none. It stands before it.
	parents []int32
	// common is what all prefixes begin with, keys are the octets behind it.
	common string
	keys   []uint64
}

// newPrefixSplit makes a split without children. It copies the prefixes, which
// are ascending.
func newPrefixSplit(a axis, prefixes []string) *prefixSplit {
	s := &prefixSplit{axis: a, prefixes: slices.Clone(prefixes)}
	s.refs = slices.Repeat([]ref{noChildren}, len(prefixes))
	s.parents = make([]int32, len(prefixes))
	for i, p := range prefixes {
		parent := int32(i) - 1
		for parent >= 0 && !strings.HasPrefix(p, prefixes[parent]) {
			parent = s.parents[parent]
		}
		s.parents[i] = parent
	}
	s.setKeys()
	return s
}

func (s *prefixSplit) setKeys() {
	s.common, s.keys = "", make([]uint64, len(s.prefixes))
	if len(s.prefixes) > 0 {
		first, last := s.prefixes[0], s.prefixes[len(s.prefixes)-1]
		n := 0
		for n < min(len(first), len(last)) && first[n] == last[n] {
			n++
		}
		s.common = first[:n]
	}
	for i, p := range s.prefixes {
		s.keys[i] = keyOf(p[len(s.common):])
	}
}

// keyOf is the first eight octets of a text as a number: that of a greater
// text is not less.
func keyOf(text string) uint64 {
	var octets [8]byte
	copy(octets[:], text)
	return binary.BigEndian.Uint64(octets[:])
}

func (s *prefixSplit) candidates(v View, into []uint32) []uint32 {
	n, text, known := v.Text(s.axis.slot)
	switch {
	case known && n == 1:
		for i := s.longest(text); i >= 0; i = int(s.parents[i]) {
			into = s.groups.candidates(s.refs[i], v, into)
		}
		return into
	case known && n == 0 && !s.axis.empty:
		return into
	default: // the texts of a larger bag are not seen
		return s.all(v, into)
	}
}

// all is the candidates among all children of the split.
func (s *prefixSplit) all(v View, into []uint32) []uint32 {
	for _, r := range s.refs {
		into = s.groups.candidates(r, v, into)
	}
	return into
}

// longest is the longest of the prefixes that the text begins with, -1 if there
// is none. The last prefix that is not above the text begins with all others
// that the text begins with: what stands between begins with them too.
func (s *prefixSplit) longest(text string) int {
	if !strings.HasPrefix(text, s.common) {
		return -1
	}
	key := keyOf(text[len(s.common):])
	low, high := 0, len(s.keys)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if k := s.keys[middle]; k < key || k == key && s.prefixes[middle] <= text {
			low = middle + 1
		} else {
			high = middle
		}
	}
	i := low - 1
	for i >= 0 && !strings.HasPrefix(text, s.prefixes[i]) {
		i = int(s.parents[i])
	}
	return i
}

// insert makes p prefix i.
func (s *prefixSplit) insert(i int, p string) {
	parent := int32(s.longest(p))
	for j, other := range s.parents {
		if int(other) >= i {
			s.parents[j]++
		}
	}
	s.prefixes = slices.Insert(s.prefixes, i, p)
	s.refs = slices.Insert(s.refs, i, noChildren)
	s.parents = slices.Insert(s.parents, i, parent)
	for j := i + 1; j < len(s.prefixes) && strings.HasPrefix(s.prefixes[j], p); j++ {
		if s.parents[j] == parent {
			s.parents[j] = int32(i)
		}
	}
	if len(s.keys) > 0 && strings.HasPrefix(p, s.common) {
		s.keys = slices.Insert(s.keys, i, keyOf(p[len(s.common):]))
	} else {
		s.setKeys()
	}
}

func (s *prefixSplit) along() axis { return s.axis }

func (s *prefixSplit) store() *groups { return &s.groups }

func (s *prefixSplit) width(c *Constraint) int { return c.accepted() }

func (s *prefixSplit) place(c *Constraint, grow bool, change func(ref) ref) {
	for _, p := range c.Prefixes {
		i, there := slices.BinarySearch(s.prefixes, p)
		if !there {
			if !grow {
				continue
			}
			s.insert(i, p)
		}
		s.refs[i] = change(s.refs[i])
	}
}

func (s *prefixSplit) writable(generation uint32) split {
	if s.generation == generation {
		return s
	}
	next := *s
	next.generation = generation
	next.groups = s.groups.copied()
	next.prefixes = slices.Clone(s.prefixes)
	next.refs = slices.Clone(s.refs)
	next.parents = slices.Clone(s.parents)
	next.keys = slices.Clone(s.keys)
	next.groups.tidy(next.each)
	next.forgetEmpty()
	return &next
}

// each changes all groups.
func (s *prefixSplit) each(change func(ref) ref) {
	for i, r := range s.refs {
		s.refs[i] = change(r)
	}
}

// forgetEmpty forgets prefixes without children, if they are most of all.
func (s *prefixSplit) forgetEmpty() {
	var refs []ref
	var prefixes []string
	for i, r := range s.refs {
		if r != noChildren {
			refs = append(refs, r)
			prefixes = append(prefixes, s.prefixes[i])
		}
	}
	if !mostly(len(s.refs)-len(refs), len(s.refs)) {
		return
	}
	anew := newPrefixSplit(s.axis, prefixes)
	anew.generation, anew.groups, anew.refs = s.generation, s.groups, refs
	*s = *anew
}
