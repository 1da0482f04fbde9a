package generate

import (
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// quantified is a quantified expression without its parts (Related and Nested
// Entities profile), with a variable that has its name alone.
func (d *draw) quantified(q policy.Quantifier) *policy.Quantified {
	d.serial++
	return &policy.Quantified{Quantifier: q, Variable: fmt.Sprintf("q%d", d.serial)}
}

// iterant is an expression that sees the variable. The domain must be there.
func (d *draw) iterant(q *policy.Quantified, want value.Kind, depth int) policy.Expression {
	outer := d.variables
	defer func() { d.variables = outer }()
	if t, ok := elementType(q.Domain); ok {
		d.variables = append(slices.Clip(outer), variable{q.Variable, value.One(t)})
		if d.chance(50) && want == value.One(value.TypeBoolean) && d.g.library.equal[t] != nil {
			a := &policy.Apply{Function: d.g.library.equal[t].ID, Arguments: []policy.Expression{
				&policy.VariableReference{ID: q.Variable}, d.single(t, 0),
			}}
			return a
		}
	}
	return d.expression(want, depth-1)
}

// elementType is the data type of the values of a domain, if it shows at once.
func elementType(domain policy.Expression) (t value.Type, ok bool) {
	switch x := domain.(type) {
	case *policy.Designator:
		return x.Type.Canonical(), true
	case *policy.Selector:
		return x.Type, true
	default:
		return t, false
	}
}

// designatorFunction is a call of attribute-designator (Related and Nested
// Entities profile) that does what a designator does.
func (d *draw) designatorFunction(t value.Type) policy.Expression {
	x := d.designator(t)
	const id = xacml.Function3 + "attribute-designator"
	if d.g.without[id] {
		return x
	}
	a := &policy.Apply{Function: id}
	values := []value.Value{value.AnyURI(x.Category), value.AnyURI(x.ID), value.AnyURI(x.Type.ID()), value.Boolean(x.MustBePresent)}
	if x.Issuer != "" {
		values = append(values, value.String(x.Issuer))
	}
	for _, v := range values {
		a.Arguments = append(a.Arguments, &policy.Literal{Value: v})
	}
	return a
}
