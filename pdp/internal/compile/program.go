package compile

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// instances are the nodes that linking made. The next linking uses those again
// that are still right.
type instances struct {
	// documents are the nodes of those documents that are not taken as they
	// were compiled, by number.
	documents map[uint32]eval.Node
	// sets are policy sets with their references followed.
	sets map[*outline]*eval.PolicySet
	// invalid are what takes the place of what is not valid, by what they say.
	invalid map[string]*eval.Invalid
}

// instantiator makes instances.
type instantiator struct {
	*linker
	now, last instances
}

// instantiate follows the references of all documents.
func (l *linker) instantiate(last instances) instances {
	i := &instantiator{l, instances{make(map[uint32]eval.Node), make(map[*outline]*eval.PolicySet), make(map[string]*eval.Invalid)}, last}
	byName(l.documents, l.invalid, func(n uint32, instead *policy.Invalid) { i.now.documents[n] = i.instead(instead) })
	l.in(l.linking, func(n uint32) {
		if u := l.units.at(n); l.invalid[u.name] == nil {
			i.now.documents[n] = i.node(u.outline)
		}
	})
	return i.now
}

// node is the node of an outline of a valid document, with references followed.
func (i *instantiator) node(o *outline) eval.Node {
	switch {
	case o.reference != nil:
		to, instead := i.referent(o)
		switch {
		case instead != nil:
			return i.instead(instead)
		case len(to.unit.references) == 0:
			return to.outline.node
		default:
			return i.node(to.outline)
		}
	case o.kind == aPolicySet:
		return i.set(o)
	default:
		return o.node
	}
}

// set makes another policy set only if something in it is not as it was compiled.
func (i *instantiator) set(o *outline) *eval.PolicySet {
	if known := i.now.sets[o]; known != nil {
		return known
	}
	compiled := o.node.(*eval.PolicySet)
	children := make([]eval.Node, len(o.children))
	for j, inner := range o.children {
		children[j] = i.node(inner)
	}
	out := compiled
	if !slices.Equal(children, compiled.Children) {
		if out = i.last.sets[o]; out == nil || !slices.Equal(children, out.Children) {
			out = compiled.With(children)
		}
	}
	i.now.sets[o] = out
	return out
}

// instead is the node that takes the place of what is not valid.
func (i *instantiator) instead(p *policy.Invalid) *eval.Invalid {
	says := p.Status.Code + " " + p.Status.Message
	out := i.now.invalid[says]
	if out == nil {
		if out = i.last.invalid[says]; out == nil {
			out = &eval.Invalid{Status: p.Status}
		}
		i.now.invalid[says] = out
	}
	return out
}

// root is the policy set over all documents (§7.17), made from that of the last
// policies. changed are the numbers whose documents are others than there.
func (l *linker) root(last *Policies, now instances, changed []uint32) *eval.PolicySet {
	changed = slices.Clone(changed)
	for n, node := range now.documents {
		if node != last.instances.documents[n] {
			changed = append(changed, n)
		}
	}
	for n := range last.instances.documents {
		if now.documents[n] == nil {
			changed = append(changed, n)
		}
	}
	var removed []uint32
	set := make(map[uint32]eval.Node)
	for _, n := range changed {
		switch {
		case l.decides(n) && now.documents[n] != nil:
			set[n] = now.documents[n]
		case l.decides(n):
			set[n] = l.units.at(n).outline.node
		case last.documents.decides(n):
			removed = append(removed, n)
		}
	}
	slices.Sort(removed)
	return last.root.Edit(slices.Compact(removed), set, l.deciding())
}
