package rpc

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/caller"
	"github.com/forseti-pdp/forseti/contexthandler/rpc/tlsfile"
	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// unauthenticated is what everybody is told whom nobody knows.
const unauthenticated = "it is not known who calls"

// authentic makes the server tell callers apart. Those with tokens of the verifier are
// t:name, those with certificates dns:name.
func authentic(t testing.TB, verifier *token.Verifier, rules ...caller.Rule) func(*Config) {
	t.Helper()
	claim, err := token.ParsePath("sub")
	if err != nil {
		t.Fatal(err)
	}
	cfg := caller.Config{Certificates: []string{caller.KindDNS}, Rules: rules}
	if verifier != nil {
		cfg.Tokens, cfg.Bearer, cfg.Metadata = verifier, true, []string{"PlatformAccessToken"}
		cfg.Issuers = []caller.Issuer{{Name: testIssuer, As: "t", Claim: claim}}
	}
	a, err := caller.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *Config) { c.Callers, c.Administration, c.Reflection = a, true, true }
}

// verifierOf checks tokens of the issuer with these keys.
func verifierOf(t testing.TB, keys jwks.Config) *token.Verifier {
	t.Helper()
	v, err := token.New(token.Config{Issuers: []token.Issuer{{
		Name: testIssuer, Audiences: []string{"forseti"}, Algorithms: []string{"ES256", "RS256"}, Keys: keys,
	}}, Remember: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// keyFile writes a file with keys.
func keyFile(t testing.TB, keys ...tokentest.Key) jwks.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, tokentest.Set(keys...), 0o600); err != nil {
		t.Fatal(err)
	}
	return jwks.Config{File: file}
}

// goodToken is one for a caller, for a time.
func goodToken(key tokentest.Key, name string, life time.Duration) string {
	end := float64(time.Now().Add(life).UnixMilli()) / 1000
	return key.Sign(map[string]any{"iss": testIssuer, "aud": "forseti", "sub": name, "exp": end})
}

// bearing is a context with a token; without one if it is empty.
func bearing(ctx context.Context, token string) context.Context {
	if token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// everyMethod calls each method that callers need a right for.
func everyMethod(r *rig) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Authorize": func(ctx context.Context) error {
			_, err := r.client.Authorize(ctx, action("read"))
			return err
		},
		"AuthorizeBatch": func(ctx context.Context) error {
			_, err := r.client.AuthorizeBatch(ctx, &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{action("read")}})
			return err
		},
		"Evaluate": func(ctx context.Context) error {
			_, err := r.client.Evaluate(ctx, &v1.EvaluateRequest{})
			return err
		},
		"AuthorizeStream": func(ctx context.Context) error {
			stream, err := r.client.AuthorizeStream(ctx)
			if err != nil {
				return err
			}
			_ = stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}) // Recv has the reason
			_ = stream.CloseSend()
			_, err = stream.Recv()
			return err
		},
		"Invalidate": func(ctx context.Context) error {
			_, err := v1.NewAdministrationServiceClient(r.conn).Invalidate(ctx, &v1.InvalidateRequest{Source: "asked"})
			return err
		},
		"ServerReflectionInfo": func(ctx context.Context) error {
			stream, err := reflectionpb.NewServerReflectionClient(r.conn).ServerReflectionInfo(ctx)
			if err != nil {
				return err
			}
			_ = stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
			_ = stream.CloseSend()
			_, err = stream.Recv()
			return err
		},
	}
}

