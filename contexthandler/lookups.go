package contexthandler

import (
	"errors"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// Lookup is how a source was asked for one individual decision.
type Lookup struct {
	// Source is its name.
	Source string
	// Round counts from 1. Sources of one round were asked side by side.
	Round int
	// Took is the time until its answers were there.
	Took time.Duration
	// Questions is how many it was asked: one for each combination of values of its
	// needs, and none if a need has no value.
	Questions int
	// Cached tells that a cache remembered all the answers, and Age is that of the
	// oldest. Stale tells that one was past its time ([pip.Answer]).
	Cached, Stale bool
	Age           time.Duration
	// Outcome is how it went.
	Outcome pip.Outcome
	// Provides are the attributes that it provides, and Values the values of each;
	// they are nil if it failed.
	Provides []xacml.AttributeKey
	Values   [][]value.Value
	// Unknown tells, for each attribute, why nobody knows its values. Nil if all are
	// known.
	Unknown []error
	// Err is why it failed, or nil.
	Err error
}

// trace records look-ups. A nil trace records nothing.
type trace struct {
	round   int
	lookups []Lookup
}

// next begins a round.
func (t *trace) next() {
	if t != nil {
		t.round++
	}
}

// add records what a source replied.
func (t *trace) add(s *pip.Source, r *reply) {
	if t == nil {
		return
	}
	l := Lookup{
		Source: s.Name, Round: t.round, Took: r.took, Questions: r.questions,
		Cached: r.cached, Stale: r.stale, Age: r.age, Outcome: outcomeOfReply(r),
		Values: r.found, Unknown: r.unknown, Err: r.err,
	}
	for _, p := range s.Provides {
		l.Provides = append(l.Provides, p.Key)
	}
	t.lookups = append(t.lookups, l)
}

// outcomeOfReply is the outcome of all questions of a reply together.
func outcomeOfReply(r *reply) pip.Outcome {
	if r.err != nil {
		if e, ok := errors.AsType[*pip.Error](r.err); ok {
			return e.Outcome
		}
		return pip.OutcomeError
	}
	if r.cached {
		return pip.OutcomeCached
	}
	for _, values := range r.found {
		if len(values) > 0 {
			return pip.OutcomeOK
		}
	}
	return pip.OutcomeEmpty
}

// maxCounted bounds the sources whose look-ups are counted.
const maxCounted = 64

// lookups counts the sources that were asked a question, and those that were not
// although there was all that they need: what it would have taken to look up all
// that there is.
func (k *knowledge) lookups() (made, saved int) {
	var state [maxCounted]reach
	for i := range k.sources[:min(len(k.sources), maxCounted)] {
		switch l := &k.sources[i]; {
		case l.asked && !l.questioned:
		case l.asked:
			made++
		case k.reachable(i, &state):
			saved++
		}
	}
	return made, saved
}

// reach is whether a source can be asked.
type reach uint8

const (
	unseen reach = iota
	looking
	within
	beyond
)

// reachable reports whether what the source needs is in the request, or could be
// looked up.
func (k *knowledge) reachable(i int, state *[maxCounted]reach) bool {
	if i >= maxCounted || state[i] == looking {
		return false
	}
	if state[i] != unseen {
		return state[i] == within
	}
	state[i] = looking
	for j := range k.plan.sources[i].Needs {
		key := &k.plan.sources[i].Needs[j].Key
		if !k.obtainable(name{key.Category, key.ID}, state) {
			state[i] = beyond
			return false
		}
	}
	state[i] = within
	return true
}

func (k *knowledge) obtainable(n name, state *[maxCounted]reach) bool {
	if k.inRequest(n) {
		return true
	}
	for _, i := range k.plan.providers[n] {
		if l := &k.sources[i]; l.asked && l.questioned || !l.asked && k.reachable(i, state) {
			return true
		}
	}
	return false
}
