package token

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/token/jwks"
)

// resultGood is the result of a token that was accepted.
const resultGood = "ok"

// metrics counts tokens. Its label values are the reasons, the refusals and the
// names of the issuers in the configuration: closed sets. What a token says of its
// issuer is none of them.
type metrics struct {
	results  map[Reason]prometheus.Counter // the empty reason is a good token
	counters *prometheus.CounterVec

	keys, refused, read, failures *prometheus.Desc
}

func newMetrics() metrics {
	m := metrics{
		results: make(map[Reason]prometheus.Counter),
		counters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_tokens_total",
			Help: "Tokens that were verified, by result: ok, or the reason for which they were refused.",
		}, []string{"result"}),
		keys: prometheus.NewDesc("forseti_token_keys",
			"Keys of an issuer of tokens that can be used.", []string{"issuer"}, nil),
		refused: prometheus.NewDesc("forseti_token_keys_refused",
			"Keys that an issuer of tokens published and that cannot be used, by reason.", []string{"issuer", "reason"}, nil),
		read: prometheus.NewDesc("forseti_token_keys_read_timestamp_seconds",
			"When the keys of an issuer of tokens were last read well, in Unix time; 0 if never.", []string{"issuer"}, nil),
		failures: prometheus.NewDesc("forseti_token_keys_failures",
			"Readings of the keys of an issuer of tokens that failed since the last good one.", []string{"issuer"}, nil),
	}
	m.results[""] = m.counters.WithLabelValues(resultGood)
	for _, r := range Reasons() {
		m.results[r] = m.counters.WithLabelValues(string(r))
	}
	return m
}

// Describe makes a verifier a [prometheus.Collector], to be registered by who has
// made it.
func (v *Verifier) Describe(out chan<- *prometheus.Desc) {
	v.metrics.counters.Describe(out)
	for _, d := range []*prometheus.Desc{v.metrics.keys, v.metrics.refused, v.metrics.read, v.metrics.failures} {
		out <- d
	}
}

// Collect gives the results of verifications and the state of the keys.
func (v *Verifier) Collect(out chan<- prometheus.Metric) {
	v.metrics.counters.Collect(out)
	gauge := func(d *prometheus.Desc, n float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, n, labels...)
	}
	for name, s := range v.Keys() {
		gauge(v.metrics.keys, float64(s.Keys), name)
		for _, r := range jwks.Refusals() {
			gauge(v.metrics.refused, float64(s.Refused[r]), name, string(r))
		}
		read := 0.0
		if !s.Read.IsZero() {
			read = float64(s.Read.UnixMilli()) / 1000
		}
		gauge(v.metrics.read, read, name)
		gauge(v.metrics.failures, float64(s.Failures), name)
	}
}
