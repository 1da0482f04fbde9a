package eval

// newPolicy is a policy with this code, in one piece of memory with it: a decision
// waits for each piece that is not in the caches. The sizes are those in which
// memory is given out.
func newPolicy(c code) *Policy {
	var p *Policy
	switch n := len(c); {
	case n <= 40:
		p = withCode(func(a *[40]word) code { return a[:] })
	case n <= 72:
		p = withCode(func(a *[72]word) code { return a[:] })
	case n <= 104:
		p = withCode(func(a *[104]word) code { return a[:] })
	case n <= 134:
		p = withCode(func(a *[134]word) code { return a[:] })
	case n <= 166:
		p = withCode(func(a *[166]word) code { return a[:] })
	case n <= 198:
		p = withCode(func(a *[198]word) code { return a[:] })
	case n <= 230:
		p = withCode(func(a *[230]word) code { return a[:] })
	case n <= 294:
		p = withCode(func(a *[294]word) code { return a[:] })
	case n <= 358:
		p = withCode(func(a *[358]word) code { return a[:] })
	case n <= 486:
		p = withCode(func(a *[486]word) code { return a[:] })
	default: // takes longer to evaluate than to wait for
		p = &Policy{base: base{code: make(code, n)}}
	}
	p.code = p.code[:copy(p.code, c)]
	return p
}

// withCode is a policy with code behind it, an array of words.
func withCode[A any](slice func(*A) code) *Policy {
	b := new(struct {
		Policy
		words A
	})
	b.code = slice(&b.words)
	return &b.Policy
}
