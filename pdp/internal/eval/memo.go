package eval

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// memo is the value of an expression that is kept, once it was found out.
type memo struct {
	known bool
	datum value.Datum
	err   *xacml.Error
}

// shared is an expression that stands in several places of a policy, a variable
// for one (§7.8): it is evaluated when it is first needed.
type shared struct {
	expression
	number int // among the memos of the policy
}

// unshared is the number of what was found in one place only.
const unshared = -1

func (s *shared) datum(e *evaluation) (value.Datum, *xacml.Error) {
	if s.number == unshared {
		return s.expression.datum(e)
	}
	if m := &e.memos[s.number]; m.known {
		return m.datum, m.err
	}
	d, err := s.expression.datum(e)
	e.memos[s.number] = memo{true, d, err}
	return d, err
}

func (s *shared) truth(e *evaluation) (bool, *xacml.Error) {
	if t, ok := s.expression.(truth); ok && s.number == unshared {
		return t.truth(e)
	}
	d, err := s.datum(e)
	if err != nil {
		return false, err
	}
	return bool(d.(value.Boolean)), nil
}

// element is a reference to the variable of a quantified expression around it:
// of the innermost one for 1.
type element struct{ up int }

func (x *element) datum(e *evaluation) (value.Datum, *xacml.Error) {
	return e.bound[len(e.bound)-x.up], nil
}

// quantified is a quantified expression (Related and Nested Entities profile). A
// domain that is Indeterminate makes it Indeterminate.
type quantified struct {
	quantifier policy.Quantifier
	domain     expression
	iterant    expression
	// mapped is the type of the values that a Map gives.
	mapped value.Type
}

func (q *quantified) datum(e *evaluation) (value.Datum, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	domain, err := q.domain.datum(e)
	if err != nil {
		return nil, err
	}
	bag := domain.(value.Bag)
	switch q.quantifier {
	case policy.ForAny:
		return q.decide(e, bag, true)
	case policy.ForAll:
		return q.decide(e, bag, false)
	case policy.Map:
		return q.mapAll(e, bag)
	default:
		return q.choose(e, bag)
	}
}

// with is the value of the iterant for one value of the domain.
func (q *quantified) with(e *evaluation, v value.Value) (value.Datum, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	e.bound = append(e.bound, v)
	d, err := q.iterant.datum(e)
	e.bound = e.bound[:len(e.bound)-1]
	return d, err
}

// decide is ForAny for decisive true, and ForAll for decisive false: one decisive
// value wins, also over those that are Indeterminate; else the first of these does.
func (q *quantified) decide(e *evaluation, domain value.Bag, decisive value.Boolean) (value.Datum, *xacml.Error) {
	var failure *xacml.Error
	for _, v := range domain.Values() {
		got, err := q.with(e, v)
		switch {
		case err == nil && got.(value.Boolean) == decisive:
			return decisive, nil
		case err != nil && failure == nil:
			failure = err
		}
	}
	if failure != nil {
		return nil, failure
	}
	return !decisive, nil
}

// mapAll is Map: one value that is Indeterminate makes it so.
func (q *quantified) mapAll(e *evaluation, domain value.Bag) (value.Datum, *xacml.Error) {
	values := make([]value.Value, domain.Len())
	for i, v := range domain.Values() {
		got, err := q.with(e, v)
		if err != nil {
			return nil, err
		}
		values[i] = got.(value.Value)
	}
	return value.NewBag(q.mapped, values...), nil
}

// choose is Select: one value that is Indeterminate makes it so.
func (q *quantified) choose(e *evaluation, domain value.Bag) (value.Datum, *xacml.Error) {
	var values []value.Value
	for _, v := range domain.Values() {
		got, err := q.with(e, v)
		if err != nil {
			return nil, err
		}
		if got.(value.Boolean) {
			values = append(values, v)
		}
	}
	return value.NewBag(domain.Type(), values...), nil
}
