package multiple

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// expansion is what an Attributes element becomes in individual requests: one
// variant for each node of its scope and each node of its content selector.
type expansion struct {
	variants []xacml.Attributes
	err      *xacml.Error
	tooMany  bool // more variants than parts may be
}

// expand splits a working request by scope and content selectors: in several
// categories, in every way.
func (s *splitter) expand(at []int, limit int) (parts []Part, ok bool) {
	lists := make([][]xacml.Attributes, len(at))
	var failed *xacml.Error
	for i, position := range at {
		e := s.element(position)
		if e.tooMany {
			return nil, false
		}
		lists[i] = e.variants
		failed = xacml.MergeErrors(failed, e.err)
	}
	if failed != nil {
		whole := make([]xacml.Attributes, len(at))
		for i, position := range at {
			whole[i] = s.request.Attributes[position]
		}
		return []Part{{s.with(whole), failed}}, true
	}
	combinations, ok := product(lists, limit)
	if !ok {
		return nil, false
	}
	parts = make([]Part, len(combinations))
	for i, c := range combinations {
		parts[i].Request = s.with(c)
	}
	return parts, true
}

// element expands an Attributes element once: the variants do not depend on
// the rest of the request.
func (s *splitter) element(position int) expansion {
	e, known := s.expanded[position]
	if !known {
		e = s.expandElement(&s.request.Attributes[position])
		s.expanded[position] = e
	}
	return e
}

func (s *splitter) expandElement(a *xacml.Attributes) expansion {
	resources, err := s.scope(a)
	if err != nil {
		return expansion{err: err}
	}
	nodes, err := s.contentNodes(a)
	if err != nil {
		return expansion{err: err}
	}
	combinations, ok := product([][]edit{edits(resources, withResource), edits(nodes, withNode)}, s.options.Limit)
	if !ok {
		return expansion{tooMany: true}
	}
	variants := make([]xacml.Attributes, len(combinations))
	for i, c := range combinations {
		variants[i] = *a
		for _, change := range c {
			variants[i].Attributes = change(variants[i].Attributes)
		}
	}
	return expansion{variants: variants}
}

// edit makes other attributes of those of a category, without changing them.
type edit func([]xacml.Attribute) []xacml.Attribute

// edits gives one edit for each value, and one that changes nothing if values
// is nil.
func edits(values []value.Value, with func([]xacml.Attribute, value.Value) []xacml.Attribute) []edit {
	if values == nil {
		return []edit{func(same []xacml.Attribute) []xacml.Attribute { return same }}
	}
	all := make([]edit, len(values))
	for i, v := range values {
		all[i] = func(attributes []xacml.Attribute) []xacml.Attribute { return with(attributes, v) }
	}
	return all
}

// named gives all values of the attributes with one of these ids, of whatever
// data type and issuer; found tells that there is such an attribute.
func named(attributes []xacml.Attribute, ids ...string) (values []value.Value, found bool) {
	for _, a := range attributes {
		if slices.Contains(ids, a.ID) {
			values, found = append(values, a.Values...), true
		}
	}
	return values, found
}
