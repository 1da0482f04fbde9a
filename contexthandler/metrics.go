package contexthandler

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Metrics are the metrics of decisions. All label values are from closed sets.
type Metrics struct {
	decisions   *prometheus.CounterVec
	stage       *prometheus.HistogramVec
	obligations *prometheus.CounterVec
}

// stageBuckets reach from microseconds, an evaluation, to the longest deadline.
var stageBuckets = []float64{
	1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_decisions_total",
			Help: "Individual decisions by decision and status code.",
		}, []string{"decision", "status"}),
		stage: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "forseti_stage_duration_seconds",
			Help:    "Time by stage: enrich and evaluate for each individual decision, total for each request.",
			Buckets: stageBuckets,
		}, []string{"stage"}),
		obligations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_obligations_total",
			Help: "Obligations and advice issued with decisions.",
		}, []string{"kind"}),
	}
	for _, c := range []prometheus.Collector{m.decisions, m.stage, m.obligations} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	for _, d := range []string{"permit", "deny", "not_applicable"} {
		m.decisions.WithLabelValues(d, "ok")
	}
	for _, s := range []string{"missing_attribute", "syntax_error", "processing_error"} {
		m.decisions.WithLabelValues("indeterminate", s)
	}
	for _, s := range []string{"enrich", "evaluate", "total"} {
		m.stage.WithLabelValues(s)
	}
	for _, k := range []string{"obligation", "advice"} {
		m.obligations.WithLabelValues(k)
	}
	return m, nil
}

func (m *Metrics) decided(results []xacml.Result, took time.Duration) {
	m.stage.WithLabelValues("total").Observe(took.Seconds())
	for i := range results {
		m.decisions.WithLabelValues(label(results[i].Decision), statusLabel(&results[i])).Inc()
		m.obligations.WithLabelValues("obligation").Add(float64(len(results[i].Obligations)))
		m.obligations.WithLabelValues("advice").Add(float64(len(results[i].Advice)))
	}
}

func (m *Metrics) stages(enrich, evaluate time.Duration) {
	m.stage.WithLabelValues("enrich").Observe(enrich.Seconds())
	m.stage.WithLabelValues("evaluate").Observe(evaluate.Seconds())
}

func label(d xacml.Decision) string {
	switch d {
	case xacml.Permit:
		return "permit"
	case xacml.Deny:
		return "deny"
	case xacml.NotApplicable:
		return "not_applicable"
	default:
		return "indeterminate"
	}
}

func statusLabel(r *xacml.Result) string {
	switch {
	case !r.Decision.Indeterminate():
		return "ok"
	case r.Status.Code == xacml.StatusMissingAttribute:
		return "missing_attribute"
	case r.Status.Code == xacml.StatusSyntaxError:
		return "syntax_error"
	default:
		return "processing_error"
	}
}
