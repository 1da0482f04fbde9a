package xacml

// CheckIndividual reports a request that asks for more than one decision, one that
// repeats a category or has references, as a syntax error, and one that asks for them
// combined as a processing error (§5.42): combined, a Permit with obligations would be
// none, so whoever decides as if nobody had asked permits too much.
func (r *Request) CheckIndividual() *Error {
	if r.CombinedDecision {
		return ProcessingErrorf("the request asks for a combined decision")
	}
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
