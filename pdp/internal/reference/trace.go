package reference

import (
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Trace records an evaluation for an explanation. A nil Trace records nothing.
// Evaluations inside of an evaluation, on another request, are not recorded.
//
// Each step begins with a method that gives a span and ends with one of the
// span, as in
//
//	defer e.trace.rule(r).decided(&out)
type Trace struct {
	*explanation.Recorder
	// File names the document of a child of a policy set, if that is another one
	// than that of the policy set.
	File func(policy.Child) string
}

// span is a step that has begun, or nil.
type span struct{ *Trace }

func (t *Trace) begin(n *explanation.Node, at policy.Position) *span {
	if t == nil {
		return nil
	}
	n.Line, n.Column = at.Line, at.Column
	t.Begin(n)
	return &span{t}
}

// child begins a policy, policy set or what takes their place.
func (t *Trace) child(c policy.Child, root bool) *span {
	if t == nil {
		return nil
	}
	n := &explanation.Node{Kind: explanation.Invalid, File: t.File(c)}
	var at policy.Position
	switch p := c.(type) {
	case *policy.Policy:
		n.Kind, n.ID, n.Version, n.Algorithm, at = explanation.Policy, p.ID, p.Version, p.Algorithm, p.Position
	case *policy.PolicySet:
		n.Kind, n.ID, n.Version, n.Algorithm, at = explanation.PolicySet, p.ID, p.Version, p.Algorithm, p.Position
		if root {
			n.Kind = explanation.Documents
		}
	case *policy.Invalid:
		at = p.Position
	}
	return t.begin(n, at)
}

func (t *Trace) rule(r *policy.Rule) *span {
	return t.begin(&explanation.Node{Kind: explanation.Rule, ID: r.ID, Effect: r.Effect.String()}, r.Position)
}

func (t *Trace) target(p *policy.Target) *span {
	return t.begin(&explanation.Node{Kind: explanation.Target}, p.Position)
}

func (t *Trace) anyOf() *span {
	return t.begin(&explanation.Node{Kind: explanation.AnyOf}, policy.Position{})
}

func (t *Trace) allOf() *span {
	return t.begin(&explanation.Node{Kind: explanation.AllOf}, policy.Position{})
}

func (t *Trace) match(m *policy.Match) *span {
	s := t.begin(&explanation.Node{Kind: explanation.Match, ID: m.Function}, m.Position)
	if s != nil {
		t.Literal(m.Position, m.Literal)
	}
	return s
}

func (t *Trace) condition(x policy.Expression) *span {
	return t.begin(&explanation.Node{Kind: explanation.Condition}, x.Place())
}

// obligation begins an obligation or advice.
func (t *Trace) obligation(k explanation.Kind, o *policy.ObligationExpression) *span {
	return t.begin(&explanation.Node{Kind: k, ID: o.ID, Effect: o.On.String()}, o.Position)
}

func (t *Trace) assignment(a *policy.AssignmentExpression) *span {
	return t.begin(&explanation.Node{Kind: explanation.Assignment, ID: a.AttributeID}, a.Position)
}

func (t *Trace) expression(x policy.Expression) *span {
	if t == nil {
		return nil
	}
	n := &explanation.Node{Kind: explanation.Function}
	switch x := x.(type) {
	case *policy.Literal:
		n.Kind = explanation.Literal
	case *policy.Designator:
		n.Kind, n.Attribute = explanation.Designator, explanation.AttributeOf(x.AttributeKey, x.MustBePresent)
	case *policy.Selector:
		n.Kind, n.Path = explanation.Selector, x.Path
		key := xacml.AttributeKey{Category: x.Category, ID: x.ContextSelectorID, Type: x.Type}
		n.Attribute = explanation.AttributeOf(key, x.MustBePresent)
	case *policy.VariableReference:
		n.Kind, n.ID = explanation.Variable, x.ID
	case *policy.Apply:
		n.Kind, n.ID = explanation.Apply, x.Function
		if len(x.Arguments) > 0 {
			if f, ok := x.Arguments[0].(*policy.FunctionReference); ok {
				n.Note = "with " + explanation.ShortName(f.Function)
			}
		}
	case *policy.FunctionReference:
		n.ID = x.Function
	case *policy.Quantified:
		n.Kind, n.ID = explanation.Quantified, x.Quantifier.String()
		n.Line, n.Column = x.Line, x.Column
		t.BeginQuantified(n, x.Variable)
		return &span{t}
	}
	return t.begin(n, x.Place())
}

// decided ends a rule, policy or policy set.
func (s *span) decided(out *outcome) {
	if s != nil {
		s.EndDecision(out.decision, out.err)
	}
}

// matched ends a target or a part of it.
func (s *span) matched(m *matching, err **xacml.Error) {
	switch {
	case s == nil:
	case *m == match:
		s.EndResult(explanation.ResultMatch, nil)
	case *m == noMatch:
		s.EndResult(explanation.ResultNoMatch, nil)
	default:
		s.EndResult(explanation.ResultIndeterminate, *err)
	}
}

// held ends a match or a condition.
func (s *span) held(truth *bool, err **xacml.Error) {
	switch {
	case s == nil:
	case *truth:
		s.EndResult(explanation.ResultTrue, *err)
	default:
		s.EndResult(explanation.ResultFalse, *err)
	}
}

// done ends an obligation, advice or argument.
func (s *span) done(err **xacml.Error) {
	if s != nil {
		s.EndResult(explanation.ResultDone, *err)
	}
}

// evaluated ends an expression.
func (s *span) evaluated(datum *value.Datum, err **xacml.Error) {
	if s != nil {
		s.EndValue(*datum, *err)
	}
}

// applicable ends a child whose own target was looked at (C.9).
func (s *span) applicable(ok *bool, err **xacml.Error) {
	m := noMatch
	switch {
	case *err != nil:
		m = indeterminate
	case *ok:
		m = match
	}
	s.matched(&m, err)
}

// from tells where the values of an attribute come from, and gives them.
func (t *Trace) from(origin string, key xacml.AttributeKey, bag value.Bag) value.Bag {
	if t != nil {
		t.From(key, origin)
	}
	return bag
}

// read tells that the step at hand uses an attribute.
func (t *Trace) read(key xacml.AttributeKey, bag value.Bag) {
	if t != nil {
		t.Read(key, bag)
	}
}

// reduced tells with which decision an issued child counts.
func (t *Trace) reduced(d xacml.Decision) {
	if t != nil {
		t.Reduced(d)
	}
}

// applied tells that a function gets these arguments: with an entity, one of them
// may name an attribute of it (Related and Nested Entities profile).
func (t *Trace) applied(a *policy.Apply, arguments []value.Datum) {
	if t == nil || a.Function != xacml.Function3+"attribute-designator" || len(arguments) < 2 {
		return
	}
	if _, nested := arguments[0].(value.Entity); nested {
		if id, ok := arguments[1].(value.AnyURI); ok {
			t.ReadNested(string(id))
		}
	}
}