// Row 32 and T16: none of about 200 forged tokens gets to any method, all of them are
// told the same, and nothing of them is in the log. Health is open.
func TestT16_ForgedTokens(t *testing.T) {
	f := newForger()
	var log bytes.Buffer
	var mu sync.Mutex
	tell := authentic(t, verifierOf(t, keyFile(t, f.keys()...)), caller.Rule{Caller: "*", Methods: []string{caller.AllMethods}, MayInvalidate: true})
	r := start(t, func(c *Config) {
		tell(c)
		c.Logger = slog.New(slog.NewTextHandler(&locked{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	tokens := f.tokens()
	if len(tokens) < 200 {
		t.Fatalf("got %d forged tokens, want 200", len(tokens))
	}
	methods := everyMethod(r)
	for _, good := range f.good() {
		for method, call := range methods {
			// A source without a cache has nothing to forget, which is told after all else.
			if err := call(bearing(within(t), good)); err != nil && (method != "Invalidate" || status.Code(err) != codes.InvalidArgument) {
				t.Errorf("%s: a good token is refused: %v", method, err)
			}
		}
	}
	decided := r.metric("forseti_rpc_failures_total", "unauthenticated")
	if decided != 0 {
		t.Errorf("got %v failures before any forged token", decided)
	}
	refused := 0
	for name, forged := range tokens {
		for method, call := range methods {
			for _, life := range []time.Duration{9 * time.Second, 5 * time.Minute} { // refused by the tap, and after it
				ctx, cancel := context.WithTimeout(context.Background(), life)
				err := call(bearing(ctx, forged))
				cancel()
				refused++
				if err == nil {
					t.Errorf("%s: the forged token %q is accepted", method, name)
					continue
				}
				wantError(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
				if got := status.Convert(err).Message(); got != unauthenticated {
					t.Errorf("%s, %s: got the message %q", method, name, got)
				}
			}
		}
		if _, err := healthpb.NewHealthClient(r.conn).Check(bearing(within(t), forged), &healthpb.HealthCheckRequest{}); err != nil {
			t.Errorf("health: %v", err)
		}
	}
	if got := r.metric("forseti_rpc_failures_total", "unauthenticated"); int(got) != refused {
		t.Errorf("got %v failures, want %d", got, refused)
	}
	mu.Lock()
	defer mu.Unlock()
	if log.Len() == 0 {
		t.Error("nothing was logged that could be searched")
	}
	for name, forged := range tokens {
		if len(forged) > 20 && strings.Contains(log.String(), forged[len(forged)-20:]) {
			t.Errorf("the log holds the token %q", name)
		}
	}
	for _, secret := range []string{planted, tokentest.Encode([]byte(planted)), "eyJ"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// locked is a writer for many goroutines.
type locked struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// Row 34: a caller that is known may call what its rules say, and nothing else.
func TestCallers_Methods(t *testing.T) {
	key := tokentest.NewKey("1", "ES256")
	methods := append(Methods(), "Invalidate")
	var rules []caller.Rule
	for _, m := range Methods() {
		rules = append(rules, caller.Rule{Caller: "t:" + m, Methods: []string{m}})
	}
	rules = append(rules, caller.Rule{Caller: "t:Invalidate", MayInvalidate: true})
	r := start(t, authentic(t, verifierOf(t, keyFile(t, key)), rules...))
	calls := everyMethod(r)
	if len(calls) != len(methods) {
		t.Fatalf("got %d calls for %d methods", len(calls), len(methods))
	}
	for _, name := range append(methods, "nobody") {
		ctx := bearing(within(t), goodToken(key, name, time.Minute))
		for _, method := range methods {
			err := calls[method](ctx)
			if name != method {
				wantError(t, err, codes.PermissionDenied, "NOT_ALLOWED")
			} else if code := status.Code(err); code != codes.OK && (method != "Invalidate" || code != codes.InvalidArgument) {
				t.Errorf("%s: got %v", method, err)
			}
		}
	}
	if _, err := healthpb.NewHealthClient(r.conn).Check(within(t), &healthpb.HealthCheckRequest{}); err != nil {
		t.Errorf("health: %v", err)
	}
}

// What a caller may supply, and whether it may ask for explanations, depends on who it
// is, whichever way its question comes.
func TestCallers_Rights(t *testing.T) {
	key := tokentest.NewKey("1", "ES256")
	tell := authentic(t, verifierOf(t, keyFile(t, key)),
		caller.Rule{Caller: "*", Methods: []string{caller.AllMethods}}, caller.Rule{Caller: "t:trusted", MayExplain: true})
	snapshot := newSnapshot(t, "one")
	r := start(t, func(c *Config) {
		tell(c)
		c.MayExplain = func(string) bool { return true }
		c.Handler = contexthandler.New(contexthandler.Config{
			Snapshot: func() *pap.Snapshot { return snapshot },
			Sources: []pip.Source{{
				Name:     "asked",
				Provides: []pip.Provided{{Key: xacml.AttributeKey{Category: xacml.CategoryEnvironment, ID: "urn:test:asked"}}},
				Provider: fetch(func(context.Context) error { return nil }),
			}},
			Supplies: []contexthandler.Supply{{Caller: "t:trusted", Category: xacml.CategoryEnvironment, Attributes: []string{"urn:test:asked"}}},
		})
	})
	supplying := &v1.AuthorizeRequest{Environment: map[string]string{"urn:test:asked": "no"}, Action: "ask"}
	explaining := &v1.AuthorizeRequest{Action: "read", Explain: true}
	item := func(e *v1.ItemError) string { return strings.TrimPrefix(e.GetReason().String(), "ERROR_REASON_") }
	ways := map[string]func(context.Context, *v1.AuthorizeRequest) string{
		"call": func(ctx context.Context, m *v1.AuthorizeRequest) string {
			_, err := r.client.Authorize(ctx, m)
			if err == nil {
				return "UNSPECIFIED"
			}
			return item(&v1.ItemError{Reason: reasonOf(t, err)})
		},
		"batch": func(ctx context.Context, m *v1.AuthorizeRequest) string {
			answer, err := r.client.AuthorizeBatch(ctx, &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{m}})
			if err != nil {
				t.Fatal(err)
			}
			return item(answer.GetItems()[0].GetError())
		},
		"stream": func(ctx context.Context, m *v1.AuthorizeRequest) string {
			stream, err := r.client.AuthorizeStream(ctx)
			if err == nil {
				err = stream.Send(&v1.AuthorizeStreamRequest{Request: m})
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = stream.CloseSend()
			answer, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			return item(answer.GetError())
		},
	}
	for way, ask := range ways {
		for _, tt := range []struct {
			caller, want string
			message      *v1.AuthorizeRequest
		}{
			{"trusted", "UNSPECIFIED", supplying},
			{"other", "ATTRIBUTE_NOT_ALLOWED", supplying},
			{"trusted", "UNSPECIFIED", explaining},
			{"other", "NOT_ALLOWED", explaining},
		} {
			if got := ask(bearing(within(t), goodToken(key, tt.caller, time.Minute)), tt.message); got != tt.want {
				t.Errorf("%s by %s of %v: got %s, want %s", way, tt.caller, tt.message, got, tt.want)
			}
		}
	}
}

// A stream ends with the token that it was begun with.
func TestCallers_StreamExpires(t *testing.T) {
	key := tokentest.NewKey("1", "ES256")
	r := start(t, authentic(t, verifierOf(t, keyFile(t, key)), caller.Rule{Caller: "t:pep", Methods: []string{"AuthorizeStream"}}))
	stream, err := r.client.AuthorizeStream(bearing(within(t), goodToken(key, "pep", time.Second)))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}); err != nil {
		t.Fatal(err)
	}
	if answer, err := stream.Recv(); err != nil || answer.GetResponse().GetDecision() != v1.Decision_DECISION_PERMIT {
		t.Fatalf("got %v, %v", answer, err)
	}
	began := time.Now()
	_, err = stream.Recv()
	wantError(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the stream ended after %v", took)
	}
}

// Row 33: while the keys of the issuer are slow to come, tokens that name unknown keys
// keep nobody else from being answered.
func TestCallers_SlowKeys(t *testing.T) {
	key, unknown := tokentest.NewKey("1", "ES256"), tokentest.NewKey("2", "ES256")
	release := make(chan struct{})
	var fetched atomic.Int64
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if fetched.Add(1) > 1 {
			select {
			case <-release:
			case <-request.Context().Done():
			}
		}
		_, _ = w.Write(tokentest.Set(key))
	}))
	defer keys.Close()
	v := verifierOf(t, jwks.Config{URL: keys.URL})
	eventually(t, "the keys were read", func() bool { return v.Keys()[testIssuer].Keys == 1 })
	const limit = 4
	tell := authentic(t, v, caller.Rule{Caller: "t:pep", Methods: []string{"Authorize"}})
	r := start(t, func(c *Config) { tell(c); c.Limits.MaxInFlight = limit })
	var waiting sync.WaitGroup
	for range 5 * limit {
		waiting.Go(func() {
			ctx := bearing(within(t), goodToken(unknown, "pep", time.Minute))
			_, err := r.client.Authorize(ctx, action("read"))
			for status.Code(err) == codes.ResourceExhausted { // too many at once, before they wait
				time.Sleep(time.Millisecond)
				_, err = r.client.Authorize(ctx, action("read"))
			}
			wantError(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
		})
	}
	eventually(t, "the keys are asked for again", func() bool { return fetched.Load() == 2 })
	for range 50 {
		if _, err := r.client.Authorize(bearing(within(t), goodToken(key, "pep", time.Minute)), action("read")); err != nil && status.Code(err) != codes.ResourceExhausted {
			t.Errorf("a good call is refused: %v", err)
		}
	}
	eventually(t, "no call holds a place", func() bool { return r.metric("forseti_rpc_in_flight_calls") == 0 })
	if _, err := r.client.Authorize(bearing(within(t), goodToken(key, "pep", time.Minute)), action("read")); err != nil {
		t.Errorf("a good call is refused: %v", err)
	}
	close(release)
	waiting.Wait()
}

// Row 33: keys that were never read say nothing of a token.
func TestCallers_NoKeys(t *testing.T) {
	key := tokentest.NewKey("1", "ES256")
	keys := httptest.NewServer(http.NotFoundHandler())
	defer keys.Close()
	r := start(t, authentic(t, verifierOf(t, jwks.Config{URL: keys.URL}), caller.Rule{Caller: "*", Methods: []string{caller.AllMethods}}))
	_, err := r.client.Authorize(bearing(within(t), goodToken(key, "pep", time.Minute)), action("read"))
	wantError(t, err, codes.Unavailable, "TOKEN_NOT_CHECKED")
}

// secure is the files of a server with TLS that asks for certificates.
func secure(t testing.TB, server certtest.Pair, clients *certtest.Authority, required bool) (*tlsfile.Files, tlsfile.Config) {
	t.Helper()
	dir := t.TempDir()
	cfg := tlsfile.Config{
		CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), ClientCAFile: filepath.Join(dir, "ca.pem"),
		RequireClient: required, Refresh: 2 * time.Millisecond,
	}
	for file, data := range map[string][]byte{cfg.CertFile: server.Cert, cfg.KeyFile: server.Key, cfg.ClientCAFile: clients.PEM()} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := tlsfile.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files, cfg
}

// as is a client with a certificate, or without if there is none.
func as(server *certtest.Authority, pair *certtest.Pair) grpc.DialOption {
	c := &tls.Config{RootCAs: server.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS13}
	if pair != nil {
		shown := pair.TLS()
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &shown, nil } // whoever is asked for
	}
	return grpc.WithTransportCredentials(credentials.NewTLS(c))
}

// Certificates show who calls; those that are not good do not get a connection, and
// who has none gets no answer but on health.
func TestCallers_MutualTLS(t *testing.T) {
	server, clients, strange := certtest.New("server"), certtest.New("clients"), certtest.New("strange")
	pep := certtest.Leaf{DNS: []string{"pep.example"}}
	other, expired, serving, nameless := certtest.Leaf{DNS: []string{"other.example"}}, pep, pep, certtest.Leaf{CommonName: "pep.example"}
	expired.NotAfter = time.Now().Add(-time.Minute)
	serving.Usage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	pairs := map[string]certtest.Pair{
		"good": clients.Issue(pep), "other": clients.Issue(other), "nameless": clients.Issue(nameless),
		"unknown authority": strange.Issue(pep), "expired": clients.Issue(expired), "for servers only": clients.Issue(serving),
	}
	for _, required := range []bool{true, false} {
		tell := authentic(t, nil, caller.Rule{Caller: "dns:pep.example", Methods: []string{"Authorize"}})
		files, _ := secure(t, server.Server(), clients, required)
		r := start(t, func(c *Config) { tell(c); c.TLS = files.TLS() }, as(server, nil))
		ask := func(pair *certtest.Pair) (decided, health error) {
			conn := r.dial(as(server, pair))
			defer func() { _ = conn.Close() }()
			_, decided = v1.NewAuthorizationServiceClient(conn).Authorize(within(t), action("read"))
			_, health = healthpb.NewHealthClient(conn).Check(within(t), &healthpb.HealthCheckRequest{})
			return decided, health
		}
		for name, pair := range pairs {
			decided, health := ask(&pair)
			switch name {
			case "good":
				wantError(t, decided, codes.OK, "")
			case "other":
				wantError(t, decided, codes.PermissionDenied, "NOT_ALLOWED")
			case "nameless":
				wantError(t, decided, codes.Unauthenticated, "UNAUTHENTICATED")
			default: // there is no connection
				wantError(t, decided, codes.Unavailable, "")
				wantError(t, health, codes.Unavailable, "")
				continue
			}
			wantError(t, health, codes.OK, "")
		}
		if r.metric("forseti_tls_handshake_failures_total") == 0 {
			t.Error("no failed handshake was counted")
		}
		decided, health := ask(nil)
		if required {
			wantError(t, decided, codes.Unavailable, "")
			continue
		}
		wantError(t, decided, codes.Unauthenticated, "UNAUTHENTICATED")
		wantError(t, health, codes.OK, "")
	}
}

// The certificate of the server changes under load, and no call fails.
func TestCallers_CertificateReload(t *testing.T) {
	server, clients := certtest.New("server"), certtest.New("clients")
	tell := authentic(t, nil, caller.Rule{Caller: "dns:pep.example", Methods: []string{"Authorize"}})
	files, cfg := secure(t, server.Server(), clients, true)
	pep := clients.Issue(certtest.Leaf{DNS: []string{"pep.example"}})
	r := start(t, func(c *Config) { tell(c); c.TLS = files.TLS() }, as(server, &pep))
	var stop atomic.Bool
	var calls atomic.Int64
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop.Store(true)
	ask := func(client v1.AuthorizationServiceClient) {
		if _, err := client.Authorize(within(t), action("read")); err != nil {
			t.Errorf("a call failed: %v", err)
			stop.Store(true)
		}
		calls.Add(1)
	}
	for range 2 {
		workers.Go(func() { // on one connection
			for !stop.Load() {
				ask(r.client)
			}
		})
		workers.Go(func() { // each on a new one
			for !stop.Load() {
				conn := r.dial(as(server, &pep))
				ask(v1.NewAuthorizationServiceClient(conn))
				_ = conn.Close()
			}
		})
	}
	for i := range 20 {
		pair := server.Server()
		if i%3 == 0 {
			pair.Key = []byte("broken")
		}
		for file, data := range map[string][]byte{cfg.CertFile: pair.Cert, cfg.KeyFile: pair.Key} {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(15 * time.Millisecond)
	}
	eventually(t, "100 calls are made", func() bool { return stop.Load() || calls.Load() >= 100 })
}

// reasonOf is the reason of a failed call.
func reasonOf(t testing.TB, err error) v1.ErrorReason {
	t.Helper()
	for reason := range reasonCodes {
		f := &failure{reason: v1.ErrorReason(reason)}
		for _, d := range status.Convert(err).Details() {
			if info, ok := d.(interface{ GetReason() string }); ok && info.GetReason() == f.name() {
				return f.reason
			}
		}
	}
	t.Fatalf("%v has no reason", err)
	return 0
}
