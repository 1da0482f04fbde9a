package main

import (
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/bench/workload"
)

// small has the workloads at sizes for a test; W1 and W5 are small as they are.
func small() inputs {
	return inputs{
		apps: func(name string) *workload.Apps {
			switch name {
			case "W1":
				return workload.W1()
			case "W5":
				return workload.W5()
			default:
				return workload.NewApps(name, 84, 0)
			}
		},
		conditions: func(name string) *workload.Conditions { return workload.NewConditions(name, 50) },
	}
}

// Every engine is right on every workload that it takes part in, or its figures
// mean nothing.
func TestEngines_Right(t *testing.T) {
	for _, c := range contenders() {
		for _, name := range workloads() {
			load, takesPart := c.loads[name]
			if !takesPart {
				continue
			}
			t.Run(c.name+"/"+name, func(t *testing.T) {
				l, err := load(small(), name)
				if err != nil {
					t.Fatal(err)
				}
				asked, err := l.verify(100, 2*time.Second)
				if err != nil {
					t.Fatal(err)
				}
				if asked < 100 {
					t.Errorf("asked %d requests, want 100 or more", asked)
				}
			})
		}
	}
}
