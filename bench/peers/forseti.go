package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// newPDP makes Forseti's PDP of the policies of a workload.
func newPDP(w workload.Workload) (*pdp.PDP, error) {
	p, problems := pdp.New(pdp.Config{}, slices.Collect(w.Documents()))
	if p == nil {
		errs := make([]error, len(problems))
		for i, problem := range problems {
			errs[i] = problem
		}
		return nil, fmt.Errorf("load policies: %w", errors.Join(errs...))
	}
	return p, nil
}

// forseti asks the PDP. Its question is an xacml.Request.
type forseti struct{ pdp *pdp.PDP }

func (f *forseti) load(w workload.Workload) (err error) {
	f.pdp, err = newPDP(w)
	return err
}

// Decide implements engine.
func (f *forseti) Decide(request *xacml.Request) answer {
	result := f.pdp.Evaluate(context.Background(), request, nil)
	a := answer{decision: result.Decision}
	for _, o := range result.Obligations {
		for _, assignment := range o.Assignments {
			if level, ok := assignment.Value.(value.Integer); ok {
				if n, ok := level.Int64(); ok {
					a.level = int(n)
				}
			}
		}
	}
	return a
}

type forsetiApps struct{ forseti }

func newForsetiApps() appEngine[*xacml.Request] { return &forsetiApps{} }

// Load implements engine.
func (f *forsetiApps) Load(w *workload.Apps) error { return f.load(w) }

// Prepare implements engine.
func (f *forsetiApps) Prepare(r workload.AppRequest) *xacml.Request { return r.XACML().Request }

type forsetiConditions struct{ forseti }

func newForsetiConditions() conditionEngine[*xacml.Request] { return &forsetiConditions{} }

// Load implements engine.
func (f *forsetiConditions) Load(w *workload.Conditions) error { return f.load(w) }

// Prepare implements engine.
func (f *forsetiConditions) Prepare(r workload.ConditionRequest) *xacml.Request {
	return r.XACML().Request
}
