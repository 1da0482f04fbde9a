package faults

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // for the bomb
	"google.golang.org/grpc/status"

	pipgrpc "github.com/forseti-pdp/forseti/pip/grpc"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// attributeService tells the truth about users, or worse.
type attributeService struct {
	v1.UnimplementedAttributeServiceServer
	mode atomic.Value
}

func (s *attributeService) GetAttributes(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
	now, _ := s.mode.Load().(mode)
	switch now {
	case notNow:
		return nil, status.Error(codes.Unavailable, "not now")
	case denied:
		return nil, status.Error(codes.Unauthenticated, "who are you?")
	case stuck:
		<-ctx.Done()
		return nil, ctx.Err()
	case bomb:
		if err := grpc.SetSendCompressor(ctx, "gzip"); err != nil {
			return nil, err
		}
	default:
	}
	out := new(v1.GetAttributesResponse)
	if now == garbage {
		out.ProtoReflect().SetUnknown([]byte{0xff, 0xff, 0xff})
	}
	for _, q := range m.GetQuestions() {
		out.Replies = append(out.Replies, reply(now, q.GetInputs(), m.GetAttributes()))
	}
	return out, nil
}

// reply answers one question.
func reply(now mode, inputs []*v1.Input, attributes []*v1.AttributeKey) *v1.Reply {
	if now == wrongRow {
		inputs = []*v1.Input{{Name: "user", Value: "admin-other"}}
	}
	roles, levels := truth(inputs[0].GetValue())
	if now == wrongType {
		levels = []string{"high"}
	}
	if now == huge || now == bomb {
		roles = []string{strings.Repeat("a", 5<<18)} // one is too large for a call already
	}
	answer := new(v1.Answer)
	for _, k := range attributes {
		values := roles
		if k.GetAttributeId() == level.ID {
			values = levels
		}
		answer.Bags = append(answer.Bags, &v1.Bag{Attribute: k, Values: values})
	}
	switch now {
	case twice, twiceKeys:
		answer.Bags = slices.Concat(answer.Bags, answer.Bags)
	case partial:
		answer.Bags = answer.Bags[:1]
	default:
	}
	return &v1.Reply{Inputs: inputs, Outcome: &v1.Reply_Answer{Answer: answer}}
}

// startGRPC starts an AttributeService.
func startGRPC(t testing.TB, lane lane) *backend {
	t.Helper()
	b := &backend{identity: newIdentity(t, "h2")}
	service := new(attributeService)
	b.set = func(m mode) error {
		service.mode.Store(m)
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	g := grpc.NewServer(grpc.Creds(credentials.NewTLS(b.identity.config())))
	v1.RegisterAttributeServiceServer(g, service)
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	t.Cleanup(func() {
		g.Stop()
		must(t, <-served)
	})
	needs, provides := declaration(nil, nil)
	p, err := pipgrpc.New(pipgrpc.Config{
		Address: lane.host() + ":" + b.proxied(t, l.Addr()),
		Needs:   needs, Provides: provides,
		TLS: pipgrpc.TLS{CAFile: b.identity.caFile},
	})
	must(t, err)
	b.declare(p, needs, provides)
	return b
}
