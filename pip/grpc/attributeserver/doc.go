// Package attributeserver is for those who write a source of attributes for
// Forseti in Go: a policy information point (core §2.8) behind the gRPC contract
// of proto/forseti/attribute/v1. They write a function that answers a question,
// and get a server that keeps the contract:
//
//	server, err := attributeserver.New(attributeserver.Config{
//		Needs:    []attributeserver.Attribute{{Name: "user", Key: user}},
//		Provides: []attributeserver.Attribute{{Name: "role", Key: role}},
//		Source: attributeserver.Func(func(ctx context.Context, q attributeserver.Question) (attributeserver.Answer, error) {
//			roles, err := lookUp(ctx, q.Inputs["user"])
//			if err != nil {
//				return attributeserver.Answer{}, err
//			}
//			return attributeserver.Answer{Values: map[string][]string{"role": roles}}, nil
//		}),
//	})
//	...
//	g := grpc.NewServer(attributeserver.Options()...)
//	server.Register(g)
//
// The names are the function's own: attributes are told by their keys, whatever
// the operator of Forseti calls them.
//
// Absent is not unavailable: an entry of Values without values says that there
// are none. An attribute that was asked for and has no entry is a fault of the
// function, and so is a value that is not of the data type: the question then has
// an error and no answer. A panic costs one question, not the server.
//
// [Server.Changed] makes Forseti forget answers, so that a change takes effect at
// once. Without it, say in Answer.ValidFor for how long an answer may be kept.
//
// The package does not say who may ask: give the gRPC server credentials, for
// example TLS with client certificates.
package attributeserver
