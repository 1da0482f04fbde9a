package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// many makes cases for an index: a policy of many rules, or a policy set of many
// policies, on few attributes, so that each child asks the same attributes for
// something else.
type many struct {
	*draw
	keys []xacml.AttributeKey // that the policies of the case name
	// rows are what the rules of the case are about, so that a request can be
	// aimed at one of them.
	rows [][]hint
	row  []hint // of the rule at hand
	// permits is how many rules of a hundred permit: where most have one effect,
	// errors are Indeterminate{P} or Indeterminate{D}.
	permits int
	// ordered tells that most rules are about the order of one data type, or what
	// strings begin with.
	ordered bool
}

// hint is a value that an attribute is compared with.
type hint struct {
	key   xacml.AttributeKey
	value value.Value
}

const (
	levelID = "urn:a:level"
	nameID  = "urn:a:name"
	roleID  = "urn:a:role"
)

// manyKeys is the attributes that policies are about: some have the id of
// another one, as another data type or of an issuer, and some the clock has.
func manyKeys() []xacml.AttributeKey {
	return []xacml.AttributeKey{
		{Category: xacml.CategoryAccessSubject, ID: roleID, Type: value.TypeString},
		{Category: xacml.CategoryAccessSubject, ID: roleID, Type: value.TypeString, Issuer: "me"},
		{Category: xacml.CategoryResource, ID: nameID, Type: value.TypeString},
		{Category: xacml.CategoryResource, ID: nameID, Type: value.TypeAnyURI},
		{Category: xacml.CategoryResource, ID: "urn:a:org", Type: value.TypeString},
		{Category: xacml.CategoryResource, ID: levelID, Type: value.TypeInteger},
		{Category: xacml.CategoryResource, ID: levelID, Type: value.TypeDouble},
		{Category: xacml.CategoryResource, ID: "urn:a:date", Type: value.TypeDate},
		{Category: xacml.CategoryResource, ID: "urn:a:time", Type: value.TypeTime},
		{Category: xacml.CategoryEnvironment, ID: xacml.AttributeCurrentTime, Type: value.TypeTime},
		{Category: xacml.CategoryEnvironment, ID: xacml.AttributeCurrentDateTime, Type: value.TypeDateTime},
	}
}

// orderedTypes are the data types that rules may be about; more of those whose
// order has more to it.
func orderedTypes() []value.Type {
	return []value.Type{
		value.TypeString, value.TypeString, value.TypeString, value.TypeTime, value.TypeTime, value.TypeInteger, value.TypeDouble, value.TypeDate, value.TypeDateTime,
	}
}

// count is how many children a case is to have: mostly few, as each takes time.
func (m *many) count() int {
	switch n := m.IntN(100); {
	case n < 70:
		return 20 + m.upTo(15)
	case n < 93:
		return 35 + m.upTo(40)
	default:
		return 75 + m.upTo(125)
	}
}

func (m *many) policies() *Case {
	all := manyKeys()
	for _, i := range m.Perm(len(all))[:2+m.upTo(3)] {
		m.keys = append(m.keys, all[i])
	}
	if m.ordered = m.chance(35); m.ordered {
		about := pick(m.draw, orderedTypes())
		m.keys = slices.DeleteFunc(all, func(key xacml.AttributeKey) bool { return key.Type != about })
	}
	m.permits = pick(m.draw, []int{3, 50, 50, 97})
	c := &Case{RootAlgorithm: m.algorithm(m.g.sets)}
	add := func(root policy.Child) {
		c.Documents = append(c.Documents, policy.Document{Name: fmt.Sprintf("policy%03d.xml", len(c.Documents)), Root: root})
	}
	n := m.count()
	switch shape := m.IntN(100); {
	case shape < 40:
		add(m.policy(n))
	case shape < 75:
		add(m.policySet(n, 2))
	default:
		for range n {
			add(m.child(1))
		}
	}
	return c
}

