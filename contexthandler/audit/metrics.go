package audit

import (
	"github.com/prometheus/client_golang/prometheus"
)

// outcome is what became of a record.
type outcome uint8

const (
	written outcome = iota
	spilled
	refused
	outcomes
)

var outcomeNames = [outcomes]string{written: "written", spilled: "spilled", refused: "refused"}

// metrics are those of a log.
type metrics struct {
	records [outcomes]prometheus.Counter
	last    prometheus.Gauge
	errors  prometheus.Counter
}

// newMetrics registers the metrics. queued counts the records that wait.
func newMetrics(reg prometheus.Registerer, queued func() float64) (*metrics, error) {
	records := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_audit_records_total",
		Help: "Audit records by what became of them; the decisions of those refused were not given.",
	}, []string{"outcome"})
	m := &metrics{
		last: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "forseti_audit_last_write_timestamp_seconds",
			Help: "When audit records were last written, in Unix time; 0 if never.",
		}),
		errors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "forseti_audit_errors_total",
			Help: "Writes of audit records that failed, each of which is tried again.",
		}),
	}
	queue := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "forseti_audit_queue",
		Help: "Calls whose audit records wait to be written, and records that wait in the spill file.",
	}, queued)
	for _, c := range []prometheus.Collector{records, m.last, m.errors, queue} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	for o, name := range outcomeNames {
		m.records[o] = records.WithLabelValues(name)
	}
	return m, nil
}

// settle counts the records of a group, once.
func (m *metrics) settle(g *group, o outcome) {
	if g.counted.CompareAndSwap(false, true) {
		m.records[o].Add(float64(len(g.records)))
	}
}
