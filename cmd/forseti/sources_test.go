package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/internal/pgtest"
	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip/grpc/attributeserver"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// database is the PostgreSQL server of the tests.
var database pgtest.Server

// backends are what the sources of a service ask.
type backends struct {
	t        testing.TB
	register *httptest.Server // parties of organisations, over HTTP
	packages *attributeserver.Server
	address  string // of packages
	roles    string // URL of the database

	mu     sync.Mutex
	party  map[string]string
	holder map[string][]string
}

// startBackends starts a service of each kind, and a database with the trigger of
// docs/sources.md.
func startBackends(t *testing.T) *backends {
	b := &backends{
		t:      t,
		party:  map[string]string{"310000001": "50001"},
		holder: map[string][]string{systemUser: {"payroll"}},
	}
	b.roles = database.Database(t, `
		create table role (user_id text, party_id text, role_code text);
		insert into role values ('1337', '50001', 'dagl'), ('1338', '50001', 'dagl');`)
	database.Exec(t, b.roles, documentedSQL(t))

	b.register = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number := r.URL.Query().Get("organization")
		b.mu.Lock()
		party, ok := b.party[number]
		b.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code": "NO_SUCH_PARTY"}`) //nolint:errcheck // a test server
			return
		}
		fmt.Fprintf(w, `{"organizationNumber": %q, "partyId": %q}`, number, party) //nolint:errcheck // a test server
	}))
	t.Cleanup(b.register.Close)
	b.serve()
	return b
}

const systemUser = "9d1f6b3a-2c4e-4f50-a617-38b9cad0e1f2"

