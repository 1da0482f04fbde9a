package index

import "slices"

// Update is the index without some children, given exactly as they were when
// they came in, and with others, which may take over their IDs. It shares with
// x what does not change, so that it is for few changes at a time, and does not
// choose anew what is split by what: an index that was updated as often as it
// has children is worth to be built anew. It is nil if x is.
func (x *Index) Update(removed, added []Child) *Index {
	if x == nil {
		return nil
	}
	e := &edit{generation: x.root.generation + 1}
	root := x.root.writable(e.generation)
	for i := range removed {
		e.remove(root, &removed[i])
	}
	if len(added) <= x.size || !e.graft(root, added) {
		for i := range added {
			e.add(root, &added[i], nil, maxAccepted)
		}
	}
	next := &Index{root: *root, slots: x.slots, size: x.size - len(removed) + len(added)}
	if len(e.slots) > 0 {
		next.slots = slices.Concat(x.slots, e.slots)
		slices.Sort(next.slots)
		next.slots = slices.Compact(next.slots)
	}
	return next
}

// edit makes an index of another one. What it may write to has its generation,
// which nothing has that can be reached from the other index.
type edit struct {
	generation uint32
	slots      []Slot // of new splits
}

// graft puts children into a root that are more than it has: as an index of
// their own beside the others. It reports false if that is not possible.
func (e *edit) graft(root *node, children []Child) bool {
	x := Build(children)
	if x == nil || len(root.splits)+len(x.root.splits) > maxSplits {
		return false
	}
	root.always = append(root.always, x.root.always...)
	root.splits = append(root.splits, x.root.splits...)
	e.slots = append(e.slots, x.slots...)
	return true
}

// writable is the node itself if it is of the generation, else a copy that is.
func (n *node) writable(generation uint32) *node {
	if n.generation == generation {
		return n
	}
	return &node{slices.Clone(n.always), slices.Clone(n.splits), generation}
}

// add puts a child into a writable node, with room for so many copies.
func (e *edit) add(n *node, child *Child, above path, room int) {
	for i, s := range n.splits {
		if c := s.along().constraint(child); c != nil && s.width(c) <= room {
			n.splits[i] = s.writable(e.generation)
			e.place(n.splits[i], c, child, above, room)
			return
		}
	}
	if len(n.always) >= crowd && len(n.splits) < maxSplits && len(above) < maxDepth {
		if a, c := least(child, above); c != nil && c.accepted() <= room {
			s := newSplit(a).writable(e.generation)
			e.place(s, c, child, above, room)
			n.splits = append(n.splits, s)
			e.slots = append(e.slots, c.Slot)
			return
		}
	}
	n.always = append(n.always, child.ID)
}

func (e *edit) place(s split, c *Constraint, child *Child, above path, room int) {
	below := above.with(s.along())
	room /= s.width(c)
	s.place(c, true, func(r ref) ref { return e.addTo(s.store(), r, child, below, room) })
}

// addTo is a group with one child more. A crowd keeps together: what it could
// be told apart by is not known any more.
func (e *edit) addTo(g *groups, r ref, child *Child, above path, room int) ref {
	switch r &^ refMask {
	case oneChild:
		return g.listOf(uint32(r), child.ID)
	case listRef:
		g.drop(r)
		list := slices.Clone(g.list(r))
		if len(list) >= crowd {
			n := &node{always: list, generation: e.generation}
			if e.add(n, child, above, room); len(n.splits) > 0 {
				return g.nodeOf(n)
			}
			return g.listOf(n.always...)
		}
		return g.listOf(append(list, child.ID)...)
	case nodeRef:
		e.add(g.writableNode(r, e.generation), child, above, room)
		return r
	default:
		return g.listOf(child.ID)
	}
}

// remove takes a child out of a writable node, wherever it is.
func (e *edit) remove(n *node, child *Child) {
	n.always = without(n.always, child.ID)
	for i, s := range n.splits {
		for j := range child.Constraints {
			c := &child.Constraints[j]
			if a, ok := c.axis(); ok && a == s.along() {
				s = s.writable(e.generation)
				n.splits[i] = s
				s.place(c, false, func(r ref) ref { return e.removeFrom(s.store(), r, child) })
			}
		}
	}
}

func (e *edit) removeFrom(g *groups, r ref, child *Child) ref {
	switch r &^ refMask {
	case oneChild:
		if uint32(r) == child.ID {
			return noChildren
		}
		return r
	case listRef:
		if list := g.list(r); slices.Contains(list, child.ID) {
			g.drop(r)
			return g.listOf(without(slices.Clone(list), child.ID)...)
		}
		return r
	case nodeRef:
		e.remove(g.writableNode(r, e.generation), child)
		return r
	default:
		return r
	}
}

func without(ids []uint32, gone uint32) []uint32 {
	return slices.DeleteFunc(ids, func(id uint32) bool { return id == gone })
}

// least is the constraint of a child that accepts the least on an axis that is
// not of the path, nil if there is none.
func least(child *Child, above path) (on axis, least *Constraint) {
	for i := range child.Constraints {
		c := &child.Constraints[i]
		a, ok := c.axis()
		if ok && !above.has(a) && (least == nil || c.accepted() < least.accepted()) {
			on, least = a, c
		}
	}
	return on, least
}

// newSplit is a split without children.
func newSplit(a axis) split {
	switch a.kind {
	case byRange:
		return newRangeSplit(a, nil)
	case byPrefix:
		return newPrefixSplit(a, nil)
	default:
		return newSymbolSplit(a, 1, 0)
	}
}
