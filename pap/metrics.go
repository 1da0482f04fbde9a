package pap

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// Metrics tells how the policies of one [Store] are kept up to date:
//
//	forseti_policy_reloads_total{result}               candidates "accepted" or "rejected"
//	forseti_policy_reload_failures_total{reason}       candidates rejected for this reason, among others
//	forseti_policy_reload_duration_seconds             from the last reading of a candidate to the verdict
//	forseti_policy_last_reload_success                 1 if what the folder holds is in force, else 0
//	forseti_policy_last_success_timestamp_seconds      when that was found last, in Unix time
//	forseti_policy_snapshot_info{snapshot}             1, with the ID of the snapshot in force
//	forseti_policy_snapshot_age_seconds                since that came into force
//	forseti_policy_snapshot_files                      number of its files
//	forseti_policy_snapshot_policies                   number of its policies
//	forseti_policy_snapshot_warnings{reason}           number of the warnings about it
//
// Of the snapshot there is one series each, of warnings one for each reason, and none
// without a snapshot. The
// reasons are [policy.Reasons]. A Metrics that is nil counts nothing.
type Metrics struct {
	reloads     *prometheus.CounterVec
	failures    *prometheus.CounterVec
	duration    prometheus.Histogram
	success     prometheus.Gauge
	lastSuccess prometheus.Gauge
	snapshot    snapshotCollector
}

// NewMetrics makes the metrics and registers them. The error is that of the
// registerer, such as for a second set of the same metrics.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_policy_reloads_total",
			Help: "Candidate policy snapshots by result.",
		}, []string{"result"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_policy_reload_failures_total",
			Help: "Rejected candidate policy snapshots by reason; one that has several counts for each.",
		}, []string{"reason"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "forseti_policy_reload_duration_seconds",
			Help:    "Time from the last reading of a candidate policy snapshot to the verdict.",
			Buckets: []float64{.001, .005, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}),
		success: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "forseti_policy_last_reload_success",
			Help: "Whether what the policy folder held when it was judged last is in force.",
		}),
		lastSuccess: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "forseti_policy_last_success_timestamp_seconds",
			Help: "When a content of the policy folder was last found valid, in Unix time; 0 if never.",
		}),
	}
	m.snapshot.describe()
	for _, result := range []string{resultAccepted, resultRejected} {
		m.reloads.WithLabelValues(result)
	}
	for _, reason := range policy.Reasons() {
		m.failures.WithLabelValues(string(reason))
	}
	err := errors.Join(
		reg.Register(m.reloads), reg.Register(m.failures), reg.Register(m.duration),
		reg.Register(m.success), reg.Register(m.lastSuccess), reg.Register(&m.snapshot),
	)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// The results of a reload.
const (
	resultAccepted = "accepted"
	resultRejected = "rejected"
)

func (m *Metrics) accepted(s *Snapshot, took time.Duration) {
	if m == nil {
		return
	}
	m.snapshot.current.Store(s)
	m.reloads.WithLabelValues(resultAccepted).Inc()
	m.duration.Observe(took.Seconds())
	m.restored(s.LoadedAt)
}

func (m *Metrics) restored(now time.Time) {
	if m == nil {
		return
	}
	m.success.Set(1)
	m.lastSuccess.Set(float64(now.UnixMilli()) / 1000)
}

func (m *Metrics) rejected(failures policy.Problems, took time.Duration) {
	if m == nil {
		return
	}
	m.success.Set(0)
	m.reloads.WithLabelValues(resultRejected).Inc()
	m.duration.Observe(took.Seconds())
	counted := map[policy.Reason]bool{}
	for _, p := range failures {
		if !counted[p.Reason] {
			counted[p.Reason] = true
			m.failures.WithLabelValues(string(p.Reason)).Inc()
		}
	}
}

// snapshotCollector tells about the snapshot in force. It reads one pointer, so
// that a scrape never sees two snapshots, or parts of two.
type snapshotCollector struct {
	current                              atomic.Pointer[Snapshot]
	info, age, files, policies, warnings *prometheus.Desc
}

func (c *snapshotCollector) describe() {
	c.info = prometheus.NewDesc("forseti_policy_snapshot_info", "The policy snapshot in force.", []string{"snapshot"}, nil)
	c.age = prometheus.NewDesc("forseti_policy_snapshot_age_seconds", "Time since the policy snapshot came into force.", nil, nil)
	c.files = prometheus.NewDesc("forseti_policy_snapshot_files", "Files of the policy snapshot in force.", nil, nil)
	c.policies = prometheus.NewDesc("forseti_policy_snapshot_policies", "Policies of the policy snapshot in force.", nil, nil)
	c.warnings = prometheus.NewDesc("forseti_policy_snapshot_warnings", "Warnings about the policy snapshot in force, by reason.", []string{"reason"}, nil)
}

// Describe implements prometheus.Collector.
func (c *snapshotCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.info, c.age, c.files, c.policies, c.warnings} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *snapshotCollector) Collect(out chan<- prometheus.Metric) {
	s := c.current.Load()
	if s == nil {
		return
	}
	out <- prometheus.MustNewConstMetric(c.info, prometheus.GaugeValue, 1, s.ID)
	out <- prometheus.MustNewConstMetric(c.age, prometheus.GaugeValue, time.Since(s.LoadedAt).Seconds())
	out <- prometheus.MustNewConstMetric(c.files, prometheus.GaugeValue, float64(s.Files))
	out <- prometheus.MustNewConstMetric(c.policies, prometheus.GaugeValue, float64(s.Policies))
	warnings := make(map[policy.Reason]int)
	for _, w := range s.Warnings {
		warnings[w.Reason]++
	}
	for _, reason := range policy.Reasons() {
		out <- prometheus.MustNewConstMetric(c.warnings, prometheus.GaugeValue, float64(warnings[reason]), string(reason))
	}
}
