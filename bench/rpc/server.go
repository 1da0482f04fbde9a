package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// server serves until it is stopped.
type server struct {
	serve func(net.Listener) error
	stop  func()
}

// newServer makes a server: raw and raw-tuned, coded, or Forseti with the
// policies of a workload.
func newServer(name string) (server, error) {
	switch name {
	case "raw":
		return noop(rawCodec{}), nil
	case "raw-tuned":
		return noop(rawCodec{}, tuned()...), nil
	case "coded":
		return noop(encoding.GetCodecV2(protocodec.Name)), nil
	default:
		return newForseti(name)
	}
}

// usage is what a server has used since it started.
type usage struct {
	CPU    float64 // in seconds
	Allocs float64
}

// serve is the part of a server: it tells its address and then, when asked, what
// it used.
func serve(o options) error {
	s, err := newServer(o.serve)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if o.profile != "" {
		f, err := os.Create(filepath.Join(o.profile, o.serve+".pprof"))
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if o.serve != "raw" && o.serve != "coded" {
		ballast := make([]byte, 64<<20) // as forseti serve has it
		defer runtime.KeepAlive(ballast)
	}
	served := make(chan error, 1)
	go func() { served <- s.serve(l) }()
	if err := json.NewEncoder(os.Stdout).Encode(l.Addr().String()); err != nil {
		return err
	}
	err = questions(func(string) (any, error) {
		var used unix.Rusage
		var memory runtime.MemStats
		err := unix.Getrusage(unix.RUSAGE_SELF, &used)
		runtime.ReadMemStats(&memory)
		return usage{time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds(), float64(memory.Mallocs)}, err
	})
	s.stop()
	if failed := <-served; failed != nil {
		return fmt.Errorf("server %s: %w", o.serve, failed)
	}
	return err
}

// prepared is what servers that do nothing answer: a Permit as Forseti has it.
func prepared() *v1.AuthorizeResponse {
	return &v1.AuthorizeResponse{
		Decision: v1.Decision_DECISION_PERMIT,
		Status:   &v1.Status{Code: xacml.StatusOK},
		Obligations: []*v1.Obligation{{Id: "urn:altinn:obligation:authenticationLevel1", Assignments: []*v1.AttributeAssignment{{
			AttributeId: "urn:altinn:obligation1-assignment1", Category: "urn:altinn:minimum-authenticationlevel",
			Value: &v1.AttributeValue{DataType: value.TypeInteger.ID(), Value: "3"},
		}}}},
		Snapshot:  snapshotID,
		RequestId: requestID(0),
	}
}

// rawCodec does not look at messages, and sends one that is prepared.
type rawCodec struct{}

func (rawCodec) Marshal(m any) (mem.BufferSlice, error) { return m.(mem.BufferSlice), nil }
func (rawCodec) Unmarshal(mem.BufferSlice, any) error   { return nil }
func (rawCodec) Name() string                           { return protocodec.Name }

// noop is a server of gRPC that answers every request by the same message.
func noop(codec encoding.CodecV2, options ...grpc.ServerOption) server {
	s := grpc.NewServer(append(options, grpc.ForceServerCodecV2(codec))...)
	var answer func() any
	var request func() any
	if _, raw := codec.(rawCodec); raw {
		data, err := proto.Marshal(prepared())
		if err != nil {
			panic(err)
		}
		answer = func() any { return mem.BufferSlice{mem.SliceBuffer(data)} }
		request = func() any { return nil }
	} else {
		m := prepared()
		answer = func() any { return m }
		request = func() any { return new(v1.AuthorizeRequest) }
	}
	description := v1.AuthorizationService_ServiceDesc
	description.HandlerType = (*any)(nil)
	description.Streams = nil
	description.Methods = []grpc.MethodDesc{{
		MethodName: "Authorize",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			if err := decode(request()); err != nil {
				return nil, err
			}
			return answer(), nil
		},
	}}
	s.RegisterService(&description, struct{}{})
	return server{s.Serve, s.Stop}
}

// tuned are the options of the service that matter to speed.
func tuned() []grpc.ServerOption { return []grpc.ServerOption{grpc.NumStreamWorkers(maxInFlight)} }
