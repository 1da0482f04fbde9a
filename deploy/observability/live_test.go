package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	prometheus "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/forseti-pdp/forseti/deploy/observability/alert"
	"github.com/forseti-pdp/forseti/deploy/observability/lab"
	"github.com/forseti-pdp/forseti/deploy/observability/metric"
)

// scrape is how often the instances are asked, and rules evaluated; window is that of
// rates.
const (
	scrape = time.Second
	window = "5s"
)

// TestLive runs two instances with callers and troubles under a real Prometheus. Then
// every query of the board has data, every rule works, the alerts about the troubles
// fired, and no others of those that must not.
func TestLive(t *testing.T) {
	l := startLab(t)
	began := time.Now()
	troubled(t, l)
	run := prometheus.Range{Start: began, End: time.Now(), Step: scrape}

	t.Run("board", func(t *testing.T) { checkBoard(t, l, run) })
	t.Run("metrics", func(t *testing.T) { checkMetrics(t, l, run) })
	t.Run("rules", func(t *testing.T) { checkRules(t, l) })
	t.Run("alerts", func(t *testing.T) { checkAlerts(t, l, run) })
}

// startLab starts the lab until the test ends, where there is a Prometheus.
func startLab(t *testing.T) *lab.Lab {
	t.Helper()
	rules, err := alert.RulesForTest(scrape)
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.Start(t.Context(), lab.Config{Root: root, Rules: rules, Scrape: scrape})
	switch {
	case errors.Is(err, lab.ErrNoPrometheus) && os.Getenv("CI") == "true":
		t.Fatalf("%v; CI must have it", err)
	case errors.Is(err, lab.ErrNoPrometheus):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// troubled is a quarter of a minute with callers of all kinds, and troubles.
func troubled(t *testing.T, l *lab.Lab) {
	t.Helper()
	callers, err := l.Callers()
	if err != nil {
		t.Fatal(err)
	}
	defer callers.Close()
	if err := callers.Check(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, l.Log())
	}
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	asking.Go(func() { callers.Ask(ctx, 80) })
	for _, step := range []func() error{
		func() error { return nil },
		func() error { l.Trouble(lab.Failing); return l.BreakPolicies() },
		func() error { l.Trouble(lab.Slow); return l.MendPolicies(0, 1) },
		func() error {
			flood, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			callers.Flood(flood, 150)
			return nil
		},
		func() error { l.Trouble(lab.None); return l.MendPolicies(1, 2) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * scrape)
	}
	if err := callers.Check(t.Context()); err != nil {
		t.Fatalf("after the troubles: %v\n%s", err, l.Log())
	}
}

// series runs a query over the whole run.
func series(t *testing.T, l *lab.Lab, query string, run prometheus.Range) model.Matrix {
	t.Helper()
	value, warnings, _, err := l.Prometheus.QueryRange(t.Context(), query, run)
	if err != nil || len(warnings) > 0 {
		t.Errorf("%s\n%v %v", query, err, warnings)
		return nil
	}
	return value.(model.Matrix)
}

// checkBoard: every query has data, or says why it may have none.
func checkBoard(t *testing.T, l *lab.Lab, run prometheus.Range) {
	empty := 0
	for _, q := range boardQueries() {
		query := q.Over(window)
		if len(series(t, l, query, run)) > 0 {
			continue
		}
		if empty++; q.Quiet == "" {
			t.Errorf("there is no data: %s", query)
		}
		t.Logf("quiet, as %s: %s", q.Quiet, query)
	}
	if empty > 6 { // the lab has callers, tokens, TLS, audit and troubles of all kinds
		t.Errorf("%d queries were quiet; the lab shows too little", empty)
	}
}

// checkMetrics: what the table says of metrics and labels is what Prometheus has.
func checkMetrics(t *testing.T, l *lab.Lab, run prometheus.Range) {
	for _, m := range readTable(t) {
		name := m.Name
		if m.Type == "histogram" {
			name += "_bucket"
		}
		sets, _, _, err := l.Prometheus.Series(t.Context(), []string{name}, run.Start, run.End)
		if err != nil {
			t.Fatal(err)
		}
		if len(sets) == 0 {
			t.Errorf("%s is not scraped", name)
		}
		for _, set := range sets {
			checkLabels(t, m, set)
		}
	}
}

func checkLabels(t *testing.T, m metric.Metric, set model.LabelSet) {
	t.Helper()
	for label, value := range set {
		values, known := m.Labels[string(label)]
		switch {
		case slices.Contains([]model.LabelName{"__name__", "job", "instance", "le", "quantile"}, label):
		case m.Name == "ALERTS":
		case !known:
			t.Errorf("%s has the label %s, which the table does not name", m.Name, label)
		case values != nil && !slices.Contains(values, string(value)):
			t.Errorf("%s has %s=%q, which the table does not name", m.Name, label, value)
		}
	}
	for label := range m.Labels {
		if _, has := set[model.LabelName(label)]; !has && m.Name != "go_gc_duration_seconds" && m.Name != "ALERTS" {
			t.Errorf("%s has no label %s: %v", m.Name, label, set)
		}
	}
}

// checkRules: every rule was evaluated without an error, and every record is there.
func checkRules(t *testing.T, l *lab.Lab) {
	result, err := l.Prometheus.Rules(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, group := range result.Groups {
		for _, rule := range group.Rules {
			count++
			switch r := rule.(type) {
			case prometheus.RecordingRule:
				if r.Health != prometheus.RuleHealthGood || r.LastError != "" {
					t.Errorf("%s: %s %s", r.Name, r.Health, r.LastError)
				}
			case prometheus.AlertingRule:
				if r.Health != prometheus.RuleHealthGood || r.LastError != "" {
					t.Errorf("%s: %s %s", r.Name, r.Health, r.LastError)
				}
				for _, a := range r.Alerts {
					checkAnnotations(t, r.Name, a.Annotations)
				}
			}
		}
	}
	if want := len(alert.Alerts()); count <= want {
		t.Errorf("got %d rules, of them %d alerts", count, want)
	}
}

// checkAnnotations: what is said was filled in.
func checkAnnotations(t *testing.T, name string, annotations model.LabelSet) {
	t.Helper()
	summary := string(annotations["summary"])
	for _, hole := range []string{"<no value>", "{{", "template", "()", "  "} {
		if summary == "" || strings.Contains(summary, hole) {
			t.Errorf("%s: %q", name, summary)
		}
	}
}

// checkAlerts: the troubles raise their alerts, and no others.
func checkAlerts(t *testing.T, l *lab.Lab, run prometheus.Range) {
	fired := make(map[string]bool)
	for _, s := range series(t, l, `ALERTS{alertstate="firing"}`, run) {
		fired[string(s.Metric["alertname"])] = true
	}
	for _, name := range []string{
		"ForsetiPoliciesRefused", "ForsetiSnapshotsDiffer", "ForsetiSourceFails", "ForsetiDecisionErrors", "ForsetiOverloaded",
		"ForsetiRequestsUnanswered", "ForsetiCertificateExpires",
	} {
		if !fired[name] {
			t.Errorf("%s did not fire", name)
		}
	}
	for _, name := range []string{
		"ForsetiAbsent", "ForsetiDown", "ForsetiNoneReady", "ForsetiNoPolicies", "ForsetiPanic", "ForsetiShadowMismatch", "ForsetiInternalErrors",
		"ForsetiPolicyPanics", "ForsetiPoliciesDropped", "ForsetiInsecure", "ForsetiNoTokenKeys", "ForsetiCertificateRefused", "ForsetiVersionsDiffer",
		"ForsetiAuditErrors", "ForsetiFilesRunOut",
	} {
		if fired[name] {
			t.Errorf("%s fired", name)
		}
	}
	t.Logf("fired: %v", fired)
}
