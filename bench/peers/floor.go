package main

import (
	"github.com/forseti-pdp/forseti/bench/floor"
	"github.com/forseti-pdp/forseti/bench/workload"
)

// floorApps asks the hand-written look-up. Its question is the request.
type floorApps struct{ floor *floor.Apps }

func newFloorApps() appEngine[*workload.AppRequest] { return &floorApps{} }

// Load implements engine.
func (f *floorApps) Load(w *workload.Apps) (err error) {
	f.floor, err = floor.NewApps(w.All())
	return err
}

// Prepare implements engine.
func (f *floorApps) Prepare(r workload.AppRequest) *workload.AppRequest { return new(r) }

// Decide implements engine.
func (f *floorApps) Decide(r *workload.AppRequest) answer {
	decision, level := f.floor.Decide(r)
	return answer{decision, level}
}

type floorConditions struct{ floor *floor.Conditions }

func newFloorConditions() conditionEngine[*workload.ConditionRequest] { return &floorConditions{} }

// Load implements engine.
func (f *floorConditions) Load(w *workload.Conditions) error {
	f.floor = floor.NewConditions(w.Rules)
	return nil
}

// Prepare implements engine.
func (f *floorConditions) Prepare(r workload.ConditionRequest) *workload.ConditionRequest {
	return new(r)
}

// Decide implements engine.
func (f *floorConditions) Decide(r *workload.ConditionRequest) answer {
	return answer{decision: f.floor.Decide(r)}
}
