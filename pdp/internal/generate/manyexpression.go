package generate

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// target asks one to three attributes for something, mostly for one of some literals.
func (m *many) target() policy.Target {
	var t policy.Target
	for range 2 + m.upTo(1) {
		var anyOf policy.AnyOf
		key, mustBePresent := pick(m.draw, m.keys), m.chance(12)
		same := m.chance(70)
		for range 1 + m.upTo(4)/2 {
			if !same {
				key, mustBePresent = pick(m.draw, m.keys), m.chance(12)
			}
			var allOf policy.AllOf
			for range 1 + m.upTo(5)/5 {
				allOf.Matches = append(allOf.Matches, m.matchOf(key, mustBePresent))
			}
			anyOf.AllOf = append(anyOf.AllOf, allOf)
		}
		t.AnyOf = append(t.AnyOf, anyOf)
	}
	return t
}

func (m *many) matchOf(key xacml.AttributeKey, mustBePresent bool) policy.Match {
	name := key.Type.String()
	match := policy.Match{
		Function: xacml.Function1 + name + "-equal", Literal: m.literal(key),
		Bag: &policy.Designator{AttributeKey: key, MustBePresent: mustBePresent},
	}
	switch n := m.IntN(100); {
	case n < 80:
	case key.Type == value.TypeString && n < 90:
		match.Function, match.Literal = xacml.Function3+"string-starts-with", value.String(pick(m.draw, beginnings()))
	case key.Type == value.TypeString:
		match.Function, match.Literal = xacml.Function1+"string-regexp-match", value.String(pick(m.draw, anchored()))
	case key.Type != value.TypeAnyURI:
		match.Function = xacml.Function1 + name + "-" + pick(m.draw, comparisons())
	}
	return match
}

// designate is the bag of the attribute.
func (m *many) designate(key xacml.AttributeKey) *policy.Designator {
	return &policy.Designator{AttributeKey: key, MustBePresent: m.chance(12)}
}

func (m *many) only(key xacml.AttributeKey) policy.Expression {
	return call1(key.Type.String()+"-one-and-only", m.designate(key))
}

func call(id string, arguments ...policy.Expression) policy.Expression {
	return &policy.Apply{Function: id, Arguments: arguments}
}

func call1(name string, arguments ...policy.Expression) policy.Expression {
	return call(xacml.Function1+name, arguments...)
}

// literal is a value that the attribute is compared with, which a request may
// then have.
func (m *many) literal(key xacml.AttributeKey) value.Value {
	v := m.manyValue(key.Type)
	m.row = append(m.row, hint{key, v})
	return v
}

// literals is a bag of some.
func (m *many) literals(key xacml.AttributeKey) policy.Expression {
	var list []policy.Expression
	for range 1 + m.upTo(4) {
		list = append(list, &policy.Literal{Value: m.literal(key)})
	}
	if m.chance(3) {
		list = nil
	}
	return call1(key.Type.String()+"-bag", list...)
}

// test is a condition: a connection of comparisons.
func (m *many) test(depth int) policy.Expression {
	if m.variables != nil && m.chance(10) {
		return &policy.VariableReference{ID: pick(m.draw, m.variables).id}
	}
	n := m.IntN(100)
	if depth == 0 || n < 25 {
		return m.comparison(pick(m.draw, m.keys))
	}
	several := make([]policy.Expression, 2+m.upTo(1))
	for i := range several {
		several[i] = m.test(depth - 1)
	}
	switch {
	case n < 72:
		return call1("and", several...)
	case n < 88:
		if m.chance(50) { // the same attribute in all
			key := pick(m.draw, m.keys)
			for i := range several {
				several[i] = m.comparison(key)
			}
		}
		return call1("or", several...)
	case n < 91:
		return call1("not", several[0])
	case n < 98:
		number := &policy.Literal{Value: value.NewInteger(int64(m.upTo(len(several))))}
		return call1("n-of", slices.Insert(several, 0, policy.Expression(number))...)
	default:
		return &policy.Literal{Value: value.Boolean(m.chance(30))}
	}
}

// comparison is any test of one attribute that an index might make use of, and
// some that it must not.
func (m *many) comparison(key xacml.AttributeKey) policy.Expression {
	name := key.Type.String()
	literal := func() policy.Expression { return &policy.Literal{Value: m.literal(key)} }
	switch n := m.IntN(100); {
	case n < 22:
		return call1(name+"-equal", m.eitherWay(m.only(key), literal())...)
	case n < 32:
		return call1(name+"-is-in", literal(), m.designate(key))
	case n < 40:
		return call1(name+"-is-in", m.only(key), m.literals(key))
	case n < 48:
		equal := &policy.FunctionReference{Function: xacml.Function1 + name + "-equal"}
		return call(xacml.Function3+"any-of", append([]policy.Expression{equal}, m.eitherWay(literal(), m.designate(key))...)...)
	case n < 56:
		return call1(name+"-at-least-one-member-of", m.eitherWay(m.designate(key), m.literals(key))...)
	case key.Type == value.TypeString && n < 72:
		return call(xacml.Function3+"string-starts-with", m.sample(key, pick(m.draw, beginnings())), m.only(key))
	case key.Type == value.TypeString && n < 95:
		return call1("string-regexp-match", &policy.Literal{Value: value.String(pick(m.draw, anchored()))}, m.only(key))
	case key.Type == value.TypeTime && n < 80:
		return call(xacml.Function2+"time-in-range", m.only(key), literal(), literal())
	case key.Type == value.TypeTime && n < 84:
		return call(xacml.Function2+"time-in-range", literal(), m.only(key), literal())
	case key.Type != value.TypeAnyURI:
		return call1(name+"-"+pick(m.draw, comparisons()), m.eitherWay(m.only(key), literal())...)
	default:
		return call1(name+"-equal", m.only(key), m.only(key))
	}
}

// eitherWay is two arguments in any order.
func (m *many) eitherWay(a, b policy.Expression) []policy.Expression {
	if m.chance(50) {
		return []policy.Expression{a, b}
	}
	return []policy.Expression{b, a}
}

// sample is a literal that is a value of the attribute too.
func (m *many) sample(key xacml.AttributeKey, text string) policy.Expression {
	m.row = append(m.row, hint{key, value.String(text)})
	return &policy.Literal{Value: value.String(text)}
}
