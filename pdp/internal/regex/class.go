package regex

// charClassExpr reads a character class, of which the bracket has been read,
// up to its closing bracket (XML Schema Part 2, F.1, charClassExpr).
func (p *parser) charClassExpr(at int) (set, error) {
	if err := p.nest(at); err != nil {
		return nil, err
	}
	negated := p.accept('^')
	g := charGroup{parser: p, open: at, first: p.pos}
	if err := g.read(); err != nil {
		return nil, err
	}
	p.depth--
	s := newSet(g.spans...)
	if negated {
		s = s.complement()
	}
	// charClassSub: the negation is of the group, and not of the difference.
	return s.minus(g.without), nil
}

// charGroup is a posCharGroup and what is subtracted from it.
type charGroup struct {
	*parser
	// open is where the class begins, first where its group does.
	open, first int
	spans       []span
	without     set
}

func (g *charGroup) read() error {
	for {
		at := g.pos
		r, ok := g.next()
		switch {
		case !ok:
			return g.errorf(g.open, "a [ without a ]")
		case r == ']' && at == g.first:
			return g.errorf(at, "a character class without characters")
		case r == ']':
			return nil
		case r == '-' && at > g.first && g.accept('['):
			return g.subtract()
		case r == '[':
			return g.errorf(at, "a [ in a class without a backslash")
		case r == '-' && !g.dashAllowed(at):
			return g.errorf(at, "a - in a class that is neither a range nor first nor last")
		}
		if err := g.charRange(at, r); err != nil {
			return err
		}
	}
}

// subtract reads the class after - and the end of the class around it.
func (g *charGroup) subtract() error {
	var err error
	if g.without, err = g.charClassExpr(g.pos - 1); err != nil {
		return err
	}
	if !g.accept(']') {
		return g.errorf(g.pos, "something after the class that is subtracted")
	}
	return nil
}

// dashAllowed tells whether the - that was read is the first or the last of
// its group, where it stands for itself.
func (g *charGroup) dashAllowed(at int) bool { return at == g.first || g.groupEnds() }

// groupEnds tells whether the group ends here: with the class, or before a
// class to subtract.
func (g *charGroup) groupEnds() bool {
	r, ok := g.peek()
	return !ok || r == ']' || r == '-' && g.pos+1 < len(g.pattern) && g.pattern[g.pos+1] == '['
}

// charRange reads a character, a range or an escape that begins with r.
func (g *charGroup) charRange(at int, r rune) error {
	lo, single, err := g.charOrEscape(r)
	if err != nil {
		return err
	}
	if !single || r == '-' || !g.rangeFollows() {
		return g.add(lo)
	}
	g.pos++ // the -
	r, _ = g.next()
	hi, single, err := g.charOrEscape(r)
	if err != nil {
		return err
	}
	if !single {
		return g.errorf(at, "a range that ends with a class")
	}
	if hi[0].hi < lo[0].lo {
		return g.errorf(at, "a range whose bounds are in the wrong order")
	}
	return g.add(set{{lo[0].lo, hi[0].hi}})
}

// rangeFollows tells whether - and the upper bound of a range come next, and
// not a - that is the last of its group or begins a subtraction.
func (g *charGroup) rangeFollows() bool {
	if r, ok := g.peek(); !ok || r != '-' || g.pos+1 == len(g.pattern) {
		return false
	}
	switch g.pattern[g.pos+1] {
	case '-', '[', ']':
		return false
	}
	return true
}

// charOrEscape gives the set of the character r, or of the escape that it begins.
func (g *charGroup) charOrEscape(r rune) (s set, single bool, err error) {
	if r == '\\' {
		return g.escape()
	}
	return one(r), true, nil
}

func (g *charGroup) add(s set) error {
	g.spans = append(g.spans, s...)
	return g.count(s)
}