// algorithm is one that works on any number of children. Those that always decide
// are seldom: of many children one would.
func (m *many) algorithm(from []string) string {
	for {
		a := pick(m.draw, from)
		switch {
		case strings.HasSuffix(a, ":on-permit-apply-second"):
		case strings.Contains(a, "-unless-") && m.chance(90):
		default:
			return a
		}
	}
}

// child is a policy of few rules or a small policy set.
func (m *many) child(depth int) policy.Child {
	id := m.id("p")
	set := depth > 0 && m.chance(15)
	defer func() { m.referable = append(m.referable, referable{set, id, []string{"1.0"}}) }()
	if !set {
		p := m.policy(1 + m.upTo(2))
		p.ID = id
		return p
	}
	s := m.policySet(2+m.upTo(4), depth-1)
	s.ID = id
	return s
}

func (m *many) policySet(n, depth int) *policy.PolicySet {
	s := &policy.PolicySet{ID: m.id("p"), Version: "1.0", Algorithm: m.algorithm(m.g.sets)}
	outer := m.row
	if m.chance(20) {
		s.Target = m.target()
	}
	if n <= 3 && m.chance(40) {
		s.Algorithm = pick(m.draw, m.g.sets)
	}
	for range n {
		if m.chance(5) {
			if r := m.reference(); r != nil {
				s.Children = append(s.Children, r)
				continue
			}
		}
		s.Children = append(s.Children, m.child(depth))
	}
	m.row = outer
	s.Obligations = m.duty()
	return s
}

func (m *many) policy(rules int) *policy.Policy {
	p := &policy.Policy{ID: m.id("p"), Version: "1.0", Algorithm: m.algorithm(m.g.rules)}
	outer := m.row
	if rules < 5 && m.chance(80) {
		p.Target = m.target()
	}
	m.variables = nil
	inPolicy := len(m.row)
	for range m.upTo(3) - 1 {
		v := policy.VariableDefinition{ID: fmt.Sprintf("v%d", len(p.Variables)), Expression: m.test(1)}
		p.Variables = append(p.Variables, v)
		m.variables = append(m.variables, variable{v.ID, value.One(value.TypeBoolean)})
	}
	m.row = m.row[:inPolicy]
	for i := range rules {
		p.Rules = append(p.Rules, m.rule(fmt.Sprintf("r%d", i)))
		m.rows = append(m.rows, slices.Clone(m.row))
		m.row = m.row[:inPolicy]
	}
	m.variables, m.row = nil, outer
	p.Obligations = m.duty()
	return p
}

func (m *many) rule(id string) policy.Rule {
	r := policy.Rule{ID: id, Effect: m.effect()}
	switch n := m.IntN(100); {
	case m.ordered && n < 70:
		r.Condition = m.comparison(pick(m.draw, m.keys))
	case n < 45:
		r.Target = new(m.target())
	case n < 60:
		r.Condition = m.test(1 + m.upTo(1))
	case n < 96: // few have this
		r.Condition = call1("and", m.eitherWay(m.equality(pick(m.draw, m.keys)), m.test(1))...)
	default:
		r.Target, r.Condition = new(m.target()), m.test(1)
	}
	r.Obligations = m.duty()
	return r
}

func (m *many) effect() xacml.Effect {
	if m.chance(m.permits) {
		return xacml.EffectPermit
	}
	return xacml.EffectDeny
}

// duty is an obligation at times, so that it shows which child decided.
func (m *many) duty() []policy.ObligationExpression {
	if !m.chance(15) {
		return nil
	}
	o := policy.ObligationExpression{ID: m.id("o"), On: m.effect()}
	if m.chance(30) {
		o.Assignments = []policy.AssignmentExpression{{AttributeID: "urn:x", Expression: m.designate(pick(m.draw, m.keys))}}
	}
	return []policy.ObligationExpression{o}
}
