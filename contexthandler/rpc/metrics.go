package rpc

import (
	"errors"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// metrics are the metrics of the server. All label values are from closed sets.
type metrics struct {
	calls       *callMetrics
	failures    map[v1.ErrorReason]prometheus.Counter
	shed        [sheds]prometheus.Counter
	unknown     prometheus.Counter
	connections prometheus.Counter
	handshakes  prometheus.Counter
	panics      prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, calls, streams *gate) (*metrics, error) {
	failures := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_rpc_failures_total",
		Help: "Calls, and items of batches and streams, that were not evaluated, by reason.",
	}, []string{"reason"})
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_shed_total",
		Help: "Calls, and items of batches and streams, that were refused as overloaded, by what there was too much of.",
	}, []string{"reason"})
	m := &metrics{
		calls:    newCallMetrics(),
		failures: make(map[v1.ErrorReason]prometheus.Counter),
		unknown: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "forseti_rpc_unknown_methods_total",
			Help: "Calls of methods that do not exist.",
		}),
		connections: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "forseti_rpc_connections_refused_total",
			Help: "Connections that were closed because their address has too many, or all together are too many.",
		}),
		handshakes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "forseti_tls_handshake_failures_total",
			Help: "Connections that did not get through the handshake of TLS.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name:        "forseti_panics_total",
			Help:        "Panics that were contained, by place.",
			ConstLabels: prometheus.Labels{"where": "rpc"},
		}),
	}
	for reason := range reasonCodes {
		if f := (&failure{reason: v1.ErrorReason(reason)}); f.reason != v1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			m.failures[f.reason] = failures.WithLabelValues(f.label())
		}
	}
	for s := shedNothing + 1; s < sheds; s++ {
		m.shed[s] = refused.WithLabelValues(s.String())
	}
	return m, errors.Join(
		m.calls.register(reg), reg.Register(failures), reg.Register(refused), reg.Register(m.unknown), reg.Register(m.connections), reg.Register(m.handshakes), reg.Register(m.panics),
		reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "forseti_rpc_in_flight_calls",
			Help: "Admitted calls, and messages of streams, that are not answered yet and do not wait.",
		}, calls.count)),
		reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "forseti_rpc_waiting_calls",
			Help: "Admitted calls, and messages of streams, that wait for a source, or for a record to be written.",
		}, calls.countWaiting)),
		reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "forseti_rpc_waiting_limit",
			Help: "How many calls, and messages of streams, may wait at present.",
		}, calls.limitWaiting)),
		reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "forseti_rpc_open_streams",
			Help: "Admitted streams that have not ended.",
		}, streams.count)),
	)
}

// label is the reason as a label value.
func (f *failure) label() string { return strings.ToLower(f.name()) }

func (m *metrics) failed(f *failure) {
	m.failures[f.reason].Inc()
	if f.shed != shedNothing {
		m.shed[f.shed].Inc()
	}
}
