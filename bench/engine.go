package bench

import (
	"context"
	"fmt"
	"iter"

	"github.com/forseti-pdp/forseti/bench/floor"
	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Engine decides the requests of one workload, which it holds in its own form.
type Engine struct {
	Name string
	// Requests is how many there are.
	Requests int
	// Decide decides request i, 0 <= i < Requests.
	Decide func(i int) xacml.Decision
	// Check compares every answer with the right one.
	Check func() error
}

// Build makes a PDP of the documents, for all benchmarks, and lets go of each
// document's model at once.
func Build(documents iter.Seq[policy.Document]) (*pdp.PDP, error) {
	b := pdp.NewBuilder(pdp.Config{})
	for d := range documents {
		b.Set(d)
	}
	p, problems := b.Build()
	if p == nil {
		return nil, problems.Errors()
	}
	return p, nil
}

// Forseti is a PDP with the policies of the workload, and its requests as
// prepared XACML.
func Forseti(w workload.Workload) (Engine, error) {
	p, err := Build(w.Documents())
	if err != nil {
		return Engine{}, err
	}
	return Decider(p, w.Cases()), nil
}

// Decider is Forseti with policies that are loaded already.
func Decider(p *pdp.PDP, cases []workload.Case) Engine {
	ctx := context.Background()
	return Engine{
		Name: "forseti", Requests: len(cases),
		Decide: func(i int) xacml.Decision { return p.Evaluate(ctx, cases[i].Request, nil).Decision },
		Check: func() error {
			return check("forseti", len(cases), func(i int) error {
				return cases[i].Check(p.Evaluate(ctx, cases[i].Request, nil))
			})
		},
	}
}

// Floor is the hand-written code for the workload. There is none for real
// policies: ok is false.
func Floor(w workload.Workload) (e Engine, ok bool, err error) {
	switch w := w.(type) {
	case *workload.Apps:
		f, err := floor.NewApps(w.All())
		if err != nil {
			return Engine{}, false, err
		}
		return appFloor(f, w.Requests), true, nil
	case *workload.Conditions:
		return conditionFloor(floor.NewConditions(w.Rules), w.Requests), true, nil
	default:
		return Engine{}, false, nil
	}
}

func appFloor(f *floor.Apps, requests []workload.AppRequest) Engine {
	return Engine{
		Name: "floor", Requests: len(requests),
		Decide: func(i int) xacml.Decision {
			decision, _ := f.Decide(&requests[i])
			return decision
		},
		Check: func() error {
			return check("floor", len(requests), func(i int) error {
				q := &requests[i]
				if decision, level := f.Decide(q); decision != q.Expected || level != q.Level {
					return fmt.Errorf("got %s with level %d, want %s with %d", decision, level, q.Expected, q.Level)
				}
				return nil
			})
		},
	}
}

func conditionFloor(f *floor.Conditions, requests []workload.ConditionRequest) Engine {
	return Engine{
		Name: "floor", Requests: len(requests),
		Decide: func(i int) xacml.Decision { return f.Decide(&requests[i]) },
		Check: func() error {
			return check("floor", len(requests), func(i int) error {
				if got := f.Decide(&requests[i]); got != requests[i].Expected {
					return fmt.Errorf("got %s, want %s", got, requests[i].Expected)
				}
				return nil
			})
		},
	}
}

// check stops at the first wrong answer.
func check(name string, requests int, one func(i int) error) error {
	for i := range requests {
		if err := one(i); err != nil {
			return fmt.Errorf("%s: request %d: %w", name, i, err)
		}
	}
	return nil
}
