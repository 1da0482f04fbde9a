package xacmlxml

import (
	"slices"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// entity is a value of that data type (Related and Nested Entities profile): what
// an Attributes element holds. The order is not that of the schema, for which a
// value may hold anything: the profile has the Content last, an Attributes element
// has it first (inferred).
func (b *builder) entity(e *element) value.Value {
	b.refuseText(e)
	contents := 0
	for _, c := range e.elements() {
		switch {
		case c.is("Attribute"):
		case c.is("Content"):
			if contents++; contents > 1 {
				b.add(e, c.Position, policy.ReasonParse, "an entity has more than one Content")
			}
		default:
			b.add(e, c.Position, policy.ReasonParse, "an entity cannot hold the element "+quote(c.local))
		}
	}
	entity := &xacml.Entity{Content: contentIn(e)}
	for _, a := range e.all("Attribute") {
		entity.Attributes = append(entity.Attributes, b.attribute(a))
	}
	return xacml.NewEntity(entity)
}

// entity fills an AttributeValue or AttributeAssignment with an entity.
func (p *writer) entity(e *etree.Element, v value.Entity) {
	entity := xacml.EntityOf(v)
	if entity.Content != nil {
		p.standAloneContent(e.CreateElement("Content"), entity.Content)
	}
	for _, a := range entity.Attributes {
		p.attribute(e, a)
	}
}

// quantified is a quantified expression (Related and Nested Entities profile).
func (b *builder) quantified(e *element) policy.Expression {
	q := &policy.Quantified{Position: e.Position, Variable: e.str("VariableId")}
	for _, quantifier := range policy.Quantifiers() {
		if e.is(quantifier.String()) {
			q.Quantifier = quantifier
		}
	}
	operands := slices.DeleteFunc(e.elements(), func(c *element) bool { return !isExpression(c) })
	if len(operands) == 2 { // reported otherwise
		q.Domain, q.Iterant = b.expression(operands[0]), b.expression(operands[1])
	}
	return q
}

// isExpression reports whether e is of the substitution group of §5.25.
func isExpression(e *element) bool {
	return e.space == xacml.Namespace && slices.Contains(expression(0, 0).names, e.local)
}
