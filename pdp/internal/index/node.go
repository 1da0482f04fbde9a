package index

import "slices"

// node is children that are told apart by splits, and some that are not. Each
// child is in one of the splits or in always.
type node struct {
	always     []uint32
	splits     []split
	generation uint32
}

func (n *node) candidates(v View, into []uint32) []uint32 {
	if len(n.always) > 0 {
		into = append(into, n.always...)
	}
	for _, s := range n.splits {
		into = s.candidates(v, into)
	}
	return into
}

// split tells children apart by what they accept of one attribute.
type split interface {
	candidates(v View, into []uint32) []uint32
	along() axis
	// width is how many groups a child with the constraint belongs to, at least.
	width(c *Constraint) int
	// place calls change for each of these groups, and makes its result the group.
	// With grow it makes groups first that are not there. The split must be
	// writable.
	place(c *Constraint, grow bool, change func(ref) ref)
	// writable is the split itself if it is of the generation, else a copy that is.
	writable(generation uint32) split
	// store is where the groups are that change is given.
	store() *groups
}

// ref is a group of children: its two upper bits say how the others name it.
type ref uint32

const (
	refBits    = 30
	refMask    = 1<<refBits - 1
	oneChild   = ref(0 << refBits) // the ID of the only child
	listRef    = ref(1 << refBits) // where its list begins
	nodeRef    = ref(2 << refBits) // the number of its node
	noChildren = ref(3 << refBits)
)

// groups is the groups of one split with more than one child.
type groups struct {
	// lists is one list after the other: its length, then the IDs.
	lists  []uint32
	unused int // of lists
	// nodes is nodes, or their splits where there is nothing else in them.
	nodes []interface {
		candidates(v View, into []uint32) []uint32
	}
}

func (g *groups) candidates(r ref, v View, into []uint32) []uint32 {
	switch n := r & refMask; r &^ refMask {
	case oneChild:
		return append(into, uint32(n))
	case listRef:
		return append(into, g.list(r)...)
	case nodeRef:
		return g.nodes[n].candidates(v, into)
	default:
		return into
	}
}

// list is the IDs of a listRef.
func (g *groups) list(r ref) []uint32 {
	from := r&refMask + 1
	return g.lists[from : from+ref(g.lists[from-1])]
}

// listOf makes a group of the IDs, which it copies.
func (g *groups) listOf(ids ...uint32) ref {
	switch {
	case len(ids) == 0:
		return noChildren
	case len(ids) == 1 && ids[0] <= refMask:
		return oneChild | ref(ids[0])
	}
	r := listRef | ref(len(g.lists))
	g.lists = append(append(g.lists, uint32(len(ids))), ids...)
	return r
}

// nodeOf makes a group of a node.
func (g *groups) nodeOf(n *node) ref {
	if len(n.always) == 0 && len(n.splits) == 1 {
		g.nodes = append(g.nodes, n.splits[0])
	} else {
		g.nodes = append(g.nodes, n)
	}
	return nodeRef | ref(len(g.nodes)-1)
}

// writableNode is the node of a nodeRef, for writing.
func (g *groups) writableNode(r ref, generation uint32) *node {
	var n *node
	switch inner := g.nodes[r&refMask].(type) {
	case *node:
		n = inner.writable(generation)
	case split:
		n = &node{splits: []split{inner}, generation: generation}
	}
	g.nodes[r&refMask] = n
	return n
}

// drop says that the list of a listRef is not used any more.
func (g *groups) drop(r ref) { g.unused += len(g.list(r)) + 1 }

// copied is a copy that may be changed.
func (g *groups) copied() groups {
	return groups{slices.Clone(g.lists), g.unused, slices.Clone(g.nodes)}
}

// tidy gives lists that are mostly unused up for new ones. each changes all
// refs to the groups.
func (g *groups) tidy(each func(change func(ref) ref)) {
	if !mostly(g.unused, len(g.lists)) {
		return
	}
	old := *g
	g.lists, g.unused = make([]uint32, 0, len(old.lists)-old.unused), 0
	each(func(r ref) ref {
		if r&^refMask != listRef {
			return r
		}
		return g.listOf(old.list(r)...)
	})
}

// mostly reports whether so many of all are without use that it is worth to
// make room.
func mostly(unused, all int) bool { return unused > all/2+32 }
