package xacml

// CheckIndividual reports, as a syntax error, a request that asks for more than
// one decision: one that repeats a category (§5.42) or has references.
func (r *Request) CheckIndividual() *Error {
	if len(r.References) > 0 {
		return SyntaxErrorf("the request holds MultiRequests")
	}
	for i := range r.Attributes {
		for j := range min(i, few) {
			if r.Attributes[i].Category == r.Attributes[j].Category {
				return repeated(r.Attributes[i].Category)
			}
		}
	}
	if len(r.Attributes) <= few {
		return nil
	}
	seen := make(map[string]bool, len(r.Attributes))
	for _, a := range r.Attributes {
		if seen[a.Category] {
			return repeated(a.Category)
		}
		seen[a.Category] = true
	}
	return nil
}

// few is how many categories are compared with each other faster than they are
// put into a map.
const few = 8

func repeated(category string) *Error { return SyntaxErrorf("category %q is repeated", category) }
