package eval

import "github.com/forseti-pdp/forseti/pdp/xacml"

// The code of a policy is one piece of memory:
//
//	its own target
//	where each rule begins, a word each
//	the sieve of the rules, if there is one
//	the rules, each:
//	    header: its effect, what there is of it, and the length of its target
//	    its target
//	    the number of its condition, if it has one
//	    the number of its obligations and advice, if it has some
const (
	permits      = 1 << 31
	hasCondition = 1 << 30
	hasDuties    = 1 << 29
	lengthMask   = hasDuties - 1
)

// none is the number of what a rule does not have.
const none = -1

// rule is a compiled rule (§5.21).
type rule struct {
	target    code  // empty if there is none
	condition int32 // its number among the parts, or none
	duties    int32 // the number of its obligations and advice among the parts, or none
	effect    xacml.Effect
}

// layOut makes the code of a policy.
func layOut(target code, rules []rule, sieve code) code {
	size := len(target) + len(rules) + len(sieve)
	for i := range rules {
		size += rules[i].size()
	}
	begins := len(target)
	c := append(make(code, 0, size), target...)
	c = append(append(c, make(code, len(rules))...), sieve...)
	for i := range rules {
		c[begins+i] = word(len(c))
		c = rules[i].write(c)
	}
	return c
}

// size is how many words it takes to write the rule.
func (r *rule) size() int { return len(r.write(nil)) }

// write adds the rule to code.
func (r *rule) write(c code) code {
	header := word(len(r.target))
	if r.effect == xacml.EffectPermit {
		header |= permits
	}
	if r.condition != none {
		header |= hasCondition
	}
	if r.duties != none {
		header |= hasDuties
	}
	c = append(append(c, header), r.target...)
	if r.condition != none {
		c = append(c, word(r.condition))
	}
	if r.duties != none {
		c = append(c, word(r.duties))
	}
	return c
}

// own is the target of the node itself.
func (b *base) own() code { return b.code[:b.target] }

// begins is where the i-th rule begins in the code.
func (p *Policy) begins(i int) uint32 { return uint32(p.code[int(p.target)+i]) }

// sieve is that of the rules, if there is one.
func (p *Policy) sieve() code {
	if p.count == 0 {
		return nil
	}
	return p.code[p.target+p.count : p.begins(0)]
}

// targetOf is the target of the rule that begins there.
func (p *Policy) targetOf(begin uint32) code {
	return p.code[begin+1:][:p.code[begin]&lengthMask]
}

// rule is the rule that begins there.
func (p *Policy) rule(begin uint32) rule {
	header := p.code[begin]
	r := rule{target: p.targetOf(begin), condition: none, duties: none, effect: xacml.Effect(header >> 31)}
	if header&(hasCondition|hasDuties) == 0 {
		return r
	}
	rest := p.code[begin+1+uint32(header&lengthMask):]
	if header&hasCondition != 0 {
		r.condition, rest = int32(rest[0]), rest[1:]
	}
	if header&hasDuties != 0 {
		r.duties = int32(rest[0])
	}
	return r
}
