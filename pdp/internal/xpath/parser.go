package xpath

import (
	"fmt"
	"strconv"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// parser reads the grammar of sections 2 and 3 by recursive descent, and
// resolves names on the way.
type parser struct {
	tokens     []token
	at         int
	depth      int
	namespaces value.Namespaces
	functions  []function
	// focused tells that position() or last() occurs in the expression or
	// predicate that is being read, not counting predicates inside of it.
	focused bool
	// differs is the first place that XPath 2.0 would read in another way.
	differs *SyntaxError
}

func (p *parser) peek() token { return p.tokens[p.at] }

// take is the next token. There is always one, as nothing takes tokenEnd.
func (p *parser) take() token {
	t := p.tokens[p.at]
	p.at++
	return t
}

// accept takes the next token if it is this symbol or operator.
func (p *parser) accept(text string) bool {
	if !p.peek().is(text) {
		return false
	}
	p.at++
	return true
}

// expect takes this symbol.
func (p *parser) expect(text string) error {
	if !p.accept(text) {
		return errorAt(p.peek(), "found %v, want %q", p.peek(), text)
	}
	return nil
}

func errorAt(t token, format string, args ...any) error {
	return &SyntaxError{Position: t.position, Problem: fmt.Sprintf(format, args...)}
}

// enter goes one level deeper; the caller goes back up by p.depth--.
func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return errorAt(p.peek(), "nested deeper than %d levels", MaxDepth)
	}
	return nil
}

// whole reads an Expr that is all there is.
func (p *parser) whole() (expr, error) {
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, errorAt(t, "unexpected %v", t)
	}
	return x, nil
}

// expression reads an Expr (3.1).
func (p *parser) expression() (expr, error) { return p.binary(1) }

// precedence of the binary operators (3.4, 3.5), all of which associate to the
// left; 0 for everything else.
func precedence(t token) int {
	if t.kind != tokenOperator {
		return 0
	}
	switch t.text {
	case "or":
		return 1
	case "and":
		return 2
	case "=", "!=":
		return 3
	case "<", "<=", ">", ">=":
		return 4
	case "+", "-":
		return 5
	case "*", "div", "mod":
		return 6
	default:
		return 0
	}
}

// binary reads an expression of operators that bind at least so tightly.
func (p *parser) binary(tightness int) (expr, error) {
	left, err := p.unary()
	if err != nil {
		return nil, err
	}
	for {
		t := p.peek()
		tight := precedence(t)
		if tight == 0 || tight < tightness {
			return left, nil
		}
		p.at++
		right, err := p.binary(tight + 1)
		if err != nil {
			return nil, err
		}
		left = operation(t.text, left, right)
		if c, ok := left.(comparison); ok {
			p.differ(t, c.differs())
		}
	}
}

// differ notes what XPath 2.0 would read in another way at t, if there is a problem.
func (p *parser) differ(t token, problem string) {
	if p.differs == nil && problem != "" {
		p.differs = &SyntaxError{Position: t.position, Problem: problem}
	}
}

// unary reads a UnaryExpr (3.5).
func (p *parser) unary() (expr, error) {
	minus := 0
	for p.accept("-") {
		minus++
	}
	x, err := p.union()
	if err != nil || minus == 0 {
		return x, err
	}
	return negation{operand: x, negative: minus%2 == 1}, nil
}

// union reads a UnionExpr (3.3).
func (p *parser) union() (expr, error) {
	start := p.peek()
	x, err := p.path()
	if err != nil || !p.peek().is("|") {
		return x, err
	}
	if x.static() != TypeNodeSet {
		return nil, errorAt(start, "a union is of node-sets, not of a %v", x.static())
	}
	all := union{x}
	for p.accept("|") {
		start = p.peek()
		x, err := p.path()
		if err != nil {
			return nil, err
		}
		if x.static() != TypeNodeSet {
			return nil, errorAt(start, "a union is of node-sets, not of a %v", x.static())
		}
		all = append(all, x)
	}
	return all, nil
}

