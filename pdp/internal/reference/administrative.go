package reference

import (
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// What is kept for reduction costs steps, beside those that evaluation takes.
const (
	requestSteps = 64 // an administrative request, beside its attributes
	answerSteps  = 16
)

// administrativeKey names an administrative request about a given request: may
// this issuer let policies decide so?
type administrativeKey struct {
	issuer *policy.PolicyIssuer
	effect xacml.Effect
}

// administrative is the evaluation of policies on one administrative request.
type administrative struct {
	*evaluation
	answers map[policy.Child]answer
}

// answer is the value of a policy on an administrative request.
type answer struct {
	decision xacml.Decision
	err      *xacml.Error
}

// ask is the value of the child, target and content, evaluated once.
func (a *administrative) ask(c policy.Child) answer {
	if known, ok := a.answers[c]; ok {
		return known
	}
	if err := a.spend(answerSteps); err != nil {
		return answer{err: err}
	}
	out := a.child(c)
	a.answers[c] = answer{out.decision, a.about.missing(out.err)}
	return a.answers[c]
}

// missing says of the request what is missing in an administrative one about it:
// whoever asked can add attributes to that one only (§7.19.3, inferred).
func (e *evaluation) missing(err *xacml.Error) *xacml.Error {
	if err == nil || len(err.Status.Missing) == 0 {
		return err
	}
	var causes []*xacml.Error
	for _, m := range err.Status.Missing {
		if base, ok := strings.CutPrefix(m.Category, xacml.CategoryDelegatedPrefix); ok {
			m.Category = delegatedFrom(e.in.Request, base)
		}
		causes = append(causes, xacml.MissingAttributeError(m.AttributeKey))
	}
	return xacml.MergeErrors(causes...)
}

// administrativeOf is the evaluation of the administrative request about this
// one. It depends on the issuer and the decision only: along a path nothing but
// the delegate is replaced. Steps and nested evaluations count together.
func (e *evaluation) administrativeOf(i *policy.PolicyIssuer, effect xacml.Effect) (*administrative, *xacml.Error) {
	key := administrativeKey{i, effect}
	if known := e.administrative[key]; known != nil {
		return known, nil
	}
	if err := e.spend(requestSteps + len(e.in.Request.Attributes) + e.in.Request.Size()); err != nil {
		return nil, err
	}
	in := e.in
	in.Request = administrativeRequest(e.in.Request, i, effect)
	inner := newEvaluation(e.ctx, e.set, in)
	inner.meter, inner.documents, inner.about = e.meter, e.documents, e
	if e.administrative == nil {
		e.administrative = make(map[administrativeKey]*administrative)
	}
	a := &administrative{inner, make(map[policy.Child]answer)}
	e.administrative[key] = a
	return a, nil
}

// administrativeRequest asks whether the issuer may let policies decide so on
// the request. Each category of the request is there as a delegated one, and a
// delegated one as it was; the delegate is the issuer, and delegation-info holds
// the decision.
func administrativeRequest(r *xacml.Request, i *policy.PolicyIssuer, effect xacml.Effect) *xacml.Request {
	out := &xacml.Request{XPathVersion: r.XPathVersion}
	for _, attrs := range r.Attributes {
		if attrs.Category == xacml.CategoryDelegate || attrs.Category == xacml.CategoryDelegationInfo {
			continue
		}
		base := strings.TrimPrefix(attrs.Category, xacml.CategoryDelegatedPrefix)
		if delegatedFrom(r, base) != attrs.Category {
			continue
		}
		attrs.Category = xacml.CategoryDelegatedPrefix + base
		attrs.ID = ""
		attrs.Attributes = delegatedAttributes(attrs.Attributes)
		out.Attributes = append(out.Attributes, attrs)
	}
	out.Attributes = append(out.Attributes,
		xacml.Attributes{Category: xacml.CategoryDelegate, Content: i.Content, Attributes: i.Attributes},
		xacml.Attributes{Category: xacml.CategoryDelegationInfo, Attributes: []xacml.Attribute{{
			ID: xacml.AttributeDelegationDecision, Values: []value.Value{value.String(effect.String())},
		}}})
	return out
}

// delegatedFrom is the category of the request that an administrative request
// about it holds as the delegated form of base.
//
// An administrative request, which is one with a delegate, speaks of the situation
// in the delegated form, where it has both, and of itself in the other. Any other
// request has no delegated situation: what it says in that form does not count,
// also where it lacks the category, for the clock and the sources answer there and
// not whoever adds it (both inferred).
func delegatedFrom(r *xacml.Request, base string) string {
	delegated := xacml.CategoryDelegatedPrefix + base
	if has(r, xacml.CategoryDelegate) && (has(r, delegated) || !has(r, base)) {
		return delegated
	}
	return base
}

func has(r *xacml.Request, category string) bool {
	return slices.ContainsFunc(r.Attributes, func(a xacml.Attributes) bool { return a.Category == category })
}

// delegatedAttributes moves the values of type xpathExpression, in entities too, along
// with the Content that they are about (inferred).
func delegatedAttributes(attributes []xacml.Attribute) []xacml.Attribute {
	moved := slices.Clone(attributes)
	for i := range moved {
		moved[i].Values = delegatedValues(moved[i].Values)
	}
	return moved
}

func delegatedValues(values []value.Value) []value.Value {
	if !slices.ContainsFunc(values, func(v value.Value) bool { return v.Type() == value.TypeXPathExpression || v.Type() == value.TypeEntity }) {
		return values
	}
	moved := slices.Clone(values)
	for i, v := range moved {
		switch v := v.(type) {
		case value.XPathExpression:
			if !strings.HasPrefix(v.Category, xacml.CategoryDelegatedPrefix) {
				v.Category = xacml.CategoryDelegatedPrefix + v.Category
				moved[i] = v
			}
		case value.Entity:
			entity := *xacml.EntityOf(v)
			entity.Attributes = delegatedAttributes(entity.Attributes)
			moved[i] = xacml.NewEntity(&entity)
		}
	}
	return moved
}

// delegated finds an attribute that the administrative request does not hold
// (inferred). What was requested is a matter of the request that it is about,
// with its clock and its finder. The finder is not asked for anything else: it
// answers for that request and would give the attributes of its subject, or of
// another delegate, for those of this one.
func (e *evaluation) delegated(key xacml.AttributeKey) (value.Bag, *xacml.Error) {
	base, ok := strings.CutPrefix(key.Category, xacml.CategoryDelegatedPrefix)
	if !ok {
		return value.NewBag(key.Type), nil
	}
	key.Category = delegatedFrom(e.about.in.Request, base)
	bag, err := e.about.bag(key)
	if err != nil {
		return value.Bag{}, err
	}
	return value.NewBag(key.Type, delegatedValues(bag.Values())...), nil
}

// aboutWithout is what an administrative request is about after a category of it was
// replaced. A delegated category is about another situation then: neither what was
// said of the first one nor what the finder knows of it is true of that, so that the
// category is empty and the finder another (inferred).
func (e *evaluation) aboutWithout(replaced string, finder Finder) *evaluation {
	base, delegated := strings.CutPrefix(replaced, xacml.CategoryDelegatedPrefix)
	if e.about == nil || !delegated {
		return e.about
	}
	category := delegatedFrom(e.about.in.Request, base)
	request := *e.about.in.Request
	request.Attributes = slices.Clone(request.Attributes)
	for i := range request.Attributes {
		if a := &request.Attributes[i]; a.Category == category {
			*a = xacml.Attributes{Category: category} // it is still there, see delegatedFrom
		}
	}
	in := e.about.in
	in.Request, in.Finder = &request, finder
	changed := newEvaluation(e.ctx, e.set, in)
	changed.meter, changed.about = e.meter, e.about.aboutWithout(category, finder)
	return changed
}
