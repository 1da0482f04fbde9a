package rpc

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/internal/secrettest"
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

// policyText permits read, refuses write, lacks an attribute for lack, asks a
// source for ask, and wants level 3 for level. The obligation holds the stamp.
func policyText(stamp string) string {
	return `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="urn:test:policy" Version="1.0"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:1.0:rule-combining-algorithm:first-applicable">
  <Target/>
  <Rule RuleId="read" Effect="Permit">` + target("read") + `
    <ObligationExpressions>
      <ObligationExpression ObligationId="urn:test:obligation" FulfillOn="Permit">
        <AttributeAssignmentExpression AttributeId="urn:test:stamp" Category="urn:test:category" Issuer="urn:test:issuer">
          <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">` + stamp + `</AttributeValue>
        </AttributeAssignmentExpression>
        <AttributeAssignmentExpression AttributeId="urn:test:level">
          <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">3</AttributeValue>
        </AttributeAssignmentExpression>
      </ObligationExpression>
    </ObligationExpressions>
    <AdviceExpressions>
      <AdviceExpression AdviceId="urn:test:advice" AppliesTo="Permit"/>
    </AdviceExpressions>
  </Rule>
  <Rule RuleId="write" Effect="Deny">` + target("write") + `</Rule>
  <Rule RuleId="lack" Effect="Permit">` + target("lack") + condition("urn:test:lack", "string", "true") + `</Rule>
  <Rule RuleId="ask" Effect="Permit">` + target("ask") + condition("urn:test:asked", "string", "false") + `</Rule>
  <Rule RuleId="level" Effect="Permit">` + target("level") + `
    <Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:integer-is-in">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">3</AttributeValue>
      <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:environment" AttributeId="urn:test:level"
        DataType="http://www.w3.org/2001/XMLSchema#integer" MustBePresent="false"/>
    </Apply></Condition></Rule>
</Policy>`
}

func target(action string) string {
	return `<Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">` + action + `</AttributeValue>
      <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" MustBePresent="false"
        AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" DataType="http://www.w3.org/2001/XMLSchema#string"/>
    </Match></AllOf></AnyOf></Target>`
}

func condition(attribute, dataType, mustBePresent string) string {
	return `<Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:` + dataType + `-is-in">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#` + dataType + `">yes</AttributeValue>
      <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:environment" AttributeId="` + attribute + `"
        DataType="http://www.w3.org/2001/XMLSchema#` + dataType + `" MustBePresent="` + mustBePresent + `"/>
    </Apply></Condition>`
}

// newSnapshot makes a snapshot whose name is its stamp.
func newSnapshot(t testing.TB, stamp string) *pap.Snapshot {
	t.Helper()
	document, problems := xacmlxml.ReadPolicy("policy.xml", []byte(policyText(stamp)), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatalf("policy: %v", problems)
	}
	p, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	if p == nil {
		t.Fatalf("policy: %v", problems)
	}
	return &pap.Snapshot{ID: stamp, PDP: p}
}

// fetch is a pip.Provider.
type fetch func(ctx context.Context) error

func (f fetch) Fetch(ctx context.Context, _ pip.Question) (pip.Answer, error) {
	if err := f(ctx); err != nil {
		return pip.Answer{}, err
	}
	return pip.Answer{Bags: []value.Bag{value.NewBag(value.TypeString, value.String("yes"))}}, nil
}

// rig is a server on a loopback connection.
type rig struct {
	t        testing.TB
	server   *Server
	address  string
	client   v1.AuthorizationServiceClient
	conn     *grpc.ClientConn
	registry *prometheus.Registry
	snapshot atomic.Pointer[pap.Snapshot]
	asked    atomic.Pointer[fetch] // the source of urn:test:asked
}

// start runs a server until the end of the test.
func start(t testing.TB, adjust func(*Config), options ...grpc.DialOption) *rig {
	t.Helper()
	r := &rig{t: t, registry: prometheus.NewRegistry()}
	r.snapshot.Store(newSnapshot(t, "one"))
	r.ask(func(context.Context) error { return nil })
	dictionary, err := contexthandler.NewDictionary([]contexthandler.Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "urn:test:user", Aliases: []string{"user-id"}},
		{Category: xacml.CategoryEnvironment, ID: "urn:test:level", Aliases: []string{"level"}, Type: value.TypeInteger},
	})
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := contexthandler.NewMetrics(r.registry)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{
		Handler: contexthandler.New(contexthandler.Config{
			Snapshot:   func() *pap.Snapshot { return r.snapshot.Load() },
			Metrics:    metrics,
			Dictionary: dictionary,
			Sources: []pip.Source{{
				Name: "asked",
				Provides: []pip.Provided{{Key: xacml.AttributeKey{
					Category: xacml.CategoryEnvironment, ID: "urn:test:asked", Type: value.TypeString,
				}}},
				Provider: fetch(func(ctx context.Context) error { return (*r.asked.Load())(ctx) }),
			}},
		}),
		Limits:     Limits{MaxInFlight: 64},
		Registerer: r.registry,
	}
	if test, ok := t.(*testing.T); ok {
		config.Logger = secrettest.Logger(test) // nothing secret is logged, whatever a test does
	}
	if adjust != nil {
		adjust(&config)
	}
	if r.server, err = New(config); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- r.server.Serve(listener) }()
	r.conn = r.dial(options...)
	r.client = v1.NewAuthorizationServiceClient(r.conn)
	t.Cleanup(func() {
		_ = r.conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return r
}

func (r *rig) dial(options ...grpc.DialOption) *grpc.ClientConn {
	r.t.Helper()
	options = append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableServiceConfig()}, options...)
	conn, err := grpc.NewClient(r.address, options...)
	if err != nil {
		r.t.Fatal(err)
	}
	return conn
}

func (r *rig) ask(f fetch) { r.asked.Store(&f) }

// metric is the sum of the samples of a metric, of those with the label value
// if one is given.
func (r *rig) metric(name string, label ...string) float64 {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	sum, found := 0.0, false
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			matches := len(label) == 0
			for _, l := range m.GetLabel() {
				matches = matches || l.GetValue() == label[0]
			}
			if matches {
				found = true
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	if !found {
		r.t.Fatalf("there is no metric %s %v", name, label)
	}
	return sum
}

// eventually waits for what takes the server a moment.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// within is a context that bounds a call in a test that is not about deadlines.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// action is a request for an action of the policy.
func action(name string) *v1.AuthorizeRequest {
	return &v1.AuthorizeRequest{Subject: map[string]string{"user-id": "1337"}, Action: name, RequestId: "id of " + name}
}

// wantError checks the code of an RPC and the reason in its ErrorInfo; an empty
// reason stands for no ErrorInfo.
func wantError(t testing.TB, err error, code codes.Code, reason string) {
	t.Helper()
	s := status.Convert(err)
	var got string
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			got = info.GetReason()
			if info.GetDomain() != "forseti" {
				t.Errorf("got domain %q, want forseti", info.GetDomain())
			}
		}
	}
	if s.Code() != code || got != reason {
		t.Errorf("got %s %q (%s), want %s %q", s.Code(), got, s.Message(), code, reason)
	}
}

// diff compares messages.
func diff(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, protocmp.Transform()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
