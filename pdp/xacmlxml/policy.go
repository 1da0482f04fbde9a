package xacmlxml

import (
	"fmt"
	"strconv"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ReadPolicy reads a document with a Policy or PolicySet as its root. name is
// the name of the document in the problems, which are in the order of their
// places. The document has no root if a problem is more than a warning.
//
// A RuleId that occurs twice in a policy is a warning: the standard does not
// ask for uniqueness, and nothing but RuleCombinerParameters depends on it. A
// VariableId that occurs twice is an error, since a reference to it is ambiguous.
//
// A policy of the usual form is read in one pass; see fastReader.
func ReadPolicy(name string, data []byte, limits Limits) (policy.Document, policy.Problems) {
	if root, ok := readFast(data, limits.filled()); ok {
		return policy.Document{Name: name, Root: root}, nil
	}
	return readStrictly(name, data, limits)
}

// readStrictly reads a document through a tree of it.
func readStrictly(name string, data []byte, limits Limits) (policy.Document, policy.Problems) {
	document := policy.Document{Name: name}
	b, root := newBuilder(name, data, limits, "Policy", "PolicySet")
	var child policy.Child
	switch {
	case root == nil:
	case root.is("PolicySet"):
		child = b.policySet(root)
	default:
		child = b.policy(root)
	}
	b.problems.Sort()
	if b.errors == 0 {
		document.Root = child
	}
	return document, b.problems
}

// policySet is a PolicySet (§5.1).
func (b *builder) policySet(e *element) *policy.PolicySet {
	p := &policy.PolicySet{
		Position:     e.Position,
		ID:           e.uri("PolicySetId"),
		Version:      e.str("Version"),
		Algorithm:    e.uri("PolicyCombiningAlgId"),
		Description:  description(e),
		XPathVersion: b.versionIn(e, "PolicySetDefaults"),

		MaxDelegationDepth: maxDelegationDepth(e),
	}
	defer b.enter(p.XPathVersion)()
	p.Issuer = b.issuer(e)
	if t := e.first("Target"); t != nil {
		p.Target = b.target(t)
	}
	for _, c := range e.elements() {
		switch {
		case c.is("PolicySet"):
			p.Children = append(p.Children, b.policySet(c))
		case c.is("Policy"):
			p.Children = append(p.Children, b.policy(c))
		case c.is("PolicySetIdReference"), c.is("PolicyIdReference"):
			p.Children = append(p.Children, idReferenceOf(c))
		}
	}
	p.Parameters = b.parameters(e)
	p.Obligations = b.obligations(e)
	p.Advice = b.advice(e)
	return p
}

// policy is a Policy (§5.14).
func (b *builder) policy(e *element) *policy.Policy {
	p := &policy.Policy{
		Position:     e.Position,
		ID:           e.uri("PolicyId"),
		Version:      e.str("Version"),
		Algorithm:    e.uri("RuleCombiningAlgId"),
		Description:  description(e),
		XPathVersion: b.versionIn(e, "PolicyDefaults"),

		MaxDelegationDepth: maxDelegationDepth(e),
	}
	defer b.enter(p.XPathVersion)()
	p.Issuer = b.issuer(e)
	if t := e.first("Target"); t != nil {
		p.Target = b.target(t)
	}
	for _, c := range e.all("VariableDefinition") {
		p.Variables = append(p.Variables, policy.VariableDefinition{
			Position: c.Position, ID: c.str("VariableId"), Expression: b.expressionIn(c),
		})
	}
	for _, c := range e.all("Rule") {
		p.Rules = append(p.Rules, b.rule(c))
	}
	findDuplicates(e, "VariableDefinition", "VariableId", b.add)
	findDuplicates(e, "Rule", "RuleId", b.warn)
	p.Parameters = b.parameters(e)
	p.Obligations = b.obligations(e)
	p.Advice = b.advice(e)
	return p
}

// enter makes an XPathVersion that is given the one in force; leave restores
// the one before (§5.4, 5.5).
func (b *builder) enter(xpathVersion string) (leave func()) {
	outer := b.xpathVersion
	if xpathVersion != "" {
		b.xpathVersion = xpathVersion
	}
	return func() { b.xpathVersion = outer }
}

// findDuplicates reports the children of e that repeat an id (§5.21, 5.23).
func findDuplicates(e *element, local, id string, report func(*element, policy.Position, policy.Reason, string)) {
	lines := map[string]int{}
	for _, c := range e.all(local) {
		v := c.str(id)
		if line, ok := lines[v]; ok && v != "" {
			report(c, c.Position, policy.ReasonDuplicate,
				fmt.Sprintf("%s %s is used twice in one Policy, first in line %d", id, quote(v), line))
			continue
		}
		lines[v] = c.Line
	}
}

// rule is a Rule (§5.21).
func (b *builder) rule(e *element) policy.Rule {
	r := policy.Rule{
		Position:    e.Position,
		ID:          e.str("RuleId"),
		Effect:      effectOf(e.str("Effect")),
		Description: description(e),
	}
	if t := e.first("Target"); t != nil {
		target := b.target(t)
		r.Target = &target
	}
	if c := e.first("Condition"); c != nil {
		r.Condition = b.expressionIn(c)
	}
	r.Obligations = b.obligations(e)
	r.Advice = b.advice(e)
	return r
}

// issuer is the PolicyIssuer in e (§5.3), or nil. The values in it are as those
// of a request.
func (b *builder) issuer(e *element) *policy.PolicyIssuer {
	i := e.first("PolicyIssuer")
	if i == nil {
		return nil
	}
	issuer := &policy.PolicyIssuer{Position: i.Position, Content: contentIn(i)}
	b.inContext = true
	for _, a := range i.all("Attribute") {
		issuer.Attributes = append(issuer.Attributes, b.attribute(a))
	}
	b.inContext = false
	return issuer
}

// maxDelegationDepth is the attribute of that name, or nil. "At most" means the
// same for a number beyond those of int and for the nearest of them.
func maxDelegationDepth(e *element) *int {
	digits := e.uri("MaxDelegationDepth")
	if digits == "" {
		return nil
	}
	depth, _ := strconv.ParseInt(digits, 10, strconv.IntSize) // the schema's integer: out of range is the only error
	return new(int(depth))
}

// target is a Target (§5.6).
func (b *builder) target(e *element) policy.Target {
	t := policy.Target{Position: e.Position}
	for _, anyOf := range e.all("AnyOf") {
		var alternatives policy.AnyOf
		for _, allOf := range anyOf.all("AllOf") {
			var conjunction policy.AllOf
			for _, m := range allOf.all("Match") {
				conjunction.Matches = append(conjunction.Matches, b.match(m))
			}
			alternatives.AllOf = append(alternatives.AllOf, conjunction)
		}
		t.AnyOf = append(t.AnyOf, alternatives)
	}
	return t
}

// match is a Match (§5.9).
func (b *builder) match(e *element) policy.Match {
	m := policy.Match{Position: e.Position, Function: e.uri("MatchId")}
	if v := e.first("AttributeValue"); v != nil {
		m.Literal = b.value(v)
	}
	for _, bag := range e.all("AttributeDesignator", "AttributeSelector") {
		m.Bag = b.expression(bag)
	}
	return m
}

// idReferenceOf is a PolicyIdReference or PolicySetIdReference (§5.10, 5.11).
func idReferenceOf(e *element) *policy.Reference {
	return &policy.Reference{
		Position:  e.Position,
		PolicySet: e.is("PolicySetIdReference"),
		ID:        collapse(e.text()),
		Version:   e.str("Version"),
		Earliest:  e.str("EarliestVersion"),
		Latest:    e.str("LatestVersion"),
	}
}

// parameters are the combiner parameters of e (§5.16 to 5.20).
func (b *builder) parameters(e *element) []policy.CombinerParameters {
	var out []policy.CombinerParameters
	for _, c := range e.all("CombinerParameters", "RuleCombinerParameters", "PolicyCombinerParameters", "PolicySetCombinerParameters") {
		ps := policy.CombinerParameters{Position: c.Position}
		switch c.local {
		case "RuleCombinerParameters":
			ps.Kind, ps.For = policy.ParametersOfRule, c.str("RuleIdRef")
		case "PolicyCombinerParameters":
			ps.Kind, ps.For = policy.ParametersOfPolicy, c.uri("PolicyIdRef")
		case "PolicySetCombinerParameters":
			ps.Kind, ps.For = policy.ParametersOfPolicySet, c.uri("PolicySetIdRef")
		}
		for _, p := range c.all("CombinerParameter") {
			parameter := policy.CombinerParameter{Name: p.str("ParameterName")}
			if v := p.first("AttributeValue"); v != nil {
				parameter.Value = b.value(v)
			}
			ps.Parameters = append(ps.Parameters, parameter)
		}
		out = append(out, ps)
	}
	return out
}

// description is the Description in e, or nothing (§5.2).
func description(e *element) string {
	if d := e.first("Description"); d != nil {
		return d.text()
	}
	return ""
}

// effectOf is an EffectType (§5.22).
func effectOf(s string) xacml.Effect {
	if s == xacml.EffectPermit.String() {
		return xacml.EffectPermit
	}
	return xacml.EffectDeny
}
