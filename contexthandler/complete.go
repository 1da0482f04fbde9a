package contexthandler

import (
	"context"
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// complete looks up what the policies need to know for the request: in rounds,
// each of which asks, side by side, every source that can be asked by now and
// whose answer may still matter. It ends when nothing is needed or nothing more
// can be known. Without ok the call may not wait for what is needed, and is not to
// be decided.
func (h *Handler) complete(ctx context.Context, p *pdp.PDP, k *knowledge) (ok bool) {
	for ctx.Err() == nil {
		needed, ok := p.Needs(ctx, k.request, k, k.pending)
		if !ok {
			needed = k.open()
		}
		round := k.next(append(needed, k.provisional()...))
		if len(round) == 0 {
			break
		}
		k.trace.next()
		if !k.ask(ctx, round) {
			return false
		}
	}
	k.revise()
	return true
}

// open gives all attributes that sources may have values for and that are not known.
func (k *knowledge) open() []xacml.AttributeKey {
	var open []xacml.AttributeKey
	for key := range k.plan.keys {
		if k.pending(key) {
			open = append(open, key)
		}
	}
	return open
}

// provisional gives the attributes that sources were asked with before all that
// can be known of them was: what those sources said depends on them.
func (k *knowledge) provisional() []xacml.AttributeKey {
	var open []xacml.AttributeKey
	for i := range k.plan.sources {
		if !k.sources[i].asked || k.sources[i].broken != nil {
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
			l, s := &k.sources[i], &k.plan.sources[i]
			if !l.asked || l.broken != nil {
				continue
			}
			if now, err := k.inputsOf(s); err != nil || !slices.EqualFunc(now, l.inputs, sameValues) {
				*l = lookup{asked: true, broken: fmt.Errorf("source %q was asked before what it needs was known", s.Name)}
				changed = true
			}
		}
	}
}

// inputsOf gives the values of each need of the source.
func (k *knowledge) inputsOf(s *pip.Source) ([][]value.Value, error) {
	inputs := make([][]value.Value, len(s.Needs))
	for i := range s.Needs {
		values, err := k.need(&s.Needs[i])
		if err != nil {
			return nil, err
		}
		inputs[i] = values
	}
	return inputs, nil
}

// sameValues reports whether these are the values that a source was asked with.
func sameValues(a, b []value.Value) bool {
	return slices.EqualFunc(a, b, func(a, b value.Value) bool {
		switch a := a.(type) {
		case value.Entity: // the very same one
			return a == b
		case value.XPathExpression:
			return a == b
		default:
			return same(a, b)
		}
	})
}

// next gives the sources to ask now for these attributes: those that provide
// them, or what it takes to ask those, whose own needs are settled.
func (k *knowledge) next(needed []xacml.AttributeKey) []int {
	chosen := make([]bool, len(k.sources))
	visited := make([]bool, len(k.sources))
	var want func(n name)
	want = func(n name) {
		if k.inRequest(n) {
			return
		}
		for _, i := range k.plan.providers[n] {
			if k.sources[i].asked || visited[i] {
				continue
			}
			if k.plan.sources[i].Fallback && (!k.firstAsked(n) || k.told(n)) {
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

// firstAsked reports whether all sources of the attribute were asked that are no
// fallbacks.
func (k *knowledge) firstAsked(n name) bool {
	return !slices.ContainsFunc(k.plan.providers[n], func(i int) bool {
		return !k.plan.sources[i].Fallback && !k.sources[i].asked
	})
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
	for i := range s.Needs {
		if values, err := k.need(&s.Needs[i]); err != nil || len(values) == 0 {
			return false
		}
	}
	return true
}
