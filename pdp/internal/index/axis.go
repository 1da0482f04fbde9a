package index

import "slices"

// kind is what a Constraint accepts.
type kind uint8

const (
	bySymbol kind = iota
	byRange
	byPrefix
)

// axis is what constraints must have in common to be told apart by one look at
// the request. Empty and Many are of it, so that in these cases all children
// of a split are candidates, or none.
type axis struct {
	slot        Slot
	kind        kind
	empty, many bool
}

// maxAccepted bounds what a Constraint accepts that a split is made by, and in
// how many groups of a split one child is.
const maxAccepted = 64

// axis is the axis of c. ok is false if no split can be made by c: if it is not
// of the form that is promised, or accepts too much, or nothing.
func (c *Constraint) axis() (a axis, ok bool) {
	a = axis{slot: c.Slot, empty: c.Empty, many: c.Many}
	n := c.accepted()
	switch {
	case n == 0 || n > maxAccepted:
		return a, false
	case n == len(c.Symbols):
		a.kind = bySymbol
		return a, !slices.Contains(c.Symbols, 0)
	case n == len(c.Ranges):
		a.kind = byRange
		// A range that holds nothing has no place among the others.
		return a, !slices.ContainsFunc(c.Ranges, func(r Range) bool { return r.Low > r.High })
	case n == len(c.Prefixes):
		a.kind = byPrefix
		return a, !slices.Contains(c.Prefixes, "")
	default:
		return a, false
	}
}

// accepted is how many symbols, ranges or prefixes c accepts.
func (c *Constraint) accepted() int {
	return len(c.Symbols) + len(c.Ranges) + len(c.Prefixes)
}

// constraint is that of a child on the axis, the one that accepts the least if
// there are several, nil if there is none.
func (a axis) constraint(child *Child) *Constraint {
	var least *Constraint
	for i := range child.Constraints {
		c := &child.Constraints[i]
		if c.Slot != a.slot {
			continue
		}
		if b, ok := c.axis(); ok && a == b && (least == nil || c.accepted() < least.accepted()) {
			least = c
		}
	}
	return least
}

// path is the axes from the root to a node. No node splits by what has been
// split by above it: the values of the request are known there.
type path []axis

func (p path) has(a axis) bool {
	return slices.ContainsFunc(p, func(b axis) bool { return a.slot == b.slot && a.kind == b.kind })
}

// with is the path one axis longer.
func (p path) with(a axis) path { return append(slices.Clip(p), a) }
