package reference

import (
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ownObligations adds the obligations and advice that a rule, policy or policy
// set itself calls for with this decision (§7.18). If one fails, so does the
// node; those for the other decision are not evaluated.
func (e *evaluation) ownObligations(out *outcome, obligations, advice []policy.ObligationExpression, vars *variables) *xacml.Error {
	own, err := e.obligations(explanation.Obligation, out.decision, obligations, vars)
	if err != nil {
		return err
	}
	ownAdvice, err := e.obligations(explanation.Advice, out.decision, advice, vars)
	if err != nil {
		return err
	}
	out.obligations = append(out.obligations, own...)
	out.advice = append(out.advice, ownAdvice...)
	return nil
}

func (e *evaluation) obligations(kind explanation.Kind, d xacml.Decision, list []policy.ObligationExpression, vars *variables) ([]xacml.Obligation, *xacml.Error) {
	var out []xacml.Obligation
	for i := range list {
		if list[i].On.Decision() != d {
			continue
		}
		o, err := e.obligation(kind, &list[i], vars)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// obligation is one obligation or advice (§5.39, 5.40).
func (e *evaluation) obligation(kind explanation.Kind, o *policy.ObligationExpression, vars *variables) (out xacml.Obligation, err *xacml.Error) {
	defer e.trace.obligation(kind, o).done(&err)
	if err := e.spend(1); err != nil {
		return out, err
	}
	out.ID = o.ID
	for i := range o.Assignments {
		assignments, err := e.assignment(&o.Assignments[i], vars)
		if err != nil {
			return out, err
		}
		out.Assignments = append(out.Assignments, assignments...)
	}
	return out, nil
}

// assignment is §5.41: one for a value, one for each value of a bag, none for an
// empty bag.
func (e *evaluation) assignment(a *policy.AssignmentExpression, vars *variables) (out []xacml.AttributeAssignment, err *xacml.Error) {
	defer e.trace.assignment(a).done(&err)
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
	return out, nil
}
