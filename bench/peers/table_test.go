package main

import (
	"strings"
	"testing"
)

func TestGoalOf_FastestForm(t *testing.T) {
	ns := func(form string) (float64, bool) {
		n, measured := map[string]float64{"opa, tables": 20, "opa, rules": 10, "cerbos": 30}[form]
		return n, measured
	}
	tests := []struct {
		workload, engine string
		want             float64
	}{
		{"W1", "opa, rules", 60},
		{"W1", "opa, tables", 0},
		{"W1", "cerbos", 70},
		{"W2", "cerbos", 0},
		{"W1", "cedar-go, sliced by app", 0}, // not measured
	}
	for _, tt := range tests {
		if got := goalOf(tt.workload, tt.engine, ns); got != tt.want {
			t.Errorf("goalOf(%s, %s): got %v, want %v", tt.workload, tt.engine, got, tt.want)
		}
	}
}

// Goals name engines that exist.
func TestGoals_Engines(t *testing.T) {
	known := make(map[string]bool)
	for _, c := range contenders() {
		known[c.name] = true
	}
	for _, g := range goals() {
		for _, engine := range g.engines {
			if !known[engine] {
				t.Errorf("goal for %s of %q, which is no engine", g.workload, engine)
			}
		}
	}
}

func TestResults_Write(t *testing.T) {
	r := results{"W1": {
		nameFloor:   {prepared: []float64{209}, built: []float64{300}},
		nameForseti: {prepared: []float64{300, 400, 250}, built: []float64{1_000, 900, 1_100}},
		"cerbos":    {prepared: []float64{30_000, 40_000, 5_000}, built: []float64{31_000, 36_000, 44_000}},
	}}
	var out strings.Builder
	if err := r.write(&out, []string{nameFloor, nameForseti, "cerbos", "casbin, unsliced"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| cerbos | 30,000 | – | – | – | – |",
		"| floor | 1/1.44 (≤ 2, reached) |",
		"| cerbos | 100 (≥ 70, reached) |",
		"| cerbos | 40.0 (≥ 70, **not reached**) |",
		"| infobloxopen/themis | 2,394: 7.98 (≥ 5, reached) |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "casbin, unsliced") {
		t.Errorf("a row for an engine that was not measured in\n%s", &out)
	}
}

// The command ends by itself, and says what it cannot do.
func TestRun(t *testing.T) {
	var out, progress strings.Builder
	if err := run(strings.Fields("-workloads W1 -rounds 1 -cell 1ms -verify 100ms -engines floor,cedar"), &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	if !strings.Contains(out.String(), "| cedar-go, sliced by app |") || !strings.Contains(progress.String(), "answers right") {
		t.Errorf("got tables\n%s\nand progress\n%s", &out, &progress)
	}
	for _, arguments := range []string{"-workloads W9", "-rounds 0", "W1", "-engines nobody"} {
		if err := run(strings.Fields(arguments), &out, &progress); err == nil {
			t.Errorf("run(%s): no error", arguments)
		}
	}
}
