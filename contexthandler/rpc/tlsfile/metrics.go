package tlsfile

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are descriptions of what is known of the files.
type metrics struct{ expires, read, good *prometheus.Desc }

func newMetrics() metrics {
	return metrics{
		expires: prometheus.NewDesc("forseti_tls_expiry_timestamp_seconds",
			"When the certificate of the service, or the first authority of clients, expires, in Unix time.", []string{"of"}, nil),
		read: prometheus.NewDesc("forseti_tls_last_reload_timestamp_seconds",
			"When the certificate and the authorities that count were read, in Unix time.", nil, nil),
		good: prometheus.NewDesc("forseti_tls_last_reload_success",
			"Whether what is in the files of TLS counts.", nil, nil),
	}
}

// Describe makes Files a [prometheus.Collector].
func (f *Files) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.metrics.expires, f.metrics.read, f.metrics.good} {
		out <- d
	}
}

// Collect tells of what counts.
func (f *Files) Collect(out chan<- prometheus.Metric) {
	m := f.current.Load()
	gauge := func(d *prometheus.Desc, n float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, n, labels...)
	}
	gauge(f.metrics.expires, seconds(m.expires), "certificate")
	if m.clients != nil {
		gauge(f.metrics.expires, seconds(m.authorityExpires), "client_authority")
	}
	gauge(f.metrics.read, seconds(m.read))
	good := 1.0
	if f.broken.Load() {
		good = 0
	}
	gauge(f.metrics.good, good)
}

// seconds is a time as metrics have it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
