package generate

import (
	"fmt"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// policies makes the documents: those that only references use come first.
func (d *draw) policies() *Case {
	d.words()
	c := &Case{RootAlgorithm: pick(d, d.g.sets)}
	add := func(root policy.Child, referenceOnly bool) {
		name := fmt.Sprintf("policy%d.xml", len(c.Documents))
		if referenceOnly {
			name = "library-" + name
		}
		c.Documents = append(c.Documents, policy.Document{Name: name, Root: root, ReferenceOnly: referenceOnly})
	}
	if d.chance(40) {
		id, set := d.id("l"), d.chance(40)
		versions := []string{"1.0", "1.1", "2.0"}[:1+d.upTo(2)]
		for _, v := range versions {
			add(d.versioned(id, v, set), true)
		}
		d.referable = append(d.referable, referable{set, id, versions})
	}
	for range 1 + d.upTo(2) {
		add(d.versioned(d.id("p"), "1.0", d.chance(60)), false)
	}
	return c
}

// words are the names that designators share.
func (d *draw) words() {
	categories := []string{xacml.CategoryAccessSubject, xacml.CategoryResource, xacml.CategoryAction, xacml.CategoryEnvironment, "urn:c:own"}
	for i := range 2 + d.upTo(3) {
		a := attribute{Name: Name{pick(d, categories), fmt.Sprintf("urn:a:%d", i)}}
		if d.chance(30) {
			a.issuer = pick(d, []string{"me", "you"})
		}
		d.vocabulary = append(d.vocabulary, a)
	}
}

func (d *draw) id(kind string) string {
	d.serial++
	return fmt.Sprintf("urn:%s:%d", kind, d.serial)
}

func (d *draw) versioned(id, version string, set bool) policy.Child {
	if set {
		s := d.policySet(id, version, d.g.options.Depth-1)
		s.XPathVersion = xacml.XPath10
		return s
	}
	p := d.policy(id, version)
	p.XPathVersion = xacml.XPath10
	return p
}

func (d *draw) policySet(id, version string, depth int) *policy.PolicySet {
	s := &policy.PolicySet{ID: id, Version: version, Algorithm: pick(d, d.g.sets), Target: d.target(30)}
	children := 1 + d.upTo(2)
	switch {
	case strings.HasSuffix(s.Algorithm, ":on-permit-apply-second"): // works on two or three
		children = 2 + d.upTo(1)
	case d.chance(5):
		children = 0
	}
	for range children {
		s.Children = append(s.Children, d.child(depth))
	}
	s.Obligations, s.Advice = d.obligations(), d.obligations()
	return s
}

func (d *draw) child(depth int) policy.Child {
	if d.chance(20) {
		if r := d.reference(); r != nil {
			return r
		}
	}
	id := d.id("p")
	set := depth > 0 && d.chance(40)
	defer func() { d.referable = append(d.referable, referable{set, id, []string{"1.0"}}) }()
	if set {
		return d.policySet(id, "1.0", depth-1)
	}
	return d.policy(id, "1.0")
}

// reference names what is complete already, so that nothing runs in a circle.
func (d *draw) reference() policy.Child {
	if d.referable == nil {
		return nil
	}
	to := pick(d, d.referable)
	r := &policy.Reference{PolicySet: to.policySet, ID: to.id}
	version := pick(d, to.versions)
	switch d.IntN(5) {
	case 0:
		r.Version = version
	case 1:
		r.Version = version[:strings.IndexByte(version, '.')] + pick(d, []string{".*", ".+"})
	case 2:
		r.Earliest = version
	case 3:
		r.Latest = version
	}
	return r
}

func (d *draw) policy(id, version string) *policy.Policy {
	p := &policy.Policy{ID: id, Version: version, Algorithm: pick(d, d.g.rules), Target: d.target(40)}
	d.variables = nil
	for range d.upTo(3) - 1 {
		k := d.kind()
		v := policy.VariableDefinition{ID: fmt.Sprintf("v%d", len(p.Variables)), Expression: d.expression(k, 2)}
		p.Variables = append(p.Variables, v)
		d.variables = append(d.variables, variable{v.ID, k})
	}
	d.Shuffle(len(p.Variables), func(i, j int) { p.Variables[i], p.Variables[j] = p.Variables[j], p.Variables[i] })
	rules := 1 + d.upTo(2)
	if d.chance(5) {
		rules = 0
	}
	for i := range rules {
		p.Rules = append(p.Rules, d.rule(fmt.Sprintf("r%d", i)))
	}
	p.Obligations, p.Advice = d.obligations(), d.obligations()
	d.variables = nil
	return p
}

func (d *draw) rule(id string) policy.Rule {
	r := policy.Rule{ID: id, Effect: d.effect()}
	if d.chance(50) {
		r.Target = new(d.target(80))
	}
	if d.chance(60) {
		r.Condition = d.condition()
	}
	r.Obligations, r.Advice = d.obligations(), d.obligations()
	return r
}

// condition is boolean. At times it is there for any one function, so that all
// are used about as often.
func (d *draw) condition() policy.Expression {
	if d.chance(50) {
		return d.expression(value.One(value.TypeBoolean), 1+d.upTo(2))
	}
	f := pick(d, d.g.library.plain)
	if x := d.asCondition(f.Result, d.apply(f, 1+d.upTo(1))); x != nil {
		return x
	}
	return d.expression(value.One(value.TypeBoolean), 1)
}

// kind is any that an expression can have.
func (d *draw) kind() value.Kind {
	if d.chance(30) {
		return value.One(value.TypeBoolean)
	}
	types := value.Types()
	return value.Kind{Type: pick(d, types[:len(types)-2]), Bag: d.chance(30)} // not the legacy ones
}

// target has a Match with this probability, and otherwise is empty.
func (d *draw) target(percent int) policy.Target {
	var t policy.Target
	if !d.chance(percent) {
		return t
	}
	for range 1 + d.upTo(1) {
		var anyOf policy.AnyOf
		for range 1 + d.upTo(1) {
			var allOf policy.AllOf
			for range 1 + d.upTo(3)/3 {
				allOf.Matches = append(allOf.Matches, d.match())
			}
			anyOf.AllOf = append(anyOf.AllOf, allOf)
		}
		t.AnyOf = append(t.AnyOf, anyOf)
	}
	return t
}

func (d *draw) match() policy.Match {
	f := pick(d, d.g.library.matches)
	if d.chance(60) {
		f = d.g.library.equal[pick(d, []value.Type{value.TypeString, value.TypeString, value.TypeInteger, value.TypeAnyURI})]
	}
	literal, element, _ := matchTypes(f)
	m := policy.Match{Function: f.ID}
	if constructed(element) && d.chance(5) {
		m.Bag = d.selector(element)
	} else {
		m.Bag = d.designator(element)
	}
	l := d.argument(f, 0, value.One(literal), -1)
	if l, ok := l.(*policy.Literal); ok {
		m.Literal = l.Value
	} else { // a Match holds nothing but a literal
		m.Literal = d.value(literal)
		if f.CheckLiterals != nil {
			m.Literal = value.String(pick(d, patterns))
		}
	}
	d.hint([]policy.Expression{m.Bag, &policy.Literal{Value: m.Literal}})
	return m
}

func (d *draw) obligations() []policy.ObligationExpression {
	var out []policy.ObligationExpression
	if !d.chance(15) {
		return nil
	}
	for range 1 + d.upTo(1) {
		o := policy.ObligationExpression{ID: fmt.Sprintf("urn:o:%d", d.upTo(3)), On: d.effect()}
		for range d.upTo(2) {
			a := policy.AssignmentExpression{AttributeID: fmt.Sprintf("urn:x:%d", d.upTo(2))}
			if d.chance(60) { // any kind will do here, so that every function is as frequent
				a.Expression = d.apply(pick(d, d.g.library.plain), 1+d.upTo(1))
			} else {
				a.Expression = d.expression(d.kind(), d.upTo(2))
			}
			if d.chance(20) {
				a.Category, a.Issuer = xacml.CategoryResource, "me"
			}
			o.Assignments = append(o.Assignments, a)
		}
		out = append(out, o)
	}
	return out
}
