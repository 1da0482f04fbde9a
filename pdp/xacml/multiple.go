package xacml

import "slices"

// CheckIndividual reports, as a syntax error, a request that asks for more than
// one decision: one that repeats a category (§5.42) or has references.
func (r *Request) CheckIndividual() *Error {
	if len(r.References) > 0 {
		return SyntaxErrorf("the request holds MultiRequests")
	}
	seen := make(map[string]bool, len(r.Attributes))
	for _, a := range r.Attributes {
		if seen[a.Category] {
			return SyntaxErrorf("category %q is repeated", a.Category)
		}
		seen[a.Category] = true
	}
	return nil
}

// Individual is one individual request of a multiple decision request, or the
// error that takes the place of its result.
type Individual struct {
	Request *Request
	Err     *Error
}

// Individuals splits a request as the Multiple Decision profile says: first by
// references, each of which takes the Attributes elements that it names and
// nothing else, then by repeated categories, whose elements are combined in
// every way. A request that is individual already is its own only part. ok is
// false if there were more than limit parts; the caller must then refuse the
// whole request.
func (r *Request) Individuals(limit int) (parts []Individual, ok bool) {
	if len(r.References) == 0 {
		return r.cross(r.Attributes, limit)
	}
	byID := make(map[string]int, len(r.Attributes))
	for i, a := range r.Attributes {
		if a.ID != "" {
			byID[a.ID] = i
		}
	}
	for _, ids := range r.References {
		chosen, err := r.referenced(ids, byID)
		if err != nil {
			parts = append(parts, Individual{r.with(nil), err})
		} else {
			more, ok := r.cross(chosen, limit-len(parts))
			if !ok {
				return nil, false
			}
			parts = append(parts, more...)
		}
		if len(parts) > limit {
			return nil, false
		}
	}
	return parts, true
}

// referenced gives the Attributes elements with these ids, in request order.
func (r *Request) referenced(ids []string, byID map[string]int) ([]Attributes, *Error) {
	at := make([]int, 0, len(ids))
	for _, id := range ids {
		i, ok := byID[id]
		if !ok {
			return nil, SyntaxErrorf("reference %q names no Attributes element", id)
		}
		at = append(at, i)
	}
	slices.Sort(at)
	at = slices.Compact(at) // named twice is named
	chosen := make([]Attributes, len(at))
	for j, i := range at {
		chosen[j] = r.Attributes[i]
	}
	return chosen, nil
}

// cross combines the elements of repeated categories in every way, the last
// category varying fastest.
func (r *Request) cross(attributes []Attributes, limit int) ([]Individual, bool) {
	var order []string
	byCategory := make(map[string][]Attributes)
	for _, a := range attributes {
		if byCategory[a.Category] == nil {
			order = append(order, a.Category)
		}
		byCategory[a.Category] = append(byCategory[a.Category], a)
	}
	combinations := [][]Attributes{nil}
	for _, category := range order {
		choices := byCategory[category]
		if len(combinations)*len(choices) > limit {
			return nil, false
		}
		next := make([][]Attributes, 0, len(combinations)*len(choices))
		for _, c := range combinations {
			for _, choice := range choices {
				next = append(next, append(slices.Clip(c), choice))
			}
		}
		combinations = next
	}
	parts := make([]Individual, len(combinations))
	for i, c := range combinations {
		parts[i] = Individual{Request: r.with(c)}
	}
	return parts, true
}

// with is the request with other attributes and without references.
func (r *Request) with(attributes []Attributes) *Request {
	return &Request{Attributes: attributes, ReturnPolicyIDList: r.ReturnPolicyIDList, XPathVersion: r.XPathVersion}
}

// Combine makes the one result that CombinedDecision asks for (Multiple
// Decision profile): the decision that all results have in common, without
// attributes. If they differ, or if one has obligations or advice, it is
// Indeterminate with processing-error. Without results there is nothing to
// combine, which is the same.
func Combine(results []Result) Result {
	if len(results) == 0 {
		return Result{Status: ProcessingErrorf("there are no decisions to combine").Status}
	}
	for i := range results {
		switch {
		case len(results[i].Obligations)+len(results[i].Advice) > 0:
			return Result{Status: ProcessingErrorf("a combined decision cannot have obligations or advice").Status}
		case results[i].Decision.String() != results[0].Decision.String():
			return Result{Status: ProcessingErrorf("the decisions to combine differ").Status}
		}
	}
	combined := Result{Decision: results[0].Decision, Status: Status{Code: StatusOK}}
	if combined.Decision.Indeterminate() {
		combined.Status = ProcessingErrorf("the decisions to combine are Indeterminate").Status
	}
	return combined
}
