package soak

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// The pace of what changes around the service.
const (
	reloadEvery = time.Second
	rotateEvery = time.Second // of the keys that tokens are signed with
	overlap     = 3 * time.Second
	outageEvery = 5 * time.Second
	outage      = 500 * time.Millisecond
	// recovered is when a source that is back must have been asked again, and the calls
	// that it failed are answered.
	recovered = 3 * time.Second
)

// world is what is around the service.
type world struct {
	t        *testing.T
	policies string
	server   *httptest.Server

	down atomic.Bool
	back atomic.Int64 // when it was back last, in Unix nanoseconds

	mu        sync.Mutex
	published []tokentest.Key
	token     string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, policies: t.TempDir()}
	root, err := harness.Root()
	must(t, err)
	must(t, os.CopyFS(w.policies, os.DirFS(filepath.Join(root, "policies"))))
	w.write(0)
	first := tokentest.NewKey("0", "ES256")
	w.published = []tokentest.Key{first}
	w.sign(first)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /keys", func(out http.ResponseWriter, _ *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		_, _ = out.Write(tokentest.Set(w.published...)) // who asked may be gone
	})
	mux.HandleFunc("GET /clearances/{user}", func(out http.ResponseWriter, _ *http.Request) {
		if w.down.Load() {
			out.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		out.Header().Set("Content-Type", "application/json")
		_, _ = out.Write([]byte(`{"clearance": "yes"}`))
	})
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	return w
}

// configuration is that of a service in this world. No call is to be refused because
// this machine was busy with something else for a moment.
func (w *world) configuration() string {
	return fmt.Sprintf(`
server:
  max_in_flight: 2000
  authentication:
    mode: token
    issuers:
      - {as: soak, claim: sub, name: 'https://soak.example', audiences: [forseti], algorithms: [ES256], keys: {url: '%[1]s/keys', refresh: 500ms}}
callers:
  - {caller: 'soak:load', methods: ['*']}
policies: {debounce: 10ms}
sources:
  - name: clearance
    kind: http
    needs: [{name: user, attribute: urn:altinn:userid}]
    http: {url: '%[1]s/clearances/{user}'}
    provides: [{attribute: 'urn:soak:clearance', category: subject, from: [$.clearance]}]
    timeout: 5s
    retry: {attempts: 2}
    breaker: {open_for: 200ms}
`, w.server.URL)
}

// write changes the policies. One version in ten is broken.
func (w *world) write(version int) {
	text := fmt.Sprintf(`<Policy xmlns=%q PolicyId="soak" Version="%d" RuleCombiningAlgId="%sdeny-overrides"><Target><AnyOf><AllOf>
  <Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">soak</AttributeValue>
    <AttributeDesignator Category=%q AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Match>
</AllOf></AnyOf></Target><Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:string-is-in">
  <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">yes</AttributeValue>
  <AttributeDesignator Category=%q AttributeId="urn:soak:clearance" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/>
</Apply></Condition></Rule></Policy>`, xacml.Namespace, version, xacml.RuleAlgorithm3, xacml.CategoryAction, xacml.CategoryAccessSubject)
	if version%10 == 9 {
		text = text[:len(text)/2]
	}
	name := filepath.Join(w.policies, "soak.xml")
	must(w.t, os.WriteFile(name+".tmp", []byte(text), 0o600))
	must(w.t, os.Rename(name+".tmp", name))
}

// sign makes the token of the load with a key.
func (w *world) sign(key tokentest.Key) {
	token := key.Sign(map[string]any{
		"iss": "https://soak.example", "aud": "forseti", "sub": "load", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.token = token
}

// publish makes these the keys of the issuer.
func (w *world) publish(keys ...tokentest.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.published = keys
}

// turn changes the world until ctx ends, and then leaves it in order.
func (w *world) turn(ctx context.Context) {
	var turning sync.WaitGroup
	every := func(pause time.Duration, do func(n int)) {
		turning.Go(func() {
			for n := 1; rest(ctx, pause); n++ {
				do(n)
			}
		})
	}
	every(reloadEvery, w.write)
	every(outageEvery, func(int) {
		w.down.Store(true)
		rest(ctx, outage)
		w.back.Store(time.Now().UnixNano()) // first: at no time does it look as if it had been there for long
		w.down.Store(false)
	})
	// As an issuer does: the new key is published before it signs, and the old one
	// until nobody has a token of it.
	old := w.published[0]
	every(rotateEvery, func(n int) {
		key := tokentest.NewKey(fmt.Sprint(n), "ES256")
		w.publish(old, key)
		rest(context.WithoutCancel(ctx), overlap)
		w.sign(key)
		rest(context.WithoutCancel(ctx), overlap)
		w.publish(key)
		old = key
	})
	turning.Wait()
}

// rest waits, and reports whether ctx let it.
func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// dial has each call show the token of the moment.
func (w *world) dial() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, request, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			w.mu.Lock()
			token := w.token
			w.mu.Unlock()
			return invoke(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), method, request, reply, c, options...)
		}),
	}
}

// request is a question: every fourth needs the source that goes down.
func (w *world) request(n int) *v1.AuthorizeRequest {
	r := &v1.AuthorizeRequest{Subject: map[string]string{"user-id": fmt.Sprint(1000 + n%50)}, Action: "soak"}
	if n%4 != 0 {
		r.Action = "else"
	}
	return r
}

// check compares an answer with what it must be. While the source is down nobody knows.
func (w *world) check(n int, r *v1.AuthorizeResponse) error {
	want := v1.Decision_DECISION_PERMIT
	if n%4 != 0 {
		want = v1.Decision_DECISION_NOT_APPLICABLE
	}
	if r.GetDecision() == want {
		return nil
	}
	unknown := w.down.Load() || time.Since(time.Unix(0, w.back.Load())) < recovered
	if n%4 == 0 && unknown && r.GetDecision() == v1.Decision_DECISION_INDETERMINATE {
		return nil
	}
	return fmt.Errorf("question %d: got %v (%v), want %v; the source is unknown: %t", n, r.GetDecision(), r.GetStatus(), want, unknown)
}
