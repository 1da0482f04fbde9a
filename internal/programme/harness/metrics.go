package harness

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	dto "github.com/prometheus/client_model/go"
)

// Metrics are the series of one scrape, by name with labels in order, as in
// forseti_decisions_total{decision="permit",status="ok"}. Of a histogram there are
// _count and _sum.
type Metrics map[string]float64

// Metrics scrapes the program.
func (s *Server) Metrics(t testing.TB) Metrics {
	t.Helper()
	response, err := http.Get("http://" + s.admin + "/metrics") //nolint:noctx // on this machine
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer response.Body.Close() //nolint:errcheck // read-only
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	all := make(Metrics)
	for name, family := range families {
		for _, m := range family.GetMetric() {
			all.add(name, m)
		}
	}
	return all
}

func (m Metrics) add(name string, series *dto.Metric) {
	labels := make([]string, 0, len(series.GetLabel()))
	for _, l := range series.GetLabel() {
		labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
	}
	slices.Sort(labels)
	suffix := ""
	if len(labels) > 0 {
		suffix = "{" + strings.Join(labels, ",") + "}"
	}
	switch {
	case series.GetHistogram() != nil:
		m[name+"_count"+suffix] = float64(series.GetHistogram().GetSampleCount())
		m[name+"_sum"+suffix] = series.GetHistogram().GetSampleSum()
	case series.GetSummary() != nil:
		m[name+"_count"+suffix] = float64(series.GetSummary().GetSampleCount())
		m[name+"_sum"+suffix] = series.GetSummary().GetSampleSum()
	default:
		m[name+suffix] = series.GetCounter().GetValue() + series.GetGauge().GetValue() + series.GetUntyped().GetValue()
	}
}

// Value is that of one series; 0 if there is none.
func (m Metrics) Value(series string) float64 { return m[series] }

// Sum is that of all series of a name.
func (m Metrics) Sum(name string) float64 {
	sum := 0.0
	for series := range maps.Keys(m) {
		if series == name || strings.HasPrefix(series, name+"{") {
			sum += m[series]
		}
	}
	return sum
}

// Series is how many there are.
func (m Metrics) Series() int { return len(m) }

// Memory is the resident memory of the process now, and the most that it ever was, in
// bytes.
func (s *Server) Memory(t testing.TB) (now, peak int64) {
	t.Helper()
	text, err := os.ReadFile(s.proc("status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[2] != "kB" {
			continue
		}
		n, err := strconv.ParseInt(fields[1], 10, 64)
		switch {
		case err != nil:
			t.Fatal(err)
		case fields[0] == "VmRSS:":
			now = n << 10
		case fields[0] == "VmHWM:":
			peak = n << 10
		}
	}
	return now, peak
}

// ForgetPeak makes the peak of memory what it is now.
func (s *Server) ForgetPeak(t testing.TB) {
	t.Helper()
	if err := os.WriteFile(s.proc("clear_refs"), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

// Files is how many the process has open, connections among them.
func (s *Server) Files(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir(s.proc("fd"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func (s *Server) proc(name string) string {
	return filepath.Join("/proc", strconv.Itoa(s.PID()), name)
}
