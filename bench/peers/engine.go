package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// engine decides requests of type R on the policies of a workload W. A question
// Q is a request in the engine's own form.
type engine[W, R, Q any] interface {
	// Load brings the policies into the engine's own form.
	Load(w W) error
	// Prepare makes a question of a request.
	Prepare(request R) Q
	// Decide answers a question; the zero answer stands for an error.
	Decide(question Q) answer
}

type (
	appEngine[Q any]       = engine[*workload.Apps, workload.AppRequest, Q]
	conditionEngine[Q any] = engine[*workload.Conditions, workload.ConditionRequest, Q]
)

// answer is what all engines have to find out.
type answer struct {
	decision xacml.Decision
	level    int // of the obligation, 0 without one
}

// inputs are the workloads of a run, each made when it is asked for.
type inputs struct {
	apps       func(name string) *workload.Apps
	conditions func(name string) *workload.Conditions
}

// loader gives an engine the policies of the workload with that name.
type loader func(in inputs, name string) (*loaded, error)

// loaded is an engine with policies, ready to be asked. The functions take the
// number of a request and begin anew after the last one.
type loaded struct {
	requests int
	prepared func(i int) answer // from a question made before
	built    func(i int) answer // from the strings of the request
	expected []answer

	checks        int
	check         func(i int) answer // from requests that are not measured
	checkExpected []answer

	took time.Duration // from the workload's policies to this
	heap int64         // that grew by it, questions aside
}

// onApps makes a loader for W1, W2, W3 and W5.
func onApps[Q any](make func() appEngine[Q]) loader {
	return func(in inputs, name string) (*loaded, error) {
		w := in.apps(name)
		e := make()
		l, err := load(e, w, w.Requests)
		if err != nil {
			return nil, err
		}
		for _, r := range w.Requests {
			l.expected = append(l.expected, answer{r.Expected, r.Level})
		}
		return l, nil
	}
}

// onConditions makes a loader for W4. The engine is asked the workload's checks
// as well, those aside that it is known to answer in a way of its own.
func onConditions[Q any](make func() conditionEngine[Q], except func(workload.ConditionRequest) bool) loader {
	return func(in inputs, name string) (*loaded, error) {
		w := in.conditions(name)
		e := make()
		l, err := load(e, w, w.Requests)
		if err != nil {
			return nil, err
		}
		for _, r := range w.Requests {
			l.expected = append(l.expected, answer{decision: r.Expected})
		}
		var questions []Q
		for _, r := range w.Checks {
			if except == nil || !except(r) {
				questions = append(questions, e.Prepare(r))
				l.checkExpected = append(l.checkExpected, answer{decision: r.Expected})
			}
		}
		l.checks, l.check = len(questions), func(i int) answer { return e.Decide(questions[i]) }
		return l, nil
	}
}

// load loads an engine and makes its questions.
func load[W, R, Q any](e engine[W, R, Q], w W, requests []R) (*loaded, error) {
	before := liveHeap()
	start := time.Now()
	if err := e.Load(w); err != nil {
		return nil, err
	}
	l := &loaded{took: time.Since(start), heap: max(0, liveHeap()-before), requests: len(requests)}
	questions := make([]Q, len(requests))
	for i, r := range requests {
		questions[i] = e.Prepare(r)
	}
	l.prepared = func(i int) answer { return e.Decide(questions[i%len(questions)]) }
	l.built = func(i int) answer { return e.Decide(e.Prepare(requests[i%len(requests)])) }
	return l, nil
}

// liveHeap is what is in use after two collections.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// verify asks the requests until the time is over, at least that many of them,
// and tells how many it asked.
func (l *loaded) verify(least int, limit time.Duration) (asked int, err error) {
	start := time.Now()
	compare := func(kind string, n int, want []answer, ask func(i int) answer) error {
		for i := range n {
			if i >= least && time.Since(start) > limit {
				break
			}
			asked++
			if got := ask(i); got != want[i] {
				return fmt.Errorf("%s %d: got %s, level %d; want %s, level %d", kind, i, got.decision.Extended(), got.level, want[i].decision, want[i].level)
			}
		}
		return nil
	}
	if err := compare("check", l.checks, l.checkExpected, l.check); err != nil {
		return asked, err
	}
	if err := compare("request built", min(l.requests, least), l.expected, l.built); err != nil {
		return asked, err
	}
	err = compare("request", l.requests, l.expected, l.prepared)
	return asked, err
}
