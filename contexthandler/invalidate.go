package contexthandler

import (
	"strings"

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
	// answers are.
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
	for _, attrs := range about.Attributes {
		for _, a := range attrs.Attributes {
			n := name{attrs.Category, a.ID}
			if !h.plan.needed(n) {
				return 0, errorf(ReasonInvalidRequest, "no source needs attribute %q of category %q", a.ID, attrs.Category)
			}
			gone[n] = append(gone[n], a.Values...)
		}
	}
	known := false
	for s := range h.plan.sources {
		source := &h.plan.sources[s]
		if i.Source != "" && source.Name != i.Source {
			continue
		}
		known = true
		if source.Forget == nil {
			continue
		}
		match := matcher(source.Needs, gone)
		if len(gone) == 0 {
			match = nil
		}
		forgotten += source.Forget(match)
	}
	if !known {
		return 0, errorf(ReasonInvalidRequest, "there is no source %q", i.Source)
	}
	return forgotten, nil
}

// matcher matches questions with one of the values of an attribute, and no other.
func matcher(needs []pip.Need, gone map[name][]value.Value) func(pip.Question) bool {
	return func(q pip.Question) bool {
		concerned := false
		for i := range needs {
			values, ok := gone[name{needs[i].Key.Category, needs[i].Key.ID}]
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
// case: a source may have been asked in another data type, and may find ALICE where
// alice changed. 07 is the integer 7.
func hasForm(values []value.Value, v value.Value) bool {
	for _, o := range values {
		if strings.EqualFold(o.String(), v.String()) {
			return true
		}
		if o.Type() == v.Type() {
			continue
		}
		if p, err := pip.Parse(v.Type(), o.String()); err == nil && p.String() == v.String() {
			return true
		}
	}
	return false
}
