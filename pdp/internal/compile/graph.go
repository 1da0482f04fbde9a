package compile

import (
	"fmt"
	"math"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// extent is how deep and how large a policy set is with references followed.
type extent struct {
	depth, nodes int
}

// add counts a child in.
func (e *extent) add(child extent) {
	e.depth = max(e.depth, saturatingAdd(child.depth, 1))
	e.nodes = saturatingAdd(e.nodes, child.nodes)
}

func (e extent) excessive() bool { return e.depth > maxDepth || e.nodes > maxNodes }

// extent is that of the outline alone.
func (o *outline) extent() extent {
	if o.reference != nil {
		return extent{}
	}
	e := extent{depth: 1, nodes: 1}
	for _, inner := range o.children {
		e.add(inner.extent())
	}
	return e
}

// graph finds circles of references, and policy sets that are too deep or too
// large once references are followed (§5.10, 7.15). Documents without
// references can be neither, but for those that are so by themselves.
func (l *linker) graph() {
	done := make(map[*outline]extent)
	var open []entry // the policy sets on the way to here

	var visit func(at entry) extent
	visit = func(at entry) extent {
		switch o := at.outline; {
		case o.reference != nil:
			referent, resolved := l.referents[o]
			if !resolved {
				return extent{}
			}
			for i, s := range open {
				if s.outline == referent.outline {
					// The reference is in the innermost one.
					l.errorf(open[len(open)-1].unit.name, o.position(), policy.ReasonCycle, "references run in a circle: %s", circle(open[i:]))
					return extent{}
				}
			}
			return visit(referent)
		case o.kind == aPolicySet:
			if e, ok := done[o]; ok {
				return e
			}
			open = append(open, at)
			e := extent{depth: 1, nodes: 1}
			for _, inner := range o.children {
				e.add(visit(entry{at.unit, inner, at.number}))
			}
			open = open[:len(open)-1]
			done[o] = e
			return e
		default:
			return extent{depth: 1, nodes: 1}
		}
	}

	l.in(l.linking, func(n uint32) {
		u := l.units.at(n)
		e := visit(entry{u, u.outline, n})
		if e.depth > maxDepth {
			l.errorf(u.name, u.outline.position(), policy.ReasonDepth, "policies are nested %d deep with references followed, more than %d", e.depth, maxDepth)
		}
		if e.nodes > maxNodes {
			l.errorf(u.name, u.outline.position(), policy.ReasonSize, "more than %d policies with references followed", maxNodes)
		}
	})
}

func circle(open []entry) string {
	var b strings.Builder
	for _, e := range open {
		fmt.Fprintf(&b, "%q -> ", e.outline.id)
	}
	fmt.Fprintf(&b, "%q", open[0].outline.id)
	return b.String()
}

// saturatingAdd adds without wrapping around.
func saturatingAdd(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}
