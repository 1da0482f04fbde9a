package cases

import (
	"context"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// answer is what comes of a request.
type answer struct {
	results []xacml.Result
	// enriched are the attributes of the individual requests with those that
	// the sources added, without what the sources use among themselves.
	enriched []fact
	// asked are the questions to the services.
	asked map[string]bool
}

// ask sends the request to a server of its own that decides on the policies,
// with the sources of the profile or without.
func ask(t *testing.T, c *altinnCase, policies []policy.Document, withSources bool) answer {
	t.Helper()
	q := &questions{asked: make(map[string]bool)}
	var mu sync.Mutex
	var out answer
	config := contexthandler.Config{
		Snapshot: snapshotOf(t, policies),
		Observe: func(request *xacml.Request, found []xacml.Attributes) {
			mu.Lock()
			defer mu.Unlock()
			out.enriched = sortFacts(append(out.enriched, append(factsOf(request.Attributes), factsOf(found)...)...))
		},
	}
	if withSources {
		p := theProfile(t)
		config.Dictionary, config.Supplies, config.Sources = p.dictionary(t), p.supplies(), p.sources(t, &c.pip, q)
	}
	client := serve(t, contexthandler.New(config))
	response, err := client.Evaluate(t.Context(), requestMessage(t, c.request))
	if err != nil {
		t.Fatalf("Evaluate: %v", err)
	}
	if response.GetSnapshot() != snapshotID {
		t.Errorf("got snapshot %q, want %q", response.GetSnapshot(), snapshotID)
	}
	for _, r := range response.GetResults() {
		out.results = append(out.results, resultOf(t, r))
	}
	mu.Lock()
	defer mu.Unlock()
	out.asked = q.asked
	return out
}

const snapshotID = "test"

// snapshotOf gives the policies. One that is not valid is Indeterminate (§7.19.1): a
// rule-combining algorithm only-one-applicable does not exist.
func snapshotOf(t *testing.T, policies []policy.Document) func() *pap.Snapshot {
	t.Helper()
	decider, problems := pdp.New(pdp.Config{Lenient: true}, policies)
	if decider == nil {
		t.Fatalf("the policies are refused: %v", problems.Errors())
	}
	snapshot := &pap.Snapshot{ID: snapshotID, PDP: decider}
	return func() *pap.Snapshot { return snapshot }
}

// serve starts a server for the time of the test and connects to it.
func serve(t *testing.T, handler *contexthandler.Handler) v1.AuthorizationServiceClient {
	t.Helper()
	server, err := rpc.New(rpc.Config{Handler: handler})
	if err != nil {
		t.Fatal(err)
	}
	listener := bufconn.Listen(1 << 16)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///altinn",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return v1.NewAuthorizationServiceClient(connection)
}
