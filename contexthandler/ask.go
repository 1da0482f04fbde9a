package contexthandler

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// maxQuestions bounds the questions to one source for one request: a source is
// asked once for each combination of the values of its needs.
const maxQuestions = 64

// ask asks the sources side by side and takes their answers in configuration
// order.
func (k *knowledge) ask(ctx context.Context, round []int) {
	if len(round) == 1 {
		k.take(round[0], k.asked(ctx, round[0], k.prepared(round[0])))
		return
	}
	replies, questions := make([]reply, len(round)), make([]prepared, len(round))
	for j, i := range round {
		questions[j] = k.prepared(i)
	}
	var wait sync.WaitGroup
	for j, i := range round {
		wait.Go(func() { replies[j] = k.asked(ctx, i, questions[j]) })
	}
	wait.Wait()
	for j, i := range round {
		k.take(i, replies[j])
	}
}

// prepared is what a source is asked with.
type prepared struct {
	inputs [][]value.Value
	err    error
}

// reply is the values of what a source provides.
type reply struct {
	prepared
	found [][]value.Value
	took  time.Duration
	err   error
}

func (k *knowledge) prepared(i int) prepared {
	inputs, err := k.inputsOf(&k.plan.sources[i])
	return prepared{inputs, err}
}

// asked asks one source, and minds how long that takes. It does not panic, and
// does not change what is known.
func (k *knowledge) asked(ctx context.Context, i int, p prepared) (r reply) {
	r.prepared = p
	if r.err = p.err; p.err != nil {
		return r
	}
	s, started := &k.plan.sources[i], time.Now()
	defer func() {
		if recover() != nil {
			r.found, r.err = nil, fmt.Errorf("source %q: internal error", s.Name)
		}
		r.took = time.Since(started)
		k.plan.pace[i].took(r.took, r.err)
	}()
	r.found, r.err = fetch(ctx, s, p.inputs)
	return r
}

// take adds a reply to what is known.
func (k *knowledge) take(i int, r reply) {
	l := &k.sources[i]
	*l = lookup{asked: true, broken: r.err != nil, inputs: r.inputs, found: r.found}
	if r.err != nil {
		l.inputs, l.found = nil, nil
		k.fail(&k.plan.sources[i], r.err)
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
func fetch(ctx context.Context, s *pip.Source, inputs [][]value.Value) ([][]value.Value, error) {
	found := make([][]value.Value, len(s.Provides))
	questions, err := questionsOf(s, inputs)
	if err != nil {
		return nil, err
	}
	for _, q := range questions {
		answer, err := s.Provider.Fetch(ctx, q)
		if err != nil {
			return nil, err
		}
		for i, bag := range answer.Bags {
			found[i] = merged(found[i], distinct(bag.Values()))
		}
	}
	return found, nil
}

func questionsOf(s *pip.Source, inputs [][]value.Value) ([]pip.Question, error) {
	total := 1
	for _, values := range inputs {
		if total *= len(values); total > maxQuestions {
			return nil, fmt.Errorf("source %q: more than %d questions for one request", s.Name, maxQuestions)
		}
	}
	if total == 0 {
		return nil, nil
	}
	questions := []pip.Question{make(pip.Question, 0, len(inputs))}
	for _, values := range inputs {
		if len(values) == 1 {
			for i := range questions {
				questions[i] = append(questions[i], values[0])
			}
			continue
		}
		next := make([]pip.Question, 0, len(questions)*len(values))
		for _, q := range questions {
			for _, v := range values {
				next = append(next, append(slices.Clip(slices.Clone(q)), v))
			}
		}
		questions = next
	}
	return questions, nil
}
