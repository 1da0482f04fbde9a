package rpc_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	pb "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

const readersMayRead = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="readers" Version="1.0"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">
  <Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
    <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">read</AttributeValue>
    <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" MustBePresent="false"
      AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" DataType="http://www.w3.org/2001/XMLSchema#string"/>
  </Match></AllOf></AnyOf></Target>
  <Rule RuleId="anybody" Effect="Permit"/>
  <ObligationExpressions><ObligationExpression ObligationId="log-it" FulfillOn="Permit"/></ObligationExpressions>
</Policy>`

// A server on one policy, and a client that asks it.
func Example() {
	document, problems := xacmlxml.ReadPolicy("readers.xml", []byte(readersMayRead), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		log.Fatal(problems)
	}
	decider, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	if decider == nil {
		log.Fatal(problems)
	}
	snapshot := &pap.Snapshot{ID: "example", PDP: decider}
	server, err := rpc.New(rpc.Config{
		Handler: contexthandler.New(contexthandler.Config{Snapshot: func() *pap.Snapshot { return snapshot }}),
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	for _, action := range []string{"read", "write"} {
		if err := ask(listener.Addr().String(), action); err != nil {
			log.Fatal(err)
		}
	}

	if err := server.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	if err := <-served; err != nil {
		log.Fatal(err)
	}
	// Output:
	// read: DECISION_PERMIT
	// must do: log-it
	// write: DECISION_NOT_APPLICABLE
}

func ask(address, action string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := pb.NewAuthorizationServiceClient(conn).Authorize(ctx, &pb.AuthorizeRequest{
		Subject:  map[string]string{"urn:example:user": "1337"},
		Resource: map[string]string{"urn:example:document": "42"},
		Action:   action,
	})
	if err != nil {
		return err // nothing was decided: refuse
	}
	fmt.Printf("%s: %s\n", action, answer.GetDecision())
	for _, o := range answer.GetObligations() {
		fmt.Println("must do:", o.GetId()) // refuse if you do not understand one of them
	}
	return nil
}
