package xacml

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
	if r.CombinedDecision {
		return []Individual{{r, ProcessingErrorf("CombinedDecision is not supported")}}, true
	}
	if r.References == nil {
		return r.cross(r.Attributes, limit)
	}
	for _, ids := range r.References {
		chosen, err := r.referenced(ids)
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
func (r *Request) referenced(ids []string) ([]Attributes, *Error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	var chosen []Attributes
	for _, a := range r.Attributes {
		if a.ID != "" && wanted[a.ID] {
			chosen = append(chosen, a)
			delete(wanted, a.ID)
		}
	}
	for _, id := range ids {
		if wanted[id] {
			return nil, SyntaxErrorf("reference %q names no Attributes element", id)
		}
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
				next = append(next, append(c[:len(c):len(c)], choice))
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