// predicates reads the Predicates of a step or a filter (2.4).
func (p *parser) predicates() ([]predicate, error) {
	var all []predicate
	for p.accept("[") {
		if err := p.enter(); err != nil {
			return nil, err
		}
		outer := p.focused
		p.focused = false
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		all = append(all, predicate{expr: x, positional: p.focused || x.static() == TypeNumber})
		p.focused = outer
		if err := p.expect("]"); err != nil {
			return nil, err
		}
		p.depth--
	}
	return all, nil
}

// filter reads a FilterExpr (3.3).
func (p *parser) filter() (expr, error) {
	start := p.peek()
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	predicates, err := p.predicates()
	if err != nil || len(predicates) == 0 {
		return x, err
	}
	if x.static() != TypeNodeSet {
		return nil, errorAt(start, "a predicate filters a node-set, not a %v", x.static())
	}
	return filter{primary: x, predicates: predicates}, nil
}

// primary reads a PrimaryExpr (3.1).
func (p *parser) primary() (expr, error) {
	switch t := p.take(); t.kind {
	case tokenLiteral:
		return stringOf(t.text), nil
	case tokenNumber:
		f, _ := strconv.ParseFloat(t.text, 64) // out of range is Infinity, as IEEE 754 rounds it
		return numberOf(f), nil
	case tokenVariable:
		return nil, errorAt(t, "unknown variable %q", t.text)
	case tokenName:
		return p.call(t)
	default:
		return p.parenthesised()
	}
}

// parenthesised reads an expression after its opening parenthesis.
func (p *parser) parenthesised() (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	if p.peek().is(")") {
		return nil, errorAt(p.peek(), "empty sequence \"()\": XPath 1.0 has none")
	}
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.peek().is(",") {
		return nil, errorAt(p.peek(), "sequence \"(a, b)\": XPath 1.0 has none")
	}
	p.depth--
	return x, p.expect(")")
}

// call reads the arguments of a FunctionCall (3.2) after the name.
func (p *parser) call(name token) (expr, error) {
	f, err := p.function(name)
	if err != nil {
		return nil, err
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var args []expr
	for !p.accept(")") {
		if len(args) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		start := p.peek()
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		if f.nodes && x.static() != TypeNodeSet {
			return nil, errorAt(start, "%s() takes a node-set, not a %v", f.name, x.static())
		}
		args = append(args, x)
	}
	p.depth--
	if len(args) < f.min || len(args) > f.max {
		return nil, errorAt(name, "%s() has %d arguments, want %s", f.name, len(args), f.arity())
	}
	if f.implicit && len(args) == 0 {
		args = append(args, contextNode{})
	}
	p.focused = p.focused || f.focused
	x := call{function: f, args: args}
	p.differ(name, x.differs())
	return x, nil
}

// function is the core function of that name (section 4).
func (p *parser) function(name token) (function, error) {
	for _, f := range p.functions {
		if name.prefix == "" && f.name == name.local {
			return f, nil
		}
	}
	switch uri, _ := p.namespaces.Lookup(name.prefix); {
	case name.prefix != "" && uri == xmlSchemaNamespace:
		return function{}, errorAt(name, "cast by constructor %q: XPath 1.0 has none", name.text+"()")
	case name.prefix != "" && uri != xpathFunctionsNamespace:
		return function{}, errorAt(name, "unknown function %q", name.text+"()")
	case laterNodeTest(name.local):
		return function{}, errorAt(name, "test for a type of node %q: XPath 1.0 has none", name.text+"()")
	case name.prefix != "", laterFunction(name.local):
		return function{}, errorAt(name, "function %q: XPath 1.0 has none", name.text+"()")
	default:
		return function{}, errorAt(name, "unknown function %q", name.text+"()")
	}
}

// Namespaces of functions that XPath 2.0 has and XPath 1.0 has not.
const (
	xmlSchemaNamespace      = "http://www.w3.org/2001/XMLSchema"
	xpathFunctionsNamespace = "http://www.w3.org/2005/xpath-functions"
)

// namespace is the namespace name that a prefix stands for.
func (p *parser) namespace(t token) (string, error) {
	if t.prefix == "" {
		return "", nil // 2.3: the default namespace does not apply
	}
	if t.prefix == "xml" {
		return xacml.XMLNamespace, nil
	}
	uri, _ := p.namespaces.Lookup(t.prefix)
	if uri == "" {
		return "", errorAt(t, "unknown prefix %q", t.prefix)
	}
	return uri, nil
}
