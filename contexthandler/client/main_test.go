package client

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	integerType   = "http://www.w3.org/2001/XMLSchema#integer"
	stringType    = "http://www.w3.org/2001/XMLSchema#string"
	levelCategory = "urn:altinn:minimum-authenticationlevel"
	orgCategory   = "urn:altinn:minimum-authenticationlevel-org"
)

// policyText permits read, refuses write, lacks an attribute for lack, permits log
// with an obligation, and sign at level 3. The decision on ask depends on a source.
const policyText = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="urn:test:policy" Version="1.0"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:1.0:rule-combining-algorithm:first-applicable">
  <Target/>
  <Rule RuleId="read" Effect="Permit">TARGET(read)</Rule>
  <Rule RuleId="write" Effect="Deny">TARGET(write)
    <ObligationExpressions><ObligationExpression ObligationId="urn:test:tell" FulfillOn="Deny"/></ObligationExpressions></Rule>
  <Rule RuleId="lack" Effect="Permit">TARGET(lack)
    <Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:string-is-in">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">yes</AttributeValue>
      <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:environment" AttributeId="urn:test:lack"
        DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="true"/></Apply></Condition></Rule>
  <Rule RuleId="log" Effect="Permit">TARGET(log)
    <ObligationExpressions><ObligationExpression ObligationId="urn:test:log" FulfillOn="Permit"/></ObligationExpressions>
    <AdviceExpressions><AdviceExpression AdviceId="urn:test:advice" AppliesTo="Permit"/></AdviceExpressions></Rule>
  <Rule RuleId="sign" Effect="Permit">TARGET(sign)
    <ObligationExpressions><ObligationExpression ObligationId="urn:test:level" FulfillOn="Permit">
      <AttributeAssignmentExpression AttributeId="urn:test:assignment" Category="urn:altinn:minimum-authenticationlevel">
        <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">3</AttributeValue>
      </AttributeAssignmentExpression></ObligationExpression></ObligationExpressions></Rule>
  <Rule RuleId="ask" Effect="Permit">TARGET(ask)
    <Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:string-is-in">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">yes</AttributeValue>
      <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:environment" AttributeId="urn:test:asked"
        DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Apply></Condition></Rule>
