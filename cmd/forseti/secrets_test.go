package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/internal/secrettest"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// secretive is a service in which something is planted wherever it gets to see
// anything, and all that it tells others.
type secretive struct {
	t       *testing.T
	plants  *secrettest.Plants
	leaky   *leaky
	secured *secured
	subject tokentest.Key
	service *service
	log     kept
	names   []string // of the attributes that sources fail to give
	stop    func()

	mu    sync.Mutex
	spans bytes.Buffer
	seen  map[string]int // answers, by what became of the question
}

// planted is the configuration but for the sources.
const planted = `
server: {administration: true, explanations: true}
log: {level: debug}
policies: {debounce: 10ms, rescan: 50ms, shadow_rate: 1}
attributes:
  - {id: 'urn:altinn:userid', category: subject, aliases: [user-id], single: true}
  - {id: 'urn:altinn:person:identifier-no', category: subject, aliases: [person], single: true, private: true}
  - {id: 'urn:altinn:person:uuid', category: subject, aliases: [person-uuid], private: true}
  - {id: 'urn:planted:note', category: subject, aliases: [note], private: true}
  - {id: 'urn:altinn:organization:identifier-no', category: resource, aliases: [organization], single: true}
  - {id: 'urn:altinn:instance-id', category: resource, aliases: [instance-id], single: true}
tokens:
  issuers:
    - {name: 'https://login.example', audiences: [forseti], algorithms: [ES256], keys: {file: %s}}
audit:
  file: {folder: records, max_bytes: 100000}
  pseudonym_key_file: %s
`

