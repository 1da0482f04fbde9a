package pip

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/internal/exemplar"
)

// Metrics counts and times the questions to sources. Its label values are the
// names of the sources in the configuration and the outcomes: closed sets.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	retries  *prometheus.CounterVec
	breakers *prometheus.GaugeVec
}

// NewMetrics registers forseti_pip_requests_total,
// forseti_pip_request_duration_seconds, forseti_pip_retries_total and
// forseti_pip_breaker_state.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_pip_requests_total",
			Help: "Questions to policy information points, by source and outcome.",
		}, []string{"source", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "forseti_pip_request_duration_seconds",
			Help:    "Time that policy information points took for questions that no cache answered, by source.",
			Buckets: []float64{.00001, .0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"source"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_pip_retries_total",
			Help: "Questions that were put to a policy information point again because it was unavailable, by source.",
		}, []string{"source"}),
		breakers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "forseti_pip_breaker_state",
			Help: "State of the breaker of a policy information point, by source: 0 closed, or there is none; 1 half-open; 2 open.",
		}, []string{"source"}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.retries, m.breakers} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// retried gives what counts the retries of a source. m may be nil.
func (m *Metrics) retried(source string) func() {
	if m == nil {
		return func() {}
	}
	return m.retries.WithLabelValues(source).Inc
}

// breaker gives what tells the state of the breaker of a source, which is closed.
// m may be nil.
func (m *Metrics) breaker(source string) func(state float64) {
	if m == nil {
		return func(float64) {}
	}
	gauge := m.breakers.WithLabelValues(source)
	gauge.Set(0)
	return gauge.Set
}

// Instrumented counts and times the questions to the source with this name,
// and makes every error an [Error] that names it. All series of the source
// exist from now on. m may be nil: then nothing is counted.
func Instrumented(p Provider, source string, m *Metrics) Provider {
	return instrumented(p, source, m, false)
}

// instrumented is Instrumented; if traced, times name the traces that they belong to.
func instrumented(p Provider, source string, m *Metrics, traced bool) Provider {
	count := func(context.Context, Outcome, time.Duration) {}
	if m != nil {
		counters := make(map[Outcome]prometheus.Counter, len(Outcomes()))
		for _, o := range Outcomes() {
			counters[o] = m.requests.WithLabelValues(source, string(o))
		}
		duration := m.duration.WithLabelValues(source)
		count = func(ctx context.Context, o Outcome, took time.Duration) {
			counters[o].Inc()
			switch {
			case o == OutcomeCached:
			case traced:
				exemplar.Observe(duration, took.Seconds(), exemplar.Of(ctx))
			default:
				duration.Observe(took.Seconds())
			}
		}
	}
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		start := time.Now()
		a, err := p.Fetch(ctx, q)
		if err != nil {
			e := name(err, source)
			count(ctx, e.Outcome, time.Since(start))
			return Answer{}, e
		}
		outcome := OutcomeOK
		switch {
		case a.Stale:
			outcome = OutcomeStale
			a.Unknown = named(a.Unknown, source)
		case a.Cached:
			outcome = OutcomeCached
		case a.Empty():
			outcome = OutcomeEmpty
		}
		count(ctx, outcome, time.Since(start))
		return a, nil
	})
}

// name makes err an Error of the source. The Error is a copy: callers that were
// coalesced share the original. An outcome outside the set of errors is none.
func name(err error, source string) *Error {
	named := Error{Outcome: outcomeOf(err), Err: err}
	if e, ok := errors.AsType[*Error](err); ok {
		named = *e
	}
	switch named.Outcome {
	case OutcomeTimeout, OutcomeCanceled, OutcomeInvalid, OutcomeUnavailable, OutcomeOpen, OutcomeError:
	default:
		named.Outcome = OutcomeError
	}
	named.Source = source
	return &named
}

// named makes Errors of the source of those that are not nil.
func named(errs []error, source string) []error {
	if errs == nil {
		return nil
	}
	out := make([]error, len(errs))
	for i, err := range errs {
		if err != nil {
			out[i] = name(err, source)
		}
	}
	return out
}
