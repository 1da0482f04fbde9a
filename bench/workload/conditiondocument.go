package workload

import (
	"fmt"
	"iter"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The attributes of conditions, beside current-time.
const (
	attributeType   = "urn:example:case-type"
	attributeAmount = "urn:example:amount"
	attributeUnit   = "urn:example:unit"
	attributeCase   = "urn:example:case-number"
)

// Documents gives the policy as XACML.
func (w *Conditions) Documents() iter.Seq[policy.Document] {
	return func(yield func(policy.Document) bool) {
		p := &policy.Policy{
			ID: "urn:example:conditions", Version: "1.0", Algorithm: xacml.RuleAlgorithm1 + "first-applicable",
			Rules: make([]policy.Rule, len(w.Rules)),
		}
		for i, rule := range w.Rules {
			p.Rules[i] = policy.Rule{
				ID: fmt.Sprintf("urn:example:rule:%d", i+1), Effect: rule.Effect, Condition: rule.expression(),
			}
		}
		yield(policy.Document{Name: "conditions.xml", Root: p})
	}
}

// expression gives the condition as XACML.
func (rule ConditionRule) expression() policy.Expression {
	switch rule.Kind {
	case TextEqual:
		return apply(functionStringEq, single("string", resource(attributeType, value.TypeString)), literal(value.String(rule.Text)))
	case NumberAtLeast:
		return apply(xacml.Function1+"integer-greater-than-or-equal",
			single("integer", resource(attributeAmount, value.TypeInteger)), literal(value.NewInteger(rule.Number)))
	case TimeInRange:
		return apply(xacml.Function2+"time-in-range", single("time", &policy.Designator{AttributeKey: xacml.AttributeKey{
			Category: xacml.CategoryEnvironment, ID: xacml.AttributeCurrentTime, Type: value.TypeTime,
		}}), literal(mustTime(rule.From)), literal(mustTime(rule.To)))
	case SetMember:
		set := apply(xacml.Function1 + "string-bag")
		for _, text := range rule.Set {
			set.Arguments = append(set.Arguments, literal(value.String(text)))
		}
		return apply(xacml.Function1+"string-is-in", single("string", resource(attributeUnit, value.TypeString)), set)
	default: // PatternMatch
		return apply(xacml.Function1+"string-regexp-match",
			literal(value.String(rule.Pattern)), single("string", resource(attributeCase, value.TypeString)))
	}
}

func apply(function string, arguments ...policy.Expression) *policy.Apply {
	return &policy.Apply{Function: function, Arguments: arguments}
}

// single is TYPE-one-and-only of the bag (A.3.10).
func single(typ string, bag *policy.Designator) policy.Expression {
	return apply(xacml.Function1+typ+"-one-and-only", bag)
}

func literal(v value.Value) policy.Expression { return &policy.Literal{Value: v} }

func resource(id string, typ value.Type) *policy.Designator {
	return &policy.Designator{AttributeKey: xacml.AttributeKey{Category: xacml.CategoryResource, ID: id, Type: typ}}
}

// mustTime is the time of day in UTC; it panics if the text is not one.
func mustTime(text string) value.Value {
	v, err := value.Parse(value.TypeTime, text+"Z")
	if err != nil {
		panic(err)
	}
	return v
}

// Cases gives the requests to measure with as XACML.
func (w *Conditions) Cases() []Case { return conditionCases(w.Requests) }

// CheckCases gives the checks as XACML.
func (w *Conditions) CheckCases() []Case { return conditionCases(w.Checks) }

func conditionCases(requests []ConditionRequest) []Case {
	cases := make([]Case, len(requests))
	for i, q := range requests {
		cases[i] = q.XACML()
	}
	return cases
}

// XACML gives the request as XACML.
func (q ConditionRequest) XACML() Case {
	return Case{Expected: q.Expected, Request: &xacml.Request{Attributes: []xacml.Attributes{
		{Category: xacml.CategoryResource, Attributes: []xacml.Attribute{
			attribute(attributeType, q.Type),
			{ID: attributeAmount, Values: []value.Value{value.NewInteger(q.Amount)}},
			attribute(attributeUnit, q.Unit), attribute(attributeCase, q.Case),
		}},
		{Category: xacml.CategoryEnvironment, Attributes: []xacml.Attribute{
			{ID: xacml.AttributeCurrentTime, Values: []value.Value{mustTime(q.Time)}},
		}},
	}}}
}
