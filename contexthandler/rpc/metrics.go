package rpc

import (
	"errors"
	"strings"

	grpcprometheus "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// metrics are the metrics of the server. All label values are from closed sets.
type metrics struct {
	grpc        *grpcprometheus.ServerMetrics
	failures    *prometheus.CounterVec
	unknown     prometheus.Counter
	connections prometheus.Counter
	panics      prometheus.Counter
}

// latencyBuckets reach from a decision in memory to the longest deadline.
var latencyBuckets = []float64{1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

func newMetrics(reg prometheus.Registerer, calls, streams *gate) (*metrics, error) {
	m := &metrics{
		grpc: grpcprometheus.NewServerMetrics(grpcprometheus.WithServerHandlingTimeHistogram(
			grpcprometheus.WithHistogramBuckets(latencyBuckets))),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_rpc_failures_total",
			Help: "Calls, and items of batches and streams, that were not evaluated, by reason.",
		}, []string{"reason"}),
		unknown: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "forseti_rpc_unknown_methods_total",
			Help: "Calls of methods that do not exist.",
		}),
		connections: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "forseti_rpc_connections_refused_total",
			Help: "Connections that were closed because their address has too many.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name:        "forseti_panics_total",
			Help:        "Panics that were contained, by place.",
			ConstLabels: prometheus.Labels{"where": "rpc"},
		}),
	}
	for reason := range reasonCodes {
		if f := (&failure{reason: v1.ErrorReason(reason)}); f.reason != v1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			m.failures.WithLabelValues(f.label())
		}
	}
	return m, errors.Join(
		reg.Register(m.grpc), reg.Register(m.failures), reg.Register(m.unknown), reg.Register(m.connections), reg.Register(m.panics),
		reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "forseti_rpc_in_flight_calls",
			Help: "Admitted calls, and messages of streams, that are not answered yet.",
		}, calls.count)),
		reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "forseti_rpc_open_streams",
			Help: "Admitted streams that have not ended.",
		}, streams.count)),
	)
}

// label is the reason as a label value.
func (f *failure) label() string { return strings.ToLower(f.name()) }

func (m *metrics) failed(f *failure) { m.failures.WithLabelValues(f.label()).Inc() }
