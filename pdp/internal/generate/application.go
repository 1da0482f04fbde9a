package generate

import (
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// application makes one rule that permits if the function says so: true, or what
// equals some value.
func (d *draw) application(id string) *Case {
	d.words()
	f := d.g.functions.Lookup(id)
	var target *policy.Target
	if shortName(f) == "access-permitted" {
		target = d.outer()
	}
	return &Case{
		RootAlgorithm: xacml.PolicyAlgorithm3 + "deny-overrides",
		Documents: []policy.Document{{Name: "policy.xml", Root: &policy.Policy{
			ID: "urn:p", Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", XPathVersion: xacml.XPath10,
			Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit, Target: target, Condition: d.applied(f)}},
		}}},
	}
}

// outer matches requests that come from outside: the ones that access-permitted
// makes have another resource, so that it does not ask for itself.
func (d *draw) outer() *policy.Target {
	key := xacml.AttributeKey{Category: xacml.CategoryResource, ID: "urn:a:outer", Type: value.TypeBoolean}
	d.used = append(d.used, key)
	return &policy.Target{AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: []policy.Match{{
		Function: xacml.Function1 + "boolean-equal", Literal: value.Boolean(true), Bag: &policy.Designator{AttributeKey: key},
	}}}}}}}
}

// applied is a condition that holds the function outermost, or next to that.
func (d *draw) applied(f *function.Function) policy.Expression {
	depth := 1 + d.upTo(3)/3
	if f.Higher == nil {
		return d.asCondition(f.Result, d.apply(f, depth))
	}
	if shortName(f) == "map" {
		for {
			t := pick(d, value.Types())
			if d.g.library.applied[t] == nil {
				continue
			}
			if x := d.higherOrder(f, pick(d, d.g.library.applied[t]), depth); x != nil {
				return d.asCondition(value.BagOf(t), x)
			}
		}
	}
	for {
		if x := d.higherOrder(f, pick(d, d.g.library.applied[value.TypeBoolean]), depth); x != nil {
			return x
		}
	}
}

// asCondition is a condition on an expression of the kind: whether it is true,
// equal to something, or holds something; nil if the functions in use have none.
func (d *draw) asCondition(k value.Kind, x policy.Expression) policy.Expression {
	equal, subset := d.g.library.equal[k.Type], d.g.library.subset[k.Type]
	switch {
	case d.g.options.Function == "": // the usual cases are about what has an equality
	case k.Bag && subset == nil:
		size := &policy.Apply{Function: d.ofType(k.Type, "-bag-size"), Arguments: []policy.Expression{x}}
		return d.asCondition(value.One(value.TypeInteger), size)
	case !k.Bag && equal == nil:
		return &policy.Apply{Function: d.ofType(k.Type, "-regexp-match"), Arguments: []policy.Expression{
			&policy.Literal{Value: value.String(pick(d, patterns))}, x,
		}}
	}
	switch {
	case k == value.One(value.TypeBoolean):
		return x
	case !k.Bag && equal != nil:
		return &policy.Apply{Function: equal.ID, Arguments: []policy.Expression{x, d.single(k.Type, 0)}}
	case k.Bag && subset != nil:
		return &policy.Apply{Function: subset.ID, Arguments: []policy.Expression{d.bag(k.Type, 0), x}}
	default:
		return nil
	}
}

// ofType is the function of the data type whose name ends so.
func (d *draw) ofType(t value.Type, suffix string) string {
	for _, f := range d.g.library.plain {
		if shortName(f) == t.String()+suffix {
			return f.ID
		}
	}
	return ""
}
