package eval

import (
	"context"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Needs gives the attributes that may still matter to the decision among those
// that are pending: obtainable, but not yet known. The order is that of the
// policies.
//
// A policy or rule whose target is certain not to match, whatever the pending
// attributes are, needs nothing. What is certain whatever they are is evaluated, by
// the combining algorithms too: what comes after a child that settles the matter
// needs nothing either, and if an attribute is pending that only the evaluation
// names, it is found there.
//
// Where very many policies are open because one attribute is pending, that one
// comes first, alone: once it is known few of them are left.
//
// ok is false if that took more steps than there are. What it did not come to may
// matter all the same, because Evaluate takes fewer.
func Needs(ctx context.Context, p *Program, in Input, pending func(xacml.AttributeKey) bool) (keys []xacml.AttributeKey, ok bool) {
	e := begin(ctx, p, in)
	e.pending = pending
	e.load(in.Request)
	n := &needs{e: e, visited: make(map[*PolicySet]certainty)}
	n.policySet(p.Root)
	ok = e.meter.stopped == nil
	e.end()
	return n.keys, ok
}

// manyOpen is how many children of a policy set are looked at although an
// attribute is pending that would tell them apart.
const manyOpen = 1000

type needs struct {
	e    *evaluation
	keys []xacml.AttributeKey
	// open counts how often something was come upon that is pending.
	open int
	// visited is what is certain of the policy sets that were looked at.
	visited map[*PolicySet]certainty
}

func (n *needs) add(key xacml.AttributeKey) {
	n.open++
	if !slices.Contains(n.keys, key) {
		n.keys = append(n.keys, key)
	}
}

// candidates is the numbers of the children that may not be NotApplicable.
func (n *needs) candidates(p *PolicySet) []uint32 {
	if p.Index == nil || n.e.in.NoIndex {
		if p.Order != nil {
			return p.Order
		}
		all := make([]uint32, len(p.Children))
		for i := range all {
			all[i] = uint32(i)
		}
		return all
	}
	before := len(n.e.awaited)
	chosen := n.e.choose(p.Index, p.Rank)
	if awaited := n.e.awaited[before:]; len(awaited) > 0 && len(chosen) > manyOpen {
		for _, s := range awaited {
			n.slot(s)
		}
		return nil
	}
	return chosen
}

// dutiesOn needs what the obligations and advice for one effect name.
func (n *needs) dutiesOn(d *duties, effect xacml.Effect) {
	if d != nil {
		n.assignments(d[effect].obligations)
		n.assignments(d[effect].advice)
	}
}

func (n *needs) assignments(list []duty) {
	for _, o := range list {
		for _, a := range o.assignments {
			n.expression(a.expression)
		}
	}
}

// target reports whether the target can match or fail, and adds what it takes
// to know.
func (n *needs) target(c code, p *parts) bool {
	var open []Slot
	for len(c) > 0 {
		header := c[0]
		size := int(header & sizeMask)
		var possible bool
		if header&kindMask == anyEqual {
			possible, open = n.anyEqual(Slot(c[1]), c[:2+size], open)
			c = c[2+size:]
		} else {
			possible, open = n.anyOf(c[1:], size, p, open)
			c = c[1+sizeOf(c[1:], size):]
		}
		if !possible {
			return false
		}
	}
	for _, s := range open {
		n.slot(s)
	}
	return true
}

// anyEqual is for an AnyOf, given with its header.
func (n *needs) anyEqual(s Slot, whole code, open []Slot) (bool, []Slot) {
	if n.isPending(s) {
		return true, append(open, s)
	}
	m, _ := n.e.target(whole, nil)
	return m != noMatch, open
}

func (n *needs) anyOf(c code, alternatives int, p *parts, open []Slot) (possible bool, all []Slot) {
	all = open
	for range alternatives {
		size := 1 + 2*int(c[0])
		ok, keys := n.allOf(c[1:size], p)
		if ok {
			possible = true
			if len(keys) == 0 {
				if m, _ := n.e.allOf(c[1:size], p); m == matches {
					return true, open // the other alternatives do not matter
				}
			}
			all = append(all, keys...)
		}
		c = c[size:]
	}
	return possible, all
}

func (n *needs) allOf(c code, p *parts) (possible bool, open []Slot) {
	for ; len(c) > 0; c = c[2:] {
		if s, ok := slotOf(c, p); ok && n.isPending(s) {
			open = append(open, s)
			continue
		}
		if m, _ := n.e.allOf(c[:2], p); m == noMatch {
			return false, nil
		}
	}
	return true, open
}

// slotOf is the attribute of a match, or of where its selector starts.
func slotOf(match code, p *parts) (Slot, bool) {
	if match[0] != genericMatch {
		return Slot(match[0] &^ present2), true
	}
	switch x := p.matches[match[1]].bag.(type) {
	case *designator:
		return x.slot, true
	case collection:
		if s, ok := x.expression.(*selector); ok && s.context >= 0 {
			return Slot(s.context), true
		}
	}
	return 0, false
}

// isPending: values in the request win, so what it holds is not pending.
func (n *needs) isPending(s Slot) bool { return n.e.bag(s).err == errPending }

func (n *needs) slot(s Slot) {
	if n.isPending(s) {
		n.add(n.e.program.Attributes.slots[s].key)
	}
}

// expression needs every pending attribute that it names.
func (n *needs) expression(x expression) {
	switch x := x.(type) {
	case *designator:
		n.slot(x.slot)
	case *onlyOne:
		n.slot(x.slot)
	case *oneAmong:
		n.slot(x.slot)
	case *anyAmong:
		n.slot(x.slot)
	case *selector:
		if x.context >= 0 {
			n.slot(Slot(x.context))
		}
	case *strict:
		n.named(x)
		n.expressions(x.arguments)
	case *ordered:
		n.expressions(x.arguments)
	case *prefixed:
		n.expressions(x.arguments)
	case *higher:
		n.expressions(x.arguments)
	case *lazy:
		n.expressions(x.arguments)
	case *connective:
		for _, a := range x.arguments {
			n.expression(a)
		}
	case *quantified:
		n.expression(x.domain)
		n.expression(x.iterant)
	case *shared:
		n.expression(x.expression)
	case boolean:
		n.expression(x.expression)
	case collection:
		n.expression(x.expression)
	}
}

func (n *needs) expressions(list []expression) {
	for _, x := range list {
		n.expression(x)
	}
}

// named needs the attribute that an attribute-designator with literals names, if
// it is pending (Related and Nested Entities profile). What others name shows in
// the evaluation only.
func (n *needs) named(s *strict) {
	if s.function.ID != attributeDesignator {
		return
	}
	literals := make([]value.Datum, 5)
	for i, x := range s.arguments {
		if c, ok := x.(*constant); ok {
			literals[i] = c.value
		}
	}
	category, hasCategory := literals[0].(value.AnyURI)
	id, hasID := literals[1].(value.AnyURI)
	dataType, _ := literals[2].(value.AnyURI)
	issuer, hasIssuer := literals[4].(value.String)
	if !hasCategory || !hasID || !hasIssuer && len(s.arguments) > 4 {
		return
	}
	t, _ := value.TypeByID(string(dataType))
	key := xacml.AttributeKey{Category: string(category), ID: string(id), Type: t, Issuer: string(issuer)}
	if n.e.pending(key) && n.e.in.Request.Lookup(key).Len() == 0 {
		n.add(key)
	}
}