// startSecretive starts it.
func startSecretive(t *testing.T) *secretive {
	t.Helper()
	s := &secretive{
		t: t, plants: secrettest.Planted(), secured: newSecured(t), subject: tokentest.NewKey("s", "ES256"), seen: make(map[string]int),
	}
	s.leaky = &leaky{t: t, folder: t.TempDir(), plants: s.plants}
	for _, file := range []string{s.secured.keyOf, s.secured.tls.KeyFile} {
		key, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s.plants.Add("a TLS key", string(bytes.Split(key, []byte("\n"))[1]))
	}
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, err := io.Copy(&s.spans, r.Body); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(collector.Close)
	for name, value := range map[string]string{
		"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
		"OTEL_TRACES_SAMPLER": "always_on",
	} {
		t.Setenv(name, value)
	}
	sources, names := s.leaky.sources()
	s.names = names
	keys, pseudonyms := s.leaky.file("subjects.json", string(tokentest.Set(s.subject))), s.leaky.file("pseudonyms", secrettest.Pseudonyms)
	c, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	configured(t, fmt.Sprintf(planted, keys, pseudonyms)+sources)(c)
	s.secured.configure(c)
	c.Callers[0].Methods = []string{"*"}
	c.Server.Listen, c.Server.Admin, c.Policies.Folder = "127.0.0.1:0", "127.0.0.1:0", "policies"
	if err := os.Mkdir("policies", 0o700); err != nil {
		t.Fatal(err)
	}
	s.policy("planted.xml", policies(names))
	if s.service, err = newService(t.Context(), c, slog.New(s.plants.Handler(t, &s.log))); err != nil {
		t.Fatal(err)
	}
	signals, done := make(chan os.Signal, 1), make(chan error, 1)
	go func() { done <- s.service.run(context.Background(), signals) }()
	s.stop = sync.OnceFunc(func() {
		signals <- syscall.SIGTERM
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

// policy writes a file of the policies.
func (s *secretive) policy(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join("policies", name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// policies have an action for each attribute of a source, and for each function that can
// fail over what a private attribute holds.
func policies(attributes []string) string {
	const subject = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
	const str = "http://www.w3.org/2001/XMLSchema#string"
	var b strings.Builder
	designator := func(id, category string) string {
		return fmt.Sprintf(`<AttributeDesignator Category="%s" AttributeId="%s" DataType="%s" MustBePresent="false"/>`, category, id, str)
	}
	apply := func(function string, arguments ...string) string {
		return fmt.Sprintf(`<Apply FunctionId="%s">%s</Apply>`, function, strings.Join(arguments, ""))
	}
	const f1, f3 = "urn:oasis:names:tc:xacml:1.0:function:", "urn:oasis:names:tc:xacml:3.0:function:"
	text := fmt.Sprintf(`<AttributeValue DataType="%s">%s</AttributeValue>`, str, secrettest.Literal)
	rule := func(action, effect, condition string) {
		fmt.Fprintf(&b, `<Rule RuleId="%s" Effect="%s"><Target><AnyOf><AllOf><Match MatchId="%sstring-equal"><AttributeValue DataType="%s">%s</AttributeValue>`+
			`<AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" DataType="%s" MustBePresent="false"/>`+
			"</Match></AllOf></AnyOf></Target>%s</Rule>\n", action, effect, f1, str, action, str, condition)
	}
	rule("read", "Permit", "")
	rule("write", "Deny", "")
	one := apply(f1+"string-one-and-only", designator("urn:planted:note", subject))
	for _, a := range attributes {
		rule(a, "Permit", "<Condition>"+apply(f1+"string-is-in", text, designator("urn:planted:"+a, subject))+"</Condition>")
	}
	for _, t := range []string{"integer", "double", "boolean", "time", "date", "dateTime", "anyURI", "dayTimeDuration", "yearMonthDuration", "x500Name", "rfc822Name", "ipAddress", "dnsName"} {
		converted := apply(f3+t+"-from-string", one)
		rule("convert-"+t, "Permit", "<Condition>"+apply(f3+"string-starts-with", text, apply(f3+"string-from-"+t, converted))+"</Condition>")
	}
	rule("pattern", "Permit", "<Condition>"+apply(f1+"string-regexp-match", one, text)+"</Condition>")
	rule("substring", "Permit", "<Condition>"+apply(f1+"string-equal", text, apply(f3+"string-substring", one,
		`<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">900</AttributeValue>`, `<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">901</AttributeValue>`))+"</Condition>")
	rule("missing", "Permit", "<Condition>"+apply(f1+"string-equal", text, apply(f1+"string-one-and-only", strings.Replace(designator("urn:planted:absent", subject), "false", "true", 1)))+"</Condition>")
	return `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="urn:planted:policy" Version="1.0" RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"><Target/>` +
		"\n" + b.String() + "</Policy>"
}

// actions are all that the policies know.
func (s *secretive) actions() []string {
	all := append([]string{"read", "write", "nothing", "pattern", "substring", "missing"}, s.names...)
	for _, t := range []string{"integer", "double", "boolean", "time", "date", "dateTime", "anyURI", "dayTimeDuration", "yearMonthDuration", "x500Name", "rfc822Name", "ipAddress", "dnsName"} {
		all = append(all, "convert-"+t)
	}
	return all
}

// request is about the person.
func request(action string) *v1.AuthorizeRequest {
	return &v1.AuthorizeRequest{
		Subject:  map[string]string{"person": secrettest.Person, "user-id": secrettest.User, "note": secrettest.Note + "(((", "person-uuid": secrettest.PersonUUID},
		Resource: map[string]string{"organization": secrettest.Organization, "instance-id": secrettest.Instance}, Action: action, RequestId: "r",
	}
}

// told checks what a caller was told: errors with their details, and of an answer all but
// what the caller said itself, which it never is.
func (s *secretive) told(question string, answer proto.Message, err error) {
	s.t.Helper()
	if err != nil {
		st := status.Convert(err)
		s.plants.Check(s.t, question+": the status", protojson.Format(st.Proto())+fmt.Sprint(st.Details()))
		s.plants.Check(s.t, question+": the error", err.Error())
		s.seen[st.Code().String()]++
		return
	}
	s.plants.Without(secrettest.User, secrettest.Organization, secrettest.Instance, secrettest.Literal).Check(s.t, question+": the answer", protojson.Format(answer))
}

// authorize asks, and counts what comes of it.
func (s *secretive) authorize(ctx context.Context, connection *grpc.ClientConn, question string, m *v1.AuthorizeRequest) {
	s.t.Helper()
	response, err := v1.NewAuthorizationServiceClient(connection).Authorize(ctx, m)
	s.told(question, response, err)
	if err == nil {
		s.seen[response.GetDecision().String()]++
	}
}

// TestSecrets has a service see secrets and personal data in every place that it looks
// at, and fail in every way that it can. None of it is in anything that it tells others.
func TestSecrets(t *testing.T) {
	s := startSecretive(t)
	eventuallyReady(t, s.service)
	caller := s.secured.client()
	pep, err := caller.dial(s.service.decisions.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pep.Close() })
	s.decisions(pep)
	s.wrongRequests(pep)
	s.tokens(pep)
	s.wrongPolicies()
	s.wrongConfigurations()
	s.unaudited(pep)
	s.pages()
	s.stop()
	s.after()
	for _, outcome := range []string{
		"DECISION_PERMIT", "DECISION_DENY", "DECISION_NOT_APPLICABLE", "DECISION_INDETERMINATE", "InvalidArgument", "PermissionDenied", "Unauthenticated", "Unavailable",
	} {
		if s.seen[outcome] == 0 {
			t.Errorf("nothing was answered by %s: %v", outcome, s.seen)
		}
	}
}

// eventuallyReady waits for the policies.
func eventuallyReady(t *testing.T, s *service) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); text(t, s, "/readyz") != "ready\n"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not become ready: %s", text(t, s, "/status"))
		}
	}
}

