package eval

import (
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// expression is a compiled expression; its kind was checked when it was compiled.
type expression interface {
	datum(e *evaluation) (value.Datum, *xacml.Error)
}

// truth is an expression of type boolean (§7.9).
type truth interface {
	expression
	truth(e *evaluation) (bool, *xacml.Error)
}

// bagged is an expression that gives a bag.
type bagged interface {
	expression
	bag(e *evaluation) ([]value.Value, *xacml.Error)
}

// constant is a literal, or what could be found out when it was compiled.
type constant struct{ value value.Datum }

func (c *constant) datum(*evaluation) (value.Datum, *xacml.Error) { return c.value, nil }

func (c *constant) truth(*evaluation) (bool, *xacml.Error) { //nolint:unparam // a truth
	return bool(c.value.(value.Boolean)), nil
}

func (c *constant) bag(*evaluation) ([]value.Value, *xacml.Error) { //nolint:unparam // bagged
	return c.value.(value.Bag).Values(), nil
}

// designator is §5.29 and 7.3.5: the bag, or Indeterminate if it must not be
// empty and is.
type designator struct {
	slot          Slot
	mustBePresent bool
}

// read is the bag, or why it is Indeterminate.
func (d *designator) read(e *evaluation) (*bag, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	b := e.bag(d.slot)
	if b.state == failed {
		return nil, b.err
	}
	if b.size == 0 && d.mustBePresent {
		return nil, e.program.Attributes.slots[d.slot].missing
	}
	return b, nil
}

func (d *designator) bag(e *evaluation) ([]value.Value, *xacml.Error) {
	b, err := d.read(e)
	if err != nil {
		return nil, err
	}
	return e.valuesOf(b), nil
}

func (d *designator) datum(e *evaluation) (value.Datum, *xacml.Error) {
	values, err := d.bag(e)
	if err != nil {
		return nil, err
	}
	return value.NewBag(e.program.Attributes.slots[d.slot].key.Type, values...), nil
}

// boolean is any expression of type boolean as a truth.
type boolean struct{ expression }

func (b boolean) truth(e *evaluation) (bool, *xacml.Error) {
	d, err := b.datum(e)
	if err != nil {
		return false, err
	}
	return bool(d.(value.Boolean)), nil
}

func asTruth(x expression) truth {
	if t, ok := x.(truth); ok {
		return t
	}
	return boolean{x}
}

// collection is any expression that gives a bag as bagged.
type collection struct{ expression }

func (c collection) bag(e *evaluation) ([]value.Value, *xacml.Error) {
	d, err := c.datum(e)
	if err != nil {
		return nil, err
	}
	return d.(value.Bag).Values(), nil
}

func asBag(x expression) bagged {
	if b, ok := x.(bagged); ok {
		return b
	}
	return collection{x}
}

// strict applies a function to arguments that are all evaluated (§5.27, A.3): one
// that is Indeterminate makes the result Indeterminate.
type strict struct {
	function  *function.Function
	apply     func(function.Context, []value.Datum) (value.Datum, error)
	arguments []expression
}

// newStrict does what depends on the literals among the arguments alone.
func newStrict(f *function.Function, arguments []expression) strict {
	s := strict{f, f.Strict, arguments}
	if f.Prepare == nil {
		return s
	}
	literals := make([]value.Value, len(arguments))
	for i, a := range arguments {
		if c, ok := a.(*constant); ok {
			literals[i], _ = c.value.(value.Value)
		}
	}
	if prepared := f.Prepare(literals); prepared != nil {
		s.apply = prepared
	}
	return s
}

func (s *strict) datum(e *evaluation) (value.Datum, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	from, err := e.evaluated(s.arguments)
	if err != nil {
		return nil, err
	}
	got, failure := s.apply(e, e.arguments[from:])
	e.arguments = e.arguments[:from]
	return result(got, failure)
}

// evaluated puts the values of the arguments on the stack, from the place that
// it gives, or nothing.
func (e *evaluation) evaluated(arguments []expression) (from int, err *xacml.Error) {
	from = len(e.arguments)
	for _, a := range arguments {
		d, err := a.datum(e)
		if err != nil {
			e.arguments = e.arguments[:from]
			return from, err
		}
		e.arguments = append(e.arguments, d)
	}
	return from, nil
}

func result(d value.Datum, err error) (value.Datum, *xacml.Error) {
	if err != nil {
		return nil, asError(err)
	}
	return d, nil
}

// higher applies a higher-order function (A.3.12).
type higher struct {
	function, applied *function.Function
	arguments         []expression
}

func (h *higher) datum(e *evaluation) (value.Datum, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	from, err := e.evaluated(h.arguments)
	if err != nil {
		return nil, err
	}
	got, failure := h.function.Higher.Apply(e, h.applied, e.arguments[from:])
	e.arguments = e.arguments[:from]
	return result(got, failure)
}

// lazy applies a function that evaluates its arguments itself (A.3.5).
type lazy struct {
	function  *function.Function
	arguments []expression
}

func (l *lazy) datum(e *evaluation) (value.Datum, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	arguments := make([]function.Argument, len(l.arguments))
	for i, a := range l.arguments {
		arguments[i] = func() (value.Datum, error) {
			d, err := a.datum(e)
			if err != nil {
				return nil, err
			}
			return d, nil
		}
	}
	return result(l.function.Lazy(e, arguments))
}

// connective is or for decisive true, and and for decisive false (A.3.5): one
// decisive argument fixes the result, else the first that is Indeterminate does.
type connective struct {
	decisive  bool
	arguments []truth
}

func (c *connective) truth(e *evaluation) (bool, *xacml.Error) {
	if err := e.spend(1); err != nil {
		return false, err
	}
	var failure *xacml.Error
	for _, a := range c.arguments {
		got, err := a.truth(e)
		switch {
		case err == nil && got == c.decisive:
			return got, nil
		case err != nil && failure == nil:
			failure = err
		}
	}
	return !c.decisive, failure
}

func (c *connective) datum(e *evaluation) (value.Datum, *xacml.Error) { return asDatum(c.truth(e)) }

// asDatum is a truth as an expression gives it.
func asDatum(b bool, err *xacml.Error) (value.Datum, *xacml.Error) {
	if err != nil {
		return nil, err
	}
	return value.Boolean(b), nil
}
