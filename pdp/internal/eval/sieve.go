package eval

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

// A sieve is the index of a policy with few rules. It has a column for each of the
// attributes that tell the rules apart best, and in the column the signature of
// each rule: of the literals one of which a value must be, or the rule is not
// applicable (see [constraints]). A rule with a signature that has no bit in common
// with that of the values is left out. In the code a sieve is
//
//	the slots of the columns
//	of each rule its signatures, two words each
//
// There is none for rules of which it would not tell anything.

// columns is how many attributes a sieve looks at.
const columns = 2

// ruleSet is a set of rules of a policy with less than manyRules, by number.
type ruleSet = uint16

// column is a column of a sieve that is made.
type column struct {
	slot       Slot
	literals   []symbol.Symbol // of all rules
	signatures []signature
}

// newSieve makes the sieve of rules.
func newSieve(rules []rule, p *parts) code {
	var all []column
	for i := range rules {
		for _, c := range ruleConstraints(&rules[i], p) {
			if c.Empty || c.Many || len(c.Symbols) == 0 {
				continue
			}
			at := slices.IndexFunc(all, func(o column) bool { return o.slot == c.Slot })
			if at < 0 {
				at = len(all)
				all = append(all, column{slot: c.Slot, signatures: slices.Repeat([]signature{always}, len(rules))})
			}
			all[at].literals = union(all[at].literals, c.Symbols)
			all[at].signatures[i] = signatureOf(c.Symbols...)
		}
	}
	all = slices.DeleteFunc(all, func(c column) bool { return len(c.literals) < 2 })
	slices.SortStableFunc(all, func(a, b column) int { return cmp.Compare(len(b.literals), len(a.literals)) })
	if len(all) == 0 {
		return nil
	}
	for len(all) < columns {
		all = append(all, all[0])
	}
	all = all[:columns]
	var out code
	for _, c := range all {
		out = append(out, word(c.slot))
	}
	for i := range rules {
		for _, c := range all {
			out = append(out, word(c.signatures[i]), word(c.signatures[i]>>32))
		}
	}
	return out
}

// sift is the rules that the sieve of the policy leaves.
func (e *evaluation) sift(p *Policy) ruleSet {
	sieve := p.sieve()
	if len(sieve) == 0 {
		return 1<<p.count - 1
	}
	first, second := e.slots[sieve[0]].signature, e.slots[sieve[1]].signature
	if first == 0 {
		first = e.signature(Slot(sieve[0]))
	}
	if second == 0 {
		second = e.signature(Slot(sieve[1]))
	}
	return open(sieve[columns:], first, second)
}

// signature is that of the values of a slot, which are translated if they were not
// before; all bits if nobody knows them.
func (e *evaluation) signature(s Slot) signature {
	b := e.bag(s)
	if b.state == failed {
		return ^signature(0)
	}
	e.symbolsOf(b)
	return b.signature
}

// open is the rules whose signatures have bits in common with those of two bags.
func open(rules code, first, second signature) (left ruleSet) {
	for i := 0; i+3 < len(rules); i += 4 {
		a := (signature(rules[i]) | signature(rules[i+1])<<32) & first
		b := (signature(rules[i+2]) | signature(rules[i+3])<<32) & second
		left = left>>1 | ruleSet((a|-a)&(b|-b)>>63)<<(manyRules-1)
	}
	return left >> (manyRules - len(rules)/4)
}

// candidateRules are the rules whose targets may match, marked where they do, as
// far as that can be told quickly (table 4).
func (e *evaluation) candidateRules(p *Policy) []uint32 {
	from := len(e.candidates)
	if p.count >= manyRules { // an index would not help
		for i := range int(p.count) {
			e.candidateRule(p, p.begins(i))
		}
		return e.candidates[from:]
	}
	for left := e.sift(p); left != 0; left &= left - 1 {
		e.candidateRule(p, p.begins(bits.TrailingZeros16(left)))
	}
	return e.candidates[from:]
}

// candidateRule makes the rule that begins there a candidate, unless its target
// does not match.
func (e *evaluation) candidateRule(p *Policy, begin uint32) {
	if target := p.targetOf(begin); len(target) > 0 {
		m, sure := e.quick(target)
		if sure && m == noMatch {
			return
		}
		if sure {
			begin |= isMatched
		}
	}
	e.candidates = append(e.candidates, begin)
}
