package reference

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// matching is the value of a target and its parts (§7.6, 7.7). The zero value
// is indeterminate.
type matching uint8

const (
	indeterminate matching = iota
	match
	noMatch
)

// target is table 1: one AnyOf that does not match decides, even after errors.
func (e *evaluation) target(t *policy.Target) (m matching, err *xacml.Error) {
	defer e.trace.target(t).matched(&m, &err)
	var causes []*xacml.Error
	for i := range t.AnyOf {
		switch m, err := e.anyOf(&t.AnyOf[i]); m {
		case noMatch:
			return noMatch, nil
		case indeterminate:
			causes = append(causes, err)
		case match:
		}
	}
	if causes != nil {
		return indeterminate, xacml.MergeErrors(causes...)
	}
	return match, nil
}

// anyOf is table 2: one AllOf that matches decides.
func (e *evaluation) anyOf(a *policy.AnyOf) (m matching, err *xacml.Error) {
	defer e.trace.anyOf().matched(&m, &err)
	var causes []*xacml.Error
	for i := range a.AllOf {
		switch m, err := e.allOf(&a.AllOf[i]); m {
		case match:
			return match, nil
		case indeterminate:
			causes = append(causes, err)
		case noMatch:
		}
	}
	if causes != nil {
		return indeterminate, xacml.MergeErrors(causes...)
	}
	return noMatch, nil
}

// allOf is table 3: one match that is False decides, even after errors.
func (e *evaluation) allOf(a *policy.AllOf) (m matching, err *xacml.Error) {
	defer e.trace.allOf().matched(&m, &err)
	var causes []*xacml.Error
	for i := range a.Matches {
		ok, err := e.match(&a.Matches[i])
		switch {
		case err != nil:
			causes = append(causes, err)
		case !ok:
			return noMatch, nil
		}
	}
	if causes != nil {
		return indeterminate, xacml.MergeErrors(causes...)
	}
	return match, nil
}

// match is §7.6: True if the function is for any value of the bag, else
// Indeterminate if any application failed, else False.
func (e *evaluation) match(m *policy.Match) (holds bool, err *xacml.Error) {
	defer e.trace.match(m).held(&holds, &err)
	datum, err := e.expression(m.Bag, nil)
	if err != nil {
		return false, err
	}
	f := e.set.Functions.Lookup(m.Function)
	var first *xacml.Error
	for _, v := range datum.(value.Bag).Values() {
		if err := e.spend(1); err != nil {
			return false, err
		}
		got, err := f.Call(e, []value.Datum{m.Literal, v})
		switch {
		case err != nil && first == nil:
			first = asError(err)
		case err == nil && bool(got.(value.Boolean)):
			return true, nil
		}
	}
	return false, first
}
