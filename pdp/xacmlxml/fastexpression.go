package xacmlxml

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// expressionIn is the expression in e.
func (r *fastReader) expressionIn(e *fastElement) (x policy.Expression) {
	for c := (fastElement{}); r.child(e, &c); {
		x = r.expression(&c)
	}
	return x
}

// expression is e as an expression (§5.25).
func (r *fastReader) expression(e *fastElement) policy.Expression {
	switch e.kind {
	case applyKind:
		return r.apply(e)
	case attributeValueKind:
		l := r.literals.one(r.progress())
		l.Position, l.Value = e.Position, r.value(e)
		return l
	case attributeDesignatorKind:
		return r.designator(e)
	case attributeSelectorKind:
		return r.selector(e)
	case variableReferenceKind:
		r.empty(e)
		return &policy.VariableReference{Position: e.Position, ID: e.value(idSlot)}
	case functionKind:
		r.empty(e)
		return &policy.FunctionReference{Position: e.Position, Function: e.value(idSlot)}
	default:
		r.giveUp()
		return nil
	}
}

// apply is an Apply (§5.27).
func (r *fastReader) apply(e *fastElement) *policy.Apply {
	a := r.applies.one(r.progress())
	a.Position, a.Function = e.Position, e.value(idSlot)
	for c := (fastElement{}); r.child(e, &c); {
		if c.kind == descriptionKind {
			a.Description = r.string(&c)
		} else {
			a.Arguments = append(a.Arguments, r.expression(&c))
		}
	}
	return a
}

// designator is an AttributeDesignator (§5.29).
func (r *fastReader) designator(e *fastElement) *policy.Designator {
	r.empty(e)
	d := r.designators.one(r.progress())
	d.Position, d.MustBePresent = e.Position, e.flag(mustBePresentSlot)
	d.Category, d.ID, d.Type, d.Issuer = e.value(categorySlot), e.value(idSlot), r.dataType(e), e.value(issuerSlot)
	return d
}

// selector is an AttributeSelector (§5.30).
func (r *fastReader) selector(e *fastElement) *policy.Selector {
	r.empty(e)
	return &policy.Selector{
		Position:          e.Position,
		Category:          e.value(categorySlot),
		ContextSelectorID: e.value(selectorSlot),
		Path:              e.value(pathSlot),
		Type:              r.dataType(e),
		MustBePresent:     e.flag(mustBePresentSlot),
		Namespaces:        r.inScope(e.scope),
	}
}

// inScope are the prefixes in force in a scope.
func (r *fastReader) inScope(s *scope) map[string]string {
	known, ok := r.prefixes[s]
	if !ok {
		known = s.prefixes()
		if r.prefixes == nil {
			r.prefixes = map[*scope]map[string]string{}
		}
		r.prefixes[s] = known
	}
	return known
}

// dataType is the DataType of e, which must be one of the standard.
func (r *fastReader) dataType(e *fastElement) value.Type {
	t := e.values[dataTypeSlot].dataType()
	if t == value.TypeUnknown {
		r.giveUp()
	}
	return t
}

// value is that of an AttributeValue (§5.31, 7.3.1), if its text says everything.
func (r *fastReader) value(e *fastElement) value.Value {
	t := r.dataType(e)
	raw, plain := r.text(e)
	if r.values++; r.failed {
		return nil
	}
	if t == value.TypeString && plain {
		return r.names.of(raw).string()
	}
	text, ok := string(raw), true
	if !plain {
		text, ok = resolve(text, false)
	}
	v, err := value.Parse(t, text) // refuses those types that are more than text
	if err != nil || !ok {
		r.giveUp()
	}
	return v
}
