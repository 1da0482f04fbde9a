package workload

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// plainPolicy is a policy of Permit rules that only have targets, and of
// obligations on Permit. Deny-overrides and permit-overrides are the same for it:
// it permits if a rule applies.
type plainPolicy struct {
	rules  []plainRule
	levels []int64 // of its obligations
}

// plainRule is the target of a rule: AnyOf, AllOf, matches.
type plainRule [][][]plainMatch

type plainMatch struct {
	key        xacml.AttributeKey
	text       string
	ignoreCase bool
}

// plainRequest is the values of each attribute.
type plainRequest map[xacml.AttributeKey][]string

func newPlainPolicy(p *policy.Policy) (plainPolicy, error) {
	var plain plainPolicy
	if len(p.Target.AnyOf) > 0 {
		return plain, fmt.Errorf("the policy has a target")
	}
	for _, rule := range p.Rules {
		if rule.Effect != xacml.EffectPermit || rule.Condition != nil || rule.Target == nil || len(rule.Obligations) > 0 {
			return plain, fmt.Errorf("rule %q is more than Permit and a target", rule.ID)
		}
		var target plainRule
		for _, anyOf := range rule.Target.AnyOf {
			var alternatives [][]plainMatch
			for _, allOf := range anyOf.AllOf {
				matches, err := plainMatches(allOf)
				if err != nil {
					return plain, fmt.Errorf("rule %q: %w", rule.ID, err)
				}
				alternatives = append(alternatives, matches)
			}
			target = append(target, alternatives)
		}
		plain.rules = append(plain.rules, target)
	}
	for _, o := range p.Obligations {
		if o.On != xacml.EffectPermit {
			return plain, fmt.Errorf("obligation %q is not on Permit", o.ID)
		}
		for _, a := range o.Assignments {
			literal, ok := a.Expression.(*policy.Literal)
			if !ok {
				return plain, fmt.Errorf("obligation %q is not constant", o.ID)
			}
			plain.levels = appendLevel(plain.levels, literal.Value)
		}
	}
	return plain, nil
}

func plainMatches(allOf policy.AllOf) ([]plainMatch, error) {
	var matches []plainMatch
	for _, m := range allOf.Matches {
		designator, ok := m.Bag.(*policy.Designator)
		if !ok {
			return nil, fmt.Errorf("match %s has no designator", m.Position)
		}
		plain := plainMatch{key: designator.AttributeKey, text: m.Literal.String()}
		switch m.Function {
		case functionStringEq, xacml.Function1 + "anyURI-equal":
		case xacml.Function3 + "string-equal-ignore-case":
			plain.ignoreCase = true
		default:
			return nil, fmt.Errorf("match %s compares with %q", m.Position, m.Function)
		}
		matches = append(matches, plain)
	}
	return matches, nil
}

func (p plainPolicy) applies(q plainRequest) bool {
	return slices.ContainsFunc(p.rules, func(rule plainRule) bool { return rule.applies(q) })
}

func (rule plainRule) applies(q plainRequest) bool {
	for _, alternatives := range rule {
		if !slices.ContainsFunc(alternatives, func(matches []plainMatch) bool { return all(matches, q) }) {
			return false
		}
	}
	return true
}

func all(matches []plainMatch, q plainRequest) bool {
	for _, m := range matches {
		if !slices.ContainsFunc(q[m.key], func(text string) bool {
			return text == m.text || m.ignoreCase && strings.EqualFold(text, m.text)
		}) {
			return false
		}
	}
	return true
}

// meet adds what makes the rule apply.
func (q plainRequest) meet(r *rand.Rand, rule plainRule) {
	for _, alternatives := range rule {
		for _, m := range alternatives[r.IntN(len(alternatives))] {
			if !slices.Contains(q[m.key], m.text) {
				q[m.key] = append(q[m.key], m.text)
			}
		}
	}
}

// keys gives the attributes of the request in an order that is always the same.
func (q plainRequest) keys() []xacml.AttributeKey {
	keys := make([]xacml.AttributeKey, 0, len(q))
	for key := range q {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b xacml.AttributeKey) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), strings.Compare(a.ID, b.ID), cmp.Compare(a.Type, b.Type))
	})
	return keys
}

// xacml gives the request as XACML.
func (q plainRequest) xacml() *xacml.Request {
	request := &xacml.Request{}
	for _, key := range q.keys() {
		last := len(request.Attributes) - 1
		if last < 0 || request.Attributes[last].Category != key.Category {
			request.Attributes = append(request.Attributes, xacml.Attributes{Category: key.Category})
			last++
		}
		a := xacml.Attribute{ID: key.ID}
		for _, text := range q[key] {
			ownStrings(&text)
			if key.Type == value.TypeAnyURI {
				a.Values = append(a.Values, value.AnyURI(text))
			} else {
				a.Values = append(a.Values, value.String(text))
			}
		}
		request.Attributes[last].Attributes = append(request.Attributes[last].Attributes, a)
	}
	return request
}
