package attributeserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"github.com/forseti-pdp/forseti/pdp/value"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// What the contract allows in one call.
const (
	maxQuestions     = 1000
	maxNames         = 100 // needs, and attributes
	maxValues        = 10_000
	maxMessageBytes  = 1 << 20
	maxInvalidations = 1000
)

// Config is what a Server works with.
type Config struct {
	// Needs are the inputs that the source cannot do without.
	Needs []Attribute
	// Provides are the attributes that the source can be asked for. Required.
	Provides []Attribute
	// Source answers. Required.
	Source Source
	// Parallel is how many questions of a call are answered at a time, if the source
	// is no [BulkSource]; zero stands for 8.
	Parallel int
	// Timeout is the most that a call may take, and what one without a deadline
	// gets; zero stands for 10 s.
	Timeout time.Duration
	// OnError hears of everything that is not as it should be: errors of the source
	// that are no [Error], its faults and panics, calls that do not keep the
	// contract. Nil: nobody does. The errors of the source may hold attribute values.
	OnError func(ctx context.Context, err error)
}

// Server is an AttributeService.
type Server struct {
	v1.UnimplementedAttributeServiceServer

	cfg       Config
	heartbeat time.Duration // between messages to those who watch
	closed    chan struct{}
	close     func()

	mu       sync.Mutex
	watchers map[*watcher]struct{}
}

// New makes a server. The error tells everything that is wrong with the
// configuration.
func New(cfg Config) (*Server, error) {
	var errs []error
	if cfg.Source == nil {
		errs = append(errs, errors.New("a source is required"))
	}
	if len(cfg.Provides) == 0 {
		errs = append(errs, errors.New("a source must provide an attribute"))
	}
	errs = append(errs, check("need", cfg.Needs), check("attribute", cfg.Provides))
	if cfg.Parallel < 0 || cfg.Timeout < 0 {
		errs = append(errs, errors.New("numbers and times must not be negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if cfg.Parallel == 0 {
		cfg.Parallel = 8
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.OnError == nil {
		cfg.OnError = func(context.Context, error) {}
	}
	s := &Server{cfg: cfg, heartbeat: 5 * time.Second, closed: make(chan struct{}), watchers: make(map[*watcher]struct{})}
	s.close = sync.OnceFunc(func() { close(s.closed) })
	return s, nil
}

// check reports what is wrong with a list of attributes.
func check(what string, list []Attribute) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(list) > maxNames {
		fail("there are more than %d of kind %s", maxNames, what)
	}
	for i, a := range list {
		twice := func(b Attribute) bool { return b.Name == a.Name || b.Key == a.Key }
		switch {
		case a.Name == "" || a.Key.Category == "" || a.Key.ID == "":
			fail("%s %d lacks a name, a category or an id", what, i+1)
		case a.Key.Type == value.TypeUnknown || a.Key.Type == value.TypeXPathExpression || a.Key.Type == value.TypeEntity:
			fail("%s %q has the data type %s", what, a.Name, a.Key.Type)
		case slices.ContainsFunc(list[:i], twice):
			fail("%s %q: its name or key is there twice", what, a.Name)
		}
	}
	return errors.Join(errs...)
}

// Register registers the service with a gRPC server.
func (s *Server) Register(r grpc.ServiceRegistrar) { v1.RegisterAttributeServiceServer(r, s) }

// Close ends the streams of those who watch, for which a graceful stop of the gRPC
// server would wait for ever. Questions are still answered.
func (s *Server) Close() { s.close() }

// Options are settings for a gRPC server that fit the contract: limits on what a
// caller controls, and leave for Forseti to test its connections.
func Options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.MaxSendMsgSize(maxMessageBytes),
		grpc.MaxHeaderListSize(16 << 10),
		grpc.MaxConcurrentStreams(256),
		grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 10 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second}),
	}
}
