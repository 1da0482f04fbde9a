package multiple

import (
	"context"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// DefaultLimit is the Limit of Options that have none.
const DefaultLimit = 1000

// Options are the bounds of a split, and what it asks.
type Options struct {
	// Limit is the largest number of parts; zero stands for DefaultLimit.
	Limit int
	// Hierarchy tells what is below a resource. It may be nil: then only the scope
	// Immediate can be decided.
	Hierarchy Hierarchy
	// Budget is the number of steps that all content selectors of the request may
	// take together; zero stands for a million.
	Budget int
}

// Part is one individual request of a multiple decision request, or the error
// that takes the place of its result.
type Part struct {
	// Request is never nil. Beside an error it is the request as far as it was
	// split when that was found.
	Request *xacml.Request
	Err     *xacml.Error
}

// Failure is the result of a part with an error. It has the attributes that the
// request wants back, by which a PEP knows the results apart (§5.48).
func (p Part) Failure() xacml.Result {
	return xacml.Result{
		Decision: xacml.IndeterminateDP, Status: p.Err.Status, Attributes: p.Request.IncludedInResult(),
	}
}

// Split makes individual requests of a request (Multiple Decision profile,
// chapter 2). A request that is individual already is its own only part. ok is
// false if there are more parts than the limit, or parts of more than a million
// elements in all; then the whole request must be refused. The parts share what they
// have in common with the request.
//
// The number of references and of combinations of repeated categories is
// checked before the hierarchy is asked for anything, and each Attributes element
// is expanded once, however many parts it is in. What depends on ctx is only the
// hierarchy: when it ends, the parts that need it have errors.
func Split(ctx context.Context, request *xacml.Request, options Options) (parts []Part, ok bool) {
	if options.Limit == 0 {
		options.Limit = DefaultLimit
	}
	if options.Budget == 0 {
		options.Budget = xpath.DefaultSteps
	}
	s := &splitter{ctx: ctx, request: request, options: options, steps: options.Budget, expanded: make(map[int]expansion)}
	choices, ok := s.choices()
	if !ok {
		return nil, false
	}
	elements := 0
	for _, c := range choices {
		room := options.Limit - len(parts)
		if room < 1 {
			return nil, false
		}
		if c.err != nil {
			parts = append(parts, Part{s.with(nil), c.err})
			continue
		}
		more, ok := s.expand(c.at, room)
		if elements += len(more) * len(c.at); !ok || elements > maxElements {
			return nil, false
		}
		parts = append(parts, more...)
	}
	return parts, true
}

// splitter is one call of Split.
type splitter struct {
	ctx      context.Context
	request  *xacml.Request
	options  Options
	steps    int               // what is left of the budget
	expanded map[int]expansion // by the position of the Attributes element
}

// choice is a working request in which no category is repeated: the positions of
// its Attributes elements.
type choice struct {
	at  []int
	err *xacml.Error
}

// choices splits by references (2.4), each of which takes the Attributes
// elements that it names and nothing else, and then by repeated categories (2.3).
func (s *splitter) choices() (choices []choice, ok bool) {
	if len(s.request.References) == 0 {
		all := make([]int, len(s.request.Attributes))
		for i := range all {
			all[i] = i
		}
		return s.repeated(all, s.options.Limit)
	}
	if len(s.request.References) > s.options.Limit {
		return nil, false
	}
	byID := make(map[string]int, len(s.request.Attributes))
	for i, a := range s.request.Attributes {
		if a.ID != "" {
			byID[a.ID] = i
		}
	}
	for _, ids := range s.request.References {
		at, err := referenced(ids, byID)
		if err != nil {
			choices = append(choices, choice{err: err})
			continue
		}
		more, ok := s.repeated(at, s.options.Limit-len(choices))
		if !ok {
			return nil, false
		}
		choices = append(choices, more...)
	}
	return choices, len(choices) <= s.options.Limit
}

// referenced gives the positions of the Attributes elements with these ids, in
// request order.
func referenced(ids []string, byID map[string]int) ([]int, *xacml.Error) {
	at := make([]int, 0, len(ids))
	for _, id := range ids {
		i, ok := byID[id]
		if !ok {
			return nil, xacml.SyntaxErrorf("reference %q names no Attributes element", id)
		}
		at = append(at, i)
	}
	slices.Sort(at)
	return slices.Compact(at), nil // named twice is named
}

// repeated combines the elements of repeated categories in every way.
func (s *splitter) repeated(at []int, limit int) ([]choice, bool) {
	var byCategory [][]int
	place := make(map[string]int)
	for _, i := range at {
		category := s.request.Attributes[i].Category
		p, seen := place[category]
		if !seen {
			p = len(byCategory)
			place[category] = p
			byCategory = append(byCategory, nil)
		}
		byCategory[p] = append(byCategory[p], i)
	}
	combinations, ok := product(byCategory, limit)
	if !ok {
		return nil, false
	}
	choices := make([]choice, len(combinations))
	for i, c := range combinations {
		choices[i].at = c
	}
	return choices, true
}

// maxElements bounds the Attributes elements of all parts together: each part has a
// list of its own, of as many as the request has categories.
const maxElements = 1 << 20

// product takes one element of each list in every way; the last list varies
// fastest. ok is false if that gives more than limit combinations, or more than
// maxElements elements in them.
func product[T any](lists [][]T, limit int) (combinations [][]T, ok bool) {
	size := 1
	for _, list := range lists {
		if size *= len(list); size > limit {
			return nil, false
		}
	}
	if size > limit || size*len(lists) > maxElements {
		return nil, false
	}
	// One array for each combination: nothing is copied again as it grows, for there may
	// be as many lists as a request has categories.
	combinations = make([][]T, size)
	for i := range combinations {
		combinations[i] = make([]T, len(lists))
		rest := i
		for j, list := range slices.Backward(lists) {
			combinations[i][j] = list[rest%len(list)]
			rest /= len(list)
		}
	}
	return combinations, true
}

// with is the request with other attributes and without references.
func (s *splitter) with(attributes []xacml.Attributes) *xacml.Request {
	return &xacml.Request{
		Attributes: attributes, ReturnPolicyIDList: s.request.ReturnPolicyIDList, XPathVersion: s.request.XPathVersion,
	}
}
