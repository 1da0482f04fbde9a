package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/forseti-pdp/forseti/deploy/observability/alert"
)

// rulesFolder holds the rules, and what they are tested with.
var rulesFolder = filepath.Join(root, "deploy/prometheus")

// TestRules_Promtool has Prometheus's own tool check the files, and run the tests of
// the rules.
func TestRules_Promtool(t *testing.T) {
	program, err := exec.LookPath("promtool")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("promtool is not on the PATH (Debian package prometheus); CI must have it")
	case err != nil:
		t.Skip("promtool is not on the PATH (Debian package prometheus)")
	}
	for _, arguments := range [][]string{
		{"check", "rules", "forseti.rules.yaml"},
		{"check", "config", "prometheus.yaml"},
		{"test", "rules", "forseti.rules.test.yaml"},
	} {
		command := exec.CommandContext(t.Context(), program, arguments...)
		command.Dir = rulesFolder
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", arguments, err, out)
		}
	}
}

// ruleTests is what is read of forseti.rules.test.yaml.
type ruleTests struct {
	Tests []struct {
		Name  string
		Exprs []struct {
			Expr    string
			Samples []struct{ Labels string } `yaml:"exp_samples"`
		} `yaml:"promql_expr_test"`
	}
}

// TestRules_Tested: for each alert there is a test in which it fires, and a time at
// which it does not; and what it says names only labels that it has then.
func TestRules_Tested(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(rulesFolder, "forseti.rules.test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var tests ruleTests
	if err := yaml.Unmarshal(text, &tests); err != nil {
		t.Fatal(err)
	}
	for _, a := range alert.Alerts() {
		asked := `ALERTS{alertname="` + a.Name + `",alertstate="firing"}`
		fires, rests := 0, 0
		for _, test := range tests.Tests {
			for _, expr := range test.Exprs {
				if test.Name != a.Name || expr.Expr != asked {
					continue
				}
				if len(expr.Samples) == 0 {
					rests++
				}
				for _, sample := range expr.Samples {
					fires++
					checkTemplate(t, a, sample.Labels)
				}
			}
		}
		if fires == 0 || rests == 0 {
			t.Errorf("%s: tests have it fire %d times, and not fire %d times; want both", a.Name, fires, rests)
		}
	}
}

// checkTemplate: the labels that a summary names are those of a series.
func checkTemplate(t *testing.T, a alert.Alert, series string) {
	t.Helper()
	labels, err := parser.NewParser(parser.Options{}).ParseMetric(series)
	if err != nil {
		t.Errorf("%s: %v", series, err)
	}
	for _, m := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(a.Summary, -1) {
		if !labels.Has(m[1]) {
			t.Errorf("%s: its summary names the label %s, and it fires as %s", a.Name, m[1], series)
		}
	}
	if got := labels.Get("severity"); got != string(a.Severity) {
		t.Errorf("%s: got severity %q in its test, want %q", a.Name, got, a.Severity)
	}
}
