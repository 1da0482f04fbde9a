package contexthandler

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/internal/exemplar"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Metrics are the metrics of decisions. All label values are from closed sets,
// and the series of all of them are found once, not for each decision.
type Metrics struct {
	decisions               [outcomes]prometheus.Counter
	enrich, evaluate, total prometheus.Observer
	obligations, advice     prometheus.Counter
	match, mismatch         prometheus.Counter // of shadow evaluations
	made, saved             prometheus.Counter // look-ups
}

// outcome is a decision with its status code.
type outcome uint8

const (
	permitted outcome = iota
	denied
	notApplicable
	missingAttribute
	syntaxError
	processingError
	outcomes
)

// labels are the decision and status of each outcome as label values.
var labels = [outcomes][2]string{
	permitted:        {"permit", "ok"},
	denied:           {"deny", "ok"},
	notApplicable:    {"not_applicable", "ok"},
	missingAttribute: {"indeterminate", "missing_attribute"},
	syntaxError:      {"indeterminate", "syntax_error"},
	processingError:  {"indeterminate", "processing_error"},
}

// stageBuckets reach from microseconds, an evaluation, to the longest deadline.
var stageBuckets = []float64{
	1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	decisions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_decisions_total",
		Help: "Individual decisions by decision and status code.",
	}, []string{"decision", "status"})
	stage := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "forseti_stage_duration_seconds",
		Help:    "Time by stage: enrich and evaluate for each individual decision, total for each request.",
		Buckets: stageBuckets,
	}, []string{"stage"})
	obligations := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_obligations_total",
		Help: "Obligations and advice issued with decisions.",
	}, []string{"kind"})
	shadow := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_shadow_decisions_total",
		Help: "Decisions that the reference evaluator made too, by whether the two agreed.",
	}, []string{"outcome"})
	lookups := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_lookups_total",
		Help: "Sources that could be asked for an individual decision, by whether they were asked, or could not matter.",
	}, []string{"outcome"})
	for _, c := range []prometheus.Collector{decisions, stage, obligations, shadow, lookups} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	m := &Metrics{
		enrich:      stage.WithLabelValues("enrich"),
		evaluate:    stage.WithLabelValues("evaluate"),
		total:       stage.WithLabelValues("total"),
		obligations: obligations.WithLabelValues("obligation"),
		advice:      obligations.WithLabelValues("advice"),
		match:       shadow.WithLabelValues("match"),
		mismatch:    shadow.WithLabelValues("mismatch"),
		made:        lookups.WithLabelValues("made"),
		saved:       lookups.WithLabelValues("saved"),
	}
	for o, l := range labels {
		m.decisions[o] = decisions.WithLabelValues(l[0], l[1])
	}
	return m, nil
}

// decided counts the results of one request.
func (m *Metrics) decided(results []xacml.Result, took time.Duration, trace prometheus.Labels) {
	exemplar.Observe(m.total, took.Seconds(), trace)
	for i := range results {
		m.count(&results[i])
	}
}

func (m *Metrics) count(r *xacml.Result) {
	m.decisions[outcomeOf(r)].Inc()
	if n := len(r.Obligations); n > 0 {
		m.obligations.Add(float64(n))
	}
	if n := len(r.Advice); n > 0 {
		m.advice.Add(float64(n))
	}
}

// stages takes the times of one individual decision.
func (m *Metrics) stages(enrich, evaluate time.Duration, trace prometheus.Labels) {
	exemplar.Observe(m.enrich, enrich.Seconds(), trace)
	exemplar.Observe(m.evaluate, evaluate.Seconds(), trace)
}

// lookups counts those of one individual decision.
func (m *Metrics) lookups(k *knowledge) {
	if made, saved := k.lookups(); made+saved > 0 {
		m.made.Add(float64(made))
		m.saved.Add(float64(saved))
	}
}

func outcomeOf(r *xacml.Result) outcome {
	switch {
	case r.Decision == xacml.Permit:
		return permitted
	case r.Decision == xacml.Deny:
		return denied
	case r.Decision == xacml.NotApplicable:
		return notApplicable
	case r.Status.Code == xacml.StatusMissingAttribute:
		return missingAttribute
	case r.Status.Code == xacml.StatusSyntaxError:
		return syntaxError
	default:
		return processingError
	}
}
