package compile

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// element is the variable of a quantified expression whose iterant is checked.
type element struct {
	id   string
	kind value.Kind
}

// quantified type-checks a quantified expression (Related and Nested Entities
// profile). Its variable is visible in its iterant, not in its domain.
func (c *checker) quantified(q *policy.Quantified, s *scope) (value.Kind, bool) {
	own := c.ownVariable(q, s)
	domain, ok := c.kind(q.Domain, s)
	if !ok {
		return value.Kind{}, false
	}
	if !domain.Bag {
		c.errorf(q.Domain.Place(), policy.ReasonType, "the domain of %s wants a bag, got %s", q.Quantifier, domain)
		return value.Kind{}, false
	}
	c.elements = append(c.elements, element{q.Variable, value.One(domain.Type)})
	iterant, ok := c.kind(q.Iterant, s)
	c.elements = c.elements[:len(c.elements)-1]
	if !ok || !own {
		return value.Kind{}, false
	}
	switch {
	case q.Quantifier == policy.Map && iterant.Bag:
		c.errorf(q.Iterant.Place(), policy.ReasonType, "the iterant of %s wants a single value, got %s", q.Quantifier, iterant)
		return value.Kind{}, false
	case q.Quantifier != policy.Map && iterant != boolean:
		c.errorf(q.Iterant.Place(), policy.ReasonType, "the iterant of %s wants boolean, got %s", q.Quantifier, iterant)
		return value.Kind{}, false
	}
	switch q.Quantifier {
	case policy.Map:
		if c.mapped == nil {
			c.mapped = make(map[*policy.Quantified]value.Type)
		}
		c.mapped[q] = iterant.Type
		return value.BagOf(iterant.Type), true
	case policy.Select:
		return domain, true
	default: // ForAny, ForAll
		return boolean, true
	}
}

// ownVariable reports a variable that an enclosing quantified expression or the
// policy has already.
func (c *checker) ownVariable(q *policy.Quantified, s *scope) bool {
	if _, taken := c.element(q.Variable); taken {
		c.errorf(q.Position, policy.ReasonDuplicate, "variable %q of %s is that of a quantified expression around it", q.Variable, q.Quantifier)
		return false
	}
	if s != nil && s.variables[q.Variable] != nil {
		c.errorf(q.Position, policy.ReasonDuplicate, "variable %q of %s is defined in this policy already", q.Variable, q.Quantifier)
		return false
	}
	return true
}

// element is the kind of the variable with this id of an enclosing quantified
// expression.
func (c *checker) element(id string) (k value.Kind, ok bool) {
	for _, e := range slices.Backward(c.elements) { // after a duplicate the innermost counts
		if e.id == id {
			return e.kind, true
		}
	}
	return value.Kind{}, false
}

// nested works on an expression inside another one, unless it is too deep.
func (c *checker) nested(at policy.Position, work func() (value.Kind, bool)) (value.Kind, bool) {
	if c.depth++; c.depth > maxExpressionDepth {
		c.errorf(at, policy.ReasonDepth, "expressions are nested more than %d deep", maxExpressionDepth)
		c.depth--
		return value.Kind{}, false
	}
	defer func() { c.depth-- }()
	return work()
}