</Policy>`

// snapshot reads the policy.
func snapshot(t testing.TB) *pap.Snapshot {
	t.Helper()
	text := policyText
	for _, action := range []string{"read", "write", "lack", "log", "sign", "ask"} {
		text = strings.ReplaceAll(text, "TARGET("+action+")", `<Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">`+action+`</AttributeValue>
      <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" MustBePresent="false"
        AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" DataType="http://www.w3.org/2001/XMLSchema#string"/>
    </Match></AllOf></AnyOf></Target>`)
	}
	document, problems := xacmlxml.ReadPolicy("policy.xml", []byte(text), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatalf("policy: %v", problems)
	}
	p, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	if p == nil {
		t.Fatalf("policy: %v", problems)
	}
	return &pap.Snapshot{ID: "one", PDP: p}
}

// instance is a Forseti on loopback.
type instance struct {
	t        testing.TB
	handler  *contexthandler.Handler
	snapshot atomic.Pointer[pap.Snapshot]
	asked    atomic.Int64 // how often the source was
	address  string
	server   *rpc.Server
	served   chan error
}

// start runs an instance until the end of the test.
func start(t testing.TB) *instance {
	t.Helper()
	i := &instance{t: t, address: "127.0.0.1:0"}
	i.snapshot.Store(snapshot(t))
	dictionary, err := contexthandler.NewDictionary([]contexthandler.Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "urn:test:user", Aliases: []string{"user-id"}},
		{Category: xacml.CategoryAccessSubject, ID: "urn:test:level", Aliases: []string{"level"}, Type: value.TypeInteger},
	})
	if err != nil {
		t.Fatal(err)
	}
	i.handler = contexthandler.New(contexthandler.Config{
		Snapshot:   i.snapshot.Load,
		Dictionary: dictionary,
		Sources: []pip.Source{{
			Name:     "asked",
			Provides: []pip.Provided{{Key: xacml.AttributeKey{Category: xacml.CategoryEnvironment, ID: "urn:test:asked", Type: value.TypeString}}},
			Provider: pip.ProviderFunc(func(context.Context, pip.Question) (pip.Answer, error) {
				i.asked.Add(1)
				return pip.Answer{Bags: []value.Bag{value.NewBag(value.TypeString, value.String("yes"))}, Reuse: time.Minute}, nil
			}),
		}},
		Enforce:  contexthandler.EnforcementRules{Level: "urn:test:level", Levels: []contexthandler.LevelRule{{Category: levelCategory}}},
		MaxReuse: time.Minute,
	})
	i.begin()
	t.Cleanup(func() { i.end(10 * time.Second) })
	return i
}

// begin serves at the address, which stays the same.
func (i *instance) begin() {
	i.t.Helper()
	listener := listen(i.t, i.address)
	i.address = listener.Addr().String()
	var err error
	if i.server, err = rpc.New(rpc.Config{Handler: i.handler, Limits: rpc.Limits{MaxInFlight: 256}}); err != nil {
		i.t.Fatal(err)
	}
	i.server.SetServing(true)
	served := make(chan error, 1)
	i.served = served
	server := i.server
	go func() { served <- server.Serve(listener) }()
}

// end shuts the instance down, and cuts off what is not done within a time.
func (i *instance) end(patience time.Duration) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := i.server.Shutdown(ctx); err != nil && patience > time.Second {
		i.t.Errorf("shutdown: %v", err)
	}
	if err := <-i.served; err != nil && !errors.Is(err, grpc.ErrServerStopped) { // before it began
		i.t.Errorf("serve: %v", err)
	}
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// connect makes a client until the end of the test.
func connect(t testing.TB, target string, adjust func(*Config)) *Client {
	t.Helper()
	config := Config{Insecure: true}
	if adjust != nil {
		adjust(&config)
	}
	c, err := New(target, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// within bounds a question in a test that is not about deadlines.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// question asks for an action of the policy.
func question(action string) Request {
	return Request{Subject: map[string]string{"user-id": "1337"}, Action: action}
}

// fake is a service that answers as it likes.
type fake struct {
	v1.UnimplementedAuthorizationServiceServer
	authorize func(context.Context, *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error)
	batch     func(context.Context, *v1.AuthorizeBatchRequest) (*v1.AuthorizeBatchResponse, error)
	calls     atomic.Int64
	token     atomic.Pointer[string] // of the last call
}

func (f *fake) Authorize(ctx context.Context, m *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
	f.calls.Add(1)
	md, _ := metadata.FromIncomingContext(ctx)
	token := strings.Join(md.Get("authorization"), ",")
	f.token.Store(&token)
	return f.authorize(ctx, m)
}

func (f *fake) AuthorizeBatch(ctx context.Context, m *v1.AuthorizeBatchRequest) (*v1.AuthorizeBatchResponse, error) {
	return f.batch(ctx, m)
}

// serve runs the fake on loopback until the end of the test, and gives its address.
func (f *fake) serve(t testing.TB, options ...grpc.ServerOption) string {
	t.Helper()
	return serve(t, f.register, options...)
}

// register is for serve.
func (f *fake) register(g *grpc.Server) {
	v1.RegisterAuthorizationServiceServer(g, f)
	ready := health.NewServer()
	ready.SetServingStatus(v1.AuthorizationService_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	healthpb.RegisterHealthServer(g, ready)
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

// permit is a right answer to a request.
func permit(m *v1.AuthorizeRequest) *v1.AuthorizeResponse {
	return &v1.AuthorizeResponse{
		Decision: v1.Decision_DECISION_PERMIT, Status: &v1.Status{Code: statusOK}, Snapshot: "fake", RequestId: m.GetRequestId(),
	}
}

// altered is a right answer with a difference.
func altered(alter func(*v1.AuthorizeResponse)) func(context.Context, *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
	return func(_ context.Context, m *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
		answer := proto.CloneOf(permit(m))
		alter(answer)
		return answer, nil
	}
}

// obligation has assignments that are category=value.
func obligation(id string, assignments ...[2]string) *v1.Obligation {
	o := &v1.Obligation{Id: id}
	for _, a := range assignments {
		o.Assignments = append(o.Assignments, &v1.AttributeAssignment{
			AttributeId: "urn:test:assignment", Category: a[0], Value: &v1.AttributeValue{DataType: integerType, Value: a[1]},
		})
	}
	return o
}
