package xacmlxml

import (
	"math"
	"strings"

	"github.com/beevik/etree"
	"pgregory.net/rapid"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// generator draws policies over the whole model, all of which can be written.
type generator struct {
	*rapid.T
	uriRunes     []rune // that a URI is made of
	xpathVersion string // in force
	coreOnly     bool   // no expressions that the schema of the core lacks
}

var (
	// plainRunes are those of a URI in the eyes of every schema processor.
	plainRunes = []rune("abcXYZ019:-._~")
	// nameRunes are those that identifiers may hold.
	nameRunes = append([]rune("<>&'\"]]> {}|^`%#é\u00A0\u2028\uFFFD\uE000😀"), plainRunes...)
	// textRunes are those that text may hold.
	textRunes = append([]rune("\t\n\r  \u007F\u0085"), nameRunes...)
)

func (g *generator) string(runes []rune) string {
	return rapid.StringOfN(rapid.SampledFrom(runes), 0, 8, -1).Draw(g.T, "string")
}

func (g *generator) text() string    { return g.string(textRunes) }
func (g *generator) name() string    { return "n" + g.string(nameRunes) }
func (g *generator) uri() string     { return "urn:" + collapse(g.string(g.uriRunes)) }
func (g *generator) flip() bool      { return rapid.Bool().Draw(g.T, "bool") }
func (g *generator) upTo(n int) int  { return rapid.IntRange(0, n).Draw(g.T, "number") }
func (g *generator) oneOf(n int) int { return g.upTo(n - 1) }
func (g *generator) optionalURI() string {
	return g.either(g.uri)
}

// either is what f gives, or nothing.
func (g *generator) either(f func() string) string {
	if g.flip() {
		return f()
	}
	return ""
}

func (g *generator) effect() xacml.Effect {
	if g.flip() {
		return xacml.EffectPermit
	}
	return xacml.EffectDeny
}

func (g *generator) version(pattern bool) string {
	parts := []string{"0", "1", "007", "18446744073709551616"}
	last := parts
	if pattern {
		parts = append(parts, "*")
		last = append(parts, "+")
	}
	version := rapid.SliceOfN(rapid.SampledFrom(parts), 0, 2).Draw(g.T, "version")
	return strings.Join(append(version, rapid.SampledFrom(last).Draw(g.T, "last")), ".")
}

// several are up to n of what f gives, nil if none.
func several[T any](g *generator, n int, f func() T) []T {
	var out []T
	for range g.upTo(n) {
		out = append(out, f())
	}
	return out
}

// within runs f with the XPathVersion that defaults set, if they do.
func (g *generator) within(xpathVersion string, f func()) {
	outer := g.xpathVersion
	if xpathVersion != "" {
		g.xpathVersion = xpathVersion
	}
	f()
	g.xpathVersion = outer
}

func (g *generator) document() policy.Document {
	if g.flip() {
		return policy.Document{Name: "generated", Root: g.policySet(2)}
	}
	return policy.Document{Name: "generated", Root: g.policy()}
}

func (g *generator) policySet(depth int) *policy.PolicySet {
	s := &policy.PolicySet{
		ID: g.uri(), Version: g.version(false), Algorithm: g.uri(), Description: g.text(), XPathVersion: g.optionalURI(),
		MaxDelegationDepth: g.depth(),
	}
	g.within(s.XPathVersion, func() {
		s.Issuer = g.issuer()
		s.Target = g.target()
		s.Children = several(g, 2, func() policy.Child { return g.child(depth) })
		s.Parameters = several(g, 2, func() policy.CombinerParameters {
			return g.parameters(policy.ParametersOfPolicy, policy.ParametersOfPolicySet)
		})
		s.Obligations = several(g, 1, g.obligation)
		s.Advice = several(g, 1, g.obligation)
	})
	return s
}

func (g *generator) child(depth int) policy.Child {
	switch n := g.oneOf(4); {
	case n == 0:
		return &policy.Reference{PolicySet: g.flip(), ID: g.uri(), Version: g.match(), Earliest: g.match(), Latest: g.match()}
	case n == 1 && depth > 0:
		return g.policySet(depth - 1)
	default:
		return g.policy()
	}
}

func (g *generator) match() string { return g.either(func() string { return g.version(true) }) }

func (g *generator) depth() *int {
	if g.flip() {
		return nil
	}
	return new(rapid.SampledFrom([]int{-1, 0, 1, 7, math.MaxInt, math.MinInt}).Draw(g.T, "depth"))
}

func (g *generator) policy() *policy.Policy {
	p := &policy.Policy{
		ID: g.uri(), Version: g.version(false), Algorithm: g.uri(), Description: g.text(), XPathVersion: g.optionalURI(),
		MaxDelegationDepth: g.depth(),
	}
	g.within(p.XPathVersion, func() {
		p.Issuer = g.issuer()
		p.Target = g.target()
		for i := range g.upTo(2) {
			p.Variables = append(p.Variables, policy.VariableDefinition{ID: strings.Repeat("v", i) + g.name(), Expression: g.expression(2)})
		}
		if len(p.Variables) == 2 && p.Variables[0].ID == p.Variables[1].ID {
			p.Variables = p.Variables[:1]
		}
		p.Rules = several(g, 2, g.rule)
		p.Parameters = several(g, 2, func() policy.CombinerParameters { return g.parameters(policy.ParametersOfRule) })
		p.Obligations = several(g, 1, g.obligation)
		p.Advice = several(g, 1, g.obligation)
	})
	return p
}

func (g *generator) rule() policy.Rule {
	r := policy.Rule{ID: g.name(), Effect: g.effect(), Description: g.text()}
	if g.flip() {
		r.Target = new(g.target())
	}
	if g.flip() {
		r.Condition = g.expression(3)
	}
	r.Obligations = several(g, 1, g.obligation)
	r.Advice = several(g, 1, g.obligation)
	return r
}

func (g *generator) issuer() *policy.PolicyIssuer {
	if g.flip() {
		return nil
	}
	i := &policy.PolicyIssuer{Content: g.content()}
	i.Attributes = several(g, 2, func() xacml.Attribute {
		a := xacml.Attribute{ID: g.uri(), Issuer: g.either(g.name), IncludeInResult: g.flip()}
		for range 1 + g.upTo(1) {
			v := g.value()
			if g.flip() {
				v = g.foreign()
			}
			a.Values = append(a.Values, v)
		}
		return a
	})
	return i
}

// contents are documents that a Content may hold.
var contents = []string{
	`<a/>`,
	`<a xmlns="urn:d" b="1&#13;&#10;&#9; 2"> <!-- c --> </a>`,
	`<m:a xmlns:m="urn:m" m:b="x" b="y"><c xmlns="urn:d"><d xmlns=""/></c>t<![CDATA[<&]]>&#13;]]&gt;</m:a>`,
	`<a xmlns:m="urn:1" xmlns:n="urn:n"><m:a/><b xmlns:m="urn:2" m:c="m:d"/></a>`,
}

func (g *generator) content() *etree.Element {
	if g.flip() {
		return nil
	}
	root, err := ReadContent([]byte(rapid.SampledFrom(contents).Draw(g.T, "content")), Limits{})
	if err != nil {
		g.Fatal(err)
	}
	return root
}

func (g *generator) foreign() value.Foreign {
	f := value.Foreign{DataType: g.uri()}
	switch g.oneOf(4) {
	case 0:
		f.Markup = `<value a="1"/>`
	case 1:
		f.Text, f.Markup = "x\ry", `<value xmlns:m="urn:m" xmlns:n="urn:n" m:a="&#xD;">x&#xD;<b xmlns="">y</b><m:c xmlns="urn:d" n:d=""/></value>`
	default:
		f.Text = g.text()
	}
	return f
}

func (g *generator) target() policy.Target {
	return policy.Target{AnyOf: several(g, 2, func() policy.AnyOf {
		return policy.AnyOf{AllOf: append(several(g, 1, g.allOf), g.allOf())}
	})}
}

func (g *generator) allOf() policy.AllOf {
	match := func() policy.Match {
		m := policy.Match{Function: g.uri(), Literal: g.value(), Bag: g.designator()}
		if g.flip() {
			m.Bag = g.selector()
		}
		return m
	}
	return policy.AllOf{Matches: append(several(g, 1, match), match())}
}

func (g *generator) parameters(kinds ...policy.ParametersKind) policy.CombinerParameters {
	ps := policy.CombinerParameters{Kind: rapid.SampledFrom(append(kinds, policy.ParametersOfWhole)).Draw(g.T, "kind")}
	switch ps.Kind {
	case policy.ParametersOfWhole:
	case policy.ParametersOfRule:
		ps.For = g.name()
	case policy.ParametersOfPolicy, policy.ParametersOfPolicySet:
		ps.For = g.uri()
	}
	ps.Parameters = several(g, 2, func() policy.CombinerParameter {
		return policy.CombinerParameter{Name: g.name(), Value: g.value()}
	})
	return ps
}

func (g *generator) obligation() policy.ObligationExpression {
	return policy.ObligationExpression{ID: g.uri(), On: g.effect(), Assignments: several(g, 2, func() policy.AssignmentExpression {
		return policy.AssignmentExpression{
			AttributeID: g.uri(), Category: g.optionalURI(), Issuer: g.either(g.name), Expression: g.expression(1),
		}
	})}
}

func (g *generator) expression(depth int) policy.Expression {
	switch n := g.oneOf(8); {
	case n == 0:
		return &policy.Literal{Value: g.value()}
	case n == 1:
		return g.designator()
	case n == 2:
		return g.selector()
	case n == 3:
		return &policy.VariableReference{ID: g.name()}
	case n == 4:
		return &policy.FunctionReference{Function: g.uri()}
	case n == 5 && depth > 0 && !g.coreOnly:
		return &policy.Quantified{
			Quantifier: rapid.SampledFrom(policy.Quantifiers()).Draw(g.T, "quantifier"), Variable: g.name(),
			Domain: g.expression(depth - 1), Iterant: g.expression(depth - 1),
		}
	case depth == 0:
		return &policy.Apply{Function: g.uri()}
	default:
		return &policy.Apply{Function: g.uri(), Description: g.text(), Arguments: several(g, 3, func() policy.Expression {
			return g.expression(depth - 1)
		})}
	}
}

func (g *generator) designator() *policy.Designator {
	return &policy.Designator{
		AttributeKey:  xacml.AttributeKey{Category: g.uri(), ID: g.uri(), Type: g.dataType(), Issuer: g.either(g.name)},
		MustBePresent: g.flip(),
	}
}

func (g *generator) selector() *policy.Selector {
	return &policy.Selector{
		Category: g.uri(), ContextSelectorID: g.optionalURI(), Path: g.text(), Type: g.dataType(), MustBePresent: g.flip(),
		Namespaces: g.namespaces(),
	}
}

func (g *generator) dataType() value.Type {
	return rapid.SampledFrom(value.Types()).Draw(g.T, "type")
}

func (g *generator) namespaces() map[string]string {
	return rapid.SampledFrom([]map[string]string{
		{},
		{"m": "urn:m"},
		{"m": "urn:m", "n": "urn:n"},
		{"m": "urn:other", "n": "urn:n", "é": " \t\n\r\"<&"},
		{"x": xacml.Namespace, "n": "urn:n"},
	}).Draw(g.T, "namespaces")
}

// lexicals are values of each data type.
var lexicals = map[value.Type][]string{
	value.TypeBoolean:                 {"true", "0"},
	value.TypeInteger:                 {"-7", "+007", "123456789012345678901234567890"},
	value.TypeDouble:                  {"1", "-0", "1.5e300", "NaN", "-INF"},
	value.TypeTime:                    {"23:59:59.999", "24:00:00", "08:00:00-05:30"},
	value.TypeDate:                    {"2024-02-29", "-0001-01-01Z", "2024-02-29+14:00"},
	value.TypeDateTime:                {"2024-02-29T24:00:00Z", "2024-02-29T10:00:00.123"},
	value.TypeDayTimeDuration:         {"PT0S", "-P1DT2H3M4.5S"},
	value.TypeYearMonthDuration:       {"P13M", "-P1Y"},
	value.TypeAnyURI:                  {"", "a b", "http://example.org/é?x=1&y=<2>#f"},
	value.TypeHexBinary:               {"", "0aFF"},
	value.TypeBase64Binary:            {"", "aGVsbG8="},
	value.TypeRFC822Name:              {"Some.One@Example.ORG"},
	value.TypeX500Name:                {"cn=A\\, B,o=C & D", "O=x"},
	value.TypeIPAddress:               {"10.0.0.1/255.0.0.0:80-90", "[::1]"},
	value.TypeDNSName:                 {"*.Example.org:-1024"},
	value.TypeLegacyDayTimeDuration:   {"P1D"},
	value.TypeLegacyYearMonthDuration: {"P1Y2M"},
}

// value is one of a data type of the standard or of a profile.
func (g *generator) value() value.Value {
	if g.oneOf(20) == 0 {
		return g.entity()
	}
	t := g.dataType()
	var lexical string
	switch t {
	case value.TypeXPathExpression:
		return value.NewXPathExpression("/"+g.text(), g.uri(), g.namespaces(), g.xpathVersion)
	case value.TypeString:
		lexical = g.text()
	default:
		lexical = rapid.SampledFrom(lexicals[t]).Draw(g.T, "lexical")
	}
	v, err := value.Parse(t, lexical)
	if err != nil {
		g.Fatal(err)
	}
	return v
}
