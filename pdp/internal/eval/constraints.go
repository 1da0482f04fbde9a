package eval

import (
	"cmp"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The index leaves out children that are NotApplicable for certain, and so does the
// sieve of a policy with few rules; what is certain is said by constraints (see
// index.Constraint), which are found here.
// The obligation is that a child whose constraint is not met is NotApplicable
// whatever else the request, the clock and the sources hold. It is met because
//
//   - a match of equality is False where no value of the bag has the symbol of
//     the literal, unless the bag failed or must not be empty and is (§7.6);
//   - one match that is False makes an AllOf not match, also where others are
//     Indeterminate (table 3); an AnyOf does not match if none of its AllOf does
//     (table 2), and one AnyOf that does not match decides the target (table 1):
//     so what all AllOf of one AnyOf ask of an attribute is a constraint;
//   - a rule is NotApplicable if its target does not match, and, if it has no
//     target, if its condition is False (table 4). A condition does not count
//     where there is a target, which might be Indeterminate;
//   - conditions: and is False if one argument is, or if all are (A.3.5); one-
//     and-only fails unless there is one value, which is then compared;
//   - a policy or policy set is NotApplicable if its own target does not match,
//     and also if all its children are NotApplicable and its algorithm then is:
//     an Indeterminate target does not change that (table 7). So what all its
//     children ask of an attribute is a constraint;
//   - leaving out a child must not change the value of the others, which the
//     algorithm says ([combine.Omission]): only-one-applicable counts children
//     by their own targets, so only these make constraints there.
//
// Whatever is not known to be such a case makes no constraint.

// maxAlternatives bounds the literals of a constraint: a child with more is
// found by other attributes, or tried each time.
const maxAlternatives = 64

// constrained is an expression that tells when it is False for certain.
type constrained interface{ constraints() []index.Constraint }

// targetConstraints is those of a target: each AnyOf has its own.
func targetConstraints(c code) []index.Constraint {
	if len(c) == 0 {
		return nil
	}
	all := make([]index.Constraint, 0, 6)
	for len(c) > 0 {
		header := c[0]
		n := int(header & sizeMask)
		if header&kindMask == anyEqual {
			all = both(all, []index.Constraint{{
				Slot: Slot(c[1]), Empty: header&present1 != 0, Symbols: c[2 : 2+n : 2+n],
			}})
			c = c[2+n:]
			continue
		}
		c = c[1:]
		alternatives := make([][]index.Constraint, 0, n)
		for range n {
			size := 1 + 2*int(c[0])
			alternatives = append(alternatives, allOfConstraints(c[1:size]))
			c = c[size:]
		}
		all = both(all, either(alternatives))
	}
	return all
}

func allOfConstraints(c code) []index.Constraint {
	all := make([]index.Constraint, 0, len(c)/2)
	for ; len(c) > 0; c = c[2:] {
		if c[0] != genericMatch {
			all = both(all, []index.Constraint{{
				Slot: Slot(c[0] &^ present2), Empty: c[0]&present2 != 0, Symbols: c[1:2:2],
			}})
		}
	}
	return all
}

// both is the constraints of what needs a and b. Of two on one attribute one
// will do: values of a bag may meet them one each, so that there is no
// intersection.
func both(a, b []index.Constraint) []index.Constraint {
	for _, c := range b {
		i := slices.IndexFunc(a, func(o index.Constraint) bool { return sameKind(c, o) })
		switch {
		case i < 0:
			a = append(a, c)
		case size(c) < size(a[i]):
			a[i] = c
		}
	}
	return a
}

// either is the constraints of what needs one of the alternatives.
func either(alternatives [][]index.Constraint) []index.Constraint {
	if len(alternatives) == 0 {
		return nil
	}
	sum := slices.Clone(alternatives[0])
	for _, next := range alternatives[1:] {
		kept := sum[:0]
		for _, c := range sum {
			i := slices.IndexFunc(next, func(o index.Constraint) bool { return sameKind(c, o) })
			if i >= 0 && unite(&c, &next[i]) {
				kept = append(kept, c)
			}
		}
		if sum = kept; len(sum) == 0 {
			return nil
		}
	}
	return sum
}

// unite makes c what needs c or o, and tells whether that is few enough.
func unite(c, o *index.Constraint) bool {
	c.Empty, c.Many = c.Empty || o.Empty, c.Many || o.Many
	c.Symbols = union(c.Symbols, o.Symbols)
	c.Ranges = slices.Concat(c.Ranges, o.Ranges)
	c.Prefixes = slices.Concat(c.Prefixes, o.Prefixes)
	return size(*c) <= maxAlternatives
}

// union is the union of sorted symbols, each once.
func union(a, b []symbol.Symbol) []symbol.Symbol {
	if slices.Equal(a, b) {
		return a
	}
	out := make([]symbol.Symbol, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0], b[0]) {
		case -1:
			out, a = append(out, a[0]), a[1:]
		case 1:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// sameKind tells whether two constraints ask the same of the same attribute.
func sameKind(a, b index.Constraint) bool {
	return a.Slot == b.Slot && (a.Symbols != nil) == (b.Symbols != nil) && (a.Ranges != nil) == (b.Ranges != nil)
}

func size(c index.Constraint) int { return len(c.Symbols) + len(c.Ranges) + len(c.Prefixes) }

// ruleConstraints is those of a rule.
func ruleConstraints(r *rule, p *parts) []index.Constraint {
	if len(r.target) > 0 {
		return targetConstraints(r.target)
	}
	if r.condition == none {
		return nil
	}
	return expressionConstraints(p.conditions[r.condition])
}

func expressionConstraints(x expression) []index.Constraint {
	if c, ok := x.(constrained); ok {
		return c.constraints()
	}
	return nil
}

// constraintsOf is those of a child of a policy set with this algorithm.
func constraintsOf(n Node, a *combine.Algorithm) []index.Constraint {
	var target code
	switch n := n.(type) {
	case *Policy:
		target = n.own()
	case *PolicySet:
		target = n.own()
	}
	own := targetConstraints(target)
	if a.Omits != combine.OmitsNotApplicable {
		return own
	}
	switch n := n.(type) {
	case *Policy:
		if !emptyIsNotApplicable(n.algorithm) {
			return own
		}
		rules := make([][]index.Constraint, n.count)
		for i := range rules {
			r := n.rule(n.begins(i))
			if rules[i] = ruleConstraints(&r, n.parts); rules[i] == nil {
				return own
			}
		}
		return both(own, either(rules))
	case *PolicySet:
		if !emptyIsNotApplicable(n.algorithm) {
			return own
		}
		live := n.live()
		children := make([][]index.Constraint, len(live))
		for i, c := range live {
			if children[i] = constraintsOf(c, n.algorithm); children[i] == nil {
				return own
			}
		}
		return both(own, either(children))
	default:
		return nil
	}
}

// emptyIsNotApplicable tells whether the algorithm gives NotApplicable if all
// children are, and does not look at them otherwise.
func emptyIsNotApplicable(a *combine.Algorithm) bool {
	if a.Omits != combine.OmitsNotApplicable {
		return false
	}
	d, _ := a.Combine(nobody{})
	return d == xacml.NotApplicable
}

// nobody is no children.
type nobody struct{}

// Len is 0.
func (nobody) Len() int { return 0 }

// Evaluate is never called.
func (nobody) Evaluate(int) xacml.Decision { return xacml.IndeterminateDP }

// Effect is never called.
func (nobody) Effect(int) xacml.Effect { return xacml.EffectDeny }

// Applicable is never called.
func (nobody) Applicable(int) (bool, *xacml.Error) { return false, nil }

// Disregard is never called.
func (nobody) Disregard() {}

func (o *oneAmong) constraints() []index.Constraint {
	if len(o.literals) == 0 {
		return nil
	}
	return []index.Constraint{{Slot: o.slot, Empty: true, Many: true, Symbols: o.literals}}
}

func (a *anyAmong) constraints() []index.Constraint {
	if len(a.literals) == 0 {
		return nil
	}
	return []index.Constraint{{Slot: a.slot, Empty: a.mustBePresent, Symbols: a.literals}}
}

func (c *connective) constraints() []index.Constraint {
	var all []index.Constraint
	if c.decisive { // or
		alternatives := make([][]index.Constraint, len(c.arguments))
		for i, a := range c.arguments {
			alternatives[i] = expressionConstraints(a)
		}
		return either(alternatives)
	}
	for _, a := range c.arguments {
		all = both(all, expressionConstraints(a))
	}
	return all
}

func (s *shared) constraints() []index.Constraint { return expressionConstraints(s.expression) }

func (b boolean) constraints() []index.Constraint { return expressionConstraints(b.expression) }

func (o *ordered) constraints() []index.Constraint {
	return []index.Constraint{{Slot: o.slot, Empty: true, Many: true, Ranges: o.ranges}}
}

func (p *prefixed) constraints() []index.Constraint {
	return []index.Constraint{{Slot: p.slot, Empty: true, Many: true, Prefixes: []string{p.prefix}}}
}
