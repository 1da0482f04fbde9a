package reference

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ownObligations adds the obligations and advice that a rule, policy or policy
// set itself calls for with this decision (§7.18). If one fails, so does the
// node; those for the other decision are not evaluated.
func (e *evaluation) ownObligations(out *outcome, obligations, advice []policy.ObligationExpression, vars *variables) *xacml.Error {
	own, err := e.obligations(out.decision, obligations, vars)
	if err != nil {
		return err
	}
	ownAdvice, err := e.obligations(out.decision, advice, vars)
	if err != nil {
		return err
	}
	out.obligations = append(out.obligations, own...)
	out.advice = append(out.advice, ownAdvice...)
	return nil
}

func (e *evaluation) obligations(d xacml.Decision, list []policy.ObligationExpression, vars *variables) ([]xacml.Obligation, *xacml.Error) {
	var out []xacml.Obligation
	for _, o := range list {
		if o.On.Decision() != d {
			continue
		}
		if err := e.spend(1); err != nil {
			return nil, err
		}
		assignments, err := e.assignments(o.Assignments, vars)
		if err != nil {
			return nil, err
		}
		out = append(out, xacml.Obligation{ID: o.ID, Assignments: assignments})
	}
	return out, nil
}

// assignments is §5.39 to 5.41: one for a value, one for each value of a bag,
// none for an empty bag.
func (e *evaluation) assignments(list []policy.AssignmentExpression, vars *variables) ([]xacml.AttributeAssignment, *xacml.Error) {
	var out []xacml.AttributeAssignment
	for _, a := range list {
		datum, err := e.expression(a.Expression, vars)
		if err != nil {
			return nil, err
		}
		var values []value.Value
		switch d := datum.(type) {
		case value.Bag:
			values = d.Values()
		case value.Value:
			values = []value.Value{d}
		}
		if err := e.spend(len(values)); err != nil {
			return nil, err
		}
		for _, v := range values {
			out = append(out, xacml.AttributeAssignment{AttributeID: a.AttributeID, Category: a.Category, Issuer: a.Issuer, Value: v})
		}
	}
	return out, nil
}
