package contexthandler

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// Invalidation says what is not true any more of what sources answered.
type Invalidation struct {
	// Source is the only source that is concerned. Empty: all are.
	Source string
	// About are values of attributes, under names and in forms that callers may use,
	// an attribute more than once if need be. An answer is concerned if its question
	// held one of them, and no other value for any of the attributes. Empty: all
	// answers are. Where a source that remembers nothing makes something else of such a
	// value, the questions with what it makes are concerned too, whatever it is.
	About []xacml.Attributes
}

// Invalidate makes the sources forget answers, and tells how many they were. A
// decision that begins after it returns is made on what the sources say now. An
// error, always an *Error, tells that nothing was forgotten.
func (h *Handler) Invalidate(i Invalidation) (forgotten int, err error) {
	about, err := h.dictionary.Translate(&xacml.Request{Attributes: i.About})
	if err != nil {
		return 0, err
	}
	gone := make(map[name][]value.Value)
	for j, attrs := range about.Attributes {
		for k, a := range attrs.Attributes {
			n := name{attrs.Category, a.ID}
			if !h.plan.needed(n) {
				return 0, errorf(ReasonInvalidRequest, "no source needs attribute %q of category %q", a.ID, attrs.Category)
			}
			gone[n] = append(gone[n], a.Values...)
			// Where another source gave the value, it was not translated.
			gone[n] = append(gone[n], i.About[j].Attributes[k].Values...)
		}
	}
	made := h.plan.madeOf(gone)
	known, concerned := false, len(gone) == 0
	for s := range h.plan.sources {
		source := &h.plan.sources[s]
		if i.Source != "" && source.Name != i.Source {
			continue
		}
		known, concerned = true, concerned || needsAny(source, gone) || needsAny(source, made)
	}
	switch {
	case !known:
		return 0, errorf(ReasonInvalidRequest, "there is no source %q", i.Source)
	case !concerned: // to forget nothing, and to say that it went well, would be a lie
		return 0, errorf(ReasonInvalidRequest, "source %q needs none of these attributes", i.Source)
	}
	for s := range h.plan.sources {
		source := &h.plan.sources[s]
		if source.Forget == nil || i.Source != "" && source.Name != i.Source {
			continue
		}
		match := matcher(source.Needs, gone, made)
		if len(gone) == 0 {
			match = nil
		}
		forgotten += source.Forget(match)
	}
	return forgotten, nil
}

// madeOf are the attributes that sources which remember nothing make of others, and of
// what such sources make of them. What the values become nobody knows here.
func (p *plan) madeOf(others map[name][]value.Value) map[name][]value.Value {
	made := make(map[name][]value.Value)
	for more := true; more; {
		more = false
		for s := range p.sources {
			source := &p.sources[s]
			if source.Forget != nil || !needsAny(source, others) && !needsAny(source, made) {
				continue
			}
			for i := range source.Provides {
				n := name{source.Provides[i].Key.Category, source.Provides[i].Key.ID}
				if _, ok := made[n]; !ok {
					made[n], more = nil, true
				}
			}
		}
	}
	return made
}

// needsAny reports whether the source needs one of the attributes.
func needsAny(s *pip.Source, attributes map[name][]value.Value) bool {
	return slices.ContainsFunc(s.Needs, func(need pip.Need) bool {
		_, ok := attributes[name{need.Key.Category, need.Key.ID}]
		return ok
	})
}

// matcher matches questions with one of the values of an attribute, and no other, and
// with whatever is made of them.
func matcher(needs []pip.Need, gone, made map[name][]value.Value) func(pip.Question) bool {
	return func(q pip.Question) bool {
		concerned := false
		for i := range needs {
			n := name{needs[i].Key.Category, needs[i].Key.ID}
			if _, ok := made[n]; ok {
				concerned = true // a value that is given as well says too little
				continue
			}
			values, ok := gone[n]
			if !ok || i >= len(q) {
				continue
			}
			if !hasForm(values, q[i]) {
				return false
			}
			concerned = true
		}
		return concerned
	}
}

// hasForm reports whether one of the values has the same lexical form, whatever the
// case and the spaces: a source may have been asked in another data type, and may find
// ALICE where alice changed. 07 is the integer 7. Sources are asked in normal form.
func hasForm(values []value.Value, v value.Value) bool {
	asked := v.String()
	for _, o := range values {
		if pip.Alike(o.String(), asked) {
			return true
		}
		if o.Type() != v.Type() {
			p, err := pip.Parse(v.Type(), o.String())
			if err != nil {
				continue
			}
			o = p
		}
		if pip.Alike(value.Normal(o).String(), asked) {
			return true
		}
	}
	return false
}
