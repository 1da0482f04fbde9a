package generate

import (
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// expression is one of the wanted kind, with functions up to depth deep.
func (d *draw) expression(want value.Kind, depth int) policy.Expression {
	if d.chance(15) {
		if v := d.variableOf(want); v != nil {
			return v
		}
	}
	if want.Bag {
		return d.bag(want.Type, depth)
	}
	return d.single(want.Type, depth)
}

func (d *draw) variableOf(want value.Kind) policy.Expression {
	var of []variable
	for _, v := range d.variables {
		if v.kind == want {
			of = append(of, v)
		}
	}
	if of == nil {
		return nil
	}
	return &policy.VariableReference{ID: pick(d, of).id}
}

func (d *draw) single(t value.Type, depth int) policy.Expression {
	functions := d.g.library.byResult[value.One(t)]
	switch n := d.IntN(100); {
	case depth > 0 && t == value.TypeBoolean && n < 5:
		q := d.quantified(pick(d, []policy.Quantifier{policy.ForAny, policy.ForAll}))
		q.Domain = d.expression(value.BagOf(d.kind().Type), depth-1)
		q.Iterant = d.iterant(q, value.One(t), depth)
		return q
	case depth > 0 && t == value.TypeBoolean && n < 25 && d.g.library.quantifiers != nil:
		return d.quantifier(depth)
	case depth > 0 && n < 80 && functions != nil:
		return d.apply(pick(d, functions), depth)
	case n%2 == 0 && d.g.library.oneAndOnly[t] != nil:
		return &policy.Apply{Function: d.g.library.oneAndOnly[t].ID, Arguments: []policy.Expression{d.designator(t)}}
	default:
		return &policy.Literal{Value: d.value(d.literalType(t))}
	}
}

func (d *draw) bag(t value.Type, depth int) policy.Expression {
	functions := d.g.library.byResult[value.BagOf(t)]
	switch n := d.IntN(100); {
	case depth > 0 && n < 10 && d.g.library.maps != nil && d.g.library.applied[t] != nil:
		return d.higherOrder(pick(d, d.g.library.maps), pick(d, d.g.library.applied[t]), depth)
	case depth > 0 && n < 45 && functions != nil:
		return d.apply(pick(d, functions), depth)
	case depth > 0 && n < 48:
		q := d.quantified(policy.Map)
		q.Domain = d.expression(value.BagOf(d.kind().Type), depth-1)
		q.Iterant = d.iterant(q, value.One(t), depth)
		return q
	case depth > 0 && n < 51:
		q := d.quantified(policy.Select)
		q.Domain = d.expression(value.BagOf(t), depth-1)
		q.Iterant = d.iterant(q, value.One(value.TypeBoolean), depth)
		return q
	case n < 56:
		return d.designatorFunction(t)
	case n < 62 && constructed(t):
		return d.selector(t)
	default:
		return d.designator(t)
	}
}

// apply is the function with arguments of the kinds that it wants.
func (d *draw) apply(f *function.Function, depth int) policy.Expression {
	kinds := slices.Clone(f.Parameters)
	if f.Rest != nil {
		for range d.upTo(2) {
			kinds = append(kinds, *f.Rest)
		}
	}
	a := &policy.Apply{Function: f.ID}
	for i, k := range kinds {
		a.Arguments = append(a.Arguments, d.argument(f, i, k, depth-1))
	}
	d.hint(a.Arguments)
	return a
}

// argument is the i-th one of the function; literals that it would refuse at
// load are not drawn.
func (d *draw) argument(f *function.Function, i int, k value.Kind, depth int) policy.Expression {
	x := d.expression(k, depth)
	l, ok := x.(*policy.Literal)
	switch {
	case !ok:
	case f.CheckLiterals != nil && i == 0:
		l.Value = value.String(pick(d, patterns))
	case shortName(f) == "access-permitted" && i == 0:
		l.Value = value.AnyURI(xacml.CategoryResource)
	case shortName(f) == "access-permitted":
		l.Value = value.String(pick(d, nested))
	case i == 0 && strings.HasSuffix(f.ID, "-from-string") && d.chance(60):
		l.Value = value.String(pick(d, pool(f.Result.Type)))
	case shortName(f) == "n-of" && i == 0:
		l.Value = value.NewInteger(int64(d.upTo(3)))
	}
	return x
}

func (d *draw) quantifier(depth int) policy.Expression {
	q := pick(d, d.g.library.quantifiers)
	for {
		f := pick(d, d.g.library.applied[value.TypeBoolean])
		if x := d.higherOrder(q, f, depth); x != nil {
			return x
		}
	}
}

// higherOrder applies f by the higher-order function (A.3.12), or is nil if f
// does not have the right number of parameters.
func (d *draw) higherOrder(higher, f *function.Function, depth int) policy.Expression {
	kinds := slices.Clone(f.Parameters)
	for f.Rest != nil && (len(kinds) < 2 || d.chance(20)) {
		kinds = append(kinds, *f.Rest)
	}
	switch shortName(higher) {
	case "any-of-any":
		for i := range kinds {
			kinds[i].Bag = d.chance(60)
		}
	case "all-of-any", "any-of-all", "all-of-all":
		if len(kinds) != 2 {
			return nil
		}
		kinds[0].Bag, kinds[1].Bag = true, true
	default: // one bag
		kinds[d.IntN(len(kinds))].Bag = true
	}
	a := &policy.Apply{Function: higher.ID, Arguments: []policy.Expression{&policy.FunctionReference{Function: f.ID}}}
	for i, k := range kinds {
		a.Arguments = append(a.Arguments, d.argument(f, i, k, depth-1))
	}
	d.hint(a.Arguments)
	return a
}

// hint remembers the literals that stand beside designators of their type.
func (d *draw) hint(arguments []policy.Expression) {
	var literals []value.Value
	var keys []xacml.AttributeKey
	for _, x := range arguments {
		switch x := x.(type) {
		case *policy.Literal:
			literals = append(literals, x.Value)
		case *policy.Designator:
			keys = append(keys, x.AttributeKey)
		case *policy.Apply: // one-and-only of a designator
			if len(x.Arguments) == 1 {
				if inner, ok := x.Arguments[0].(*policy.Designator); ok {
					keys = append(keys, inner.AttributeKey)
				}
			}
		}
	}
	for _, k := range keys {
		for _, v := range literals {
			if v.Type() == k.Type {
				d.hints[k] = append(d.hints[k], v)
			}
		}
	}
}

// designator names an attribute of the vocabulary as one of type t.
func (d *draw) designator(t value.Type) *policy.Designator {
	x := &policy.Designator{MustBePresent: d.chance(30)}
	if now, ok := clock(t); ok && d.chance(25) {
		x.AttributeKey = now
	} else {
		a := pick(d, d.vocabulary)
		x.AttributeKey = xacml.AttributeKey{Category: a.Category, ID: a.ID, Type: d.literalType(t)}
		if d.chance(50) {
			x.Issuer = a.issuer
		}
	}
	d.used = append(d.used, x.AttributeKey)
	return x
}

// clock is the attribute of the environment that has this type (B.7).
func clock(t value.Type) (xacml.AttributeKey, bool) {
	key := xacml.AttributeKey{Category: xacml.CategoryEnvironment, Type: t}
	switch t {
	case value.TypeTime:
		key.ID = xacml.AttributeCurrentTime
	case value.TypeDate:
		key.ID = xacml.AttributeCurrentDate
	case value.TypeDateTime:
		key.ID = xacml.AttributeCurrentDateTime
	default:
		return key, false
	}
	return key, true
}
