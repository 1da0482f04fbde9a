package xacmlxml

import "github.com/forseti-pdp/forseti/pdp/policy"

// policySet is a PolicySet (§5.1).
func (r *fastReader) policySet(e *fastElement) *policy.PolicySet {
	p := &policy.PolicySet{
		Position: e.Position, ID: e.value(idSlot), Version: e.value(versionSlot), Algorithm: e.value(algorithmSlot),
	}
	for c := (fastElement{}); r.child(e, &c); {
		switch c.kind {
		case descriptionKind:
			p.Description = r.string(&c)
		case policySetDefaultsKind:
			p.XPathVersion = r.xpathVersion(&c)
		case targetKind:
			p.Target = r.target(&c)
		case policySetKind:
			p.Children = append(p.Children, r.policySet(&c))
		case policyKind:
			p.Children = append(p.Children, r.policy(&c))
		case policySetIDReferenceKind, policyIDReferenceKind:
			p.Children = append(p.Children, r.reference(&c))
		case obligationExpressionsKind:
			p.Obligations = r.obligationExpressions(&c)
		case adviceExpressionsKind:
			p.Advice = r.obligationExpressions(&c)
		default:
			r.giveUp()
		}
	}
	return p
}

// policy is a Policy (§5.14).
func (r *fastReader) policy(e *fastElement) *policy.Policy {
	p := &policy.Policy{
		Position: e.Position, ID: e.value(idSlot), Version: e.value(versionSlot), Algorithm: e.value(algorithmSlot),
	}
	for c := (fastElement{}); r.child(e, &c); {
		switch c.kind {
		case descriptionKind:
			p.Description = r.string(&c)
		case policyDefaultsKind:
			p.XPathVersion = r.xpathVersion(&c)
		case targetKind:
			p.Target = r.target(&c)
		case variableDefinitionKind:
			if id := c.values[idSlot]; id.variableOf == p {
				r.giveUp() // defined twice
			} else {
				id.variableOf = p
			}
			v := r.variables.add(r.progress())
			v.Position, v.ID, v.Expression = c.Position, c.value(idSlot), r.expressionIn(&c)
		case ruleKind:
			if id := c.values[idSlot]; id.ruleOf == p {
				r.giveUp() // worth a warning
			} else {
				id.ruleOf = p
			}
			r.rule(&c, r.rules.add(r.progress()))
		case obligationExpressionsKind:
			p.Obligations = r.obligationExpressions(&c)
		case adviceExpressionsKind:
			p.Advice = r.obligationExpressions(&c)
		default:
			r.giveUp()
		}
	}
	p.Variables, p.Rules = r.variables.list(), r.rules.list()
	return p
}

// rule fills a Rule (§5.21).
func (r *fastReader) rule(e *fastElement, rule *policy.Rule) {
	rule.Position, rule.ID, rule.Effect = e.Position, e.value(idSlot), effectOf(e.value(effectSlot))
	for c := (fastElement{}); r.child(e, &c); {
		switch c.kind {
		case descriptionKind:
			rule.Description = r.string(&c)
		case targetKind:
			rule.Target = r.targets.one(r.progress())
			*rule.Target = r.target(&c)
		case conditionKind:
			rule.Condition = r.expressionIn(&c)
		case obligationExpressionsKind:
			rule.Obligations = r.obligationExpressions(&c)
		case adviceExpressionsKind:
			rule.Advice = r.obligationExpressions(&c)
		default:
			r.giveUp()
		}
	}
}

// target is a Target (§5.6).
func (r *fastReader) target(e *fastElement) policy.Target {
	for c := (fastElement{}); r.child(e, &c); {
		r.anyOfs.add(r.progress()).AllOf = r.anyOf(&c)
	}
	return policy.Target{Position: e.Position, AnyOf: r.anyOfs.list()}
}

// anyOf is what an AnyOf holds (§5.7).
func (r *fastReader) anyOf(e *fastElement) []policy.AllOf {
	for c := (fastElement{}); r.child(e, &c); {
		r.allOfs.add(r.progress()).Matches = r.allOf(&c)
	}
	return r.allOfs.list()
}

// allOf is what an AllOf holds (§5.8).
func (r *fastReader) allOf(e *fastElement) []policy.Match {
	for c := (fastElement{}); r.child(e, &c); {
		r.match(&c, r.matches.add(r.progress()))
	}
	return r.matches.list()
}

// match fills a Match (§5.9).
func (r *fastReader) match(e *fastElement, m *policy.Match) {
	m.Position, m.Function = e.Position, e.value(idSlot)
	for c := (fastElement{}); r.child(e, &c); {
		if c.kind == attributeValueKind {
			m.Literal = r.value(&c)
		} else {
			m.Bag = r.expression(&c)
		}
	}
}

// xpathVersion is the XPathVersion in the defaults e (§5.4, 5.5).
func (r *fastReader) xpathVersion(e *fastElement) (version string) {
	for c := (fastElement{}); r.child(e, &c); {
		version = r.uri(&c)
	}
	return version
}

// reference is a PolicyIdReference or PolicySetIdReference (§5.10, 5.11).
func (r *fastReader) reference(e *fastElement) *policy.Reference {
	return &policy.Reference{
		Position:  e.Position,
		PolicySet: e.kind == policySetIDReferenceKind,
		Version:   e.value(versionSlot),
		Earliest:  e.value(earliestSlot),
		Latest:    e.value(latestSlot),
		ID:        r.uri(e),
	}
}

// uri is the text of e, which must be an anyURI.
func (r *fastReader) uri(e *fastElement) string {
	text := r.string(e)
	if anyURI.check(text) != "" {
		r.giveUp()
	}
	return collapse(text)
}

// obligationExpressions are ObligationExpressions (§5.37) or AdviceExpressions
// (§5.38).
func (r *fastReader) obligationExpressions(e *fastElement) []policy.ObligationExpression {
	for c := (fastElement{}); r.child(e, &c); {
		r.obligationExpression(&c, r.obligations.add(r.progress()))
	}
	return r.obligations.list()
}

// obligationExpression fills an ObligationExpression (§5.39) or an
// AdviceExpression (§5.40).
func (r *fastReader) obligationExpression(e *fastElement, o *policy.ObligationExpression) {
	o.Position, o.ID, o.On = e.Position, e.value(idSlot), effectOf(e.value(effectSlot))
	for c := (fastElement{}); r.child(e, &c); {
		a := r.assignments.add(r.progress())
		a.Position, a.AttributeID, a.Category, a.Issuer = c.Position, c.value(idSlot), c.value(categorySlot), c.value(issuerSlot)
		a.Expression = r.expressionIn(&c)
	}
	o.Assignments = r.assignments.list()
}
