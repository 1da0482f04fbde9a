package contexthandler

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// shadowed is a handler whose every decision is made twice.
func shadowed(t *testing.T, logs *bytes.Buffer, sources ...pip.Source) (*Handler, *pap.Snapshot) {
	t.Helper()
	documents := []policy.Document{document(t, rule("dagl", "Permit", "s.role=dagl"), rule("write", "Deny", "a.id=write"))}
	p, problems := pdp.New(pdp.Config{KeepModel: true}, documents)
	if p == nil {
		t.Fatal(problems)
	}
	metrics, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	s := &pap.Snapshot{ID: "test", PDP: p}
	return New(Config{Sources: sources, ShadowRate: 1, Logger: slog.New(secrettest.Planted().Handler(t, logs)), Metrics: metrics}), s
}

// counted is the value of a counter.
func counted(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

func TestShadow_Agrees(t *testing.T) {
	var logs bytes.Buffer
	roles := &fake{answers: map[string]string{"1337": "dagl"}}
	h, s := shadowed(t, &logs, source("roles", "s.user", "s.role", roles))
	for _, tt := range []struct {
		request []string
		want    xacml.Decision
	}{
		{[]string{"s.user=1337", "a.id=read"}, xacml.Permit},
		{[]string{"s.user=1337", "a.id=write"}, xacml.Deny},
		{[]string{"s.user=42", "a.id=read"}, xacml.NotApplicable},
	} {
		results, err := decided(h.Decide(t.Context(), s, Call{Request: request(tt.request...)}))
		if err != nil || results[0].Decision != tt.want {
			t.Errorf("got %v, %v, want %s, input: %v", results, err, tt.want, tt.request)
		}
	}
	if got := counted(t, h.config.Metrics.match); got != 3 || logs.Len() > 0 {
		t.Errorf("got %v matches, want 3; logs: %s", got, &logs)
	}
	if len(roles.asked) != 3 {
		t.Errorf("asked %v, want each question once", roles.asked)
	}
}

// What the evaluators disagree on is nothing to act on.
func TestShadow_DisagreementIsIndeterminate(t *testing.T) {
	for _, tt := range []struct {
		differ string
		change func(*xacml.Result)
	}{
		{"decision", func(r *xacml.Result) { r.Decision = xacml.Deny }},
		{"status", func(r *xacml.Result) { r.Status.Code = xacml.StatusSyntaxError }},
		{"missing attributes", func(r *xacml.Result) { r.Status.Missing = []xacml.MissingAttribute{{}} }},
		{"obligations", func(r *xacml.Result) { r.Obligations = []xacml.Obligation{{ID: "o"}} }},
		{"advice", func(r *xacml.Result) { r.Advice = []xacml.Advice{{ID: "a"}} }},
		{"policies", func(r *xacml.Result) { r.PolicyIDs = []xacml.PolicyIdentifier{{ID: "p"}} }},
	} {
		var logs bytes.Buffer
		h, s := shadowed(t, &logs)
		h.shadow.other = func(p *pdp.PDP, ctx context.Context, request *xacml.Request, finder pdp.Finder) xacml.Result {
			result := p.EvaluateReference(ctx, request, finder)
			tt.change(&result)
			return result
		}
		results, err := decided(h.Decide(t.Context(), s, Call{Request: request("s.role=dagl", "a.id=read")}))
		if err != nil || results[0].Decision != xacml.IndeterminateDP || results[0].Status.Code != xacml.StatusProcessingError {
			t.Errorf("%s: got %v, %v", tt.differ, results, err)
		}
		if got := counted(t, h.config.Metrics.mismatch); got != 1 {
			t.Errorf("%s: got %v mismatches, want 1", tt.differ, got)
		}
		if text := logs.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, tt.differ) || strings.Contains(text, "dagl") {
			t.Errorf("%s: got log %s", tt.differ, text)
		}

		q, ok := h.NewQuery(s) // the short way
		if !ok {
			t.Fatal("no query")
		}
		q.Attribute(xacml.CategoryAccessSubject, "role")
		q.Text("dagl")
		if _, _, ok, _ := q.Decide(t.Context(), time.Now()); ok {
			t.Errorf("%s: the query was decided without the other evaluator", tt.differ)
		}
		if result, _, err := q.Complete(t.Context(), time.Now()); err != nil || result.Decision != xacml.IndeterminateDP {
			t.Errorf("%s: query: got %v, %v", tt.differ, result, err)
		}
		q.Close()
	}
}

func TestShadow_Obligations(t *testing.T) {
	with := func(values ...value.Value) *xacml.Result {
		r := &xacml.Result{Decision: xacml.Permit}
		for _, v := range values {
			r.Obligations = append(r.Obligations, xacml.Obligation{ID: "o", Assignments: []xacml.AttributeAssignment{{AttributeID: "a", Value: v}}})
		}
		return r
	}
	one, two := value.NewInteger(1), value.String("1")
	for _, tt := range []struct {
		a, b *xacml.Result
		want []string
	}{
		{with(one, two), with(one, two), nil},
		{with(one, two), with(two, one), []string{"obligations"}},
		{with(one), with(two), []string{"obligations"}},
		{with(one), with(), []string{"obligations"}},
	} {
		if got := differences(tt.a, tt.b); !slices.Equal(got, tt.want) {
			t.Errorf("got %v, want %v", got, tt.want)
		}
	}
}
