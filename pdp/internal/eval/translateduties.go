package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// allDuties translates obligations and advice; nil if there are none.
func (t *translator) allDuties(obligations, advice []policy.ObligationExpression) *duties {
	if len(obligations)+len(advice) == 0 {
		return nil
	}
	d := new(duties)
	for effect := range d {
		own := &d[effect]
		own.obligations = t.dutiesOn(xacml.Effect(effect), obligations)
		own.advice = t.dutiesOn(xacml.Effect(effect), advice)
		if isConstant(own.obligations) && isConstant(own.advice) {
			own.constant = call{constantDuties(own.obligations), constantDuties(own.advice)}
			own.obligations, own.advice = nil, nil
		}
	}
	return t.sameDuties(d)
}

// sameDuties is d, or what says the same for good: many policies do.
func (c *Compiler) sameDuties(d *duties) *duties {
	var b strings.Builder
	for i := range d {
		if len(d[i].obligations)+len(d[i].advice) > 0 || !write(&b, d[i].constant) {
			return d
		}
	}
	says := b.String()
	if known := c.duties[says]; known != nil {
		return known
	}
	c.duties[says] = d
	return d
}

func (t *translator) dutiesOn(effect xacml.Effect, list []policy.ObligationExpression) []duty {
	var out []duty
	for _, o := range list {
		if o.On != effect {
			continue
		}
		d := duty{id: o.ID, assignments: make([]assignment, len(o.Assignments))}
		for i, a := range o.Assignments {
			d.assignments[i] = assignment{a.AttributeID, a.Category, a.Issuer, t.expression(a.Expression)}
		}
		out = append(out, d)
	}
	return out
}

func isConstant(list []duty) bool {
	for _, d := range list {
		for _, a := range d.assignments {
			if _, ok := a.expression.(*constant); !ok {
				return false
			}
		}
	}
	return true
}

func constantDuties(list []duty) []xacml.Obligation {
	var out []xacml.Obligation
	for _, d := range list {
		o := xacml.Obligation{ID: d.id}
		for i := range d.assignments {
			a := &d.assignments[i]
			switch v := a.expression.(*constant).value.(type) {
			case value.Bag:
				for _, w := range v.Values() {
					o.Assignments = append(o.Assignments, a.of(w))
				}
			case value.Value:
				o.Assignments = append(o.Assignments, a.of(v))
			}
		}
		o.Assignments = slices.Clip(o.Assignments)
		out = append(out, o)
	}
	return slices.Clip(out)
}

// write writes what a call says; ok is false if its values cannot be told apart by
// their text.
func write(b *strings.Builder, c call) (ok bool) {
	for _, list := range [][]xacml.Obligation{c.obligations, c.advice} {
		fmt.Fprintf(b, "%d:", len(list))
		for _, o := range list {
			fmt.Fprintf(b, "%q %d", o.ID, len(o.Assignments))
			for _, a := range o.Assignments {
				switch a.Value.(type) {
				case value.String, value.AnyURI, value.Boolean, value.Integer:
				default:
					return false
				}
				fmt.Fprintf(b, " %q %q %q %d %q", a.AttributeID, a.Category, a.Issuer, a.Value.Type(), a.Value.String())
			}
		}
	}
	return true
}
