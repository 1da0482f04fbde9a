package eval

import (
	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

// guard is the index of a policy with few rules: one attribute that rules compare
// with literals. A rule whose AnyOf on it matches no value is NotApplicable
// (tables 1 and 4), so that it need not be evaluated; see targetConstraints.
type guard struct {
	slot Slot
	used bool
}

// guardRules chooses the attribute that leaves the fewest rules: the one for which
// rules have the most different literals.
func (p *Policy) guardRules() {
	if len(p.rules) < 2 || p.Algorithm.Omits != combine.OmitsNotApplicable {
		return
	}
	literals := make(map[Slot]map[uint32]bool)
	var slots []Slot // in the order of the code, so that the choice does not depend on that of the map
	for i := range p.rules {
		p.eachGuard(&p.rules[i], func(at uint32, s Slot) {
			if literals[s] == nil {
				literals[s] = make(map[uint32]bool)
				slots = append(slots, s)
			}
			for _, y := range p.literals(at) {
				literals[s][y] = true
			}
		})
	}
	best := 1
	for _, s := range slots {
		if len(literals[s]) > best {
			best = len(literals[s])
			p.guard = guard{s, true}
		}
	}
	if !p.guard.used {
		return
	}
	for i := range p.rules {
		r := &p.rules[i]
		p.eachGuard(r, func(at uint32, s Slot) {
			if s == p.guard.slot {
				r.guard = at + 1
			}
		})
	}
}

// eachGuard goes through the AnyOf of a rule that compare one attribute, which may
// be missing, with literals.
func (p *Policy) eachGuard(r *rule, do func(at uint32, s Slot)) {
	for at := r.target.from; at < r.target.to; {
		header := p.code[at]
		n := int(header & sizeMask)
		if header&kindMask != anyEqual {
			at += 1 + uint32(sizeOf(p.code[at+1:], n))
			continue
		}
		if header&present1 == 0 {
			do(at, Slot(p.code[at+1]))
		}
		at += 2 + uint32(n)
	}
}

// literals is those of an AnyOf that compares one attribute with them.
func (p *Policy) literals(at uint32) code {
	return p.code[at+2 : at+2+p.code[at]&sizeMask]
}

// guarded gives the rules that the guard does not rule out. ok is false if nobody
// knows the attribute.
func (e *evaluation) guarded(p *Policy) (chosen []uint32, ok bool) {
	b := e.bag(p.guard.slot)
	if b.state == failed {
		return nil, false
	}
	e.symbolsOf(p.guard.slot, b)
	from := len(e.candidates)
	for i := range p.rules {
		if at := p.rules[i].guard; at == 0 || b.holds(p.literals(at-1)) {
			e.candidates = append(e.candidates, uint32(i))
		}
	}
	return e.candidates[from:], true
}

// wideBag is the number of values from which on a bag has a filter.
const wideBag = 8

// filter tells of most symbols that they are not in a bag.
type filter [16]uint64

func (f *filter) add(y symbol.Symbol) { f[y>>6&15] |= 1 << (y & 63) }

func (f *filter) may(y uint32) bool { return f[y>>6&15]&(1<<(y&63)) != 0 }

// holds tells whether some value of the bag, which is translated, has the symbol
// of one of the literals.
func (b *bag) holds(literals code) bool {
	for _, literal := range literals {
		if b.filter != nil && !b.filter.may(literal) {
			continue
		}
		for _, y := range b.symbols {
			if uint32(y) == literal {
				return true
			}
		}
	}
	return false
}
