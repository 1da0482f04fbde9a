package contexthandler

import (
	"context"
	"fmt"
	"slices"
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
	n := len(h.plan.sources)
	k := &knowledge{
		plan: &h.plan, dictionary: h.dictionary, request: request,
		asked: make([]bool, n), inputs: make([][][]value.Value, n), broken: make([]bool, n),
	}
	for ctx.Err() == nil {
		needed := p.Needs(ctx, request, k, k.pending)
		round := k.next(append(needed, k.provisional()...))
		if len(round) == 0 {
			break
		}
		k.ask(ctx, round)
	}
	k.revise()
	return k
}

// provisional gives the attributes that sources were asked with before all that
// can be known of them was: what those sources said depends on them.
func (k *knowledge) provisional() []xacml.AttributeKey {
	var open []xacml.AttributeKey
	for i := range k.plan.sources {
		if !k.asked[i] || k.broken[i] {
			continue
		}
		for _, need := range k.plan.sources[i].Needs {
			if !k.settled(name{need.Key.Category, need.Key.ID}) {
				open = append(open, need.Key)
			}
		}
	}
	return open
}

// revise makes unknown what sources said that were asked before their needs were
// known, as those in a circle are, if the needs turned out to be other ones.
func (k *knowledge) revise() {
	for changed := true; changed; {
		changed = false
		for i := range k.plan.sources {
			if !k.asked[i] || k.broken[i] {
				continue
			}
			s := &k.plan.sources[i]
			if now, err := k.inputsOf(s); err != nil || !slices.EqualFunc(now, k.inputs[i], sameValues) {
				k.fail(s, fmt.Errorf("source %q was asked before what it needs was known", s.Name))
				k.broken[i], changed = true, true
			}
		}
	}
}

// inputsOf gives the values of each need of the source.
func (k *knowledge) inputsOf(s *pip.Source) ([][]value.Value, error) {
	inputs := make([][]value.Value, len(s.Needs))
	for i, need := range s.Needs {
		values, err := k.need(need)
		if err != nil {
			return nil, err
		}
		inputs[i] = values
	}
	return inputs, nil
}

func sameValues(a, b []value.Value) bool { return slices.EqualFunc(a, b, same) }

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
	for _, i := range round {
		k.inputs[i], k.broken[i] = nil, true
		if inputs, err := k.inputsOf(&k.plan.sources[i]); err == nil {
			k.inputs[i], k.broken[i] = inputs, false
		}
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
			k.broken[i] = true
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
				next = append(next, append(slices.Clip(q), v))
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
