package main

import "math"

// goal is a ratio to reach: the best of some engines against Forseti.
type goal struct {
	workload string
	engines  []string // forms of one engine; the fastest counts
	least    float64
}

// atMostFloor is the goal for Forseti against the floor, on every workload.
const atMostFloor = 2

// goals are the ratios to reach against engines that are measured.
func goals() []goal {
	cedar := []string{"cedar-go, sliced by app", "cedar-go, unsliced"}
	opa := []string{"opa, tables", "opa, rules"}
	return []goal{
		{"W1", cedar, 8},
		{"W1", opa, 60},
		{"W1", []string{"cerbos"}, 70},
		{"W2", cedar, 15},
		{"W3", cedar, 13},
		{"W4", cedar, 100},
		{"W4", opa, 1_000},
		{"W5", cedar, 9},
	}
}

// absent is an engine that cannot be had as a Go module. Its figures were taken
// once, on another machine, with the same workloads.
type absent struct {
	name string
	ns   map[string]float64
	goal map[string]float64
}

// absentFloor is the floor on that machine, by which figures are scaled.
func absentFloor() map[string]float64 {
	return map[string]float64{"W1": 209, "W2": 311, "W3": 596, "W4": 186, "W5": 3_417}
}

func absents() []absent {
	return []absent{
		{
			"infobloxopen/themis",
			map[string]float64{"W1": 2_394, "W2": 8_084, "W3": 18_362, "W4": 141_596, "W5": 11_310},
			map[string]float64{"W1": 5, "W2": 15, "W3": 18, "W4": 100, "W5": 2},
		},
		{
			"wso2/balana",
			map[string]float64{"W1": 19_066, "W2": 732_522, "W4": 1_459_437, "W5": 184_388},
			map[string]float64{"W1": 25, "W2": 500, "W4": 1_000},
		},
		{
			"att/xacml-3.0",
			map[string]float64{"W1": 23_572, "W2": 1_630_023, "W4": 2_509_579, "W5": 1_318_752},
			nil,
		},
		{
			"policy4j/xacml4j",
			map[string]float64{"W1": 27_482, "W2": 700_878, "W5": 696_732},
			map[string]float64{"W2": 500},
		},
	}
}

// goalOf is the goal that the engine has to be measured by, or 0: of the forms
// of an engine only the fastest has it.
func goalOf(workload, engine string, ns func(engine string) (float64, bool)) float64 {
	for _, g := range goals() {
		if g.workload != workload {
			continue
		}
		fastest, least := "", math.Inf(1)
		for _, form := range g.engines {
			if n, measured := ns(form); measured && n < least {
				fastest, least = form, n
			}
		}
		if fastest == engine {
			return g.least
		}
	}
	return 0
}
