package xacmlxml

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// expressionIn is the first expression in e, or nil.
func (b *builder) expressionIn(e *element) policy.Expression {
	for _, c := range e.elements() {
		if x := b.expression(c); x != nil {
			return x
		}
	}
	return nil
}

// expression is e as an expression (§5.25), or nil if it is none.
func (b *builder) expression(e *element) policy.Expression {
	switch {
	case e.is("Apply"):
		a := &policy.Apply{Position: e.Position, Function: e.uri("FunctionId"), Description: description(e)}
		for _, c := range e.elements() {
			if x := b.expression(c); x != nil {
				a.Arguments = append(a.Arguments, x)
			}
		}
		return a
	case e.is("AttributeValue"):
		return &policy.Literal{Position: e.Position, Value: b.value(e)}
	case e.is("AttributeDesignator"):
		return &policy.Designator{
			Position: e.Position,
			AttributeKey: xacml.AttributeKey{
				Category: e.uri("Category"), ID: e.uri("AttributeId"), Type: b.dataType(e), Issuer: e.str("Issuer"),
			},
			MustBePresent: e.flag("MustBePresent"),
		}
	case e.is("AttributeSelector"):
		return &policy.Selector{
			Position:          e.Position,
			Category:          e.uri("Category"),
			ContextSelectorID: e.uri("ContextSelectorId"),
			Path:              e.str("Path"),
			Type:              b.dataType(e),
			MustBePresent:     e.flag("MustBePresent"),
			Namespaces:        b.inScope(e),
		}
	case e.is("VariableReference"):
		return &policy.VariableReference{Position: e.Position, ID: e.str("VariableId")}
	case e.is("ForAny"), e.is("ForAll"), e.is("Map"), e.is("Select"):
		return b.quantified(e)
	case e.is("Function"):
		return &policy.FunctionReference{Position: e.Position, Function: e.uri("FunctionId")}
	default:
		return nil
	}
}

// dataType is the DataType of a designator or selector, which must be one of the
// standard.
func (b *builder) dataType(e *element) value.Type {
	a, _ := e.lookup("", "DataType")
	id := collapse(a.value)
	t, known := value.TypeByID(id)
	if !known && id != "" {
		b.add(e, a.Position, policy.ReasonType, "unknown data type "+quote(id))
	}
	return t
}

// obligations are the ObligationExpressions of e (§5.37, 5.39).
func (b *builder) obligations(e *element) []policy.ObligationExpression {
	return b.obligationExpressions(e, "ObligationExpressions", "ObligationExpression", "ObligationId", "FulfillOn")
}

// advice is the AdviceExpressions of e (§5.38, 5.40).
func (b *builder) advice(e *element) []policy.ObligationExpression {
	return b.obligationExpressions(e, "AdviceExpressions", "AdviceExpression", "AdviceId", "AppliesTo")
}

func (b *builder) obligationExpressions(e *element, list, local, id, on string) []policy.ObligationExpression {
	var out []policy.ObligationExpression
	for _, l := range e.all(list) {
		for _, c := range l.all(local) {
			o := policy.ObligationExpression{Position: c.Position, ID: c.uri(id), On: effectOf(c.str(on))}
			for _, a := range c.all("AttributeAssignmentExpression") {
				o.Assignments = append(o.Assignments, policy.AssignmentExpression{
					Position:    a.Position,
					AttributeID: a.uri("AttributeId"),
					Category:    a.uri("Category"),
					Issuer:      a.str("Issuer"),
					Expression:  b.expressionIn(a),
				})
			}
			out = append(out, o)
		}
	}
	return out
}
