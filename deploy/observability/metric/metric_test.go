package metric

import (
	"strings"
	"testing"
)

const document = "../../../docs/metrics.md"

// TestRead: rows, closed sets and open ones.
func TestRead(t *testing.T) {
	table, err := Read(document)
	if err != nil {
		t.Fatal(err)
	}
	m := table["forseti_pip_requests_total"]
	if m.Type != "counter" || len(m.Labels) != 2 || m.Labels["source"] != nil || len(m.Labels["outcome"]) < 5 || m.Meaning == "" || m.Do == "" {
		t.Errorf("got %+v", m)
	}
	if own := table.Own(); len(own) < 40 || strings.HasPrefix(own[0], "go_") {
		t.Errorf("got %d metrics, the first %q", len(own), own[0])
	}
	text := strings.Join(table.Own(), " ")
	for _, name := range []string{"forseti_build_info", "forseti_tokens_total"} {
		if !strings.Contains(text, name) {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestCheck(t *testing.T) {
	table, err := Read(document)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ query, want string }{
		{`sum by (decision) (rate(forseti_decisions_total{job="a", status!="ok"}[5m]))`, ""},
		{`histogram_quantile(0.99, sum by (le, stage) (rate(forseti_stage_duration_seconds_bucket{stage=~"enrich|total"}[5m])))`, ""},
		{`forseti_tls_expiry_timestamp_seconds - time() < 604800`, ""},
		{`up == 1 unless on (job, instance) forseti_policy_snapshot_age_seconds`, ""},
		{`sum(`, "parse error"},
		{`sum(rate(forseti_decision_total[5m]))`, "no metric"},
		{`forseti_stage_duration_seconds{stage="total"}`, "no metric"},
		{`rate(forseti_decisions_total{outcome="ok"}[5m])`, `no label "outcome"`},
		{`rate(forseti_decisions_total{decision="allow"}[5m])`, `no decision="allow"`},
		{`rate(forseti_decisions_total{decision=~"permit|allow"}[5m])`, `no decision="allow"`},
		{`sum by (source) (rate(forseti_decisions_total[5m]))`, `a label "source"`},
		{`forseti_insecure == 1 and on (node) up`, `a label "node"`},
		{`forseti_decisions_total > 5`, "is a counter"},
		{`rate(forseti_audit_queue[5m])`, "is a gauge"},
		{`rate(forseti_stage_duration_seconds_sum{le="1"}[5m])`, `no label "le"`},
	}
	for _, test := range tests {
		err := table.Check(test.query)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("got %v, want nothing, input: %s", err, test.query)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("got %v, want %q, input: %s", err, test.want, test.query)
		}
	}
}

func TestNames(t *testing.T) {
	table, err := Read(document)
	if err != nil {
		t.Fatal(err)
	}
	got := table.Names(`rate(forseti_stage_duration_seconds_sum[1m]) / rate(forseti_stage_duration_seconds_count[1m]) and up`)
	if strings.Join(got, " ") != "forseti_stage_duration_seconds up" {
		t.Errorf("got %q", got)
	}
}
