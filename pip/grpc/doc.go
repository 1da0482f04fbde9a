// Package grpc asks a service that implements AttributeService, the contract of
// proto/forseti/attribute/v1, which anybody may implement in any language. In
// Go, package attributeserver does most of it.
//
//	provider, err := grpc.New(grpc.Config{
//		Address:  "roles.example:8443",
//		Needs:    []pip.Need{{Name: "user", Key: user}},
//		Provides: []pip.Provided{{Key: role}},
//	})
//
// Every reply repeats the question and names each attribute that it answers. A
// reply that lacks one of them, or whose values are not of the data type, is an
// error with OutcomeInvalid; only an empty bag says that there are no values.
//
// Many questions go out in one call ([Provider.FetchAll]). [Provider.Watch] hears
// from the service when answers stop being true.
//
// Calls are never repeated here, and what goes wrong is classified by its gRPC
// code: see [Provider.Fetch]. The connection is made in the background and made
// again when it breaks; a question does not wait for a service that is known to
// be down. Environment variables for proxies and configuration from DNS are not
// heeded.
package grpc
