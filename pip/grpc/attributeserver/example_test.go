package attributeserver_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	forsetigrpc "github.com/forseti-pdp/forseti/pip/grpc"
	"github.com/forseti-pdp/forseti/pip/grpc/attributeserver"
)

// A source of roles, and how Forseti asks it.
func Example() {
	user := xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:example:user-id", Type: value.TypeString}
	role := xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:example:role", Type: value.TypeString}
	roles := map[string][]string{"ann": {"admin", "reader"}}

	server, err := attributeserver.New(attributeserver.Config{
		Needs:    []attributeserver.Attribute{{Name: "user", Key: user}},
		Provides: []attributeserver.Attribute{{Name: "role", Key: role}},
		Source: attributeserver.Func(func(_ context.Context, q attributeserver.Question) (attributeserver.Answer, error) {
			if q.Inputs["user"] == "" {
				return attributeserver.Answer{}, attributeserver.InvalidQuestion("an empty user id")
			}
			// Who is not in the map has no roles: an entry without values.
			return attributeserver.Answer{Values: map[string][]string{"role": roles[q.Inputs["user"]]}}, nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	g := grpc.NewServer(attributeserver.Options()...) // with credentials, outside of an example
	server.Register(g)
	served := make(chan error, 1)
	go func() { served <- g.Serve(listener) }()

	// This is Forseti's side.
	provider, err := forsetigrpc.New(forsetigrpc.Config{
		Address:   listener.Addr().String(),
		Plaintext: true,
		Needs:     []pip.Need{{Name: "user", Key: user}},
		Provides:  []pip.Provided{{Key: role}},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, id := range []string{"ann", "bob", ""} {
		answer, err := provider.Fetch(ctx, pip.Question{value.String(id)})
		if err != nil {
			fmt.Println("nobody knows:", err)
			continue
		}
		fmt.Println(answer.Bags[0].Len(), "roles")
	}

	if err := provider.Close(); err != nil {
		log.Fatal(err)
	}
	server.Close()
	g.GracefulStop()
	if err := <-served; err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2 roles
	// 0 roles
	// nobody knows: error: the service does not accept the question
}
