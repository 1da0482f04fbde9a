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
