package pap

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// gather gives the value of each series, by name and labels.
func gather(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, l := range m.GetLabel() {
				name += "{" + l.GetName() + "=" + l.GetValue() + "}"
			}
			switch family.GetType() {
			case dto.MetricType_COUNTER:
				values[name] = m.GetCounter().GetValue()
			case dto.MetricType_GAUGE:
				values[name] = m.GetGauge().GetValue()
			default:
				values[name] = float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	metrics, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string, want map[string]float64) {
		t.Helper()
		got := gather(t, reg)
		for name, value := range want {
			if v, ok := got["forseti_policy_"+name]; !ok || v != value {
				t.Errorf("%s: %s: got %v (present %t), want %v", when, name, v, ok, value)
			}
		}
	}
	before := gather(t, reg)
	for _, reason := range policy.Reasons() {
		name := "forseti_policy_reload_failures_total{reason=" + string(reason) + "}"
		if v, ok := before[name]; !ok || v != 0 {
			t.Errorf("at start: %s: got %v (present %t), want 0", name, v, ok)
		}
	}
	for name := range before {
		if strings.HasPrefix(name, "forseti_policy_snapshot") {
			t.Errorf("at start: got %s, want nothing of a snapshot", name)
		}
	}
	check("at start", map[string]float64{
		"reloads_total{result=accepted}": 0, "reloads_total{result=rejected}": 0,
		"last_reload_success": 0, "last_success_timestamp_seconds": 0, "reload_duration_seconds": 0,
	})

	f := newFixture(t, "a.xml", "1", "b.xml", "2")
	f.config.Metrics = metrics
	f.open()
	check("after the first load", map[string]float64{
		"reloads_total{result=accepted}": 1, "reloads_total{result=rejected}": 0, "last_reload_success": 1,
		"snapshot_files": 2, "snapshot_policies": 2, "reload_duration_seconds": 1,
		"snapshot_info{snapshot=" + idOf("a.xml", "1", "b.xml", "2") + "}": 1,
	})
	if age := gather(t, reg)["forseti_policy_snapshot_age_seconds"]; age <= 0 || age > 60 {
		t.Errorf("age: got %v s", age)
	}
	if got, want := gather(t, reg)["forseti_policy_last_success_timestamp_seconds"], float64(f.store.Current().LoadedAt.Unix()); got < want || got > want+1 {
		t.Errorf("last success: got %v, want %v", got, want)
	}

	f.write("a.xml", "broken")
	f.write("b.xml", "broken too")
	_ = f.store.Reload(t.Context())
	_ = f.store.Reload(t.Context())
	check("after a refusal", map[string]float64{
		"reloads_total{result=accepted}": 1, "reloads_total{result=rejected}": 1, "last_reload_success": 0,
		"reload_failures_total{reason=parse}": 1, "reload_failures_total{reason=type}": 0, "snapshot_files": 2,
		"snapshot_info{snapshot=" + idOf("a.xml", "1", "b.xml", "2") + "}": 1,
	})

	f.remove("b.xml")
	f.write("a.xml", "3")
	_ = f.store.Reload(t.Context())
	check("after the second load", map[string]float64{
		"reloads_total{result=accepted}": 2, "reloads_total{result=rejected}": 1, "last_reload_success": 1,
		"snapshot_files": 1, "snapshot_info{snapshot=" + idOf("a.xml", "3") + "}": 1, "reload_duration_seconds": 3,
	})
	after := gather(t, reg)
	if got, want := len(after), len(before)+4+len(policy.Reasons()); got != want {
		t.Errorf("series: got %d, want %d: %v", got, want, after)
	}

	f.write("a.xml", "broken")
	_ = f.store.Reload(t.Context())
	f.write("a.xml", "3")
	_ = f.store.Reload(t.Context())
	check("after a return", map[string]float64{"reloads_total{result=accepted}": 2, "reloads_total{result=rejected}": 2, "last_reload_success": 1})
}

// Policies in force that hide errors are counted.
func TestMetrics_Warnings(t *testing.T) {
	reg := prometheus.NewRegistry()
	metrics, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	rule := `<Rule RuleId="r" Effect="Permit"/>`
	hides := func(id, algorithm string) string {
		return strings.NewReplacer(`"bad"`, `"`+id+`"`, "deny-overrides", algorithm).Replace(bad(rule))
	}
	f := newFixture(t, "a.xml", hides("a", "permit-unless-deny"), "b.xml", hides("b", "permit-overrides"), "c.xml", hides("c", "deny-unless-permit"))
	f.config.Compile, f.config.Metrics = CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "library"), metrics
	f.open()
	got := gather(t, reg)
	for reason, want := range map[policy.Reason]float64{policy.ReasonForbidden: 2, policy.ReasonDuplicate: 0} {
		if n, ok := got["forseti_policy_snapshot_warnings{reason="+string(reason)+"}"]; !ok || n != want {
			t.Errorf("%s: got %v (present %t), want %v", reason, n, ok, want)
		}
	}
}

func TestMetricsTwice(t *testing.T) {
	reg := prometheus.NewRegistry()
	if _, err := NewMetrics(reg); err != nil {
		t.Fatal(err)
	}
	if m, err := NewMetrics(reg); err == nil || m != nil {
		t.Errorf("second NewMetrics: got %v, %v, want an error", m, err)
	}
}