// decisions are made of each kind, by each method, and explained.
func (s *secretive) decisions(pep *grpc.ClientConn) {
	ctx := s.t.Context()
	client := v1.NewAuthorizationServiceClient(pep)
	batch := &v1.AuthorizeBatchRequest{}
	for _, action := range s.actions() {
		s.authorize(ctx, pep, action, request(action))
		explained := request(action)
		explained.Explain, explained.Enforce = true, true
		s.authorize(ctx, pep, action+", explained", explained)
		batch.Requests = append(batch.Requests, request(action))
	}
	response, err := client.AuthorizeBatch(ctx, batch)
	s.told("batch", response, err)
	stream, err := client.AuthorizeStream(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range batch.GetRequests() {
		if err := stream.Send(&v1.AuthorizeStreamRequest{Request: m}); err != nil {
			s.t.Fatal(err)
		}
		answer, err := stream.Recv()
		s.told("stream", answer, err)
		if err != nil { // it has ended, as it does with the token of its caller
			break
		}
	}
	_ = stream.CloseSend() // nothing more is read
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	s.authorize(short, pep, "a short deadline", request("http-hang"))
	invalidated, err := v1.NewAdministrationServiceClient(pep).Invalidate(ctx, &v1.InvalidateRequest{Source: secrettest.Note, Subject: map[string]string{"person": secrettest.Person}})
	s.told("invalidate", invalidated, err)
	s.leaky.table("bad")
	s.within("the table is refused", func() bool { return strings.Contains(s.log.String(), "static-table") })
}

// wrongRequests hold values where nothing is to be found, or what is not of its type.
func (s *secretive) wrongRequests(pep *grpc.ClientConn) {
	ctx := s.t.Context()
	client := v1.NewAuthorizationServiceClient(pep)
	typed := func(category, id, dataType string, values ...string) *v1.AuthorizeRequest {
		m := request("read")
		m.Attributes = []*v1.RequestAttribute{{Category: category, AttributeId: id, DataType: dataType, Values: values}}
		return m
	}
	const uri = "urn:oasis:names:tc:xacml:1.0:environment:current-time"
	for name, m := range map[string]*v1.AuthorizeRequest{
		"two persons":        typed("subject", "person", "", secrettest.Person, secrettest.PersonUUID),
		"not an integer":     typed("subject", "urn:planted:level", "integer", secrettest.Note),
		"not a date":         typed("environment", "urn:planted:day", "date", secrettest.Person),
		"the clock's":        typed("environment", uri, "time", secrettest.Note),
		"a source's":         typed("subject", "urn:planted:http-error", "", "x"),
		"no values":          typed("subject", "person", ""),
		"a type of its own":  typed("subject", "urn:planted:level", "urn:planted:type", "x"),
		"not of its type":    typed("subject", "person", "integer", secrettest.Note),
		"an XPath":           typed("resource", "urn:planted:path", "xpathExpression", "//"+secrettest.Note),
		"control characters": typed("subject", "urn:planted:a", "", secrettest.Note+"\x00\x1b[31m"),
	} {
		s.authorize(ctx, pep, name, m)
	}
	category := &v1.AttributeCategory{Category: "resource", Content: "<a>" + secrettest.Note + "</" + secrettest.Person + ">"}
	for name, m := range map[string]*v1.EvaluateRequest{
		"XML":     {Document: &v1.EvaluateRequest_Xml{Xml: []byte("<Request>" + gossip + "</" + secrettest.Person)}},
		"JSON":    {Document: &v1.EvaluateRequest_Json{Json: []byte(`{"Request": {"` + secrettest.Note + `": "` + secrettest.Person)}},
		"twice":   {Document: &v1.EvaluateRequest_Json{Json: []byte(`{"Request": {"a": "` + secrettest.Note + `", "a": 1}}`)}},
		"entity":  {Document: &v1.EvaluateRequest_Xml{Xml: []byte(`<!DOCTYPE a [<!ENTITY b "` + secrettest.Person + `">]><Request>&b;</Request>`)}},
		"content": {Attributes: []*v1.AttributeCategory{category}},
	} {
		response, err := client.Evaluate(ctx, m)
		s.told(name, response, err)
	}
}

// tokens are wrong, or of a subject.
func (s *secretive) tokens(pep *grpc.ClientConn) {
	ctx := s.t.Context()
	claims := func(more map[string]any) map[string]any {
		all := map[string]any{
			"iss": "https://login.example", "aud": "forseti", "exp": time.Now().Add(time.Minute).Unix(),
			"urn:altinn:userid": secrettest.User, "pid": secrettest.Person, "sub": secrettest.PersonUUID,
		}
		maps.Copy(all, more)
		return all
	}
	good := s.subject.Sign(claims(nil))
	all := map[string]string{
		"good": good, "forged": tokentest.NewKey("s", "ES256").Sign(claims(nil)), "garbage": "planted-token-of-nobody", "cut off": good[:len(good)-9],
		"expired": s.subject.Sign(claims(map[string]any{"exp": 1})), "of another issuer": s.subject.Sign(claims(map[string]any{"iss": secrettest.Person})),
		"for another": s.subject.Sign(claims(map[string]any{"aud": secrettest.Person})), "of nobody": s.subject.Sign(claims(map[string]any{"urn:altinn:userid": nil})),
		"of two": s.subject.Sign(claims(map[string]any{"urn:altinn:userid": []string{secrettest.User, secrettest.Person}})),
	}
	for name, token := range all {
		s.plants.Add("the token "+name, token)
		m := request("read")
		m.Subject, m.SubjectToken = nil, token
		s.authorize(ctx, pep, "token "+name, m)
		m = request("read")
		m.SubjectToken = token
		s.authorize(ctx, pep, "token and subject "+name, m)
	}
	for name, token := range all {
		connection := s.secured.client()
		connection.tokenFile = s.leaky.file("caller", token)
		q := question{subject: []string{"user-id=" + secrettest.User}, action: "read", timeout: 5 * time.Second, address: s.service.decisions.Addr().String(), connection: connection}
		m, err := q.request()
		if err != nil {
			s.t.Fatal(err)
		}
		_, err = ask(ctx, q, m)
		if err == nil {
			s.t.Errorf("the token %s of a subject is taken for that of a caller", name)
		}
		s.plants.Check(s.t, "caller with the token "+name, errorText(err))
	}
}

// wrongPolicies hold values in each place of which the loader complains.
func (s *secretive) wrongPolicies() {
	const open = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="urn:planted:wrong" Version="1.0" RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"><Target/>`
	value := func(dataType, text string) string {
		return open + `<Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:integer-equal"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#` + dataType + `">` +
			text + `</AttributeValue><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">1</AttributeValue></Apply></Condition></Rule></Policy>`
	}
	for _, text := range []string{
		value("integer", secrettest.Literal), value("date", secrettest.Person), value("string", secrettest.Note),
		open + "<Description>" + secrettest.Literal, open + secrettest.Person + "</Policy>",
		open + `<Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:string-regexp-match"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">(` +
			secrettest.Literal + `</AttributeValue><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">` + secrettest.Note + `</AttributeValue></Apply></Condition></Rule></Policy>`,
	} {
		before := s.service.store.Status().LastAttempt
		s.policy("wrong.xml", text)
		s.within("the policies are refused", func() bool {
			st := s.service.store.Status()
			return st.LastAttempt.After(before) && st.State == "refused"
		})
		s.plants.Check(s.t, "/status of policies that are refused", text2(s.t, s.service, "/status"))
	}
	if err := os.Remove("policies/wrong.xml"); err != nil {
		s.t.Fatal(err)
	}
	s.within("the policies are in order", func() bool { return s.service.store.Status().State == "current" })
}

// wrongConfigurations have secrets where they do not belong.
func (s *secretive) wrongConfigurations() {
	for name, text := range map[string]string{
		"a password in a URL":        "sources: [{name: a, kind: sql, needs: [{name: p, attribute: 'urn:a'}], sql: {postgres: {url: 'postgres://a:" + secrettest.Password + "@db.example/b'}, query: 'SELECT :p'}, provides: [{attribute: 'urn:b', from: [a]}]}]",
		"a URL that is none":         "sources: [{name: a, kind: sql, needs: [{name: p, attribute: 'urn:a'}], sql: {postgres: {url: 'postgres://a:" + secrettest.Password + "@db.example:x/b'}, query: 'SELECT :p'}, provides: [{attribute: 'urn:b', from: [a]}]}]",
		"a password of HTTP":         "sources: [{name: a, kind: http, needs: [{name: p, attribute: 'urn:a'}], http: {url: 'https://a:" + secrettest.Password + "@b.example/{p}'}, provides: [{attribute: 'urn:b', from: [$.a]}]}]",
		"a secret in place of file":  "sources: [{name: a, kind: http, needs: [{name: p, attribute: 'urn:a'}], http: {url: 'https://b.example/{p}', auth: {bearer: " + secrettest.Bearer + "}}, provides: [{attribute: 'urn:b', from: [$.a]}]}]",
		"an authorization":           "sources: [{name: a, kind: http, needs: [{name: p, attribute: 'urn:a'}], http: {url: 'https://b.example/{p}', headers: [{name: Authorization, value: 'Bearer " + secrettest.Bearer + "'}]}, provides: [{attribute: 'urn:b', from: [$.a]}]}]",
		"a secret that is not known": "audit: {pseudonym_key: " + secrettest.Pseudonyms + "}",
	} {
		file := s.leaky.file("wrong.yaml", text)
		_, err := config.Load(file, nil)
		if err == nil {
			s.t.Errorf("%s is accepted", name)
		}
		s.plants.Check(s.t, "the configuration with "+name, errorText(err))
	}
}

// unaudited takes the folder of records away.
func (s *secretive) unaudited(pep *grpc.ClientConn) {
	if err := os.Rename("records", "elsewhere"); err != nil {
		s.t.Fatal(err)
	}
	s.within("nothing is recorded", func() bool {
		ctx, cancel := context.WithTimeout(s.t.Context(), 200*time.Millisecond)
		defer cancel()
		s.authorize(ctx, pep, "not recorded", request("read"))
		return s.seen["Unavailable"] > 0
	})
	if err := os.Rename("elsewhere", "records"); err != nil {
		s.t.Fatal(err)
	}
	s.within("it is recorded again", func() bool {
		permits := s.seen["DECISION_PERMIT"]
		s.authorize(s.t.Context(), pep, "recorded", request("read"))
		return s.seen["DECISION_PERMIT"] > permits
	})
}

// pages are all of the admin server.
func (s *secretive) pages() {
	for _, page := range []string{"/metrics", "/status", "/readyz", "/healthz", "/" + secrettest.Note, "/debug/pprof/cmdline"} {
		s.plants.Check(s.t, page, text2(s.t, s.service, page))
	}
}

// text2 is a page in the form of Prometheus and in that of OpenMetrics.
func text2(t *testing.T, s *service, path string) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	s.admin.Handler.ServeHTTP(recorder, r)
	return text(t, s, path) + recorder.Body.String()
}

