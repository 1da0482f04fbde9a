package regex

import "fmt"

// parser reads an expression by the grammar of XML Schema Part 2, appendix F,
// with the changes of XPath functions 7.6.1: recursive descent, one character
// of look-ahead.
type parser struct {
	pattern []rune
	pos     int
	depth   int
	// spans is how many ranges the classes read so far have.
	spans int
}

// errorf is an error at the character of an index.
func (p *parser) errorf(at int, format string, args ...any) error {
	return &Error{at + 1, fmt.Sprintf(format, args...)}
}

// next reads a character; ok is false at the end.
func (p *parser) next() (r rune, ok bool) {
	if r, ok = p.peek(); ok {
		p.pos++
	}
	return r, ok
}

func (p *parser) peek() (r rune, ok bool) {
	if p.pos == len(p.pattern) {
		return 0, false
	}
	return p.pattern[p.pos], true
}

// accept reads the character r if it is the next one.
func (p *parser) accept(r rune) bool {
	if got, ok := p.peek(); !ok || got != r {
		return false
	}
	p.pos++
	return true
}

// nest enters a group or a class, which begins at a position.
func (p *parser) nest(at int) error {
	if p.depth++; p.depth > MaxDepth {
		return p.errorf(at, "groups and classes are nested deeper than %d", MaxDepth)
	}
	return nil
}

// count takes ranges of characters from the limit.
func (p *parser) count(s set) error {
	if p.spans += len(s); p.spans > maxSpans {
		return p.errorf(p.pos-1, "the character classes have more than %d ranges", maxSpans)
	}
	return nil
}

// parse reads all.
func (p *parser) parse() (node, error) {
	n, err := p.regExp()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.pattern) {
		return nil, p.errorf(p.pos, "a ) without a (")
	}
	return n, nil
}

// regExp reads branches up to a closing parenthesis or the end.
func (p *parser) regExp() (node, error) {
	var branches choice
	for {
		b, err := p.branch()
		if err != nil {
			return nil, err
		}
		branches = append(branches, b)
		if !p.accept('|') {
			break
		}
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return branches, nil
}

// branch reads atoms with their quantifiers.
func (p *parser) branch() (node, error) {
	var pieces sequence
	for {
		r, ok := p.peek()
		if !ok || r == '|' || r == ')' {
			break
		}
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n, err = p.quantified(n); err != nil {
			return nil, err
		}
		pieces = append(pieces, n)
	}
	if len(pieces) == 1 {
		return pieces[0], nil
	}
	return pieces, nil
}

// atom reads a character, a class, an anchor or a group.
func (p *parser) atom() (node, error) {
	at := p.pos
	r, _ := p.next()
	switch r {
	case '(':
		return p.group(at)
	case '[':
		return p.class(p.charClassExpr(at))
	case '\\':
		s, _, err := p.escape()
		return p.class(s, err)
	case '.':
		return p.class(one('\n').complement(), nil)
	case '^':
		return anchor{}, nil
	case '$':
		return anchor{end: true}, nil
	case '?', '*', '+', '{':
		return nil, p.errorf(at, "a quantifier with nothing before it")
	case ']', '}':
		return nil, p.errorf(at, "a %c without a backslash or its opening bracket", r)
	}
	return p.class(one(r), nil)
}

func (p *parser) class(s set, err error) (node, error) {
	if err == nil {
		err = p.count(s)
	}
	if err != nil {
		return nil, err
	}
	return class{s}, nil
}

// group reads a group, of which the parenthesis has been read.
func (p *parser) group(at int) (node, error) {
	if err := p.nest(at); err != nil {
		return nil, err
	}
	if r, ok := p.peek(); ok && r == '?' {
		return nil, p.errorf(at, "groups with (? are not in the language")
	}
	n, err := p.regExp()
	if err != nil {
		return nil, err
	}
	if !p.accept(')') {
		return nil, p.errorf(at, "a ( without a )")
	}
	p.depth--
	return n, nil
}

// quantified reads the quantifier of an atom, if it has one.
func (p *parser) quantified(n node) (node, error) {
	least, most, ok, err := p.quantifier()
	if err != nil || !ok {
		return n, err
	}
	// XPath functions 7.6.1: a ? after a quantifier makes it reluctant.
	p.accept('?')
	if r, ok := p.peek(); ok && (r == '?' || r == '*' || r == '+' || r == '{') {
		return nil, p.errorf(p.pos, "a quantifier after a quantifier")
	}
	return repeat{n, least, most}, nil
}

func (p *parser) quantifier() (least, most int, ok bool, err error) {
	switch {
	case p.accept('?'):
		return 0, 1, true, nil
	case p.accept('*'):
		return 0, unbounded, true, nil
	case p.accept('+'):
		return 1, unbounded, true, nil
	case p.accept('{'):
		least, most, err = p.quantity(p.pos - 1)
		return least, most, true, err
	}
	return 0, 0, false, nil
}

// quantity reads {n}, {n,} or {n,m}, of which the brace has been read.
func (p *parser) quantity(at int) (least, most int, err error) {
	least, ok := p.number()
	most = least
	if ok && p.accept(',') {
		if r, _ := p.peek(); r == '}' {
			most = unbounded
		} else {
			most, ok = p.number()
		}
	}
	if !ok || !p.accept('}') {
		return 0, 0, p.errorf(at, "a quantifier in braces is {n}, {n,} or {n,m}")
	}
	if max(least, most) > maxInstructions {
		return 0, 0, p.errorf(at, "a quantifier that is greater than %d", maxInstructions)
	}
	if most != unbounded && most < least {
		return 0, 0, p.errorf(at, "a quantifier whose bounds are in the wrong order")
	}
	return least, most, nil
}

// number reads digits. A number that is too large is some large number.
func (p *parser) number() (n int, ok bool) {
	for {
		r, more := p.peek()
		if !more || r < '0' || r > '9' {
			return n, ok
		}
		p.pos++
		n = min(10*n+int(r-'0'), maxInstructions+1)
		ok = true
	}
}
