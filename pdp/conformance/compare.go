package conformance

import (
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Responses tells how got differs from want, or nothing if they are the same
// by the rules of comparison.
func (c *Compare) Responses(got, want *xacml.Response) string {
	if len(got.Results) != len(want.Results) {
		return fmt.Sprintf("got %d results, want %d", len(got.Results), len(want.Results))
	}
	taken := make([]bool, len(got.Results))
	for i := range want.Results {
		var why string
		found := false
		for j := range got.Results {
			if taken[j] {
				continue
			}
			if why = c.result(&got.Results[j], &want.Results[i]); why == "" {
				taken[j], found = true, true
				break
			}
		}
		if !found {
			return fmt.Sprintf("result %d: %s", i+1, why)
		}
	}
	return ""
}

func (c *Compare) result(got, want *xacml.Result) string {
	decision := got.Decision.String()
	if c.DecisionAnyOf != nil {
		if !slices.Contains(c.DecisionAnyOf, decision) {
			return fmt.Sprintf("got %s (%s), want one of %v", decision, got.Status.Message, c.DecisionAnyOf)
		}
		if decision != want.Decision.String() {
			return "" // the other reading has other obligations and another status
		}
	} else if decision != want.Decision.String() {
		return fmt.Sprintf("got %s (%s), want %s", got.Decision.Extended(), got.Status.Message, want.Decision)
	}
	if c.DecisionOnly {
		return ""
	}
	if got.Decision.Indeterminate() && !c.IgnoreStatus {
		codes := c.StatusCodeAnyOf
		if codes == nil {
			codes = []string{statusCode(want)}
		}
		if !slices.Contains(codes, statusCode(got)) {
			return fmt.Sprintf("got status %s (%s), want %v", statusCode(got), got.Status.Message, codes)
		}
	}
	if !sameSet(got.Obligations, want.Obligations, sameObligation) {
		return fmt.Sprintf("got obligations %v, want %v", got.Obligations, want.Obligations)
	}
	if !sameSet(got.Advice, want.Advice, sameObligation) {
		return fmt.Sprintf("got advice %v, want %v", got.Advice, want.Advice)
	}
	if g, w := c.flatten(got.Attributes), c.flatten(want.Attributes); !sameSet(g, w, sameFlat) {
		return fmt.Sprintf("got attributes %v, want %v", g, w)
	}
	if why := c.policyIDs(got.PolicyIDs, want.PolicyIDs); why != "" {
		return why
	}
	return ""
}

func statusCode(r *xacml.Result) string {
	if r.Status.Code == "" {
		return xacml.StatusOK
	}
	return r.Status.Code
}

// policyIDs compares as sets; a version counts only if both have one.
func (c *Compare) policyIDs(got, want []xacml.PolicyIdentifier) string {
	if mustMay, ok := c.PolicyIdentifierList.(map[string]any); ok {
		ids := func(key string) []string {
			var out []string
			list, _ := mustMay[key].([]any)
			for _, v := range list {
				out = append(out, fmt.Sprint(v))
			}
			return out
		}
		must, may := ids("must"), ids("may")
		for _, id := range must {
			if !slices.ContainsFunc(got, func(p xacml.PolicyIdentifier) bool { return p.ID == id }) {
				return fmt.Sprintf("policy %q is not in the list %v", id, got)
			}
		}
		for _, p := range got {
			if !slices.Contains(must, p.ID) && !slices.Contains(may, p.ID) {
				return fmt.Sprintf("policy %q must not be in the list", p.ID)
			}
		}
		return ""
	}
	same := func(g, w xacml.PolicyIdentifier) bool {
		return g.PolicySet == w.PolicySet && g.ID == w.ID && (g.Version == "" || w.Version == "" || g.Version == w.Version)
	}
	if c.PolicyIdentifierList == nil && !sameSet(got, want, same) {
		return fmt.Sprintf("got policies %v, want %v", got, want)
	}
	return ""
}

// sameSet matches every element of one list with one of the other.
func sameSet[T any](got, want []T, same func(a, b T) bool) bool {
	if len(got) != len(want) {
		return false
	}
	taken := make([]bool, len(got))
	for _, w := range want {
		i := -1
		for j, g := range got {
			if !taken[j] && same(g, w) {
				i = j
				break
			}
		}
		if i < 0 {
			return false
		}
		taken[i] = true
	}
	return true
}

func sameObligation(a, b xacml.Obligation) bool {
	return a.ID == b.ID && sameSet(a.Assignments, b.Assignments, func(a, b xacml.AttributeAssignment) bool {
		return a.AttributeID == b.AttributeID && a.Category == b.Category && a.Issuer == b.Issuer && SameValue(a.Value, b.Value)
	})
}

// flat is one attribute value with everything that names it.
type flat struct {
	category, id, issuer string
	value                value.Value // nil if the value does not count
}

func (c *Compare) flatten(attributes []xacml.Attributes) []flat {
	var out []flat
	for _, as := range attributes {
		for _, a := range as.Attributes {
			if slices.Contains(c.IgnoreAttributeValues, a.ID) {
				out = append(out, flat{as.Category, a.ID, a.Issuer, nil})
				continue
			}
			for _, v := range a.Values {
				out = append(out, flat{as.Category, a.ID, a.Issuer, v})
			}
		}
	}
	return out
}

func sameFlat(a, b flat) bool {
	return a.category == b.category && a.id == b.id && a.issuer == b.issuer &&
		(a.value == nil || b.value == nil || SameValue(a.value, b.value))
}

// SameValue compares in the value space of the data type; types without
// equality by their text.
func SameValue(a, b value.Value) bool {
	return value.TypeID(a) == value.TypeID(b) && (value.Equal(a, b) || a.String() == b.String())
}
