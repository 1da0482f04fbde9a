package main

import (
	"strings"

	"github.com/forseti-pdp/forseti/bench/workload"
)

// workloads are in the order of the tables.
func workloads() []string { return []string{"W1", "W2", "W3", "W4", "W5"} }

// contender is an engine in one form, with a loader for each workload that it
// takes part in.
type contender struct {
	name  string
	loads map[string]loader
}

const (
	nameFloor   = "floor"
	nameForseti = "forseti"
)

// contenders are all engines.
func contenders() []contender {
	return []contender{
		{nameFloor, loaders(onApps(newFloorApps), "W1 W2 W3 W5", onConditions(newFloorConditions, nil))},
		{nameForseti, loaders(onApps(newForsetiApps), "W1 W2 W3 W5", onConditions(newForsetiConditions, nil))},
		{"cedar-go, sliced by app", loaders(onApps(newCedarSliced), "W1 W2 W3 W5", onConditions(newCedarConditions, notForGlobs))},
		{"cedar-go, unsliced", loaders(onApps(newCedarUnsliced), "W2", nil)},
		{"cel-go, sliced by app", loaders(onApps(newCELApps), "W1 W2 W5", onConditions(newCELConditions, nil))},
		{"opa, tables", loaders(onApps(newOPATables), "W1 W2 W3 W5", onConditions(newOPAConditionTables, nil))},
		{"opa, rules", loaders(onApps(newOPARules), "W1 W2 W5", onConditions(newOPAConditionRules, nil))},
		{"cerbos", loaders(onApps(newCerbosApps), "W1 W2 W5", onConditions(newCerbosConditions, nil))},
		{"casbin, sliced by app", loaders(onApps(newCasbinSliced), "W1 W2 W5", onConditions(newCasbinConditions, nil))},
		{"casbin, unsliced", loaders(onApps(newCasbinUnsliced), "W2", nil)},
	}
}

// loaders gives the workloads of app policies one loader and W4 the other.
func loaders(apps loader, names string, conditions loader) map[string]loader {
	byName := make(map[string]loader)
	for name := range strings.FieldsSeq(names) {
		byName[name] = apps
	}
	if conditions != nil {
		byName["W4"] = conditions
	}
	return byName
}

// fullSize makes the workloads at their full size.
func fullSize() inputs {
	return inputs{
		apps: func(name string) *workload.Apps {
			switch name {
			case "W1":
				return workload.W1()
			case "W2":
				return workload.W2()
			case "W3":
				return workload.W3()
			case "W5":
				return workload.W5()
			default:
				panic("no workload of apps: " + name)
			}
		},
		conditions: func(string) *workload.Conditions { return workload.W4() },
	}
}