// serve starts the AttributeService.
func (b *backends) serve() {
	attribute := func(name, category, id string) attributeserver.Attribute {
		return attributeserver.Attribute{Name: name, Key: xacml.AttributeKey{Category: category, ID: id, Type: value.TypeString}}
	}
	var err error
	b.packages, err = attributeserver.New(attributeserver.Config{
		Needs: []attributeserver.Attribute{
			attribute("holder", xacml.CategoryAccessSubject, "urn:altinn:systemuser:uuid"),
			attribute("party", xacml.CategoryResource, "urn:altinn:partyid"),
		},
		Provides: []attributeserver.Attribute{attribute("package", xacml.CategoryAccessSubject, "urn:altinn:accesspackage")},
		Source: attributeserver.Func(func(_ context.Context, q attributeserver.Question) (attributeserver.Answer, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return attributeserver.Answer{Values: map[string][]string{"package": b.holder[q.Inputs["holder"]]}}, nil
		}),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.address = listener.Addr().String()
	server := grpc.NewServer(attributeserver.Options()...)
	b.packages.Register(server)
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	b.t.Cleanup(func() {
		b.packages.Close()
		server.Stop()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	})
}

// change changes what the backends answer.
func (b *backends) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// configuration is that of a service that asks the backends.
func (b *backends) configuration() string {
	password := regexp.MustCompile(`//postgres:([^@]*)@`).FindStringSubmatch(b.roles)[1]
	file := filepath.Join(b.t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return fmt.Sprintf(`
server: {administration: true}
sources:
  - name: roles
    kind: sql
    needs:
      - {name: user, attribute: urn:altinn:userid}
      - {name: party, attribute: urn:altinn:partyid, category: resource}
    sql:
      postgres:
        url: %s
        password_file: %s
        listen: {channels: [forseti]}
      query: SELECT user_id, party_id, role_code FROM role WHERE user_id = :user AND party_id = :party
      bulk: >-
        SELECT r.user_id, r.party_id, r.role_code
        FROM unnest(:user::text[], :party::text[]) AS k (u, p)
        JOIN role r ON r.user_id = k.u AND r.party_id = k.p
      echo: {user: user_id, party: party_id}
    provides:
      - {attribute: urn:altinn:rolecode, from: [role_code], match: '[a-z]+', max: 100, stale_if_error: 1h}
    timeout: 2s
    retry: {attempts: 2}
    breaker: {}
    gather: {max_batch: 100}
    cache: {ttl: 1h, negative_ttl: 1h}
  - name: party-of-organization
    kind: http
    needs:
      - {name: number, attribute: urn:altinn:organization:identifier-no, category: resource}
    http:
      url: %s/parties?organization={number}
      none: [{status: 404, path: $.code, value: NO_SUCH_PARTY}]
      echo: {number: $.organizationNumber}
    provides:
      - {attribute: urn:altinn:partyid, category: resource, from: [$.partyId]}
    timeout: 2s
    cache: {ttl: 1h, negative_ttl: 1h}
  - name: packages
    kind: grpc
    needs:
      - {name: holder, attribute: urn:altinn:systemuser:uuid}
      - {name: party, attribute: urn:altinn:partyid, category: resource}
    grpc: {address: '%s', plaintext: true, watch: true}
    provides: [{attribute: urn:altinn:accesspackage}]
    timeout: 2s
    cache: {ttl: 1h, negative_ttl: 1h}
`, strings.Replace(b.roles, ":"+password+"@", "@", 1), file, b.register.URL, b.address)
}

// documentedSQL is the SQL of docs/sources.md, which makes the database tell of
// changes.
func documentedSQL(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash("../../docs/sources.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 1 {
		t.Fatalf("docs/sources.md has %d blocks of SQL, want 1", len(blocks))
	}
	return blocks[0][1]
}

// configured changes a configuration to that of the text.
func configured(t *testing.T, text string) func(*config.Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "forseti.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *config.Config) {
		loaded.Server.Listen, loaded.Server.Admin, loaded.Policies.Folder = c.Server.Listen, c.Server.Admin, c.Policies.Folder
		*c = *loaded
	}
}

// client is a connection to the service, until the test ends.
func client(t *testing.T, s *service) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(s.decisions.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	return connection
}

// decide asks for a decision, in the words of the command authorize.
func decide(t *testing.T, connection *grpc.ClientConn, subject, resource, action string) v1.Decision {
	t.Helper()
	q := question{subject: strings.Fields(subject), resource: strings.Fields(resource), action: action}
	request, err := q.request()
	if err != nil {
		t.Fatal(err)
	}
	response, err := v1.NewAuthorizationServiceClient(connection).Authorize(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return response.GetDecision()
}

// TestService_Sources: a service asks a database, a service over HTTP and one over
// gRPC, remembers the answers for an hour, and yet a change of each of them counts
// within a second: by NOTIFY, by Invalidate and by WatchAttributes.
func TestService_Sources(t *testing.T) {
	b := startBackends(t)
	s := startService(t, configured(t, b.configuration()))
	connection := client(t, s)
	const permit, none = v1.Decision_DECISION_PERMIT, v1.Decision_DECISION_NOT_APPLICABLE
	ask := func(subject, resource, action string) func() v1.Decision {
		return func() v1.Decision { return decide(t, connection, subject, resource, action) }
	}
	const app = " app=income-report org=ttd"
	byRole := ask("user-id=1337", "party-id=50001"+app, "instantiate")
	other := ask("user-id=1338", "party-id=50001"+app, "instantiate")
	byParty := ask("user-id=1338", "organization=310000001"+app, "instantiate")
	byPackage := ask("system-user="+systemUser, "party-id=50001 app=payroll org=ttd task=Task_1", "write")
	eventually(t, s, `forseti_invalidations_total{cause="everything",source="roles"} 1`)
	eventually(t, s, `forseti_invalidations_total{cause="everything",source="packages"} 1`)
	for name, question := range map[string]func() v1.Decision{"role": byRole, "another's role": other, "party": byParty, "package": byPackage} {
		if got := question(); got != permit {
			t.Fatalf("%s: got %v, want Permit", name, got)
		}
	}
	measure := func(what string, question func() v1.Decision, change func()) {
		t.Helper()
		start := time.Now()
		change()
		for question() != none {
			if time.Since(start) > time.Second {
				t.Fatalf("%s: the change does not count after a second", what)
			}
		}
		t.Logf("%s: the change counts after %v", what, time.Since(start).Round(10*time.Microsecond))
	}
	measure("NOTIFY", byRole, func() { database.Exec(t, b.roles, "delete from role where user_id = '1337'") })
	measure("WatchAttributes", byPackage, func() {
		b.change(func() { delete(b.holder, systemUser) })
		b.packages.Changed(map[string]string{"holder": systemUser})
	})
	measure("Invalidate", byParty, func() {
		b.change(func() { b.party["310000001"] = "50002" })
		// The form of the caller is not the one in which the source was asked.
		m := &v1.InvalidateRequest{Source: "party-of-organization", Resource: map[string]string{"organization": "0192:310000001"}}
		response, err := v1.NewAdministrationServiceClient(connection).Invalidate(t.Context(), m)
		if err != nil || response.GetForgotten() != 1 {
			t.Errorf("got %v, %v, want one answer forgotten", response, err)
		}
	})
	if got := other(); got != permit {
		t.Errorf("another's role: got %v, want Permit", got)
	}
	metrics := text(t, s, "/metrics")
	for _, want := range []string{
		`forseti_invalidations_total{cause="change",source="roles"} 1`,
		`forseti_invalidations_total{cause="change",source="packages"} 1`,
		`forseti_invalidations_total{cause="call",source="party-of-organization"} 1`,
		`forseti_invalidations_total{cause="everything",source="party-of-organization"} 0`,
		`forseti_pip_requests_total{outcome="cached",source="roles"} `,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics do not have %s", want)
		}
	}
	database.Exec(t, b.roles, "notify forseti, 'what changed?'")
	eventually(t, s, `forseti_invalidations_total{cause="everything",source="roles"} 2`)
}

// eventually waits until the metrics hold a line.
func eventually(t *testing.T, s *service, line string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(text(t, s, "/metrics"), line+"\n"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the metrics never have %s", line)
		}
	}
}

// text is a page of the service.
func text(t *testing.T, s *service, path string) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.admin.Handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder.Body.String()
}

