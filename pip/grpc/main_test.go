package grpc

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func subject(id string, t value.Type) xacml.AttributeKey {
	return xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: id, Type: t}
}

// roles declares a source that needs a user and a party, and provides the
// attributes role (of two) and level.
func roles() Config {
	return Config{
		Plaintext: true,
		Needs: []pip.Need{
			{Name: "user", Key: subject("urn:test:user", value.TypeString)},
			{Name: "party", Key: subject("urn:test:party", value.TypeInteger)},
		},
		Provides: []pip.Provided{
			{Key: subject("urn:test:role", value.TypeString), From: []string{"urn:test:role", "urn:test:old-role"}},
			{Key: subject("urn:test:level", value.TypeInteger)},
		},
	}
}

// question asks for the party of a user.
func question(user string, party int64) pip.Question {
	return pip.Question{value.String(user), value.NewInteger(party)}
}

// service is an AttributeService for tests.
type service struct {
	v1.UnimplementedAttributeServiceServer
	get   func(context.Context, *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error)
	watch func(*v1.WatchAttributesRequest, grpc.ServerStreamingServer[v1.WatchAttributesResponse]) error
}

func (s *service) GetAttributes(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
	if s.get == nil {
		return respond(m), nil
	}
	return s.get(ctx, m)
}

func (s *service) WatchAttributes(m *v1.WatchAttributesRequest, stream grpc.ServerStreamingServer[v1.WatchAttributesResponse]) error {
	if s.watch == nil {
		return status.Error(codes.Unimplemented, "not watched")
	}
	return s.watch(m, stream)
}

// respond gives the right answer to a call: roles that are named after the user,
// and the party as the level.
func respond(m *v1.GetAttributesRequest) *v1.GetAttributesResponse {
	out := new(v1.GetAttributesResponse)
	for _, q := range m.GetQuestions() {
		user, party := q.GetInputs()[0].GetValue(), q.GetInputs()[1].GetValue()
		answer := new(v1.Answer)
		for _, k := range m.GetAttributes() {
			b := &v1.Bag{Attribute: k}
			switch k.GetAttributeId() {
			case "urn:test:role":
				b.Values = []string{user + "-admin", user + "-reader", user + "-admin"}
			case "urn:test:old-role":
				b.Values = []string{user + "-reader", user + "-clerk"}
			case "urn:test:level":
				b.Values = []string{party}
			}
			answer.Bags = append(answer.Bags, b)
		}
		out.Replies = append(out.Replies, &v1.Reply{Inputs: q.GetInputs(), Outcome: &v1.Reply_Answer{Answer: answer}})
	}
	return out
}

// serve runs a server on loopback until the end of the test, and gives its address.
func serve(t testing.TB, register func(*grpc.Server), options ...grpc.ServerOption) string {
	t.Helper()
	return serveOn(t, listen(t, "127.0.0.1:0"), register, options...)
}

func serveOn(t testing.TB, l net.Listener, register func(*grpc.Server), options ...grpc.ServerOption) string {
	t.Helper()
	g := grpc.NewServer(options...)
	register(g)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Serve(l)
	}()
	t.Cleanup(func() {
		g.Stop()
		<-done
	})
	return l.Addr().String()
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// register is for serve.
func (s *service) register(g *grpc.Server) { v1.RegisterAttributeServiceServer(g, s) }

// open makes a provider until the end of the test.
func open(t testing.TB, cfg Config) *Provider {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return p
}

// asking makes a provider for roles that asks a service.
func asking(t testing.TB, s *service) *Provider {
	t.Helper()
	cfg := roles()
	cfg.Address = serve(t, s.register, grpc.Creds(insecure.NewCredentials()))
	return open(t, cfg)
}

// within bounds a call in a test that is not about deadlines.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// outcomeOf is the outcome of an error, OutcomeOK for none.
func outcomeOf(t testing.TB, err error) (pip.Outcome, *pip.Error) {
	t.Helper()
	if err == nil {
		return pip.OutcomeOK, new(pip.Error)
	}
	e, ok := errors.AsType[*pip.Error](err)
	if !ok {
		t.Fatalf("got %v, want a pip.Error", err)
	}
	return e.Outcome, e
}

// texts are the bags of an answer in their lexical forms.
func texts(a pip.Answer) [][]string {
	var all [][]string
	for _, b := range a.Bags {
		var bag []string
		for _, v := range b.Values() {
			bag = append(bag, v.String())
		}
		all = append(all, bag)
	}
	return all
}

// expected is the answer of respond.
func expected(user string, party int64) [][]string {
	return [][]string{{user + "-admin", user + "-reader", user + "-clerk"}, {strconv.FormatInt(party, 10)}}
}
