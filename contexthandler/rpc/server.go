package rpc

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Server serves the AuthorizationService over gRPC.
type Server struct {
	grpc        *grpc.Server
	health      *health.Server
	connections *connections
	service     *service
	drain       context.CancelFunc
}

// New makes a server, which has to be shut down. It is not ready: see
// [Server.SetServing]. The error tells everything that is wrong with the
// configuration.
func New(config Config) (*Server, error) {
	limits, err := config.Limits.filled()
	if config.Handler == nil {
		err = errors.Join(err, errors.New("a handler is required"))
	}
	if encoding.GetCompressor(gzip.Name) == nil { // what callers may compress with
		err = errors.Join(err, errors.New("there is no gzip"))
	}
	if err != nil {
		return nil, err
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Registerer == nil {
		config.Registerer = prometheus.NewRegistry()
	}
	calls := &gate{share: share{resource: resourceCalls, limit: int64(limits.MaxInFlight)}}
	calls.set(limits.MaxInFlight, limits.MaxWaiting)
	streams := &gate{share: share{resource: resourceStreams, limit: int64(limits.MaxOpenStreams)}}
	reading := &share{resource: resourceReading, limit: mostReading * int64(limits.MaxInFlight)}
	open := &share{resource: resourceOpen, limit: int64(limits.MaxOpenStreams)}
	m, err := newMetrics(config.Registerer, calls, streams)
	if err != nil {
		return nil, err
	}
	draining, drain := context.WithCancel(context.Background())
	a := &admission{calls: calls, streams: streams, open: open, reading: reading, callers: config.Callers, limits: limits, memory: config.Memory, drain: draining, metrics: m}
	svc := &service{
		handler: config.Handler,
		names:   newNames(config.Handler.Dictionary()),
		limits:  limits,
		memory:  config.Memory,
		reading: reading,
		unsent:  unsent{share{resource: resourceUnsent, limit: mostAnswers * int64(limits.MaxSendBytes)}},
		room:    share{resource: resourceRoom, limit: mostOfAll * int64(limits.MaxReceiveBytes)},
		gate:    calls,
		drain:   draining,
		metrics: m,
		methods: make(map[string]*methodMetrics),
		log:     config.Logger,

		explains:  config.MayExplain,
		callers:   config.Callers,
		tracer:    config.Tracer,
		impatient: ended(),
		streamed:  shapeOf(new(v1.AuthorizeStreamRequest)),
	}
	s := &Server{
		grpc:        grpc.NewServer(append(options(limits, a, svc), grpc.Creds(secured(config, m)))...),
		health:      health.NewServer(),
		connections: newConnections(limits.MaxConnectionsPerAddress, limits.MaxConnections, m.connections),
		service:     svc,
		drain:       drain,
	}
	s.grpc.RegisterService(svc.description(), svc)
	if config.Administration {
		a := administration{service: svc}
		s.grpc.RegisterService(a.description(), a)
	}
	healthpb.RegisterHealthServer(s.grpc, s.health)
	if config.Reflection {
		reflection.Register(s.grpc)
	}
	a.learn(s.grpc.GetServiceInfo())
	svc.learn(s.grpc.GetServiceInfo())
	s.SetServing(false)
	return s, nil
}

// maxWorkers bounds the goroutines that are kept for calls. A call that finds none
// gets a goroutine of its own, whose stack has to grow first: that costs as much
// as some decisions.
const maxWorkers = 256

// The octets that gRPC takes of a call and of a connection before somebody asks for
// them. It lets a message that is being read have more, up to its size.
const (
	streamWindow     = 64 << 10
	connectionWindow = 1 << 20
)

// options are all settings of the server that are not its defaults, or that
// matter enough not to be left to them.
func options(limits Limits, a *admission, svc *service) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.InTapHandle(a.handle),
		grpc.ForceServerCodecV2(codec{newCodec().general, svc.panicked}),
		grpc.UnaryInterceptor(svc.unary),
		grpc.ChainStreamInterceptor(svc.stream, svc.readOthers),
		grpc.NumStreamWorkers(uint32(min(limits.MaxInFlight, maxWorkers))),
		grpc.StaticStreamWindowSize(streamWindow),
		grpc.StaticConnWindowSize(connectionWindow),
		grpc.MaxConcurrentStreams(uint32(limits.MaxConcurrentStreams)),
		grpc.MaxRecvMsgSize(limits.MaxReceiveBytes),
		grpc.MaxSendMsgSize(limits.MaxSendBytes),
		grpc.MaxHeaderListSize(uint32(limits.MaxHeaderBytes)),
		grpc.ConnectionTimeout(limits.ConnectionTimeout),
		grpc.WaitForHandlers(true),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle:     5 * time.Minute,
			MaxConnectionAge:      10 * time.Minute, // gRPC spreads it by 10 %
			MaxConnectionAgeGrace: 30 * time.Second,
			Time:                  time.Minute,
			Timeout:               10 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 30 * time.Second}),
	}
}

// secured is how connections are secured, if they are.
func secured(config Config, m *metrics) credentials.TransportCredentials {
	if config.TLS == nil {
		return handshake{insecure.NewCredentials(), nil, m.handshakes}
	}
	return handshake{credentials.NewTLS(config.TLS), config.Callers, m.handshakes}
}

// ended is a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// Serve accepts connections until the server is shut down, which is no error, or
// the listener fails. It closes the listener. Servers may serve several.
func (s *Server) Serve(l net.Listener) error { return s.grpc.Serve(s.connections.bounded(l)) }

// SetServing tells those who watch the health service whether to send requests.
// It does not change how requests are answered.
func (s *Server) SetServing(ready bool) {
	state := healthpb.HealthCheckResponse_NOT_SERVING
	if ready {
		state = healthpb.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", state)
	s.health.SetServingStatus(v1.AuthorizationService_ServiceDesc.ServiceName, state)
}

// Shutdown ends the server: it takes no new connections and calls, ends streams
// after the message that they are at, and answers calls. When ctx ends before that is done, connections are closed
// and calls cancelled, and the error is that of ctx. Shutdown returns when no
// handler runs any more.
func (s *Server) Shutdown(ctx context.Context) error {
	s.health.Shutdown()
	s.drain()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.grpc.GracefulStop()
		s.service.readers.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.connections.close() // gRPC would wait for those that are not yet HTTP/2
		s.grpc.Stop()
		<-done
		return ctx.Err()
	}
}
