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
		match.Function, match.Literal = xacml.Function3+"string-starts-with", m.beginning(key)
	case key.Type == value.TypeString:
		match.Function, match.Literal = xacml.Function1+"string-regexp-match", m.pattern(key)
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
		number := &policy.Literal{Value: value.NewInteger(int64(min(m.upTo(9), len(several))))}
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
	case n < 10, n < 56 && !m.ordered:
		return m.equality(key)
	case key.Type == value.TypeString && (n < 40 || n < 72 && !m.ordered):
		return call(xacml.Function3+"string-starts-with", &policy.Literal{Value: m.beginning(key)}, m.only(key))
	case key.Type == value.TypeString && n < 95:
		return call1("string-regexp-match", &policy.Literal{Value: m.pattern(key)}, m.only(key))
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

// equality is a test whether the attribute has some value.
func (m *many) equality(key xacml.AttributeKey) policy.Expression {
	name := key.Type.String()
	literal := func() policy.Expression { return &policy.Literal{Value: m.literal(key)} }
	switch n := m.IntN(56); {
	case n < 22:
		return call1(name+"-equal", m.eitherWay(m.only(key), literal())...)
	case n < 32:
		return call1(name+"-is-in", literal(), m.designate(key))
	case n < 40:
		return call1(name+"-is-in", m.only(key), m.literals(key))
	case n < 48:
		equal := &policy.FunctionReference{Function: xacml.Function1 + name + "-equal"}
		return call(xacml.Function3+"any-of", append([]policy.Expression{equal}, m.eitherWay(literal(), m.designate(key))...)...)
	default:
		return call1(name+"-at-least-one-member-of", m.eitherWay(m.designate(key), m.literals(key))...)
	}
}

// eitherWay is two arguments in any order.
func (m *many) eitherWay(a, b policy.Expression) []policy.Expression {
	if m.chance(50) {
		return []policy.Expression{a, b}
	}
	return []policy.Expression{b, a}
}

// beginning is what a value of the attribute may begin with.
func (m *many) beginning(key xacml.AttributeKey) value.Value {
	text := pick(m.draw, beginnings())
	m.row = append(m.row, hint{key, value.String(text + pick(m.draw, []string{"", "1", "\u0301"}))})
	return value.String(text)
}

// pattern is a regular expression that matches a value of the attribute.
func (m *many) pattern(key xacml.AttributeKey) value.Value {
	example := pick(m.draw, patternExamples())
	m.row = append(m.row, hint{key, value.String(example[1])})
	return value.String(example[0])
}

// beginnings are what strings may begin with. In normalization form C the one
// that is an e with an accent does not begin with e.
func beginnings() []string {
	return []string{"s", "s1", "s1", "s2", "a", "ab", "abc", "abc\u0301", "\u00e9", "e\u0301", "e", "q", "q\u0301", ""}
}

// patternExamples are regular expressions with a text that each matches: of some
// can be told what such a text begins with, of others that cannot.
func patternExamples() [][2]string {
	return [][2]string{
		{"^s1[0-9]$", "s15"},
		{"^s1", "s1"},
		{"^s2.*", "s21"},
		{"^abc", "abcd"},
		{"^ab?c", "ac"},
		{"^abc*d?", "abd"},
		{"^s(1|2)$", "s2"},
		{"^s1|^s2", "s21"},
		{"^ab{1,2}c", "abbc"},
		{"^ab{0}", "ac"},
		{"^s[0-5]", "s3"},
		{"s3", "xs3"},
		{"^a.c", "axc"},
		{"^ab+c", "abbc"},
		{"^e\u0301t", "\u00e9t"},
		{"^\u00e9t", "e\u0301t"},
		{"^e", "et"},
		{"^s\\d", "s7"},
		{"^$", ""},
		{"^", "x"},
		{"(^s4)", "s4"},
		{"^s6$|none", "none"},
		{"^abc\u0301", "ab\u0107"},
		{"^q\u0301?", "q"},
		{"^[^s]", "x"},
		{"s7$", "xs7"},
		{"^(ab)?s", "s1"},
		{"^a*s", "s1"},
		{"a^s1", "s1"},
	}
}
