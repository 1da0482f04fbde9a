// Package metric reads the table of docs/metrics.md, and checks queries of
// Prometheus against it: a board or an alert that asks for a metric, a label or a
// value that does not exist looks well for ever.
package metric

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Metric is a row of the table.
type Metric struct {
	Name    string
	Type    string              // counter, gauge or histogram
	Labels  map[string][]string // the values of each label; nil if the set is open
	Meaning string
	Do      string // the column "What to do"
}

// Table holds metrics by name.
type Table map[string]Metric

// target are the labels that Prometheus itself adds to all that it scrapes.
var target = []string{"job", "instance"}

// A row of the table, and a label in one.
var (
	rowForm   = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\| (.*?)\\s?\\| (.+?) \\| (.+?) \\|$")
	labelForm = regexp.MustCompile("^`([a-z_]+)`: (.+)$")
	valueForm = regexp.MustCompile("`([^`]+)`")
)

// Read reads the table of a document, and adds what the libraries export and the
// board and the alerts use.
func Read(path string) (Table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := make(Table)
	for _, row := range rowForm.FindAllStringSubmatch(string(text), -1) {
		m := Metric{Name: row[1], Type: row[2], Labels: make(map[string][]string), Meaning: row[4], Do: row[5]}
		if err := m.readLabels(row[3]); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, m.Name, err)
		}
		t[m.Name] = m
	}
	if len(t) == 0 {
		return nil, fmt.Errorf("%s: there is no table of metrics", path)
	}
	for _, m := range libraries() {
		t[m.Name] = m
	}
	return t, nil
}

// readLabels reads the column "Labels".
func (m *Metric) readLabels(column string) error {
	if column == "" {
		return nil
	}
	for part := range strings.SplitSeq(column, "; ") {
		label := labelForm.FindStringSubmatch(part)
		if label == nil {
			return fmt.Errorf("a label is not of the form `name`: values: %q", part)
		}
		m.Labels[label[1]] = nil
		for _, value := range valueForm.FindAllStringSubmatch(label[2], -1) {
			m.Labels[label[1]] = append(m.Labels[label[1]], value[1])
		}
	}
	return nil
}

// Own are the names of Forseti's own metrics, sorted.
func (t Table) Own() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(t)), func(name string) bool { return !strings.HasPrefix(name, "forseti_") })
}

// libraries are metrics that Forseti does not declare: those of Prometheus about
// its targets and alerts, and of the libraries for gRPC, Go and the process. The
// test against a real Prometheus shows that they are there.
func libraries() []Metric {
	method := map[string][]string{"grpc_type": nil, "grpc_service": nil, "grpc_method": nil}
	handled := maps.Clone(method)
	handled["grpc_code"] = nil
	all := []Metric{
		{Name: "ALERTS", Type: "gauge", Labels: map[string][]string{"alertname": nil, "alertstate": {"firing", "pending"}, "severity": {"page", "ticket"}}},
		{Name: "grpc_server_handled_total", Type: "counter", Labels: handled},
		{Name: "grpc_server_started_total", Type: "counter", Labels: method},
		{Name: "grpc_server_handling_seconds", Type: "histogram", Labels: method},
		{Name: "go_gc_duration_seconds", Type: "summary", Labels: map[string][]string{"quantile": nil}},
		{Name: "process_cpu_seconds_total", Type: "counter"},
	}
	for _, gauge := range []string{
		"up", "process_start_time_seconds", "process_open_fds", "process_max_fds", "process_resident_memory_bytes",
		"go_goroutines", "go_memstats_heap_inuse_bytes",
	} {
		all = append(all, Metric{Name: gauge, Type: "gauge"})
	}
	return all
}
