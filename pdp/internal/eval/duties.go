package eval

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// duties are the obligations and advice of a rule, policy or policy set, by the
// effect that calls for them (§7.18).
type duties [xacml.EffectPermit + 1]effectDuties

// effectDuties are those for one effect.
type effectDuties struct {
	// constant are all of them, if nothing in them depends on the request.
	constant call
	// otherwise they are evaluated, in order.
	obligations, advice []duty
}

// call is obligations and advice that are called for.
type call struct{ obligations, advice []xacml.Obligation }

// duty is an obligation or advice expression (§5.39, 5.40).
type duty struct {
	id          string
	assignments []assignment
}

// assignment is §5.41.
type assignment struct {
	attributeID, category, issuer string
	expression                    expression
}

// ownDuties puts what the node itself calls for with this decision on the stack
// of calls. If one fails, so does the node; those for the other decision are not
// evaluated.
func (e *evaluation) ownDuties(d *duties, effect xacml.Effect) *xacml.Error {
	if d == nil {
		return nil
	}
	own := &d[effect]
	if err := e.spend(len(own.constant.obligations) + len(own.constant.advice)); err != nil {
		return err
	}
	c := own.constant
	if len(own.obligations)+len(own.advice) > 0 {
		var err *xacml.Error
		if c.obligations, err = e.duties(own.obligations); err != nil {
			return err
		}
		if c.advice, err = e.duties(own.advice); err != nil {
			return err
		}
	}
	if len(c.obligations)+len(c.advice) > 0 {
		e.calls = append(e.calls, c)
	}
	return nil
}

func (e *evaluation) duties(list []duty) ([]xacml.Obligation, *xacml.Error) {
	var out []xacml.Obligation
	for i := range list {
		if err := e.spend(1); err != nil {
			return nil, err
		}
		assignments, err := e.assignments(list[i].assignments)
		if err != nil {
			return nil, err
		}
		out = append(out, xacml.Obligation{ID: list[i].id, Assignments: assignments})
	}
	return out, nil
}

// assignments is §5.39 to 5.41: one for a value, one for each value of a bag,
// none for an empty bag.
func (e *evaluation) assignments(list []assignment) ([]xacml.AttributeAssignment, *xacml.Error) {
	var out []xacml.AttributeAssignment
	for i := range list {
		a := &list[i]
		datum, err := a.expression.datum(e)
		if err != nil {
			return nil, err
		}
		if b, ok := datum.(value.Bag); ok {
			if err := e.spend(b.Len()); err != nil {
				return nil, err
			}
			for _, v := range b.Values() {
				out = append(out, a.of(v))
			}
			continue
		}
		out = append(out, a.of(datum.(value.Value)))
	}
	return out, nil
}

// of is the assignment with one value.
func (a *assignment) of(v value.Value) xacml.AttributeAssignment {
	return xacml.AttributeAssignment{AttributeID: a.attributeID, Category: a.category, Issuer: a.issuer, Value: v}
}

// called is all obligations and advice on the stack. Those of a single call are
// not copied.
func (e *evaluation) called() (obligations, advice []xacml.Obligation) {
	switch len(e.calls) {
	case 0:
		return nil, nil
	case 1:
		return e.calls[0].obligations, e.calls[0].advice
	}
	for _, c := range e.calls {
		obligations = append(obligations, c.obligations...)
		advice = append(advice, c.advice...)
	}
	return obligations, advice
}
