package reference

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// quantified is a quantified expression (Related and Nested Entities profile). A
// domain that is Indeterminate makes it Indeterminate.
func (e *evaluation) quantified(q *policy.Quantified, vars *variables) (value.Datum, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	domain, err := e.expression(q.Domain, vars)
	if err != nil {
		return nil, err
	}
	bag := domain.(value.Bag)
	iterant := func(v value.Value) (value.Datum, *xacml.Error) {
		if err := e.spend(1); err != nil {
			return nil, err
		}
		return e.expression(q.Iterant, vars.with(q.Variable, v))
	}
	switch q.Quantifier {
	case policy.ForAny:
		return decided(true, bag, iterant)
	case policy.ForAll:
		return decided(false, bag, iterant)
	case policy.Map:
		return mapped(e.set.Mapped(q), bag, iterant)
	default:
		return chosen(bag, iterant)
	}
}

// decided is ForAny for decisive true, and ForAll for decisive false: one decisive
// value wins, also over those that are Indeterminate; else the first of these does.
func decided(decisive value.Boolean, domain value.Bag, iterant func(value.Value) (value.Datum, *xacml.Error)) (value.Datum, *xacml.Error) {
	var failed *xacml.Error
	for _, v := range domain.Values() {
		truth, err := iterant(v)
		switch {
		case err == nil && truth.(value.Boolean) == decisive:
			return decisive, nil
		case err != nil && failed == nil:
			failed = err
		}
	}
	if failed != nil {
		return nil, failed
	}
	return !decisive, nil
}

// mapped is Map: one value that is Indeterminate makes it so.
func mapped(t value.Type, domain value.Bag, iterant func(value.Value) (value.Datum, *xacml.Error)) (value.Datum, *xacml.Error) {
	values := make([]value.Value, domain.Len())
	for i, v := range domain.Values() {
		datum, err := iterant(v)
		if err != nil {
			return nil, err
		}
		values[i] = datum.(value.Value)
	}
	return value.NewBag(t, values...), nil
}

// chosen is Select: one value that is Indeterminate makes it so.
func chosen(domain value.Bag, iterant func(value.Value) (value.Datum, *xacml.Error)) (value.Datum, *xacml.Error) {
	var values []value.Value
	for _, v := range domain.Values() {
		truth, err := iterant(v)
		if err != nil {
			return nil, err
		}
		if truth.(value.Boolean) {
			values = append(values, v)
		}
	}
	return value.NewBag(domain.Type(), values...), nil
}

// binding is the variable of a quantified expression, and those around it.
type binding struct {
	id    string
	value value.Value
	outer *binding
}

// with is the variables and one more, which a quantified expression binds. Outside
// of a policy there are no others.
func (v *variables) with(id string, to value.Value) *variables {
	inner := &variables{}
	if v != nil {
		*inner = *v
	}
	inner.bindings = &binding{id, to, inner.bindings}
	return inner
}

// bound is the value of a variable of a quantified expression, or nil.
func (v *variables) bound(id string) value.Value {
	for b := v.bindings; b != nil; b = b.outer {
		if b.id == id {
			return b.value
		}
	}
	return nil
}

// closed is the variables as a definition sees them.
func (v *variables) closed() *variables {
	if v.bindings == nil {
		return v
	}
	return &variables{definitions: v.definitions, results: v.results}
}
