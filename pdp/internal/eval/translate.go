package eval

import (
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// translator translates what is inside of one policy or policy set.
type translator struct {
	*Compiler
	checked Checked
	code    code // of targets, one after the other
	parts   parts

	definitions map[string]*policy.VariableDefinition
	variables   map[string]expression // those that are translated
	bound       []string              // the variables of the quantified expressions around
	// same are the expressions so far by what they say; nil where nothing can be
	// kept from one to the next.
	same map[string]expression
	// named are the expressions whose addresses are part of what others say:
	// they must not be used again for other ones.
	named []expression
}

// newTranslator is for a policy, or for a policy set if it is nil.
func newTranslator(c *Compiler, checked Checked, p *policy.Policy) *translator {
	t := &translator{Compiler: c, checked: checked}
	if p == nil {
		return t
	}
	if len(p.Variables) > 0 {
		t.definitions = make(map[string]*policy.VariableDefinition, len(p.Variables))
		t.variables = make(map[string]expression, len(p.Variables))
		for i := range p.Variables {
			t.definitions[p.Variables[i].ID] = &p.Variables[i]
		}
	}
	if !c.options.Plain {
		t.same = make(map[string]expression)
	}
	return t
}

// done is the parts, nil if there are none.
func (t *translator) done() *parts {
	p := t.parts // not a part of the translator, which holds the model
	if len(p.matches)+len(p.conditions)+len(p.duties)+p.memos == 0 {
		return nil
	}
	return &p
}

// target is the code of a target.
func (t *translator) target(target *policy.Target) code {
	from := len(t.code)
	for i := range target.AnyOf {
		t.anyOf(&target.AnyOf[i])
	}
	return t.code[from:]
}

func (t *translator) anyOf(a *policy.AnyOf) {
	if t.anyEqual(a) {
		return
	}
	t.code = append(t.code, anyOf|word(len(a.AllOf)))
	for i := range a.AllOf {
		matches := a.AllOf[i].Matches
		t.code = append(t.code, word(len(matches)))
		for j := range matches {
			m := &matches[j]
			if t.isEqual(m) {
				d := m.Bag.(*policy.Designator)
				of := word(t.attributes.slot(d.AttributeKey))
				if d.MustBePresent {
					of |= present2
				}
				t.code = append(t.code, of, t.symbol(m.Literal))
				continue
			}
			t.code = append(t.code, genericMatch, word(len(t.parts.matches)))
			t.parts.matches = append(t.parts.matches, match{
				function: t.functions.Lookup(m.Function), literal: m.Literal, bag: asBag(t.expression(m.Bag)),
			})
		}
	}
}

// anyEqual adds an AnyOf that compares one attribute with literals, if it is one.
func (t *translator) anyEqual(a *policy.AnyOf) bool {
	if len(a.AllOf) == 0 {
		return false
	}
	var first *policy.Designator
	for i := range a.AllOf {
		matches := a.AllOf[i].Matches
		if len(matches) != 1 || !t.isEqual(&matches[0]) {
			return false
		}
		d := matches[0].Bag.(*policy.Designator)
		if first == nil {
			first = d
		}
		if d.AttributeKey != first.AttributeKey || d.MustBePresent != first.MustBePresent {
			return false
		}
	}
	header := anyEqual | word(len(a.AllOf))
	if first.MustBePresent {
		header |= present1
	}
	t.code = append(t.code, header, word(t.attributes.slot(first.AttributeKey)))
	from := len(t.code)
	for i := range a.AllOf {
		t.code = append(t.code, t.symbol(a.AllOf[i].Matches[0].Literal))
	}
	slices.Sort(t.code[from:]) // constraints are sorted
	return true
}

// isEqual tells whether the match is the comparison of a designator with the
// symbol of a literal.
func (t *translator) isEqual(m *policy.Match) bool {
	d, ok := m.Bag.(*policy.Designator)
	return ok && (m.Function == stringEqual && d.Type == value.TypeString || m.Function == anyURIEqual && d.Type == value.TypeAnyURI)
}

const (
	stringEqual = xacml.Function1 + "string-equal"
	anyURIEqual = xacml.Function1 + "anyURI-equal"
)

// symbol is the symbol of a literal of type string or anyURI.
func (t *translator) symbol(v value.Value) symbol.Symbol {
	if s, ok := v.(value.String); ok {
		return t.strings.Intern(nfc(string(s)))
	}
	return t.uris.Intern(string(v.(value.AnyURI)))
}

// expression translates an expression. Equal ones of one policy are one, and
// those that take work keep their value for the evaluation of the policy.
func (t *translator) expression(x policy.Expression) expression {
	switch x := x.(type) {
	case *policy.Literal:
		return t.literal(x.Value)
	case *policy.Designator:
		d := &designator{t.attributes.slot(x.AttributeKey), x.MustBePresent}
		return t.once(fmt.Sprint("designator ", *d), d)
	case *policy.Selector:
		return t.selector(x)
	case *policy.VariableReference:
		return t.variable(x.ID)
	case *policy.Apply:
		return t.apply(x)
	case *policy.Quantified:
		domain := t.expression(x.Domain)
		t.bound = append(t.bound, x.Variable)
		iterant := t.expression(x.Iterant)
		t.bound = t.bound[:len(t.bound)-1]
		return &quantified{quantifier: x.Quantifier, domain: domain, iterant: iterant, mapped: t.checked.Mapped[x]}
	default: // nothing else gets past the check
		return &failing{xacml.SyntaxErrorf("an expression is not supported here")}
	}
}

func (t *translator) selector(x *policy.Selector) expression {
	s := &selector{
		from: function.Selection{Category: x.Category, ContextSelectorID: x.ContextSelectorID},
		path: t.checked.Paths[x], typ: x.Type, mustBePresent: x.MustBePresent, context: -1,
	}
	if x.ContextSelectorID != "" {
		s.context = int(t.attributes.slot(xacml.AttributeKey{
			Category: x.Category, ID: x.ContextSelectorID, Type: value.TypeXPathExpression,
		}))
	}
	return s
}

// failing is an expression that is always Indeterminate.
type failing struct{ err *xacml.Error }

func (f *failing) datum(*evaluation) (value.Datum, *xacml.Error) { return nil, f.err }

// variable is a reference to a variable: that of a quantified expression around
// it, or one of the policy (§7.8).
func (t *translator) variable(id string) expression {
	for i, bound := range slices.Backward(t.bound) {
		if bound == id {
			return &element{up: len(t.bound) - i}
		}
	}
	if known, ok := t.variables[id]; ok {
		return known
	}
	around := t.bound
	t.bound = nil // a definition does not see where it is used
	x := t.expression(t.definitions[id].Expression)
	t.bound = around
	switch x.(type) {
	case *constant, *shared:
		if s, ok := x.(*shared); ok {
			t.keep(s)
		}
	default:
		s := &shared{number: unshared, expression: x}
		t.keep(s)
		x = s
	}
	t.variables[id] = x
	return x
}

// keep gives the value of an expression a place for the evaluation of the policy.
func (t *translator) keep(s *shared) {
	if s.number == unshared {
		s.number = t.parts.memos
		t.parts.memos++
	}
}

// once is the expression x, or an equal one of the same policy.
func (t *translator) once(says string, x expression) expression {
	if t.same == nil {
		return x
	}
	known, ok := t.same[says]
	if !ok {
		t.same[says] = x
		return x
	}
	if s, ok := known.(*shared); ok {
		t.keep(s)
	}
	return known
}

// literal is a literal. Those of one policy that say the same are one, as far as
// their text tells.
func (t *translator) literal(v value.Value) expression {
	switch v := v.(type) {
	case value.String, value.AnyURI, value.Boolean, value.Integer:
		return t.once(fmt.Sprint("literal ", v.Type(), " ", v), &constant{v})
	default:
		return &constant{v}
	}
}
