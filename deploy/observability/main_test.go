package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/deploy/observability/alert"
	"github.com/forseti-pdp/forseti/deploy/observability/board"
	"github.com/forseti-pdp/forseti/deploy/observability/metric"
)

const root = "../.."

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestGenerated: what is committed is what the tables say.
func TestGenerated(t *testing.T) {
	if err := generate(root, true); err != nil {
		t.Error(err)
	}
}

// TestGenerated_Stale: a file that differs is reported, and is not written.
func TestGenerated_Stale(t *testing.T) {
	other := t.TempDir()
	for _, folder := range []string{"docs", "deploy/grafana", "deploy/prometheus"} {
		if err := os.MkdirAll(filepath.Join(other, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "docs/metrics.md"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := generate(other, true); err == nil || !strings.Contains(err.Error(), "docs/alerts.md is not up to date") {
		t.Errorf("got %v, want that files are not up to date", err)
	}
	if err := generate(other, false); err != nil {
		t.Fatal(err)
	}
	if err := generate(other, true); err != nil {
		t.Errorf("got %v after writing", err)
	}
}

// readTable is the table of metrics with the recording rules.
func readTable(t *testing.T) metric.Table {
	t.Helper()
	table, err := metric.Read(filepath.Join(root, "docs/metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range alert.Groups() {
		for _, r := range g.Records {
			table[r.Name] = metric.Metric{Name: r.Name, Type: "gauge"}
		}
	}
	return table
}

// boardQueries are all queries of the board.
func boardQueries() []board.Query {
	all := board.Marks()
	for _, row := range board.Rows() {
		for _, panel := range row.Panels {
			all = append(all, panel.Queries...)
		}
	}
	return all
}

// TestQueries: every query asks for what exists.
func TestQueries(t *testing.T) {
	table := readTable(t)
	for _, q := range boardQueries() {
		if err := table.Check(q.Over("1m")); err != nil {
			t.Error(err)
		}
	}
	for _, g := range alert.Groups() {
		for _, r := range g.Records {
			if err := table.Check(r.Text); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
		for _, a := range g.Alerts {
			if err := table.Check(a.Text); err != nil {
				t.Errorf("%s: %v", a.Name, err)
			}
		}
	}
}

// TestBoard_Complete: the board shows every metric of Forseti.
func TestBoard_Complete(t *testing.T) {
	table := readTable(t)
	shown := make(map[string]bool)
	for _, q := range boardQueries() {
		for _, name := range table.Names(q.Over("1m")) {
			shown[name] = true
		}
	}
	for _, name := range table.Own() {
		if !shown[name] {
			t.Errorf("%s: the board does not show it; give it a panel in package board", name)
		}
	}
}

// TestBoard_Legends: a legend names labels that its query gives.
func TestBoard_Legends(t *testing.T) {
	label := regexp.MustCompile(`\{\{(\w+)\}\}`)
	for _, q := range boardQueries() {
		for _, m := range label.FindAllStringSubmatch(q.Legend, -1) {
			grouped := strings.Contains(q.Text, " by (")
			if name := m[1]; grouped && !regexp.MustCompile(`by \([^)]*\b`+name+`\b`).MatchString(q.Text) || !grouped && name != "instance" {
				t.Errorf("the legend %q names %s: %s", q.Legend, name, q.Text)
			}
		}
	}
}

// TestBoard_Layout: titles differ, panels fill lines.
func TestBoard_Layout(t *testing.T) {
	titles := make(map[string]bool)
	for _, row := range board.Rows() {
		places, next := row.Places(0)
		area := 0
		for i, p := range row.Panels {
			if titles[p.Title] || p.About == "" || len(p.Queries) == 0 {
				t.Errorf("%q: its title is not its own, or it says nothing", p.Title)
			}
			titles[p.Title] = true
			at := places[i]
			area += at.Width * at.Height
			if at.X+at.Width > 24 || at.Y+at.Height > next {
				t.Errorf("%q sticks out: %+v", p.Title, at)
			}
		}
		if area != 24*next {
			t.Errorf("the panels of %q leave holes: %d of %d", row.Title, area, 24*next)
		}
	}
}

// TestBoard_Document: docs/board.md has a picture of each row.
func TestBoard_Document(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/board.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range board.Rows() {
		picture := "img/board-" + row.Name + ".svg"
		if !strings.Contains(string(text), "### "+row.Title+"\n\n![The row "+row.Title+"]("+picture+")") {
			t.Errorf("%s has no heading and no picture", row.Title)
		}
		svg, err := os.ReadFile(filepath.Join(root, "docs", picture))
		if err != nil {
			t.Error(err)
		}
		for _, p := range row.Panels {
			if !strings.Contains(string(svg), ">"+p.Title+"<") {
				t.Errorf("%s does not show %q; draw it anew", picture, p.Title)
			}
		}
	}
}

// TestAlerts_AskedFor: what docs/metrics.md says to alert on, there is an alert for.
func TestAlerts_AskedFor(t *testing.T) {
	table := readTable(t)
	used := make(map[string]bool)
	for _, g := range alert.Groups() {
		for _, r := range g.Records {
			for _, name := range table.Names(r.Text) {
				used[name] = true
			}
		}
		for _, a := range g.Alerts {
			for _, name := range table.Names(a.Text) {
				used[name] = true
			}
		}
	}
	asked := 0
	for _, name := range table.Own() {
		if strings.Contains(table[name].Do, "Alert") {
			if asked++; !used[name] {
				t.Errorf("%s: no alert is made of it, and the document says: %s", name, table[name].Do)
			}
		}
	}
	if asked < 10 {
		t.Errorf("got %d metrics to alert on", asked)
	}
}

// TestAlerts_Runbook: each alert says everything, and names panels that exist.
func TestAlerts_Runbook(t *testing.T) {
	panels := make(map[string]bool)
	for _, row := range board.Rows() {
		for _, p := range row.Panels {
			panels[p.Title] = true
		}
	}
	quoted := regexp.MustCompile(`"([^"]+)"`)
	alerts := make(map[string]bool)
	for _, a := range alert.Alerts() {
		alerts[a.Name] = true
	}
	named := regexp.MustCompile(`\bForseti[A-Z]\w+`)
	for _, a := range alert.Alerts() {
		text := strings.Join([]string{a.Means, a.Caller, a.Look, a.Do}, "\n")
		if a.Summary == "" || strings.Contains("\n"+text+"\n", "\n\n") {
			t.Errorf("%s: something is not said", a.Name)
		}
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			if !panels[m[1]] {
				t.Errorf("%s: the board has no panel %q", a.Name, m[1])
			}
		}
		for _, name := range named.FindAllString(text, -1) {
			if !alerts[name] {
				t.Errorf("%s: there is no alert %s", a.Name, name)
			}
		}
	}
}

// TestRules: the files are what Prometheus reads.
func TestRules(t *testing.T) {
	text, err := alert.Rules()
	if err != nil {
		t.Fatal(err)
	}
	groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	count := 0
	for _, g := range groups.Groups {
		count += len(g.Rules)
	}
	if want := len(alert.Alerts()); count <= want {
		t.Errorf("got %d rules for %d alerts", count, want)
	}
}
