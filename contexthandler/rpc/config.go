package rpc

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/caller"
)

// Config is what a Server works with.
type Config struct {
	// Handler decides. Required.
	Handler *contexthandler.Handler
	// Limits bound what callers may ask for.
	Limits Limits
	// Reflection serves the description of the services.
	Reflection bool
	// TLS is how connections are secured; it has to ask for certificates if callers show
	// who they are by them. Nil: not at all.
	TLS *tls.Config
	// Callers tells who calls, and what callers may do. Health is open to everybody.
	// Nil: callers are not told apart, and whoever reaches the service may call every
	// method that is served.
	Callers *caller.Authenticator
	// MayExplain tells which callers may ask for explanations, which tell what is in
	// the policies; they need the right of Callers, too. Nil: nobody may.
	MayExplain func(caller string) bool
	// Administration serves the AdministrationService, to those whom Callers allow it.
	Administration bool
	// Memory tells how much memory is left, at once. Nil: there is always enough.
	Memory func() Memory
	// Logger gets warnings and details for debugging, none of which hold
	// attribute values. With a [LogHandler] they name the call. Nil: nothing is logged.
	Logger *slog.Logger
	// Tracer makes a span of each call that is not one of the health service or of
	// reflection, as a part of the trace that the caller names (W3C Trace Context).
	// Decisions have spans below if the Handler has a tracer, too. Nil: there are none.
	Tracer trace.Tracer
	// Registerer gets the metrics. Nil: nobody sees them.
	Registerer prometheus.Registerer
}

// Limits bound what callers may ask for. A field that is zero stands for its
// default.
type Limits struct {
	MaxBatch int // requests of a batch; 1,000

	// The deadlines of a call. A message of a stream gets DefaultDeadline.
	DefaultDeadline time.Duration // if the caller gives none; 2 s
	MaxDeadline     time.Duration // at most; 10 s
	MinDeadline     time.Duration // less is refused; 1 ms

	MaxReceiveBytes int // of a message, after decompression; 1 MiB
	MaxSendBytes    int // of a message, before compression; 4 MiB
	MaxHeaderBytes  int // of the headers of a call; 16 KiB

	MaxInFlight              int           // calls, and messages of streams, that are worked on at a time; 8 for each processor
	MaxWaiting               int           // of those, beside them, that wait for a source; 256 for each processor
	MaxOpenStreams           int           // streams of requests at a time; 1,024
	MaxConcurrentStreams     int           // calls and streams of one connection at a time; 256
	MaxConnectionsPerAddress int           // open connections of an IPv4 address or IPv6 /64 network; 64
	MaxConnections           int           // open connections of all addresses; 4,096
	ConnectionTimeout        time.Duration // for a connection to become one of HTTP/2; 10 s
}

// DefaultLimits are the limits that the zero Limits stand for.
func DefaultLimits() Limits {
	return Limits{
		MaxBatch:                 1000,
		DefaultDeadline:          2 * time.Second,
		MaxDeadline:              10 * time.Second,
		MinDeadline:              time.Millisecond,
		MaxReceiveBytes:          1 << 20,
		MaxSendBytes:             4 << 20,
		MaxHeaderBytes:           16 << 10,
		MaxInFlight:              8 * runtime.GOMAXPROCS(0),
		MaxWaiting:               256 * runtime.GOMAXPROCS(0),
		MaxOpenStreams:           1024,
		MaxConcurrentStreams:     256,
		MaxConnectionsPerAddress: 64,
		MaxConnections:           4096,
		ConnectionTimeout:        10 * time.Second,
	}
}

// filled is l with the defaults in place of what is not set. The error tells
// everything that is wrong with l.
func (l Limits) filled() (Limits, error) {
	d := DefaultLimits()
	var errs []error
	number := func(name string, n *int, byDefault int) {
		if *n == 0 {
			*n = byDefault
		}
		if *n < 0 || *n > 1<<30 {
			errs = append(errs, fmt.Errorf("limit %s is %d, which is out of range", name, *n))
		}
	}
	duration := func(name string, t *time.Duration, byDefault time.Duration) {
		if *t == 0 {
			*t = byDefault
		}
		if *t < 0 {
			errs = append(errs, fmt.Errorf("limit %s is %s, which is out of range", name, *t))
		}
	}
	number("MaxBatch", &l.MaxBatch, d.MaxBatch)
	duration("DefaultDeadline", &l.DefaultDeadline, d.DefaultDeadline)
	duration("MaxDeadline", &l.MaxDeadline, d.MaxDeadline)
	duration("MinDeadline", &l.MinDeadline, d.MinDeadline)
	number("MaxReceiveBytes", &l.MaxReceiveBytes, d.MaxReceiveBytes)
	number("MaxSendBytes", &l.MaxSendBytes, d.MaxSendBytes)
	number("MaxHeaderBytes", &l.MaxHeaderBytes, d.MaxHeaderBytes)
	number("MaxInFlight", &l.MaxInFlight, d.MaxInFlight)
	number("MaxWaiting", &l.MaxWaiting, d.MaxWaiting)
	number("MaxOpenStreams", &l.MaxOpenStreams, d.MaxOpenStreams)
	number("MaxConcurrentStreams", &l.MaxConcurrentStreams, d.MaxConcurrentStreams)
	number("MaxConnectionsPerAddress", &l.MaxConnectionsPerAddress, d.MaxConnectionsPerAddress)
	number("MaxConnections", &l.MaxConnections, d.MaxConnections)
	duration("ConnectionTimeout", &l.ConnectionTimeout, d.ConnectionTimeout)
	if l.MinDeadline > l.DefaultDeadline || l.DefaultDeadline > l.MaxDeadline {
		errs = append(errs, fmt.Errorf("the deadlines %s, %s and %s are not in order", l.MinDeadline, l.DefaultDeadline, l.MaxDeadline))
	}
	return l, errors.Join(errs...)
}
