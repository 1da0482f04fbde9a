package pip

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts and times the questions to sources. Its label values are the
// names of the sources in the configuration and the outcomes: closed sets.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewMetrics registers forseti_pip_requests_total and
// forseti_pip_request_duration_seconds.
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
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Instrumented counts and times the questions to the source with this name,
// and makes every error an [Error] that names it. All series of the source
// exist from now on. m may be nil: then nothing is counted.
func Instrumented(p Provider, source string, m *Metrics) Provider {
	count := func(Outcome, time.Duration) {}
	if m != nil {
		counters := make(map[Outcome]prometheus.Counter, len(Outcomes()))
		for _, o := range Outcomes() {
			counters[o] = m.requests.WithLabelValues(source, string(o))
		}
		duration := m.duration.WithLabelValues(source)
		count = func(o Outcome, took time.Duration) {
			counters[o].Inc()
			if o != OutcomeCached {
				duration.Observe(took.Seconds())
			}
		}
	}
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		start := time.Now()
		a, err := p.Fetch(ctx, q)
		if err != nil {
			named := name(err, source)
			count(named.Outcome, time.Since(start))
			return Answer{}, named
		}
		outcome := OutcomeOK
		switch {
		case a.Cached:
			outcome = OutcomeCached
		case a.Empty():
			outcome = OutcomeEmpty
		}
		count(outcome, time.Since(start))
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
	case OutcomeTimeout, OutcomeCanceled, OutcomeInvalid, OutcomeUnavailable, OutcomeError:
	default:
		named.Outcome = OutcomeError
	}
	named.Source = source
	return &named
}
