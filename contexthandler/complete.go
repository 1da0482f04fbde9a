package contexthandler

import (
	"context"
	"fmt"
	"sync"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// maxQuestions bounds the questions to one source for one request: a source is
// asked once for each combination of the values of its needs.
const maxQuestions = 64

// complete looks up what the policies need to know for the request: in rounds,
// each of which asks, side by side, every source that can be asked by now and
// whose answer may still matter. It ends when nothing is needed or nothing more
// can be known.
func (h *Handler) complete(ctx context.Context, p *pdp.PDP, request *xacml.Request) *knowledge {
	k := &knowledge{plan: &h.plan, dictionary: h.dictionary, request: request, asked: make([]bool, len(h.plan.sources))}
	for ctx.Err() == nil {
		needed := p.Needs(ctx, request, k, k.pending)
		round := k.next(needed)
		if len(round) == 0 {
			break
		}
		k.ask(ctx, round)
	}
	return k
}

// knowledge is what is known beside the request: it answers for the sources
// while one individual request is decided.
type knowledge struct {
	plan       *plan
	dictionary *Dictionary
	request    *xacml.Request
	asked      []bool // by source
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
			known = known || o.String() == v.String() && o.Type() == v.Type()
		}
		if !known {
			to = append(to, v)
		}
	}
	return to
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

// next gives the sources to ask now for these attributes: those that provide
// them, or what it takes to ask those, whose own needs are settled.
func (k *knowledge) next(needed []xacml.AttributeKey) []int {
	chosen := make([]bool, len(k.asked))
	visited := make([]bool, len(k.asked))
	var want func(n name)
	want = func(n name) {
		if k.inRequest(n) {
			return
		}
		for _, i := range k.plan.providers[n] {
			if k.asked[i] || visited[i] {
				continue
			}
			visited[i] = true
			ready := true
			for _, need := range k.plan.sources[i].Needs {
				if m := (name{need.Key.Category, need.Key.ID}); !k.settled(m) {
					ready = false
					want(m)
				}
			}
			chosen[i] = ready
		}
	}
	for _, key := range needed {
		want(name{key.Category, key.ID})
	}
	if round := indexes(chosen); len(round) > 0 {
		return round
	}
	// The sources that are left wait for each other. Those that could be asked
	// with what is known already go first.
	for i, v := range visited {
		chosen[i] = v && k.hasNeeds(&k.plan.sources[i])
	}
	if round := indexes(chosen); len(round) > 0 {
		return round
	}
	return indexes(visited) // without a value for their needs they give none
}

func indexes(set []bool) []int {
	var out []int
	for i, in := range set {
		if in {
			out = append(out, i)
		}
	}
	return out
}

// hasNeeds reports whether there is a value for each need of the source.
func (k *knowledge) hasNeeds(s *pip.Source) bool {
	for _, need := range s.Needs {
		if values, err := k.need(need); err != nil || len(values) == 0 {
			return false
		}
	}
	return true
}

// ask asks the sources side by side and takes their answers in configuration
// order.
func (k *knowledge) ask(ctx context.Context, round []int) {
	type reply struct {
		findings []finding
		err      error
	}
	replies := make([]reply, len(round))
	var wait sync.WaitGroup
	for j, i := range round {
		wait.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					replies[j] = reply{err: fmt.Errorf("source %q: internal error", k.plan.sources[i].Name)}
				}
			}()
			findings, err := k.fetch(ctx, &k.plan.sources[i])
			replies[j] = reply{findings, err}
		})
	}
	wait.Wait()
	for j, i := range round {
		k.asked[i] = true
		if replies[j].err != nil {
			k.fail(&k.plan.sources[i], replies[j].err)
		}
		k.found = append(k.found, replies[j].findings...)
	}
}

// fail makes unknown what the source provides: a part of the values would be
// worse than none.
func (k *knowledge) fail(s *pip.Source, err error) {
	if k.failed == nil {
		k.failed = make(map[name]error)
	}
	for _, p := range s.Provides {
		n := name{p.Key.Category, p.Key.ID}
		if k.failed[n] == nil {
			k.failed[n] = xacml.ProcessingErrorf("attribute %q is not available: %v", p.Key.ID, err)
		}
	}
}

// fetch puts the questions to one source, one for each combination of the
// values of its needs. Without a value for one of them there is no question,
// and so no values.
func (k *knowledge) fetch(ctx context.Context, s *pip.Source) ([]finding, error) {
	questions := []pip.Question{nil}
	for _, need := range s.Needs {
		values, err := k.need(need)
		if err != nil {
			return nil, err
		}
		if len(questions)*len(values) > maxQuestions {
			return nil, fmt.Errorf("source %q: more than %d questions for one request", s.Name, maxQuestions)
		}
		next := make([]pip.Question, 0, len(questions)*len(values))
		for _, q := range questions {
			for _, v := range values {
				next = append(next, append(q[:len(q):len(q)], v))
			}
		}
		questions = next
	}
	findings := make([]finding, len(s.Provides))
	for i, p := range s.Provides {
		findings[i].Provided = p
	}
	for _, q := range questions {
		answer, err := s.Provider.Fetch(ctx, q)
		if err != nil {
			return nil, err
		}
		for i, bag := range answer.Bags {
			findings[i].values = appendDistinct(findings[i].values, bag.Values())
		}
	}
	return findings, nil
}

// need gives the values of a need in its declared type, whatever type they
// have: a key is its lexical form.
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
				if err := add(v); err != nil {
					return nil, err
				}
			}
		}
	}
	if k.inRequest(n) {
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

// includedInResult gives what the sources found and the configuration wants in
// results.
func (k *knowledge) includedInResult() []xacml.Attributes {
	return k.attributes(func(f finding) bool { return f.IncludeInResult })
}

// attributes gives findings by category, each attribute once.
func (k *knowledge) attributes(choose func(finding) bool) []xacml.Attributes {
	var out []xacml.Attributes
	at := make(map[string]int)
	for _, f := range k.found {
		n := name{f.Key.Category, f.Key.ID}
		if len(f.values) == 0 || !choose(f) || k.inRequest(n) || k.failed[n] != nil {
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
				a.Values = appendDistinct(a.Values[:len(a.Values):len(a.Values)], f.values)
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
