package xpath

// path reads a PathExpr (3.3): a LocationPath, or a filter with or without
// steps after it.
func (p *parser) path() (expr, error) {
	start := p.peek()
	if !p.startsFilter(start) {
		return p.location()
	}
	x, err := p.filter()
	if err != nil || !p.peek().is("/") && !p.peek().is("//") {
		return x, err
	}
	if x.static() != TypeNodeSet {
		return nil, errorAt(start, "a path starts with a node-set, not with a %v", x.static())
	}
	all := &path{start: x}
	return all, p.steps(all, p.take())
}

// startsFilter reports whether a PathExpr that begins with t begins with a
// PrimaryExpr.
func (p *parser) startsFilter(t token) bool {
	switch t.kind {
	case tokenLiteral, tokenNumber, tokenVariable:
		return true
	case tokenName:
		return t.call && !isNodeType(t)
	default:
		return t.is("(")
	}
}

// isNodeType reports whether a name is a NodeType (3.7).
func isNodeType(t token) bool {
	return t.prefix == "" && isWord(t.local, "comment text processing-instruction node")
}

// startsStep reports whether t begins a Step.
func startsStep(t token) bool { return t.kind == tokenName || t.is(".") || t.is("..") || t.is("@") }

// location reads a LocationPath (2).
func (p *parser) location() (expr, error) {
	t := p.peek()
	switch {
	case t.is("//"):
		all := &path{start: documentNode{}}
		return all, p.steps(all, p.take())
	case t.is("/"):
		p.at++
		if !startsStep(p.peek()) {
			return documentNode{}, nil
		}
		all := &path{start: documentNode{}}
		return all, p.steps(all, t)
	case startsStep(t):
		all := &path{start: contextNode{}}
		return all, p.steps(all, token{kind: tokenOperator, text: "/"})
	default:
		return nil, errorAt(t, "unexpected %v where an expression must stand", t)
	}
}

// steps reads a RelativeLocationPath (2) after a separator.
func (p *parser) steps(all *path, separator token) error {
	for {
		s, err := p.step()
		if err != nil {
			return err
		}
		if separator.text == "//" {
			all.addAnywhere(s)
		} else {
			all.steps = append(all.steps, s)
		}
		if !p.peek().is("/") && !p.peek().is("//") {
			return nil
		}
		separator = p.take()
	}
}

// addAnywhere adds a step after "//", which is short for
// "/descendant-or-self::node()/" (2.5). Children of the one are descendants of
// the other, so unless positions are counted one step does.
func (x *path) addAnywhere(s step) {
	if s.axis == axisChild && !s.positional() {
		s.axis = axisDescendant
	} else {
		x.steps = append(x.steps, step{axis: axisDescendantOrSelf, test: nodeTest{kind: testNode}})
	}
	x.steps = append(x.steps, s)
}

// step reads a Step (2.1).
func (p *parser) step() (step, error) {
	t := p.peek()
	if t.is(".") || t.is("..") {
		p.at++
		if p.peek().is("[") {
			return step{}, errorAt(p.peek(), "predicate after %q: XPath 1.0 has none", t.text)
		}
		axis := axisSelf
		if t.text == ".." {
			axis = axisParent
		}
		return step{axis: axis, test: nodeTest{kind: testNode}}, nil
	}
	axis, err := p.axis()
	if err != nil {
		return step{}, err
	}
	test, err := p.nodeTest()
	if err != nil {
		return step{}, err
	}
	predicates, err := p.predicates()
	return step{axis: axis, test: test, predicates: predicates}, err
}

// axis reads an AxisSpecifier (2.1).
func (p *parser) axis() (axis, error) {
	if p.accept("@") {
		return axisAttribute, nil
	}
	t := p.peek()
	if !t.axis {
		return axisChild, nil
	}
	for a, name := range axisNames() {
		if name == t.local {
			p.at += 2
			return axis(a), nil
		}
	}
	return 0, errorAt(t, "unknown axis %q", t.local)
}

// nodeTest reads a NodeTest (2.3).
func (p *parser) nodeTest() (nodeTest, error) {
	t := p.peek()
	switch {
	case t.kind == tokenName && t.call:
		return p.typeTest()
	case t.kind == tokenName:
		p.at++
		space, err := p.namespace(t)
		switch {
		case err != nil:
			return nodeTest{}, err
		case t.local != "*":
			return nodeTest{kind: testName, space: space, local: t.local}, nil
		case t.prefix != "":
			return nodeTest{kind: testNamespace, space: space}, nil
		default:
			return nodeTest{kind: testPrincipal}, nil
		}
	case t.is("("), t.kind == tokenLiteral, t.kind == tokenNumber:
		return nodeTest{}, errorAt(t, "expression as a step of a path: XPath 1.0 has none")
	default:
		return nodeTest{}, errorAt(t, "unexpected %v where a step must stand", t)
	}
}

// typeTest reads a test for a type of node, such as text().
func (p *parser) typeTest() (nodeTest, error) {
	name := p.take()
	if !isNodeType(name) {
		if _, err := p.function(name); err != nil {
			return nodeTest{}, err
		}
		return nodeTest{}, errorAt(name, "function %q as a step of a path: XPath 1.0 has none", name.text+"()")
	}
	if err := p.expect("("); err != nil {
		return nodeTest{}, err
	}
	test := nodeTest{kind: testNode}
	switch name.local {
	case "text":
		test.kind = testText
	case "comment":
		test.kind = testComment
	case "processing-instruction":
		test.kind = testInstruction
		if t := p.peek(); t.kind == tokenLiteral {
			p.at++
			test.kind, test.local = testTarget, t.text
		} else if t.kind == tokenName {
			return nodeTest{}, errorAt(t, "target without quotes: XPath 1.0 has none")
		}
	}
	if t := p.peek(); !t.is(")") {
		return nodeTest{}, errorAt(t, "test for a type of node %q with an argument: XPath 1.0 has none", name.text+"()")
	}
	return test, p.expect(")")
}
