package contexthandler

import (
	"context"
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// knowledge is what is known beside the request: it answers for the sources
// while one individual request is decided.
type knowledge struct {
	plan       *plan
	dictionary *Dictionary
	request    *xacml.Request
	asked      []bool            // by source
	inputs     [][][]value.Value // by source: the values of its needs when it was asked
	broken     []bool            // by source: it failed
	found      []finding
	failed     map[name]error
}

// finding is the values that one source gave for one attribute.
type finding struct {
	pip.Provided
	values []value.Value
}

// Find gives the values that the sources have for the key (§7.3.5). It makes
// knowledge a pdp.Finder.
func (k *knowledge) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	n := name{key.Category, key.ID}
	if k.inRequest(n) {
		return value.NewBag(key.Type), nil // the request has it in another type or of another issuer
	}
	if err := k.failed[n]; err != nil {
		return value.Bag{}, err
	}
	if k.pending(key) {
		// Nobody was asked: what is not known is not absent.
		return value.Bag{}, xacml.ProcessingErrorf("attribute %q was not looked up", key.ID)
	}
	values := k.values(key)
	if len(values) > 1 && k.dictionary.single(n) {
		return value.Bag{}, k.notSingle(n)
	}
	return value.NewBag(key.Type, values...), nil
}

func (k *knowledge) notSingle(n name) *xacml.Error {
	return xacml.ProcessingErrorf("attribute %q must have one value, and the sources give several", n.id)
}

// values merges what the sources gave, each value once, in configuration order.
func (k *knowledge) values(key xacml.AttributeKey) []value.Value {
	var out []value.Value
	for _, f := range k.found {
		if f.Key.Category != key.Category || f.Key.ID != key.ID || f.Key.Type != key.Type || key.Issuer != "" && f.Key.Issuer != key.Issuer {
			continue
		}
		out = appendDistinct(out, f.values)
	}
	return out
}

func appendDistinct(to, values []value.Value) []value.Value {
	for _, v := range values {
		known := false
		for _, o := range to {
			known = known || same(o, v)
		}
		if !known {
			to = append(to, v)
		}
	}
	return to
}

// same reports whether two values are one. Entities and XPath expressions are
// more than their text, so they never are.
func same(a, b value.Value) bool {
	return a.Type() == b.Type() && a.String() == b.String() && a.Type() != value.TypeEntity && a.Type() != value.TypeXPathExpression
}

// inRequest reports whether the caller supplied the attribute; the sources are
// then not asked for it.
func (k *knowledge) inRequest(n name) bool {
	for _, attrs := range k.request.Attributes {
		if attrs.Category != n.category {
			continue
		}
		for _, a := range attrs.Attributes {
			if a.ID == n.id {
				return true
			}
		}
	}
	return false
}

// pending reports whether a source that was not asked yet may have values for
// the key.
func (k *knowledge) pending(key xacml.AttributeKey) bool {
	n := name{key.Category, key.ID}
	return k.plan.keys[key] && !k.settled(n)
}

// settled reports whether everything that can be known of the attribute is.
func (k *knowledge) settled(n name) bool {
	if k.inRequest(n) {
		return true
	}
	for _, i := range k.plan.providers[n] {
		if !k.asked[i] {
			return false
		}
	}
	return true
}

// need gives the values of a need in its declared type. What sources found is
// converted: a key is its lexical form. What the caller supplied is not.
func (k *knowledge) need(need pip.Need) ([]value.Value, error) {
	n := name{need.Key.Category, need.Key.ID}
	if err := k.failed[n]; err != nil && !k.inRequest(n) {
		return nil, err
	}
	var out []value.Value
	add := func(v value.Value) error {
		if v.Type() != need.Key.Type {
			converted, err := pip.Parse(need.Key.Type, v.String())
			if err != nil {
				return fmt.Errorf("attribute %q is not a %s", need.Key.ID, need.Key.Type)
			}
			v = converted
		}
		out = appendDistinct(out, []value.Value{v})
		return nil
	}
	for _, attrs := range k.request.Attributes {
		if attrs.Category != need.Key.Category {
			continue
		}
		for _, a := range attrs.Attributes {
			if a.ID != need.Key.ID || need.Key.Issuer != "" && a.Issuer != need.Key.Issuer {
				continue
			}
			for _, v := range a.Values {
				if v.Type() != need.Key.Type { // the policies would not see what the source is asked for
					return nil, fmt.Errorf("attribute %q is not a %s", need.Key.ID, need.Key.Type)
				}
				out = appendDistinct(out, []value.Value{v})
			}
		}
	}
	if k.inRequest(n) {
		if len(out) == 0 {
			return nil, fmt.Errorf("attribute %q is not of the issuer that is needed", need.Key.ID)
		}
		return out, nil
	}
	for _, f := range k.found {
		if f.Key.Category == need.Key.Category && f.Key.ID == need.Key.ID {
			for _, v := range f.values {
				if err := add(v); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(out) > 1 && k.dictionary.single(n) {
		return nil, k.notSingle(n)
	}
	return out, nil
}

// attributes gives findings by category, each attribute once.
func (k *knowledge) attributes(choose func(pip.Provided) bool) []xacml.Attributes {
	var out []xacml.Attributes
	at := make(map[string]int)
	for _, f := range k.found {
		n := name{f.Key.Category, f.Key.ID}
		if len(f.values) == 0 || !choose(f.Provided) || k.inRequest(n) || k.failed[n] != nil {
			continue
		}
		i, ok := at[n.category]
		if !ok {
			i = len(out)
			at[n.category] = i
			out = append(out, xacml.Attributes{Category: n.category})
		}
		merged := false
		for j := range out[i].Attributes {
			a := &out[i].Attributes[j]
			if a.ID == f.Key.ID && a.Issuer == f.Key.Issuer {
				a.Values = appendDistinct(slices.Clip(a.Values), f.values)
				a.IncludeInResult = a.IncludeInResult || f.IncludeInResult
				merged = true
			}
		}
		if !merged {
			out[i].Attributes = append(out[i].Attributes, xacml.Attribute{
				ID: f.Key.ID, Issuer: f.Key.Issuer, IncludeInResult: f.IncludeInResult, Values: f.values,
			})
		}
	}
	return out
}
