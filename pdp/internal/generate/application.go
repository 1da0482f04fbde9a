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
	return &Case{
		RootAlgorithm: xacml.PolicyAlgorithm3 + "deny-overrides",
		Documents: []policy.Document{{Name: "policy.xml", Root: &policy.Policy{
			ID: "urn:p", Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", XPathVersion: xacml.XPath10,
			Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit, Condition: d.applied(f)}},
		}}},
	}
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
// equal to something, or holds something. An xpathExpression has no such test.
func (d *draw) asCondition(k value.Kind, x policy.Expression) policy.Expression {
	equal, subset := d.g.library.equal[k.Type], d.g.library.subset[k.Type]
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
