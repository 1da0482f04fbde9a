package compile

import (
	"errors"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// scope is the variables of one policy: that is how far they can be seen (§7.8).
type scope struct {
	variables map[string]*variable
	open      []string // the variables whose kind is being found
}

type variable struct {
	definition *policy.VariableDefinition
	kind       value.Kind
	ok         bool
	done       bool
	depth      int // how many variables deep the definition reaches
}

// variables checks every definition, used or not.
func (c *checker) variables(p *policy.Policy) *scope {
	s := &scope{variables: make(map[string]*variable, len(p.Variables))}
	for i := range p.Variables {
		s.variables[p.Variables[i].ID] = &variable{definition: &p.Variables[i]}
	}
	for i := range p.Variables {
		c.variable(s.variables[p.Variables[i].ID], s)
	}
	return s
}

func (c *checker) variable(v *variable, s *scope) {
	if v.done {
		return
	}
	id := v.definition.ID
	if len(s.open) >= maxVariableDepth {
		c.tooDeep(v)
		return
	}
	around := c.elements
	c.elements = nil // a definition does not see where it is used
	s.open = append(s.open, id)
	c.within("VariableDefinition", id, func() {
		v.kind, v.ok = c.kind(v.definition.Expression, s)
	})
	s.open = s.open[:len(s.open)-1]
	c.elements = around
	v.done = true
}

func (c *checker) tooDeep(v *variable) {
	c.errorf(v.definition.Position, policy.ReasonDepth, "variables refer to each other more than %d deep", maxVariableDepth)
	v.done, v.ok = true, false
}

// kind type-checks an expression. ok is false if a problem was reported; the
// problem then need not be reported again further up.
func (c *checker) kind(e policy.Expression, s *scope) (k value.Kind, ok bool) {
	switch e := e.(type) {
	case *policy.Literal:
		if !c.literal(e.Position, e.Value) {
			return value.Kind{}, false
		}
		return e.Value.Kind(), c.insideLiteral(e.Position, e.Value)
	case *policy.Designator:
		return value.BagOf(e.Type), true
	case *policy.Selector:
		return value.BagOf(e.Type), c.selector(e)
	case *policy.VariableReference:
		return c.variableReference(e, s)
	case *policy.FunctionReference:
		c.errorf(e.Position, policy.ReasonType, "a Function may only be the first argument of a higher-order function")
		return value.Kind{}, false
	case *policy.Apply:
		return c.nested(e.Position, func() (value.Kind, bool) { return c.apply(e, s) })
	case *policy.Quantified:
		return c.nested(e.Position, func() (value.Kind, bool) { return c.quantified(e, s) })
	default:
		c.errorf(policy.Position{}, policy.ReasonParse, "an expression is missing")
		return value.Kind{}, false
	}
}

// literal reports a literal without a value; readers make none.
func (c *checker) literal(at policy.Position, v value.Value) bool {
	if v == nil {
		c.errorf(at, policy.ReasonParse, "a value is missing")
	}
	return v != nil
}

func (c *checker) variableReference(e *policy.VariableReference, s *scope) (value.Kind, bool) {
	if k, ok := c.element(e.ID); ok {
		return k, true
	}
	if s == nil {
		c.errorf(e.Position, policy.ReasonUnresolved, "variable %q: variables belong to a policy and cannot be used here", e.ID)
		return value.Kind{}, false
	}
	v := s.variables[e.ID]
	if v == nil {
		c.errorf(e.Position, policy.ReasonUnresolved, "variable %q is not defined in this policy", e.ID)
		return value.Kind{}, false
	}
	for i, id := range s.open {
		if id == e.ID {
			c.errorf(e.Position, policy.ReasonCycle, "variables run in a circle: %s -> %s", strings.Join(s.open[i:], " -> "), e.ID)
			return value.Kind{}, false
		}
	}
	c.variable(v, s)
	if len(s.open) > 0 { // definitions checked earlier count as well
		user := s.variables[s.open[len(s.open)-1]]
		user.depth = max(user.depth, v.depth+1)
		if user.depth > maxVariableDepth {
			c.tooDeep(user)
			return value.Kind{}, false
		}
	}
	return v.kind, v.ok
}

func (c *checker) apply(e *policy.Apply, s *scope) (value.Kind, bool) {
	f := c.options.Functions.Lookup(e.Function)
	if f == nil {
		c.errorf(e.Position, policy.ReasonType, "unknown function %q%s", e.Function, c.functionLike(e.Function))
	}
	arguments := e.Arguments
	var applied *function.Function
	ok := f != nil
	if len(arguments) > 0 {
		if ref, is := arguments[0].(*policy.FunctionReference); is {
			arguments = arguments[1:]
			if applied = c.options.Functions.Lookup(ref.Function); applied == nil {
				c.errorf(ref.Position, policy.ReasonType, "unknown function %q%s", ref.Function, c.functionLike(ref.Function))
				ok = false
			}
		}
	}
	kinds := make([]value.Kind, len(arguments))
	for i, a := range arguments {
		var good bool
		kinds[i], good = c.kind(a, s)
		ok = ok && good
	}
	if !ok {
		return value.Kind{}, false
	}
	literals := make([]value.Value, len(arguments))
	for i, a := range arguments {
		if l, is := a.(*policy.Literal); is {
			literals[i] = l.Value
		}
	}
	k, err := f.Check(applied, kinds, literals)
	if err != nil {
		more := ""
		if applied == nil {
			more = oneOfBag(func(kinds []value.Kind) error { _, err := f.Check(nil, kinds, literals); return err }, kinds)
		}
		c.errorf(e.Position, policy.ReasonType, "%s: %v%s", e.Function, err, more)
		return value.Kind{}, false
	}
	if applied != nil { // its arguments are the literals, or elements of a bag
		f = applied
	}
	return k, c.literals(e.Position, f, literals) && c.pathArguments(e.Position, f, kinds, literals)
}

// literals finds errors in literal arguments before evaluation.
func (c *checker) literals(at policy.Position, f *function.Function, literals []value.Value) bool {
	if f.CheckLiterals == nil {
		return true
	}
	err := f.CheckLiterals(literals)
	switch {
	case err == nil:
	case errors.Is(err, function.ErrXPath):
		c.errorf(at, policy.ReasonXPath, "%s: %v", f.ID, err)
	default:
		c.errorf(at, policy.ReasonRegex, "%s: %v", f.ID, err)
	}
	return err == nil
}
