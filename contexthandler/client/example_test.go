package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/client"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	pb "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// The policy of the examples: Ann may read and sign, and to sign takes level 3.
const annMay = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="ann" Version="1.0"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:1.0:rule-combining-algorithm:first-applicable">
  <Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
    <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">ann</AttributeValue>
    <AttributeDesignator Category="urn:oasis:names:tc:xacml:1.0:subject-category:access-subject" MustBePresent="false"
      AttributeId="urn:example:user" DataType="http://www.w3.org/2001/XMLSchema#string"/>
  </Match></AllOf></AnyOf></Target>
  <Rule RuleId="read" Effect="Permit"><Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
    <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">read</AttributeValue>
    <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" MustBePresent="false"
      AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" DataType="http://www.w3.org/2001/XMLSchema#string"/>
  </Match></AllOf></AnyOf></Target></Rule>
  <Rule RuleId="sign" Effect="Permit"><Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
    <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">sign</AttributeValue>
    <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" MustBePresent="false"
      AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" DataType="http://www.w3.org/2001/XMLSchema#string"/>
  </Match></AllOf></AnyOf></Target>
    <ObligationExpressions>
      <ObligationExpression ObligationId="urn:example:level" FulfillOn="Permit">
        <AttributeAssignmentExpression AttributeId="urn:example:least" Category="urn:altinn:minimum-authenticationlevel">
          <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">3</AttributeValue>
        </AttributeAssignmentExpression>
      </ObligationExpression>
      <ObligationExpression ObligationId="urn:example:audit" FulfillOn="Permit"/>
    </ObligationExpressions></Rule>
