package index

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

const (
	// maxCopies bounds how often a child is in the whole index on average.
	maxCopies = 8
	// crowd is how many children are not worth to be told apart further.
	crowd = 4
	// minSaving is how many candidates a split must save to be worth its look at
	// the request.
	minSaving = 2
	// maxDepth bounds how many attributes a child is found by, maxSplits how many
	// looks at the request a node takes.
	maxDepth  = 8
	maxSplits = 32
)

// Build makes an Index of the children, nil if it would not help: if there is
// no constraint that rules out enough of them. IDs must be distinct. It keeps
// nothing of the constraints but the texts of prefixes.
func Build(children []Child) *Index {
	b := newBuilder(children)
	if len(b.axes) == 0 {
		return nil
	}
	everyone := make([]int32, len(children))
	for i := range everyone {
		everyone[i] = int32(i)
	}
	root := b.node(everyone, nil, maxCopies)
	if len(root.splits) == 0 {
		return nil
	}
	slices.Sort(b.slots)
	return &Index{root: root, slots: slices.Clone(slices.Compact(b.slots)), size: len(children)}
}

// builder makes nodes. It names children by their place among the members.
type builder struct {
	axes    []axis
	members []member
	slots   []Slot // of the splits so far

	// For one step only.
	counts  []int32 // by axis
	taken   []int32
	takes   []*Constraint
	scratch []uint32
}

type member struct {
	id          uint32
	copies      int32 // groups of the partition at hand that it is in
	constraints []usable
}

// usable is a constraint that a split can be made by, and the number of its axis.
type usable struct {
	axis       int32
	constraint *Constraint
}

func newBuilder(children []Child) *builder {
	b := &builder{members: make([]member, len(children)), axes: make([]axis, 0, 8)}
	n := 0
	for i := range children {
		n += len(children[i].Constraints)
	}
	all := make([]usable, 0, n)
	numbers := make(map[axis]int32)
	for i := range children {
		from := len(all)
		for j := range children[i].Constraints {
			c := &children[i].Constraints[j]
			a, ok := c.axis()
			if !ok {
				continue
			}
			number, ok := numbers[a]
			if !ok {
				number = int32(len(b.axes))
				numbers[a] = number
				b.axes = append(b.axes, a)
			}
			all = keep(all, from, usable{number, c})
		}
		b.members[i] = member{id: children[i].ID, constraints: all[from:len(all):len(all)]}
	}
	b.counts = make([]int32, len(b.axes))
	return b
}

// keep adds u to those of the same child, which begin at from. Of two on one
// axis it keeps the one that accepts less.
func keep(all []usable, from int, u usable) []usable {
	i := slices.IndexFunc(all[from:], func(o usable) bool { return o.axis == u.axis })
	switch {
	case i < 0:
		return append(all, u)
	case u.constraint.accepted() < all[from+i].constraint.accepted():
		all[from+i] = u
	}
	return all
}

// along is the constraint on an axis, nil if there is none.
func (m *member) along(axis int32) *Constraint {
	for _, u := range m.constraints {
		if u.axis == axis {
			return u.constraint
		}
	}
	return nil
}

// node makes a node of some children: it splits off those that can be told
// apart by one axis, then those of the rest by another one, and so on. There is
// room for so many copies of each child on average.
func (b *builder) node(children []int32, above path, room float64) node {
	var n node
	var best, next partition
	rest := children
	for len(n.splits) < maxSplits && len(above) < maxDepth {
		atRoot := len(above) == 0 && len(n.splits) == 0
		if !b.best(&best, &next, rest, len(children), above, room, atRoot) {
			break
		}
		n.splits = append(n.splits, b.split(&best, above, room))
		b.slots = append(b.slots, best.axis.slot)
		rest = slices.Clone(best.rest)
	}
	if len(rest) > 0 {
		n.always = b.ids(make([]uint32, 0, len(rest)), rest)
	}
	return n
}

// best finds the partition that saves the most candidates, and reports false if
// none is worth it. At the root one is worth it that does not tell many apart,
// but has half of the children: it rules them out for other requests.
func (b *builder) best(best, next *partition, rest []int32, size int, above path, room float64, atRoot bool) bool {
	saving := float64(minSaving)
	if atRoot {
		saving = -0.001 // nothing, but for the rounding
	}
	found := false
	for _, a := range b.along(rest, above) {
		if float64(a.children) < saving {
			break // it cannot save more than all of its children
		}
		b.part(next, a.axis, rest, size, room)
		if next.saving < saving || found && next.saving == saving ||
			atRoot && next.saving < minSaving && 2*next.children < size {
			continue
		}
		found, saving = true, next.saving
		*best, *next = *next, *best
	}
	return found
}

// along is how many children have a constraint on an axis.
type along struct {
	axis, children int32
}

// along is the axes of the constraints of children, those with the most
// children first.
func (b *builder) along(children []int32, above path) []along {
	clear(b.counts)
	for _, m := range children {
		for _, u := range b.members[m].constraints {
			b.counts[u.axis]++
		}
	}
	axes := make([]along, 0, len(b.counts))
	for number, n := range b.counts {
		if n > 0 && !above.has(b.axes[number]) {
			axes = append(axes, along{int32(number), n})
		}
	}
	slices.SortStableFunc(axes, func(a, b along) int { return int(b.children - a.children) })
	return axes
}

// split makes the split of a partition.
func (b *builder) split(p *partition, above path, room float64) split {
	above = above.with(p.axis)
	room *= float64(p.children) / float64(len(p.places))
	switch p.axis.kind {
	case byRange:
		s := newRangeSplit(p.axis, p.cuts)
		p.groups(func(i uint32, children []int32) { s.segments[i] = b.group(&s.groups, children, above, room) })
		s.groups = s.groups.copied()
		return s
	case byPrefix:
		s := newPrefixSplit(p.axis, p.prefixes)
		p.groups(func(i uint32, children []int32) { s.refs[i] = b.group(&s.groups, children, above, room) })
		s.groups = s.groups.copied()
		return s
	default:
		s := newSymbolSplit(p.axis, p.keys, symbol.Symbol(p.places[len(p.places)-1]>>32))
		p.groups(func(y uint32, children []int32) { s.set(symbol.Symbol(y), b.group(&s.groups, children, above, room)) })
		s.groups = s.groups.copied()
		return s
	}
}

// group makes a group: a node, if that tells its children apart.
func (b *builder) group(g *groups, children []int32, above path, room float64) ref {
	if len(children) > crowd {
		if n := b.node(slices.Clone(children), above, room); len(n.splits) > 0 {
			return g.nodeOf(&n)
		}
	}
	b.scratch = b.ids(b.scratch[:0], children)
	return g.listOf(b.scratch...)
}

func (b *builder) ids(into []uint32, children []int32) []uint32 {
	for _, m := range children {
		into = append(into, b.members[m].id)
	}
	return into
}
