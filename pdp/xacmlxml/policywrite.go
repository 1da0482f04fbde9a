package xacmlxml

import (
	"fmt"
	"io"
	"strconv"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// WritePolicy writes a Policy or PolicySet as a document that is valid by the
// schema and that [ReadPolicy] makes the same policy of. One policy is always
// written in one way: indented, combiner parameters before what they are about,
// namespaces on the root where all that depend on namespaces agree on them, and
// else where they are needed.
//
// It fails if the policy holds what XML cannot, such as a control character; an
// identifier that reading would change or refuse; less than the schema asks for;
// a *policy.Invalid; or an xpathExpression of another XPathVersion than that in
// force where it stands.
//
// What the model does not hold is not written: comments, the lexical form of
// values, empty descriptions, and attributes of foreign namespaces on values of
// the data types of the standard.
func WritePolicy(w io.Writer, d policy.Document) error {
	root := "Policy"
	if _, is := d.Root.(*policy.PolicySet); is {
		root = "PolicySet"
	}
	return write(w, root, func(p *writer, e *etree.Element) {
		pw := policyWriter{writer: p}
		switch r := d.Root.(type) {
		case *policy.PolicySet:
			pw.policySet(e, r)
		case *policy.Policy:
			pw.policy(e, r)
		default:
			p.fail("document has neither a Policy nor a PolicySet as its root")
		}
		p.hoist(e)
		document := e.Parent()
		document.InsertChildAt(e.Index(), etree.NewText("\n"))
		indent(e, "\n")
		document.CreateText("\n")
	})
}

// policyWriter puts the parts of policies below elements.
type policyWriter struct {
	*writer
	xpathVersion string // of the innermost defaults
}

// in runs f, and puts the name of what f writes before the error of f.
func (p *policyWriter) in(local, id string, f func()) {
	before := p.err
	f()
	if p.err != nil && before == nil {
		if id != "" {
			local += " " + quote(id)
		}
		p.err = fmt.Errorf("%s: %w", local, p.err)
	}
}

// policySet fills a PolicySet (§5.1).
func (p *policyWriter) policySet(e *etree.Element, s *policy.PolicySet) {
	p.in("PolicySet", s.ID, func() {
		p.uri(e, "PolicySetId", s.ID)
		p.version(e, "Version", s.Version, false)
		p.uri(e, "PolicyCombiningAlgId", s.Algorithm)
		p.depth(e, s.MaxDelegationDepth)
		p.description(e, s.Description)
		defer p.enter(s.XPathVersion)()
		p.issuer(e, s.Issuer)
		p.defaults(e, "PolicySetDefaults", s.XPathVersion)
		p.target(e, s.Target)
		p.parameters(e, s.Parameters, true)
		for _, c := range s.Children {
			p.child(e, c)
		}
		p.obligations(e, s.Obligations)
		p.advice(e, s.Advice)
	})
}

// child adds what a policy set holds.
func (p *policyWriter) child(e *etree.Element, c policy.Child) {
	switch c := c.(type) {
	case *policy.PolicySet:
		p.policySet(e.CreateElement("PolicySet"), c)
	case *policy.Policy:
		p.policy(e.CreateElement("Policy"), c)
	case *policy.Reference:
		p.reference(e, c)
	case *policy.Invalid:
		p.fail("an invalid policy has no form to write")
	default:
		p.fail("PolicySet holds nothing where a policy must be")
	}
}

// reference adds a PolicyIdReference or PolicySetIdReference (§5.10, 5.11).
func (p *policyWriter) reference(e *etree.Element, r *policy.Reference) {
	local := "PolicyIdReference"
	if r.PolicySet {
		local = "PolicySetIdReference"
	}
	out := e.CreateElement(local)
	for _, v := range []struct{ key, pattern string }{
		{"Version", r.Version}, {"EarliestVersion", r.Earliest}, {"LatestVersion", r.Latest},
	} {
		if v.pattern != "" {
			p.version(out, v.key, v.pattern, true)
		}
	}
	p.uriText(out, r.ID)
}

// policy fills a Policy (§5.14).
func (p *policyWriter) policy(e *etree.Element, s *policy.Policy) {
	p.in("Policy", s.ID, func() {
		p.uri(e, "PolicyId", s.ID)
		p.version(e, "Version", s.Version, false)
		p.uri(e, "RuleCombiningAlgId", s.Algorithm)
		p.depth(e, s.MaxDelegationDepth)
		p.description(e, s.Description)
		defer p.enter(s.XPathVersion)()
		p.issuer(e, s.Issuer)
		p.defaults(e, "PolicyDefaults", s.XPathVersion)
		p.target(e, s.Target)
		p.parameters(e, s.Parameters, false)
		for _, v := range s.Variables {
			p.in("VariableDefinition", v.ID, func() {
				out := e.CreateElement("VariableDefinition")
				p.name(out, "VariableId", v.ID)
				p.expression(out, v.Expression)
			})
		}
		for i := range s.Rules {
			p.rule(e.CreateElement("Rule"), &s.Rules[i])
		}
		p.obligations(e, s.Obligations)
		p.advice(e, s.Advice)
	})
}

// enter makes an XPathVersion that is given the one in force, as that of
// builder does.
func (p *policyWriter) enter(xpathVersion string) (leave func()) {
	outer := p.xpathVersion
	if xpathVersion != "" {
		p.xpathVersion = xpathVersion
	}
	return func() { p.xpathVersion = outer }
}

// rule fills a Rule (§5.21).
func (p *policyWriter) rule(e *etree.Element, r *policy.Rule) {
	p.in("Rule", r.ID, func() {
		p.name(e, "RuleId", r.ID)
		e.CreateAttr("Effect", r.Effect.String())
		p.description(e, r.Description)
		if r.Target != nil {
			p.target(e, *r.Target)
		}
		if r.Condition != nil {
			p.expression(e.CreateElement("Condition"), r.Condition)
		}
		p.obligations(e, r.Obligations)
		p.advice(e, r.Advice)
	})
}

// checkURI fails if white space keeps s from being read as it is.
func (p *policyWriter) checkURI(what, s string) {
	if collapse(s) != s {
		p.fail("%s has white space that is not kept: %s", what, quote(s))
	}
}

// uri sets an attribute of type xs:anyURI.
func (p *policyWriter) uri(e *etree.Element, key, s string) {
	p.checkURI("attribute "+key+" of "+e.Tag, s)
	p.name(e, key, s)
}

// optionalURI sets an attribute of type xs:anyURI, if it is given.
func (p *policyWriter) optionalURI(e *etree.Element, key, s string) {
	if s != "" {
		p.uri(e, key, s)
	}
}

// uriText sets the text of an element of type xs:anyURI.
func (p *policyWriter) uriText(e *etree.Element, s string) {
	p.checkURI(e.Tag, s)
	if wrong := checkName(s); wrong != "" {
		p.fail("%s %s", e.Tag, wrong)
		return
	}
	p.text(e, s)
}

// version sets an attribute with a version or a version match (§5.12, 5.13).
func (p *policyWriter) version(e *etree.Element, key, s string, pattern bool) {
	if !isVersion(s, pattern) {
		p.fail("attribute %s of %s is not a version but %s", key, e.Tag, quote(s))
		return
	}
	e.CreateAttr(key, s)
}

// depth sets MaxDelegationDepth if it is limited.
func (p *policyWriter) depth(e *etree.Element, limit *int) {
	if limit != nil {
		e.CreateAttr("MaxDelegationDepth", strconv.Itoa(*limit))
	}
}

// description adds a Description if there is one (§5.2).
func (p *policyWriter) description(e *etree.Element, s string) {
	if s != "" {
		p.text(e.CreateElement("Description"), s)
	}
}

// defaults adds the defaults if there are any (§5.3, 5.4).
func (p *policyWriter) defaults(e *etree.Element, local, xpathVersion string) {
	if xpathVersion != "" {
		p.uriText(e.CreateElement(local).CreateElement("XPathVersion"), xpathVersion)
	}
}

// issuer adds a PolicyIssuer if there is one (§5.3).
func (p *policyWriter) issuer(e *etree.Element, i *policy.PolicyIssuer) {
	if i == nil {
		return
	}
	p.in("PolicyIssuer", "", func() {
		out := e.CreateElement("PolicyIssuer")
		if i.Content != nil {
			p.standAloneContent(out.CreateElement("Content"), i.Content)
		}
		for _, a := range i.Attributes {
			p.checkURI("AttributeId", a.ID)
			for _, v := range a.Values {
				p.checkValue(v)
			}
			p.attribute(out, a)
		}
	})
}

// target adds a Target (§5.6).
func (p *policyWriter) target(e *etree.Element, t policy.Target) {
	out := e.CreateElement("Target")
	for _, anyOf := range t.AnyOf {
		p.atLeastOne(len(anyOf.AllOf), "AnyOf", "AllOf")
		alternatives := out.CreateElement("AnyOf")
		for _, allOf := range anyOf.AllOf {
			p.atLeastOne(len(allOf.Matches), "AllOf", "Match")
			conjunction := alternatives.CreateElement("AllOf")
			for _, m := range allOf.Matches {
				p.match(conjunction.CreateElement("Match"), m)
			}
		}
	}
}

// match fills a Match (§5.9).
func (p *policyWriter) match(e *etree.Element, m policy.Match) {
	p.uri(e, "MatchId", m.Function)
	p.literal(e, m.Literal)
	switch m.Bag.(type) {
	case *policy.Designator, *policy.Selector:
		p.expression(e, m.Bag)
	default:
		p.fail("Match has no AttributeDesignator or AttributeSelector")
	}
}

// parameters adds combiner parameters to a policy set or a policy (§5.16 to
// 5.20).
func (p *policyWriter) parameters(e *etree.Element, list []policy.CombinerParameters, ofSet bool) {
	for _, ps := range list {
		var out *etree.Element
		switch {
		case ps.Kind == policy.ParametersOfWhole:
			out = e.CreateElement("CombinerParameters")
			if ps.For != "" {
				p.fail("CombinerParameters refer to %s", quote(ps.For))
			}
		case ps.Kind == policy.ParametersOfRule && !ofSet:
			out = e.CreateElement("RuleCombinerParameters")
			p.name(out, "RuleIdRef", ps.For)
		case ps.Kind == policy.ParametersOfPolicy && ofSet:
			out = e.CreateElement("PolicyCombinerParameters")
			p.uri(out, "PolicyIdRef", ps.For)
		case ps.Kind == policy.ParametersOfPolicySet && ofSet:
			out = e.CreateElement("PolicySetCombinerParameters")
			p.uri(out, "PolicySetIdRef", ps.For)
		default:
			p.fail("%s has combiner parameters of a kind that is not for it", e.Tag)
			return
		}
		for _, c := range ps.Parameters {
			parameter := out.CreateElement("CombinerParameter")
			p.name(parameter, "ParameterName", c.Name)
			p.literal(parameter, c.Value)
		}
	}
}

// obligations adds ObligationExpressions (§5.37, 5.39).
func (p *policyWriter) obligations(e *etree.Element, list []policy.ObligationExpression) {
	p.obligationExpressions(e, list, "ObligationExpressions", "ObligationExpression", "ObligationId", "FulfillOn")
}

// advice adds AdviceExpressions (§5.38, 5.40).
func (p *policyWriter) advice(e *etree.Element, list []policy.ObligationExpression) {
	p.obligationExpressions(e, list, "AdviceExpressions", "AdviceExpression", "AdviceId", "AppliesTo")
}

func (p *policyWriter) obligationExpressions(e *etree.Element, expressions []policy.ObligationExpression, list, local, id, on string) {
	if len(expressions) == 0 {
		return
	}
	out := e.CreateElement(list)
	for _, o := range expressions {
		p.in(local, o.ID, func() {
			obligation := out.CreateElement(local)
			p.uri(obligation, id, o.ID)
			obligation.CreateAttr(on, o.On.String())
			for _, a := range o.Assignments {
				p.assignment(obligation.CreateElement("AttributeAssignmentExpression"), a)
			}
		})
	}
}

// assignment fills an AttributeAssignmentExpression (§5.41).
func (p *policyWriter) assignment(e *etree.Element, a policy.AssignmentExpression) {
	p.uri(e, "AttributeId", a.AttributeID)
	p.optionalURI(e, "Category", a.Category)
	p.optional(e, "Issuer", a.Issuer)
	p.expression(e, a.Expression)
}
