package attributeserver

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func subject(id string, t value.Type) xacml.AttributeKey {
	return xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:test:" + id, Type: t}
}

// roles declares a source with the inputs user and party and the attributes role
// and level.
func roles(f Func) Config {
	return Config{
		Needs: []Attribute{
			{"user", subject("user", value.TypeString)},
			{"party", subject("party", value.TypeInteger)},
		},
		Provides: []Attribute{
			{"role", subject("role", value.TypeString)},
			{"level", subject("level", value.TypeInteger)},
		},
		Source: f,
	}
}

// problems is an OnError that keeps what it hears.
type problems struct {
	mu   sync.Mutex
	errs []error
}

func (p *problems) add(_ context.Context, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs = append(p.errs, err)
}

// text is what was heard since the last time.
func (p *problems) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := errors.Join(p.errs...)
	p.errs = nil
	if err == nil {
		return ""
	}
	return err.Error()
}

// call asks for the attributes of a user and party each.
func call(askers ...[2]string) *v1.GetAttributesRequest {
	m := &v1.GetAttributesRequest{
		Needs: []*v1.Need{
			// Names and order are the caller's.
			{Name: "p", Attribute: message(subject("party", value.TypeInteger))},
			{Name: "u", Attribute: message(subject("user", value.TypeString))},
		},
		Attributes: []*v1.AttributeKey{message(subject("level", value.TypeInteger)), message(subject("role", value.TypeString))},
	}
	for _, a := range askers {
		m.Questions = append(m.Questions, &v1.Question{Inputs: []*v1.Input{{Name: "p", Value: a[1]}, {Name: "u", Value: a[0]}}})
	}
	return m
}

func newServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve runs the server on loopback until the end of the test.
func serve(t testing.TB, s *Server) v1.AttributeServiceClient {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer(Options()...)
	s.Register(g)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Serve(l)
	}()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableServiceConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		s.Close()
		g.GracefulStop()
		<-done
	})
	return v1.NewAttributeServiceClient(conn)
}

// within bounds a call in a test that is not about deadlines.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
	t.Cleanup(cancel)
	return ctx
}