// after is what is left when the service has ended: spans, and records. In records are
// the ids that are not private, and what policies say.
func (s *secretive) after() {
	s.mu.Lock()
	spans := s.spans.String()
	s.mu.Unlock()
	if !strings.Contains(spans, "evaluate") || !strings.Contains(spans, "http-error") {
		s.t.Errorf("got %d bytes of spans, without stages or sources", len(spans))
	}
	s.plants.Check(s.t, "a span", spans)
	files, err := filepath.Glob("records/*")
	if err != nil || len(files) < 3 {
		s.t.Fatalf("got the records %v, %v", files, err)
	}
	records := s.plants.Without(secrettest.User, secrettest.Organization, secrettest.Instance)
	kinds := make(map[string]bool)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		records.Check(s.t, file, string(content))
		for line := range bytes.Lines(content) {
			var l struct {
				Record struct{ Kind, Decision, Reason string }
			}
			if json.Unmarshal(line, &l) == nil {
				kinds[l.Record.Kind+" "+l.Record.Decision+l.Record.Reason] = true
			}
		}
	}
	for _, want := range []string{"decision Permit", "decision Deny", "decision NotApplicable", "decision Indeterminate", "refusal invalid_token", "refusal attribute_not_allowed", "refusal invalid_request"} {
		if !kinds[want] {
			s.t.Errorf("there is no record of %s, but of %v", want, slices.Sorted(maps.Keys(kinds)))
		}
	}
}

// kept is a text that grows.
type kept struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write makes it an io.Writer.
func (k *kept) Write(text []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.Write(text)
}

func (k *kept) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.String()
}

// within waits until something is so.
func (s *secretive) within(what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("it does not happen that %s", what)
		}
	}
}
