package index

import (
	"math"
	"slices"
)

// partition is children by what they accept on an axis.
type partition struct {
	axis     axis
	children int
	keys     int // different groups
	// places is which child has its place in which group, ascending: 32 bits of
	// group above 32 of member. A group is a symbol, the number of a segment or
	// the number of a prefix.
	places   []uint64
	cuts     []int64
	prefixes []string
	rest     []int32 // children that are not in it
	saving   float64
}

func place(group uint32, m int32) uint64 { return uint64(group)<<32 | uint64(uint32(m)) }

// part parts children by an axis. Those that accept too much are left in the
// rest. The children are of a node of the given size, with room for so many
// copies of each on average.
func (b *builder) part(p *partition, axis int32, children []int32, size int, room float64) {
	*p = partition{axis: b.axes[axis], places: p.places[:0], prefixes: p.prefixes[:0], rest: p.rest[:0]}
	p.rest = slices.Grow(p.rest, len(children))
	b.taken, b.takes = slices.Grow(b.taken[:0], len(children)), slices.Grow(b.takes[:0], len(children))
	for _, m := range children {
		if c := b.members[m].along(axis); c != nil {
			b.taken = append(b.taken, m)
			b.takes = append(b.takes, c)
		} else {
			p.rest = append(p.rest, m)
		}
	}
	limit := acceptedLimit(b.takes, room)
	kept, sum := 0, 0
	for i, c := range b.takes {
		if c.accepted() > limit {
			p.rest = append(p.rest, b.taken[i])
			continue
		}
		b.taken[kept], b.takes[kept] = b.taken[i], c
		kept++
		sum += c.accepted()
	}
	p.places = slices.Grow(p.places, sum)
	members, accepted := b.taken[:kept], b.takes[:kept]
	switch p.axis.kind {
	case bySymbol:
		for i, c := range accepted {
			for _, y := range c.Symbols {
				p.places = append(p.places, place(uint32(y), members[i]))
			}
		}
	case byRange:
		p.segments(members, accepted, room)
	case byPrefix:
		p.prefixed(members, accepted)
	}
	slices.Sort(p.places)
	p.places = slices.Compact(p.places)
	p.children = len(children) - len(p.rest)
	b.rate(p, size)
}

// acceptedLimit is how much a constraint may accept so that all that accept no
// more find room.
func acceptedLimit(constraints []*Constraint, room float64) int {
	limit := maxAccepted
	for ; limit > 1; limit /= 2 {
		n, sum := 0, 0
		for _, c := range constraints {
			if a := c.accepted(); a <= limit {
				n++
				sum += a
			}
		}
		if float64(sum) <= room*float64(n) {
			break
		}
	}
	return limit
}

func (p *partition) segments(members []int32, accepted []*Constraint, room float64) {
	ranges := make([]Range, 0, len(accepted))
	for _, c := range accepted {
		ranges = append(ranges, c.Ranges...)
	}
	p.cuts = cutsOf(ranges, room*float64(len(accepted))/float64(len(ranges)))
	for i, c := range accepted {
		n := 0
		for _, r := range c.Ranges {
			first, last := touched(p.cuts, r)
			n += last - first + 1
		}
		if n > maxAccepted {
			p.rest = append(p.rest, members[i])
			continue
		}
		for _, r := range c.Ranges {
			first, last := touched(p.cuts, r)
			for segment := first; segment <= last; segment++ {
				p.places = append(p.places, place(uint32(segment), members[i]))
			}
		}
	}
}

func (p *partition) prefixed(members []int32, accepted []*Constraint) {
	for _, c := range accepted {
		p.prefixes = append(p.prefixes, c.Prefixes...)
	}
	slices.Sort(p.prefixes)
	p.prefixes = slices.Compact(p.prefixes)
	for i, c := range accepted {
		for _, prefix := range c.Prefixes {
			n, _ := slices.BinarySearch(p.prefixes, prefix)
			p.places = append(p.places, place(uint32(n), members[i]))
		}
	}
}

// rate finds the saving: how many candidates fewer there are, out of all
// children of the partition, for a request that is aimed at some child of a
// node of the given size: at one of the partition, by one of the values that it
// accepts, or at another one, whose value is, half the time, one that the
// partition knows.
func (b *builder) rate(p *partition, size int) {
	if p.children == 0 {
		p.saving = math.Inf(-1)
		return
	}
	for _, at := range p.places {
		b.members[uint32(at)].copies = 0
	}
	for _, at := range p.places {
		b.members[uint32(at)].copies++
	}
	sum := 0.0
	for i := 0; i < len(p.places); p.keys++ {
		from, aimed := i, 0.0
		for ; i < len(p.places) && p.places[i]>>32 == p.places[from]>>32; i++ {
			aimed += 1 / float64(b.members[uint32(p.places[i])].copies)
		}
		sum += aimed * float64(i-from)
	}
	n := float64(p.children)
	p.saving = n - sum/n*(1+n/float64(size))/2
}

// groups calls f for each group with its children, which are overwritten
// afterwards.
func (p *partition) groups(f func(group uint32, children []int32)) {
	var children []int32
	for i := 0; i < len(p.places); {
		group := uint32(p.places[i] >> 32)
		children = children[:0]
		for ; i < len(p.places) && uint32(p.places[i]>>32) == group; i++ {
			children = append(children, int32(uint32(p.places[i])))
		}
		f(group, children)
	}
}
