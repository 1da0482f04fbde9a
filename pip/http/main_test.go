package http

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a service on this machine.
func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// says is a service that always says the same.
func says(t *testing.T, body string) *httptest.Server {
	t.Helper()
	return serve(t, answers(body))
}

// answers always answers with the same JSON document.
func answers(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, body) }
}

// writeJSON answers with a JSON document.
func writeJSON(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// key is a subject attribute.
func key(id string, t value.Type) xacml.AttributeKey {
	return xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: id, Type: t}
}

// needs declares needs that are strings.
func needs(names ...string) []pip.Need {
	var list []pip.Need
	for _, n := range names {
		list = append(list, pip.Need{Name: n, Key: key("urn:need:"+n, value.TypeString)})
	}
	return list
}

// roles asks for the roles of a user for a party.
func roles(base string) Config {
	return Config{
		URL:      base + "/parties/{party}/roles?user={user}",
		Needs:    needs("user", "party"),
		Provides: []pip.Provided{{Key: key("urn:altinn:rolecode", value.TypeString), From: []string{"$.roles"}}},
		Echo:     map[string]string{"user": "$.user"},
	}
}

// byUser asks for the roles of a user, from the path.
func byUser(base string, from ...string) Config {
	return Config{
		URL:      base + "/users/{user}",
		Needs:    needs("user"),
		Provides: []pip.Provided{{Key: key("urn:altinn:rolecode", value.TypeString), From: from}},
	}
}

// provider is New with a good configuration.
func provider(t testing.TB, cfg Config) *Provider {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// ask is a question of strings.
func ask(texts ...string) pip.Question {
	q := pip.Question{}
	for _, s := range texts {
		q = append(q, value.String(s))
	}
	return q
}

// lexicals gives the values of each bag.
func lexicals(a pip.Answer) [][]string {
	var bags [][]string
	for _, b := range a.Bags {
		var values []string
		for _, v := range b.Values() {
			values = append(values, v.String())
		}
		bags = append(bags, values)
	}
	return bags
}

// wantOutcome fails the test unless err is an Error with the outcome that does
// not quote the texts.
func wantOutcome(t *testing.T, err error, want pip.Outcome, secret ...string) {
	t.Helper()
	e, ok := errors.AsType[*pip.Error](err)
	if !ok || e.Outcome != want {
		t.Errorf("got error %v (%v), want outcome %q", err, errors.Unwrap(err), want)
		return
	}
	for _, s := range secret {
		if strings.Contains(e.Error(), s) {
			t.Errorf("the message %q holds %q", e, s)
		}
	}
}

// failure is err as an Error.
func failure(t *testing.T, err error) *pip.Error {
	t.Helper()
	e, ok := errors.AsType[*pip.Error](err)
	if !ok {
		t.Fatalf("got error %v, want one of package pip", err)
	}
	return e
}
