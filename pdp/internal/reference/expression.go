package reference

import (
	"errors"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// condition is §7.9.
func (e *evaluation) condition(c policy.Expression, vars *variables) (holds bool, err *xacml.Error) {
	defer e.trace.condition(c).held(&holds, &err)
	datum, err := e.expression(c, vars)
	if err != nil {
		return false, err
	}
	return bool(datum.(value.Boolean)), nil
}

// expression evaluates an expression; its kind was checked at load.
func (e *evaluation) expression(x policy.Expression, vars *variables) (datum value.Datum, err *xacml.Error) {
	defer e.trace.expression(x).evaluated(&datum, &err)
	switch x := x.(type) {
	case *policy.Literal:
		return x.Value, nil
	case *policy.Designator:
		return e.designator(x)
	case *policy.VariableReference:
		return e.variable(x, vars)
	case *policy.Apply:
		return e.apply(x, vars)
	case *policy.Selector:
		return e.selector(x)
	case *policy.Quantified:
		return e.quantified(x, vars)
	default: // a FunctionReference elsewhere does not get past the check
		return nil, xacml.SyntaxErrorf("an expression is not supported here")
	}
}

// designator is §5.29 and 7.3.5: the bag, or Indeterminate if it must not be
// empty and is.
func (e *evaluation) designator(d *policy.Designator) (value.Datum, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	bag, err := e.bag(d.AttributeKey)
	if err != nil {
		return nil, err
	}
	if bag.Len() == 0 && d.MustBePresent {
		return nil, xacml.MissingAttributeError(d.AttributeKey)
	}
	return bag, nil
}

// variable is §7.8: the value of the definition in the same policy, found when
// it is first needed, or that of a quantified expression around the reference.
func (e *evaluation) variable(r *policy.VariableReference, vars *variables) (value.Datum, *xacml.Error) {
	if v := vars.bound(r.ID); v != nil {
		return v, nil
	}
	if known, ok := vars.results[r.ID]; ok {
		return known.datum, known.err
	}
	datum, err := e.expression(vars.definitions[r.ID].Expression, vars.closed())
	vars.results[r.ID] = datumResult{datum, err}
	return datum, err
}

// apply is §5.27 and A.3: an argument that is Indeterminate makes the result
// Indeterminate, except where the function evaluates its arguments itself.
func (e *evaluation) apply(a *policy.Apply, vars *variables) (value.Datum, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	f := e.set.Functions.Lookup(a.Function)
	if f.Lazy != nil {
		arguments := make([]function.Argument, len(a.Arguments))
		for i, x := range a.Arguments {
			arguments[i] = func() (value.Datum, error) {
				datum, err := e.expression(x, vars)
				if err != nil {
					return nil, err
				}
				return datum, nil
			}
		}
		return result(f.Lazy(e, arguments))
	}
	expressions := a.Arguments
	var applied *function.Function
	if f.Higher != nil {
		applied = e.set.Functions.Lookup(expressions[0].(*policy.FunctionReference).Function)
		expressions = expressions[1:]
	}
	arguments := make([]value.Datum, len(expressions))
	for i, x := range expressions {
		datum, err := e.expression(x, vars)
		if err != nil {
			return nil, err
		}
		arguments[i] = datum
	}
	e.trace.applied(a, arguments)
	if f.Higher != nil {
		return result(f.Higher.Apply(e, applied, arguments))
	}
	return result(f.Strict(e, arguments))
}

func result(datum value.Datum, err error) (value.Datum, *xacml.Error) {
	if err != nil {
		return nil, asError(err)
	}
	return datum, nil
}

// asError is err as the status of an Indeterminate.
func asError(err error) *xacml.Error {
	if e, ok := errors.AsType[*xacml.Error](err); ok {
		return e
	}
	return xacml.ProcessingErrorf("%v", err)
}
