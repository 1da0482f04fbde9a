package ldap

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jimlambrt/gldap"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// key is a subject attribute.
func key(id string, t value.Type) xacml.AttributeKey {
	return xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: id, Type: t}
}

// roles is a search for the roles and the level of a user.
func roles(url string) Config {
	return Config{
		URLs:           []string{url},
		AllowCleartext: true,
		Base:           "ou=people,dc=example,dc=org",
		Filter:         "(&(objectClass=top)(uid={user}))",
		Needs:          []pip.Need{{Name: "user", Key: key("urn:altinn:userid", value.TypeString)}},
		Provides: []pip.Provided{
			{Key: key("urn:altinn:rolecode", value.TypeString), From: []string{"role"}},
			{Key: key("urn:altinn:level", value.TypeInteger), From: []string{"level"}},
		},
		Echo: map[string]string{"user": "uid"},
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

// texts gives the values of each bag.
func texts(a pip.Answer) [][]string {
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

// wantTexts fails the test unless p answers with the values.
func wantTexts(t *testing.T, p pip.Provider, q pip.Question, want ...[]string) {
	t.Helper()
	a, err := p.Fetch(t.Context(), q)
	if err != nil {
		t.Fatalf("%q: got error %v (%v)", q, err, errors.Unwrap(err))
	}
	if diff := cmp.Diff(want, texts(a)); diff != "" {
		t.Errorf("%q (-want +got):\n%s", q, diff)
	}
}

// wantOutcome fails the test unless err is an Error with the outcome that does
// not quote the values.
func wantOutcome(t *testing.T, err error, want pip.Outcome, values ...string) {
	t.Helper()
	e, ok := errors.AsType[*pip.Error](err)
	if !ok || e.Outcome != want {
		t.Errorf("got error %v (%v), want outcome %q", err, errors.Unwrap(err), want)
		return
	}
	for _, v := range values {
		if strings.Contains(e.Error(), v) {
			t.Errorf("the message %q holds %q", e, v)
		}
	}
}

func TestFetch(t *testing.T) {
	p := provider(t, roles(running(t).url))
	tests := []struct {
		user string
		want [][]string
	}{
		{"alice", [][]string{{"admin", "clerk"}, {"3"}}},
		{"bob", [][]string{{"clerk"}, {"2"}}},
		{"carol", [][]string{nil, nil}},
		{"nobody", [][]string{nil, nil}},
		{"d,ave", [][]string{{"odd"}, nil}},
		{"*", [][]string{nil, nil}},
		{"a*", [][]string{nil, nil}},
		{"star*", [][]string{{"star"}, nil}},
		{"alice)(uid=*", [][]string{nil, nil}},
		{"nobody)(|(uid=*))", [][]string{nil, nil}},
		{`\61lice`, [][]string{nil, nil}},
		{"alice\x00", [][]string{nil, nil}},
		{"\uFFFD", [][]string{nil, nil}},
		{"ærlig", [][]string{nil, nil}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q", tt.user), func(t *testing.T) { wantTexts(t, p, ask(tt.user), tt.want...) })
	}
	wantTexts(t, p, ask(strings.Repeat("*", maxValue)), nil, nil)
	for _, user := range []string{"bad", "bin"} {
		_, err := p.Fetch(t.Context(), ask(user))
		wantOutcome(t, err, pip.OutcomeInvalid, "three", "\xff", user+",")
	}
	for _, q := range []pip.Question{ask(""), ask("a\xff"), ask(), ask("a", "b"), {nil}, ask(strings.Repeat("a", maxValue+1))} {
		_, err := p.Fetch(t.Context(), q)
		wantOutcome(t, err, pip.OutcomeInvalid)
	}
}

// A directory that compares more loosely than we do finds the entry of somebody
// else; the echo tells.
func TestEcho(t *testing.T) {
	d := running(t)
	checked := provider(t, roles(d.url))
	cfg := roles(d.url)
	cfg.Echo = nil
	blind := provider(t, cfg)
	for _, user := range []string{"ALICE", "Alice", " alice", "alice "} {
		_, err := checked.Fetch(t.Context(), ask(user))
		wantOutcome(t, err, pip.OutcomeInvalid, user)
		// The premise: without the echo the entry would have been believed.
		wantTexts(t, blind, ask(user), []string{"admin", "clerk"}, []string{"3"})
	}

	// One of several values is enough, and the name of the entry can be the echo.
	cfg = roles(d.url)
	cfg.Base, cfg.Filter, cfg.Echo = "ou=groups,dc=example,dc=org", "(member={user})", map[string]string{"user": "member"}
	wantTexts(t, provider(t, cfg), ask("bob"), []string{"g1"}, nil)
	cfg = roles(d.url)
	cfg.Base, cfg.Scope, cfg.Filter, cfg.Echo = "uid={user},ou=people,dc=example,dc=org", ScopeBase, "", map[string]string{"user": "dn"}
	_, err := provider(t, cfg).Fetch(t.Context(), ask("alice"))
	wantOutcome(t, err, pip.OutcomeInvalid)
}

// What goes over the wire is what the configuration says.
func TestRequest(t *testing.T) {
	d := running(t)
	cfg := roles(d.url)
	cfg.Provides[0].From = []string{"role", "cn;x-b;lang-no", "ROLE", "dn"}
	cfg.MaxEntries, cfg.TimeLimit, cfg.Scope = 7, 90*time.Second, ScopeOneLevel
	cfg.Filter = "(&(objectClass=*)(|(uid={user})(cn:caseExactMatch:={user}))(!(cn=x{user}*{user}))(cn>=a))"
	p := provider(t, cfg)
	if _, err := p.Fetch(t.Context(), ask("a(b")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond)
	defer cancel()
	if _, err := p.Fetch(ctx, ask("a(b")); err != nil {
		t.Fatal(err)
	}
	searches, conns := d.asked()
	if len(searches) != 2 || conns != 1 {
		t.Fatalf("got %d searches by %d connections, want 2 by 1", len(searches), conns)
	}
	m := searches[0]
	type request struct {
		Base, Filter                   string
		Scope, Size, Time, Dereference int
		Attributes                     []string
		TypesOnly                      bool
	}
	got := request{m.BaseDN, m.Filter, int(m.Scope), int(m.SizeLimit), int(m.TimeLimit), m.DerefAliases, m.Attributes, m.TypesOnly}
	want := request{
		Base:       "ou=people,dc=example,dc=org",
		Filter:     `(&(objectClass=*)(|(uid=a\28b)(cn:caseExactMatch:=a\28b))(!(cn=xa\28b*a\28b))(cn>=a))`,
		Scope:      1,
		Size:       7,
		Time:       90,
		Attributes: []string{"cn;lang-no;x-b", "level", "role", "uid"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(m.Controls) != 0 {
		t.Errorf("got controls %v, want none: results are not paged", m.Controls)
	}
	if got := searches[1].TimeLimit; got != 5 {
		t.Errorf("with a deadline: got a time limit of %d s, want 5", got)
	}
}

func TestBaseTemplate(t *testing.T) {
	d := running(t)
	cfg := roles(d.url)
	cfg.Base, cfg.Filter, cfg.Scope = "uid={user},ou=people,dc=example,dc=org", "", ScopeBase
	p := provider(t, cfg)
	wantTexts(t, p, ask("alice"), []string{"admin", "clerk"}, []string{"3"})
	wantTexts(t, p, ask("d,ave"), []string{"odd"}, nil)
	for _, user := range []string{"nobody", "alice,ou=people", "alice+cn=x", `alice\`, "#04", " alice", "a\x00", "=", "æ"} {
		wantTexts(t, p, ask(user), nil, nil)
	}
	_, err := p.Fetch(t.Context(), ask("ALICE"))
	wantOutcome(t, err, pip.OutcomeInvalid, "ALICE")
}

// That there is no entry to begin at is an answer only where a need names the
// entry, or where the configuration says so.
func TestBaseMissing(t *testing.T) {
	d := running(t)
	missing := func(matched string) {
		d.setAnswer(func(w *gldap.ResponseWriter, r *gldap.Request, _ *gldap.SearchMessage) bool {
			done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultNoSuchObject))
			done.SetMatchedDN(matched)
			return w.Write(done) == nil
		})
	}
	fixed := roles(d.url)
	named := roles(d.url)
	named.Base = "uid={user},ou=people,dc=example,dc=org"
	may := fixed
	may.BaseMayBeMissing = true
	tests := []struct {
		name    string
		cfg     Config
		matched string
		empty   bool
	}{
		{"fixed base", fixed, "", false},
		{"fixed base, parent found", fixed, "dc=example,dc=org", false},
		{"fixed base that may be missing", may, "", true},
		{"named by a need", named, "", true},
		{"named by a need, the rest found", named, "OU=People, DC=example,DC=org", true},
		{"named by a need, a part of the rest found", named, "dc=example,dc=org", false},
		{"named by a need, somewhere else", named, "dc=example,dc=com", false},
		{"named by a need, nonsense", named, "???", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			missing(tt.matched)
			p := provider(t, tt.cfg)
			if tt.empty {
				wantTexts(t, p, ask("alice"), nil, nil)
				return
			}
			_, err := p.Fetch(t.Context(), ask("alice"))
			wantOutcome(t, err, pip.OutcomeError, "alice", "example")
		})
	}
}

func TestResultCodes(t *testing.T) {
	d := running(t)
	p := provider(t, roles(d.url))
	tests := []struct {
		code int
		want pip.Outcome
		kept bool // the connection
	}{
		{gldap.ResultSizeLimitExceeded, pip.OutcomeInvalid, true},
		{gldap.ResultAdminLimitExceeded, pip.OutcomeInvalid, true},
		{gldap.ResultTimeLimitExceeded, pip.OutcomeTimeout, true},
		{gldap.ResultReferral, pip.OutcomeInvalid, false},
		{gldap.ResultBusy, pip.OutcomeUnavailable, false},
		{gldap.ResultUnavailable, pip.OutcomeUnavailable, false},
		{gldap.ResultInvalidCredentials, pip.OutcomeError, false},
		{gldap.ResultInsufficientAccessRights, pip.OutcomeError, false},
		{gldap.ResultUnwillingToPerform, pip.OutcomeError, false},
		{gldap.ResultOperationsError, pip.OutcomeError, false},
		{gldap.ResultInvalidAttributeSyntax, pip.OutcomeError, false},
		{gldap.ResultSaslBindInProgress, pip.OutcomeError, false},
		{gldap.ResultNoSuchObject, pip.OutcomeError, true},
		{200, pip.OutcomeInvalid, false},
		{12345, pip.OutcomeError, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.code), func(t *testing.T) {
			d.setAnswer(nil)
			wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
			_, before := d.asked()
			d.setAnswer(func(w *gldap.ResponseWriter, r *gldap.Request, _ *gldap.SearchMessage) bool {
				// Entries that came before are not an answer.
				entry := r.NewSearchResponseEntry("uid=bob,ou=people,dc=example,dc=org", gldap.WithAttributes(map[string][]string{"uid": {"bob"}, "role": {"part"}}))
				done := r.NewSearchDoneResponse(gldap.WithResponseCode(tt.code))
				done.SetDiagnosticMessage("bob is secret")
				return w.Write(entry) == nil && w.Write(done) == nil
			})
			a, err := p.Fetch(t.Context(), ask("bob"))
			wantOutcome(t, err, tt.want, "bob", "secret")
			if a.Bags != nil {
				t.Errorf("got %v beside the error", texts(a))
			}
			d.setAnswer(nil)
			wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
			if _, after := d.asked(); after == before != tt.kept {
				t.Errorf("got %d connections after %d, want that it is kept: %t", after, before, tt.kept)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	d := running(t)
	for from, want := range map[string][]string{
		"cn":         {"Alice"},
		"CN":         {"Alice"},
		"cn;lang-no": {"Alise"},
		"cn;LANG-NO": {"Alise"},
		"cn;lang-en": nil,
		"dn":         {"uid=alice,ou=people,dc=example,dc=org"},
	} {
		cfg := roles(d.url)
		cfg.Provides = cfg.Provides[:1]
		cfg.Provides[0].From = []string{from}
		wantTexts(t, provider(t, cfg), ask("alice"), want)
	}
	cfg := roles(d.url)
	cfg.Provides = cfg.Provides[:1]
	cfg.Provides[0].From = []string{"cn", "cn;lang-no", "role", "dn"}
	wantTexts(t, provider(t, cfg), ask("alice"), []string{"Alice", "Alise", "admin", "clerk", "uid=alice,ou=people,dc=example,dc=org"})

	// Only the name of the entry: no attribute is asked for.
	cfg.Provides[0].From, cfg.Echo = []string{"dn"}, nil
	wantTexts(t, provider(t, cfg), ask("bob"), []string{"uid=bob,ou=people,dc=example,dc=org"})
	searches, _ := d.asked()
	if got := searches[len(searches)-1].Attributes; !cmp.Equal(got, []string{"1.1"}) {
		t.Errorf("got the attributes %q, want 1.1", got)
	}
}

func TestManyEntries(t *testing.T) {
	const count = 5_000
	d := &directory{entries: many(count)}
	d.start(t, nil, nil)
	cfg := roles(d.url)
	cfg.Filter, cfg.Needs, cfg.Echo = "(kind=same)", nil, nil
	for limit, want := range map[int]bool{count: true, count - 1: false, DefaultMaxEntries: false} {
		cfg.MaxEntries = limit
		a, err := provider(t, cfg).Fetch(t.Context(), ask())
		if !want {
			wantOutcome(t, err, pip.OutcomeInvalid)
			continue
		}
		if err != nil || a.Bags[0].Len() != count {
			t.Errorf("limit %d: got %d values and error %v, want %d", limit, len(texts(a)), err, count)
		}
	}
	// The bound of octets holds as well.
	cfg.MaxEntries, cfg.MaxBytes = count, 100_000
	_, err := provider(t, cfg).Fetch(t.Context(), ask())
	wantOutcome(t, err, pip.OutcomeInvalid)
}

func TestSyntax(t *testing.T) {
	tests := []struct {
		typ        value.Type
		text, want string // no want: not a value
	}{
		{value.TypeBoolean, "TRUE", "true"},
		{value.TypeBoolean, "FALSE", "false"},
		{value.TypeBoolean, "true", "true"},
		{value.TypeBoolean, "True", ""},
		{value.TypeDateTime, "20261122051500Z", "2026-11-22T05:15:00Z"},
		{value.TypeDateTime, "202611220515Z", "2026-11-22T05:15:00Z"},
		{value.TypeDateTime, "2026112205Z", "2026-11-22T05:00:00Z"},
		{value.TypeDateTime, "20261122051500.25+0130", "2026-11-22T03:45:00.25Z"},
		{value.TypeDateTime, "20261122051500,5-01", "2026-11-22T06:15:00.5Z"},
		{value.TypeDateTime, "2026-11-22T05:15:00Z", "2026-11-22T05:15:00Z"},
		{value.TypeDateTime, "20261122051500", ""},
		{value.TypeDateTime, "20260230051500Z", ""},
		{value.TypeDateTime, "2026112205.5Z", ""},
		{value.TypeString, "TRUE", "TRUE"},
		{value.TypeInteger, "1e3", ""},
	}
	for _, tt := range tests {
		v, err := pip.Parse(tt.typ, lexical(tt.typ, tt.text))
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("%s %q: got %s, want an error", tt.typ, tt.text, v)
		case tt.want != "" && (err != nil || v.String() != tt.want):
			t.Errorf("%s %q: got %v, %v, want %s", tt.typ, tt.text, v, err, tt.want)
		}
	}
}

// BenchmarkFetch asks a directory on the same machine.
func BenchmarkFetch(b *testing.B) {
	for _, count := range []int{1, 100} {
		b.Run(fmt.Sprintf("entries=%d", count), func(b *testing.B) {
			d := &directory{entries: many(count)}
			d.start(b, nil, nil)
			cfg := roles(d.url)
			cfg.Filter, cfg.Needs, cfg.Echo = "(kind=same)", nil, nil
			p := provider(b, cfg)
			b.ReportAllocs()
			for b.Loop() {
				a, err := p.Fetch(b.Context(), ask())
				if err != nil || a.Bags[0].Len() != count {
					b.Fatalf("got %v, want %d values", err, count)
				}
			}
		})
	}
}
