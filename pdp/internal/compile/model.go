package compile

import (
	"maps"

	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// set makes the set of the policy model, which must have been kept.
func (l *linker) set() *Set {
	s := &Set{
		Root:       &policy.PolicySet{Algorithm: l.options.RootAlgorithm},
		Functions:  l.options.Functions,
		algorithms: l.options.Algorithms,
		references: make(map[*policy.Reference]policy.Child),
		paths:      make(map[*policy.Selector]*xpath.Expr),
		mapped:     make(map[*policy.Quantified]value.Type),
	}
	parts := make(map[*outline]policy.Child) // of documents with policies that are referred to
	for _, n := range l.order {
		u := l.units.at(n)
		if u.model != nil {
			maps.Copy(s.paths, u.paths)
			maps.Copy(s.mapped, u.mapped)
		}
		switch instead := l.invalid[u.name]; {
		case u.referenceOnly:
		case instead != nil:
			s.Root.Children = append(s.Root.Children, instead)
		default:
			s.Root.Children = append(s.Root.Children, u.root)
		}
	}
	for _, to := range l.referents {
		if parts[to.unit.outline] == nil {
			to.unit.outline.match(to.unit.root, parts)
		}
	}
	l.in(l.linking, func(n uint32) {
		u := l.units.at(n)
		if u.model == nil {
			return // it holds no policy
		}
		u.outline.match(u.root, parts)
		for _, r := range u.references {
			if to, instead := l.referent(r); instead != nil {
				s.references[parts[r].(*policy.Reference)] = instead
			} else {
				s.references[parts[r].(*policy.Reference)] = parts[to.outline]
			}
		}
	})
	return s
}

// match tells which part of the model each outline is of.
func (o *outline) match(c policy.Child, parts map[*outline]policy.Child) {
	parts[o] = c
	if set, ok := c.(*policy.PolicySet); ok {
		for i, inner := range o.children {
			inner.match(set.Children[i], parts)
		}
	}
}