</Policy>`

// forseti runs a service with the policy, and gives its address.
func forseti() (address string, stop func()) {
	document, problems := xacmlxml.ReadPolicy("ann.xml", []byte(annMay), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		log.Fatal(problems)
	}
	decider, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	if decider == nil {
		log.Fatal(problems)
	}
	dictionary, err := contexthandler.NewDictionary([]contexthandler.Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "urn:example:user", Aliases: []string{"user-id"}},
		{Category: xacml.CategoryResource, ID: "urn:example:document", Aliases: []string{"document"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	snapshot := &pap.Snapshot{ID: "example", PDP: decider}
	server, err := rpc.New(rpc.Config{Handler: contexthandler.New(contexthandler.Config{
		Snapshot: func() *pap.Snapshot { return snapshot }, Dictionary: dictionary,
	})})
	if err != nil {
		log.Fatal(err)
	}
	server.SetServing(true)
	return run(server.Serve, func() { _ = server.Shutdown(context.Background()) })
}

// run serves on loopback.
func run(serve func(net.Listener) error, shutdown func()) (address string, stop func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- serve(listener) }()
	return listener.Addr().String(), func() {
		shutdown()
		if err := <-served; err != nil {
			log.Fatal(err)
		}
	}
}

// Ask, and refuse on any error.
func Example() {
	address, stop := forseti()
	defer stop()

	// In production: client.New("forseti.example:7341", client.Config{Timeout: 2 * time.Second})
	pdp, err := client.New(address, client.Config{Insecure: true, Timeout: 2 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = pdp.Close() }()

	ctx := context.Background()
	for _, user := range []string{"ann", "bob"} {
		err := pdp.Enforce(ctx, client.Request{
			Subject:  map[string]string{"user-id": user},
			Resource: map[string]string{"document": "42"},
			Action:   "read",
		}, client.Obligations{})
		if err != nil {
			fmt.Println(user, "may not read:", err)
			continue
		}
		fmt.Println(user, "reads")
	}
	// Output:
	// ann reads
	// bob may not read: access is denied: NotApplicable
}

// Obligations, and what to do about each kind of refusal.
func ExampleDecision_Grant() {
	address, stop := forseti()
	defer stop()
	pdp, err := client.New(address, client.Config{Insecure: true, Timeout: 2 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = pdp.Close() }()

	level := 2
	understood := client.Obligations{
		Handlers: map[string]client.Handler{
			"urn:example:audit": func(_ context.Context, _ *pb.Obligation) error {
				fmt.Println("it is written down")
				return nil
			},
		},
		Levels: []client.LevelRule{{Category: "urn:altinn:minimum-authenticationlevel"}},
		Level:  func(context.Context) (int, bool) { return level, true },
	}

	ctx := context.Background()
	sign := func() {
		decision, err := pdp.Authorize(ctx, client.Request{
			Subject: map[string]string{"user-id": "ann"}, Resource: map[string]string{"document": "42"}, Action: "sign",
		})
		if err == nil {
			err = decision.Grant(ctx, understood)
		}
		var stepUp *client.StepUpError
		var unavailable *client.UnavailableError
		switch {
		case err == nil:
			fmt.Println("signed")
		case errors.As(err, &stepUp):
			fmt.Println("log in again, with level", stepUp.Required)
		case errors.As(err, &unavailable) && unavailable.Temporary():
			fmt.Println("try again later")
		default:
			fmt.Println("no")
		}
	}
	sign()
	level = 3
	sign()
	// Output:
	// log in again, with level 3
	// it is written down
	// signed
}

// A server whose handlers run only when access is granted.
func ExamplePEP() {
	address, stop := forseti()
	defer stop()
	pdp, err := client.New(address, client.Config{Insecure: true, Timeout: 2 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = pdp.Close() }()

	pep, err := client.NewPEP(client.PEPConfig{
		Client: pdp,
		Ask: func(ctx context.Context, method string, message any) (client.Request, error) {
			switch m := message.(type) {
			case *healthpb.HealthCheckRequest: // in place of a message of your own
				user := metadata.ValueFromIncomingContext(ctx, "user") // as checked before
				if len(user) != 1 {
					return client.Request{}, errors.New("nobody is logged in")
				}
				return client.Request{
					Subject:  map[string]string{"user-id": user[0]},
					Resource: map[string]string{"document": m.GetService()},
					Action:   "sign",
				}, nil
			default:
				return client.Request{}, fmt.Errorf("nobody may call %s", method)
			}
		},
		Public: []string{healthpb.Health_List_FullMethodName},
		Obligations: client.Obligations{
			Handlers: map[string]client.Handler{
				"urn:example:audit": func(context.Context, *pb.Obligation) error { return nil },
			},
			Levels: []client.LevelRule{{Category: "urn:altinn:minimum-authenticationlevel"}},
			Level:  func(context.Context) (int, bool) { return 2, true },
		},
		Refused: func(_ context.Context, _ string, err error) { fmt.Println("refused:", err) },
	})
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(pep.UnaryServerInterceptor()),
		grpc.ChainStreamInterceptor(pep.StreamServerInterceptor()),
	)
	healthpb.RegisterHealthServer(server, healthpb.UnimplementedHealthServer{})

	documents, stopServer := run(server.Serve, server.GracefulStop)
	defer stopServer()
	for _, user := range []string{"ann", "bob"} {
		fmt.Println(user, "is told:", call(documents, user))
	}
	// Output:
	// refused: access is denied: authentication of level 3 is required
	// ann is told: log in again, with level 3
	// refused: access is denied: NotApplicable
	// bob is told: PermissionDenied: access is denied
}

// call is what a caller of the guarded server is told.
func call(address, user string) string {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "user", user)
	_, err = healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{Service: "42"})
	if level, ok := client.RequiredLevel(err); ok {
		return fmt.Sprintf("log in again, with level %d", level)
	}
	return fmt.Sprintf("%s: %s", status.Code(err), status.Convert(err).Message())
}

// Decisions that are used again for as long as the service permits.
func ExampleConfig_reuse() {
	address, stop := forseti()
	defer stop()

	pdp, err := client.New(address, client.Config{
		Insecure: true,
		Timeout:  2 * time.Second,
		Reuse:    client.Reuse{Max: 10 * time.Second},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = pdp.Close() }()

	r := client.Request{Subject: map[string]string{"user-id": "ann"}, Resource: map[string]string{"document": "42"}, Action: "read"}
	for range 2 {
		decision, err := pdp.Authorize(context.Background(), r)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(decision, "reused:", decision.Reused()) // this service permits no reuse
	}

	// Ann's roles changed: what is known of her does not count any more.
	pdp.Forget(func(r client.Request) bool { return r.Subject["user-id"] == "ann" })
	// Output:
	// Permit reused: false
	// Permit reused: false
}
