package contexthandler

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// maxQuestions bounds the questions to one source for one request: a source is
// asked once for each combination of the values of its needs.
const maxQuestions = 64

// forever is for how long what depends on no source may be used.
const forever time.Duration = math.MaxInt64

// ask asks the sources side by side and takes their answers in configuration
// order. Without ok the call may not wait for them, and none was asked.
func (k *knowledge) ask(ctx context.Context, round []int) (ok bool) {
	if place := placeOf(ctx); place != nil {
		if place.Rest() {
			defer place.Resume()
		} else if !k.allQuick(round) {
			place.Refuse()
			return false
		}
	}
	if len(round) == 1 {
		k.take(round[0], k.asked(ctx, round[0], k.prepared(round[0])))
		return true
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
	return true
}

// allQuick reports whether the sources answer at once.
func (k *knowledge) allQuick(round []int) bool {
	return !slices.ContainsFunc(round, func(i int) bool { return !k.plan.pace[i].quick() })
}

// prepared is what a source is asked with.
type prepared struct {
	inputs [][]value.Value
	err    error
}

// answered is what a source said to all of its questions together.
type answered struct {
	found   [][]value.Value // by what it provides
	unknown []error         // by what it provides, nil if all is known
	reuse   time.Duration   // for how long this may be used
	stale   bool            // something is past its time
}

// reply is what became of asking a source.
type reply struct {
	prepared
	answered
	questions int
	cached    bool          // a cache remembered all answers
	age       time.Duration // of the oldest that a cache remembered
	took      time.Duration
	at        time.Time // when the answers were there
	err       error
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
			r.answered, r.err = answered{}, fmt.Errorf("source %q: internal error", s.Name)
		}
		r.took = time.Since(started)
		r.at = started.Add(r.took)
		k.plan.pace[i].took(r.took, r.err)
	}()
	r.err = r.fetch(ctx, s)
	return r
}

// take adds a reply to what is known.
func (k *knowledge) take(i int, r reply) {
	k.sources[i] = lookup{asked: true, questioned: r.questions > 0, broken: r.err, inputs: r.inputs, at: r.at, answered: r.answered}
	k.trace.add(&k.plan.sources[i], &r)
	k.spans.replied(k.plan.sources[i].Name, &r)
}

// fetch puts the questions to one source, one for each combination of the values
// of its needs. Without a value for one of them there is no question, and so no
// values. If one question has no answer there is none at all: a part of the values
// would be worse than none.
func (r *reply) fetch(ctx context.Context, s *pip.Source) error {
	questions, err := questionsOf(s, r.inputs)
	if err != nil {
		return err
	}
	r.questions = len(questions)
	answers := make([]pip.Reply, len(questions))
	fetchAll(ctx, s.Provider, questions, answers)
	for i := range answers {
		if answers[i].Err != nil {
			return answers[i].Err
		}
	}
	r.found, r.reuse, r.cached = make([][]value.Value, len(s.Provides)), forever, len(questions) > 0
	for i := range answers {
		r.add(&answers[i].Answer)
	}
	return nil
}

// add adds the answer to one question.
func (r *reply) add(a *pip.Answer) {
	r.cached, r.age = r.cached && a.Cached, max(r.age, a.Age)
	r.stale, r.reuse = r.stale || a.Stale, min(r.reuse, a.Reuse)
	for i, bag := range a.Bags {
		r.found[i] = merged(r.found[i], distinct(bag.Values()))
	}
	for i, err := range a.Unknown {
		if err == nil {
			continue
		}
		if r.unknown == nil {
			r.unknown = make([]error, len(r.found))
		}
		if r.unknown[i] == nil {
			r.unknown[i] = err
		}
	}
	for i, err := range r.unknown {
		if err != nil {
			r.found[i] = nil
		}
	}
}

// fetchAll asks one question after the other as long as the answers come at once,
// as from a cache, and the rest side by side.
func fetchAll(ctx context.Context, p pip.Provider, questions []pip.Question, to []pip.Reply) {
	for i, q := range questions {
		started := time.Now()
		if to[i].Answer, to[i].Err = p.Fetch(ctx, q); to[i].Err != nil {
			return
		}
		if time.Since(started) <= quick {
			continue
		}
		var wait sync.WaitGroup
		for j := i + 1; j < len(questions); j++ {
			wait.Go(func() {
				defer func() {
					if recover() != nil {
						to[j] = pip.Reply{Err: errors.New("internal error")}
					}
				}()
				to[j].Answer, to[j].Err = p.Fetch(ctx, questions[j])
			})
		}
		wait.Wait()
		return
	}
}

// questionsOf gives a question for each combination of the values. Sources compare octets,
// so they are asked in normal form: who is one to policies is one to them.
func questionsOf(s *pip.Source, inputs [][]value.Value) ([]pip.Question, error) {
	total := 1
	for i, values := range inputs {
		if len(values) == 0 && s.Needs[i].Required {
			return nil, fmt.Errorf("source %q: there is no value for what it needs", s.Name)
		}
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
				questions[i] = append(questions[i], value.Normal(values[0]))
			}
			continue
		}
		next := make([]pip.Question, 0, len(questions)*len(values))
		for _, q := range questions {
			for _, v := range values {
				next = append(next, append(slices.Clip(slices.Clone(q)), value.Normal(v)))
			}
		}
		questions = next
	}
	return questions, nil
}