// TestService_SourcesDown: what the sources ask may be down when the service starts.
// It is ready, a decision that needs a source is Indeterminate, and others are made.
func TestService_SourcesDown(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	block := map[string]string{
		"sql":  "{postgres: {url: 'postgres://forseti@" + nobody + "/d?sslmode=disable', listen: {channels: [a]}}, query: 'SELECT role FROM role WHERE user_id = :user'}",
		"http": "{url: 'http://" + nobody + "/{user}'}",
		"grpc": "{address: '" + nobody + "', plaintext: true, watch: true}",
		"ldap": "{urls: ['ldap://" + nobody + "'], allow_cleartext: true, base: 'dc=a', filter: '(uid={user})'}",
	}
	from := map[string]string{"sql": "role", "http": "$.role", "grpc": "urn:example:role", "ldap": "role"}
	for kind := range block {
		t.Run(kind, func(t *testing.T) {
			s := startService(t, configured(t, fmt.Sprintf(`
sources:
  - name: roles
    kind: %s
    needs: [{name: user, attribute: urn:altinn:userid}]
    %s: %s
    provides: [{attribute: urn:altinn:rolecode, from: ['%s']}]
    timeout: 1s
`, kind, kind, block[kind], from[kind])))
			if got := text(t, s, "/readyz"); got != "ready\n" {
				t.Errorf("got %q, want that the service is ready", got)
			}
			connection := client(t, s)
			const resource = "party-id=50001 app=income-report org=ttd"
			if got := decide(t, connection, "user-id=1337", resource, "instantiate"); got != v1.Decision_DECISION_INDETERMINATE {
				t.Errorf("got %v, want Indeterminate", got)
			}
			if got := decide(t, connection, "org=ttd", "app=payroll org=ttd party-id=50001", "read"); got != v1.Decision_DECISION_PERMIT {
				t.Errorf("got %v, want Permit for the owner, whom no source is asked about", got)
			}
		})
	}
}

// TestService_SourceRefused: a file that is missing is a mistake, and there is no
// service.
func TestService_SourceRefused(t *testing.T) {
	s := startService(t, nil)
	change := configured(t, `
sources:
  - name: roles
    kind: grpc
    needs: [{name: user, attribute: urn:altinn:userid}]
    grpc: {address: '127.0.0.1:1', token_file: none}
    provides: [{attribute: urn:altinn:rolecode}]
  - name: more
    kind: http
    needs: [{name: user, attribute: urn:altinn:userid}]
    http: {url: 'http://127.0.0.1:1/{user}', auth: {bearer_file: none}}
    provides: [{attribute: urn:altinn:rolecode, from: [$.a]}]
`)
	c := *s.config
	change(&c)
	_, err := newService(t.Context(), &c, secrettest.Logger(t))
	for _, want := range []string{`sources[0].grpc: source "roles": open none:`, `sources[1].http: source "more": open none:`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
