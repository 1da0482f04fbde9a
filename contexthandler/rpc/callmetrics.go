package rpc

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/internal/exemplar"
)

// callMetrics are the usual metrics of gRPC servers. The series of a method are
// found once, not for each call.
type callMetrics struct {
	started, handled, received, sent *prometheus.CounterVec
	seconds                          *prometheus.HistogramVec
}

// latencyBuckets reach from a decision in memory to the longest deadline.
var latencyBuckets = []float64{1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

func newCallMetrics() *callMetrics {
	labels := []string{"grpc_type", "grpc_service", "grpc_method"}
	counter := func(name, help string, labels []string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &callMetrics{
		started:  counter("grpc_server_started_total", "Total number of RPCs started on the server.", labels),
		received: counter("grpc_server_msg_received_total", "Total number of RPC stream messages received on the server.", labels),
		sent:     counter("grpc_server_msg_sent_total", "Total number of gRPC stream messages sent by the server.", labels),
		handled: counter("grpc_server_handled_total", "Total number of RPCs completed on the server, regardless of success or failure.",
			[]string{"grpc_type", "grpc_service", "grpc_method", "grpc_code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "grpc_server_handling_seconds",
			Help:    "Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.",
			Buckets: latencyBuckets,
		}, labels),
	}
}

func (m *callMetrics) register(reg prometheus.Registerer) error {
	var errs []error
	for _, c := range []prometheus.Collector{m.started, m.handled, m.received, m.sent, m.seconds} {
		errs = append(errs, reg.Register(c))
	}
	return errors.Join(errs...)
}

// of gives the series of a method.
func (m *callMetrics) of(service string, method grpc.MethodInfo) *methodMetrics {
	kind := "unary"
	switch {
	case method.IsClientStream && method.IsServerStream:
		kind = "bidi_stream"
	case method.IsClientStream:
		kind = "client_stream"
	case method.IsServerStream:
		kind = "server_stream"
	}
	labels := []string{kind, service, method.Name}
	out := &methodMetrics{
		started:  m.started.WithLabelValues(labels...),
		received: m.received.WithLabelValues(labels...),
		sent:     m.sent.WithLabelValues(labels...),
		seconds:  m.seconds.WithLabelValues(labels...),
	}
	for code := range out.handled {
		out.handled[code] = m.handled.WithLabelValues(kind, service, method.Name, codes.Code(code).String())
	}
	return out
}

// methodMetrics are the series of one method.
type methodMetrics struct {
	started, received, sent prometheus.Counter
	handled                 [codes.Unauthenticated + 1]prometheus.Counter
	seconds                 prometheus.Observer
}

// begin counts a call whose message was received.
func (m *methodMetrics) begin() {
	m.started.Inc()
	m.received.Inc()
}

// end counts the outcome of a call, and the answer if there is one.
func (m *methodMetrics) end(err error, took time.Duration, trace prometheus.Labels) {
	if err == nil {
		m.sent.Inc()
	}
	m.ended(err, took, trace)
}

// ended counts the outcome of a call or stream. trace is nil if it is not traced.
func (m *methodMetrics) ended(err error, took time.Duration, trace prometheus.Labels) {
	code := codes.OK
	if err != nil {
		if code = codeOf(err); int(code) >= len(m.handled) {
			code = codes.Unknown
		}
	}
	m.handled[code].Inc()
	exemplar.Observe(m.seconds, took.Seconds(), trace)
}

// codeOf is the code that gRPC makes of an error.
func codeOf(err error) codes.Code {
	if s, ok := status.FromError(err); ok {
		return s.Code()
	}
	return status.FromContextError(err).Code()
}

// countedStream counts the messages of a stream.
type countedStream struct {
	grpc.ServerStream
	metrics *methodMetrics
}

// SendMsg counts what was sent.
func (s *countedStream) SendMsg(m any) error {
	err := s.ServerStream.SendMsg(m)
	if err == nil {
		s.metrics.sent.Inc()
	}
	return err
}

// RecvMsg counts what was received.
func (s *countedStream) RecvMsg(m any) error {
	err := s.ServerStream.RecvMsg(m)
	if err == nil {
		s.metrics.received.Inc()
	}
	return err
}
