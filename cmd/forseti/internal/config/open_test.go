package config

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/grpc"
	"github.com/forseti-pdp/forseti/pip/sql"
)

// closedPort is an address that nobody listens at.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// TestOpenSources_Shared: sources with the same server share its connections, and
// those that listen to the same share a watch.
func TestOpenSources_Shared(t *testing.T) {
	source := func(name, postgres string) string {
		return "  - name: " + name + "\n    kind: sql\n    needs: [{name: u, attribute: urn:altinn:userid}]\n" +
			"    sql: {postgres: " + postgres + ", query: 'select a from b where u = :u'}\n" +
			"    provides: [{attribute: urn:altinn:rolecode, from: [a]}]\n"
	}
	url := "url: 'postgres://forseti@" + closedPort(t) + "/d?sslmode=disable'"
	c, err := load("f.yaml", []byte("sources:\n"+
		source("a", "{"+url+", listen: {channels: [x]}}")+
		source("b", "{"+url+", listen: {channels: [x]}}")+
		source("c", "{"+url+", listen: {channels: [x, y]}}")+
		source("d", "{"+url+"}")+
		source("e", "{"+url+", max_connections: 1}")), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.OpenSources(t.Context(), Environment{Logger: secrettest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	// Two databases, and five queries.
	if got, want := len(s.closers), 2+5; got != want {
		t.Errorf("got %d things to close, want %d", got, want)
	}
	if got, want := len(s.Watches), 2; got != want {
		t.Errorf("got %d watches, want %d", got, want)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestPostgres_TLS: the files for TLS are parameters of the URL.
func TestPostgres_TLS(t *testing.T) {
	p := Postgres{
		URL:    "postgres://forseti@a:1,b:2/d?sslmode=verify-ca",
		TLS:    &PostgresTLS{CAFile: "/ca file", CertFile: "c", KeyFile: "k"},
		Listen: &Listen{URL: "postgres://forseti@b/d"},
	}
	if got, want := p.config().URL, p.URL+"&sslrootcert=%2Fca+file&sslcert=c&sslkey=k"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := p.listener().URL, p.Listen.URL+"?sslrootcert=%2Fca+file&sslcert=c&sslkey=k"; got != want {
		t.Errorf("listening: got %s, want %s", got, want)
	}
}

// TestTranslated: a notification counts in whatever names and forms the dictionary
// knows, and one that makes no sense is about everything.
func TestTranslated(t *testing.T) {
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Dictionary()
	if err != nil {
		t.Fatal(err)
	}
	value := func(id, text string) sql.AttributeValue {
		return sql.AttributeValue{Category: xacml.CategoryResource, ID: id, Value: text}
	}
	tests := []struct {
		name     string
		in, want []sql.AttributeValue
	}{
		{"as it is", []sql.AttributeValue{value("urn:altinn:partyid", "7")}, []sql.AttributeValue{value("urn:altinn:partyid", "7")}},
		{
			"alias and form",
			[]sql.AttributeValue{value("organization", "0192:310000001")},
			[]sql.AttributeValue{value("urn:altinn:organization:identifier-no", "310000001"), value("urn:altinn:organization:identifier-no", "0192:310000001")},
		},
		{"number", []sql.AttributeValue{value("records", "007")}, []sql.AttributeValue{value("urn:ttd:records", "7"), value("urn:ttd:records", "007")}},
		{"not in the dictionary", []sql.AttributeValue{value("urn:x", "7")}, []sql.AttributeValue{value("urn:x", "7")}},
		{"no value of the type", []sql.AttributeValue{value("urn:altinn:partyid", "7"), value("records", "many")}, nil},
		{"twice", []sql.AttributeValue{value("urn:altinn:partyid", "7"), value("party-id", "8")}, nil},
	}
	for _, tt := range tests {
		got := translated(d, sql.Notification{Source: "a", Values: tt.in})
		if diff := cmp.Diff(sql.Notification{Source: "a", Values: tt.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestTranslatedToo: what a service says of a value in another form is about the form in
// which it is asked, too.
func TestTranslatedToo(t *testing.T) {
	d, err := contexthandler.NewDictionary([]contexthandler.Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "user", Forms: []contexthandler.Form{{Match: "u(?P<n>[0-9]+)", Value: "{n}"}}},
		{Category: xacml.CategoryAccessSubject, ID: "level", Type: value.TypeInteger},
	})
	if err != nil {
		t.Fatal(err)
	}
	needs := []pip.Need{
		{Key: xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "user", Type: value.TypeString}},
		{Key: xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "level", Type: value.TypeString}},
	}
	about := func(user string, levels ...value.Value) grpc.Invalidation {
		return grpc.Invalidation{Patterns: []grpc.Pattern{{{value.String(user)}, levels}}}
	}
	i := translatedToo(d, needs, about("u1"))
	for user, want := range map[string]bool{"u1": true, "1": true, "2": false} {
		if got := i.Matches(pip.Question{value.String(user), value.String("3")}); got != want {
			t.Errorf("the question about %s: got %t, want %t", user, got, want)
		}
	}
	// The caller states the one, and another source gives the other as it likes.
	i = translatedToo(d, needs, about("u1", value.String("03")))
	for _, q := range [][2]string{{"u1", "03"}, {"1", "3"}, {"u1", "3"}, {"1", "03"}} {
		if !i.Matches(pip.Question{value.String(q[0]), value.String(q[1])}) {
			t.Errorf("the question about %v is not matched", q)
		}
	}
	if i.Matches(pip.Question{value.String("1"), value.String("4")}) {
		t.Error("the question about another level is matched")
	}
	if i := translatedToo(d, needs, about("1", value.String("three"))); i.Patterns != nil {
		t.Errorf("what is no value: got %v, want all questions", i.Patterns)
	}
	if i := translatedToo(d, needs, grpc.Invalidation{}); i.Patterns != nil {
		t.Errorf("everything: got %v, want all questions", i.Patterns)
	}
}

// TestIdentify_KeysNotThere: while nobody can tell whether a token is good, it is
// not refused as a bad one.
func TestIdentify_KeysNotThere(t *testing.T) {
	c, err := load("f.yaml", []byte("tokens: {issuers: [{name: a, audiences: [a], algorithms: [ES256], keys: {url: 'http://"+closedPort(t)+"'}}]}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	i, err := c.OpenTokens(secrettest.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close() //nolint:errcheck // nothing was written
	// {"alg":"ES256"}.{"iss":"a","aud":"a","exp":9999999999}
	token := "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIiwiYXVkIjoiYSIsImV4cCI6OTk5OTk5OTk5OX0." + strings.Repeat("A", 86)
	_, err = i.Identify(t.Context(), token)
	if e, ok := errors.AsType[*contexthandler.Error](err); !ok || e.Reason != contexthandler.ReasonTokenNotChecked {
		t.Errorf("got %v, want that the token was not checked", err)
	}
}

// TestOpenTokens_NoFile: a file of keys that is missing is a mistake, at its place.
func TestOpenTokens_NoFile(t *testing.T) {
	c, err := load("f.yaml", []byte("tokens: {issuers: [{name: a, audiences: [a], algorithms: [ES256], keys: {file: none}}]}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.OpenTokens(secrettest.Logger(t))
	if want := `f.yaml:1:19: tokens.issuers: issuer "a": `; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestLoad_Remote reads everything that a source can have.
func TestLoad_Remote(t *testing.T) {
	c, err := load("f.yaml", []byte(`
sources:
  - name: roles
    kind: http
    needs: [{name: user, attribute: urn:altinn:userid, required: true}]
    http:
      url: https://h/roles
      method: POST
      body: '{"ids": ["{user}"]}'
      headers: [{name: X-Api-Key, file: key}]
      ok: [200, 201]
      none: [{status: 404}]
      rows: $.items
      forbid: [$.next]
      echo: {user: '@.id'}
      bulk: {need: user}
      max_body: 5
      auth: {basic: {user: u, password_file: p}}
      tls: {ca_file: ca, min_version: '1.2'}
      connection: {max: 3, proxy: 'http://p'}
    provides: [{attribute: urn:altinn:rolecode, from: ['@.role'], ttl: 1s, stale_if_error: 2s, match: a, min: 1, max: 2}]
    fallback: true
    max_values: 9
    timeout: 3s
    retry: {attempts: 3, backoff: 4ms}
    breaker: {failures: 5}
    gather: {max_batch: 6, calls: 7}
    cache: {ttl: 8s}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, n := &c.Sources[0], c.names()
	around := s.surroundings(n)
	if around.Retry.Retries != 2 || !around.Breaker.Enabled || around.Gather.MaxBatch != 6 || around.Cache.TTL != 8e9 || around.MaxValues != 9 || around.Local {
		t.Errorf("surroundings: got %+v", around)
	}
	if rule := around.Validate[0]; rule.Pattern != "a" || rule.Min != 1 || rule.Max != 2 || rule.Key != n.provides(s.Provides)[0].Key {
		t.Errorf("rule: got %+v", rule)
	}
	if p := n.provides(s.Provides)[0]; p.TTL != 1e9 || p.StaleIfError != 2e9 || !n.needs(s.Needs)[0].Required {
		t.Errorf("got %+v and %+v", p, n.needs(s.Needs))
	}
	made := s.HTTP.config(n.needs(s.Needs), n.provides(s.Provides))
	if made.Method != "POST" || made.Bulk.Need != "user" || made.Auth.Basic.User != "u" || made.TLS.MinVersion != 0x0303 || made.Connection.Max != 3 || len(made.OK) != 2 || made.MaxBody != 5 {
		t.Errorf("request: got %+v", made)
	}
	printed, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := load("f.yaml", printed, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	if diff := cmp.Diff(c.Sources, again.Sources); diff != "" {
		t.Errorf("printed and read again (-want +got):\n%s", diff)
	}
}
