package eval

import (
	"math/bits"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

// gate is the index of a policy with few rules, small enough for a cache line or
// two: which rules are left by the values of one attribute, which many of them
// compare with literals of their own. A rule is left out if an AnyOf of its target,
// of comparisons of that attribute, which may be missing, matches no value (tables
// 1, 2 and 4).
type gate struct {
	slot     Slot
	always   ruleSet         // rules of which it says nothing
	literals []symbol.Symbol // sorted, each once
	rules    []ruleSet       // of each literal
}

// ruleSet is a set of rules of a policy with less than manyRules, by number.
type ruleSet = uint16

// newGate is the gate of a policy on the attribute with the most literals; nil if
// it would not tell rules apart.
func newGate(p *Policy) *gate {
	found := make(map[Slot]map[symbol.Symbol]ruleSet)
	without := make(map[Slot]ruleSet)
	var slots []Slot // in the order of the code, so that the choice is always the same
	for i := range p.rules {
		p.eachComparison(&p.rules[i], func(s Slot, literals code) {
			if found[s] == nil {
				found[s], without[s] = make(map[symbol.Symbol]ruleSet), 1<<len(p.rules)-1
				slots = append(slots, s)
			}
			if without[s]&(1<<i) == 0 {
				return // one AnyOf is enough
			}
			without[s] &^= 1 << i
			for _, y := range literals {
				found[s][y] |= 1 << i
			}
		})
	}
	var best *gate
	for _, s := range slots {
		if len(found[s]) < 2 || best != nil && len(found[s]) <= len(best.literals) {
			continue
		}
		best = &gate{slot: s, always: without[s], literals: make([]symbol.Symbol, 0, len(found[s]))}
		for y := range found[s] {
			best.literals = append(best.literals, y)
		}
	}
	if best == nil {
		return nil
	}
	slices.Sort(best.literals)
	best.rules = make([]ruleSet, len(best.literals))
	for i, y := range best.literals {
		best.rules[i] = found[best.slot][y]
	}
	return best
}

// eachComparison goes through the AnyOf of a rule that compare one attribute,
// which may be missing, with literals.
func (p *Policy) eachComparison(r *rule, do func(s Slot, literals code)) {
	for at := int(r.target.from); at < int(r.target.to); {
		header := p.code[at]
		n := int(header & sizeMask)
		if header&kindMask != anyEqual {
			at += 1 + sizeOf(p.code[at+1:], n)
			continue
		}
		if header&present1 == 0 {
			do(Slot(p.code[at+1]), p.code[at+2:at+2+n])
		}
		at += 2 + n
	}
}

// open is the rules that are left by the values of the bag, which is translated.
func (g *gate) open(b *bag) ruleSet {
	left := g.always
	if b.filter != nil { // more values than literals
		for i, y := range g.literals {
			if b.has(y) {
				left |= g.rules[i]
			}
		}
		return left
	}
	for _, y := range b.symbols {
		if i, ok := slices.BinarySearch(g.literals, y); ok {
			left |= g.rules[i]
		}
	}
	return left
}

// sift leaves out the rules whose targets do not match, as far as that can be
// told quickly (table 4).
func (e *evaluation) sift(p *Policy) []uint32 {
	from := len(e.candidates)
	if p.gate != nil {
		if b := e.bag(p.gate.slot); b.state != failed {
			e.symbolsOf(p.gate.slot, b)
			for left := p.gate.open(b); left != 0; left &= left - 1 {
				e.siftRule(p, bits.TrailingZeros16(left))
			}
			return e.candidates[from:]
		}
	}
	for i := range p.rules {
		e.siftRule(p, i)
	}
	return e.candidates[from:]
}

// siftRule makes the rule a candidate, unless its target does not match.
func (e *evaluation) siftRule(p *Policy, i int) {
	number := uint32(i)
	if target := p.rules[i].target; target.from != target.to {
		m, sure := e.quick(p.code[target.from:target.to])
		if sure && m == noMatch {
			return
		}
		if sure {
			number |= isMatched
		}
	}
	e.candidates = append(e.candidates, number)
}
