package contexthandler

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// merged adds values, which are distinct, each once. The result may be one of
// the two.
func merged(to, values []value.Value) []value.Value {
	if len(to) == 0 {
		return values
	}
	return appendDistinct(slices.Clip(to), values)
}

// few is how many values are compared with each other. Callers choose how many there
// are: more than these are looked up.
const few = 16

// distinct gives each value once, without a copy if they are few and distinct.
func distinct(values []value.Value) []value.Value {
	if len(values) > few {
		return appendDistinct(nil, values)
	}
	for i, v := range values {
		if slices.ContainsFunc(values[:i], func(o value.Value) bool { return same(o, v) }) {
			return appendDistinct(slices.Clone(values[:i]), values[i:])
		}
	}
	return values
}

// appendDistinct adds the values that are not there yet.
func appendDistinct(to, values []value.Value) []value.Value {
	if len(to)+len(values) <= few {
		for _, v := range values {
			if !slices.ContainsFunc(to, func(o value.Value) bool { return same(o, v) }) {
				to = append(to, v)
			}
		}
		return to
	}
	type identity struct {
		value.Type
		text string
	}
	known := make(map[identity]struct{}, len(to)+len(values))
	for _, v := range to {
		known[identity{v.Type(), value.Identity(v)}] = struct{}{}
	}
	for _, v := range values {
		id := identity{v.Type(), value.Identity(v)}
		if _, ok := known[id]; !ok || !same(v, v) {
			known[id] = struct{}{}
			to = append(to, v)
		}
	}
	return to
}

// same reports whether two values are one. Entities and XPath expressions are
// more than their text, so they never are.
func same(a, b value.Value) bool {
	return a.Type() == b.Type() && value.Identity(a) == value.Identity(b) && a.Type() != value.TypeEntity && a.Type() != value.TypeXPathExpression
}
