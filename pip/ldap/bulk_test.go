package ldap

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jimlambrt/gldap"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// batched is roles with batches.
func batched(url string, size int) Config {
	cfg := roles(url)
	cfg.MaxBatch = size
	return cfg
}

// questions are questions of one string each.
func questions(texts ...string) []pip.Question {
	var qs []pip.Question
	for _, s := range texts {
		qs = append(qs, ask(s))
	}
	return qs
}

// bulk is the provider of a configuration with batches.
func bulk(t *testing.T, cfg Config) pip.BulkProvider {
	t.Helper()
	b, ok := provider(t, cfg).Bulk()
	if !ok {
		t.Fatal("got no provider for several questions")
	}
	return b
}

// wantSame fails the test unless each reply is what Fetch says.
func wantSame(t *testing.T, p pip.BulkProvider, qs []pip.Question) {
	t.Helper()
	replies := p.FetchAll(t.Context(), qs)
	if len(replies) != len(qs) {
		t.Fatalf("got %d replies for %d questions", len(replies), len(qs))
	}
	for i, q := range qs {
		a, err := p.Fetch(t.Context(), q)
		if diff := cmp.Diff(texts(a), texts(replies[i].Answer)); diff != "" {
			t.Errorf("%q (-single +batch):\n%s", q, diff)
		}
		if fmt.Sprint(err) != fmt.Sprint(replies[i].Err) {
			t.Errorf("%q: got error %v, want %v", q, replies[i].Err, err)
		}
	}
}

func TestFetchAll(t *testing.T) {
	d := running(t)
	qs := questions("alice", "bob", "nobody", "carol", "d,ave", "*", "alice)(uid=*", "star*")
	for size, want := range map[int]int{2: 7, 3: 6, 8: 2, 100: 2} {
		p := bulk(t, batched(d.url, size))
		before, _ := d.asked()
		replies := p.FetchAll(t.Context(), qs)
		after, _ := d.asked()
		if got := len(after) - len(before); got != want {
			t.Errorf("batches of %d: got %d searches, want %d", size, got, want)
		}
		var got [][][]string
		for i, r := range replies {
			if r.Err != nil {
				t.Errorf("batches of %d: %q: got error %v", size, qs[i], r.Err)
			}
			got = append(got, texts(r.Answer))
		}
		want := [][][]string{
			{{"admin", "clerk"}, {"3"}}, {{"clerk"}, {"2"}}, {nil, nil}, {nil, nil}, {{"odd"}, nil}, {nil, nil}, {nil, nil}, {{"star"}, nil},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("batches of %d (-want +got):\n%s", size, diff)
		}
	}
}

func TestNoBulk(t *testing.T) {
	for _, size := range []int{0, 1} {
		if _, ok := provider(t, batched("ldap://localhost", size)).Bulk(); ok {
			t.Errorf("batches of %d: got a provider for several questions", size)
		}
	}
}

// One question must not spoil the replies of the others, nor get a better one
// than it would by itself.
func TestFetchAllKeepsQuestionsApart(t *testing.T) {
	d := running(t)
	p := bulk(t, batched(d.url, 100))
	for _, qs := range [][]pip.Question{
		questions("alice", "ALICE", "bob"),
		questions("ALICE", "Bob", "alice", "bob", "nobody"),
		questions("nobody", "noone"),
		questions("alice", "bad", "bob"),
		questions("alice", "bin", "bob"),
		questions("alice", "", "bob", "a\xff"),
		questions("", "\xff"),
		questions("alice"),
		{ask("alice"), ask(), ask("a", "b"), {nil}},
	} {
		wantSame(t, p, qs)
	}
	cfg := batched(d.url, 100)
	cfg.MaxEntries = 1
	wantSame(t, bulk(t, cfg), questions("alice", "bob"))
}

// A value that the directory cannot take is an error of its own question.
func TestFetchAllBadValue(t *testing.T) {
	d := running(t)
	d.setAnswer(func(w *gldap.ResponseWriter, r *gldap.Request, m *gldap.SearchMessage) bool {
		return strings.Contains(m.Filter, "odd") &&
			w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultInvalidAttributeSyntax))) == nil
	})
	p := bulk(t, batched(d.url, 10))
	replies := p.FetchAll(t.Context(), questions("alice", "odd", "bob"))
	wantOutcome(t, replies[1].Err, pip.OutcomeError)
	for i, want := range map[int]string{0: "admin,clerk", 2: "clerk"} {
		if r := replies[i]; r.Err != nil || strings.Join(texts(r.Answer)[0], ",") != want {
			t.Errorf("question %d: got %v, %v, want %s", i, texts(r.Answer), r.Err, want)
		}
	}
}

// An entry may answer several questions, and a question have several entries.
func TestFetchAllMembers(t *testing.T) {
	d := running(t)
	cfg := batched(d.url, 10)
	cfg.Base, cfg.Filter, cfg.Echo = "ou=groups,dc=example,dc=org", "(&(objectClass=top)(&(member={user})))", map[string]string{"user": "member"}
	cfg.Provides = cfg.Provides[:1]
	p := bulk(t, cfg)
	replies := p.FetchAll(t.Context(), questions("alice", "bob", "carol"))
	want := [][]string{{"g1", "g2"}, {"g1"}, nil}
	for i, r := range replies {
		if diff := cmp.Diff([][]string{want[i]}, texts(r.Answer)); diff != "" || r.Err != nil {
			t.Errorf("question %d: %v (-want +got):\n%s", i, r.Err, diff)
		}
	}
	wantSame(t, p, questions("alice", "bob", "carol"))
}

// Two needs are told apart by two echoes.
func TestFetchAllTwoNeeds(t *testing.T) {
	d := running(t)
	cfg := batched(d.url, 10)
	cfg.Filter = "(&(uid={user})(level={level}))"
	cfg.Needs = append(cfg.Needs, pip.Need{Name: "level", Key: key("urn:wanted", value.TypeString)})
	cfg.Echo["level"] = "level"
	p := bulk(t, cfg)
	wantSame(t, p, []pip.Question{ask("alice", "3"), ask("bob", "3"), ask("alice", "2"), ask("bob", "2")})
}

func TestFetchAllUnavailable(t *testing.T) {
	d := running(t)
	p := bulk(t, batched(d.url, 10))
	d.setAnswer(func(w *gldap.ResponseWriter, r *gldap.Request, _ *gldap.SearchMessage) bool {
		return w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultBusy))) == nil
	})
	before, _ := d.asked()
	for _, r := range p.FetchAll(t.Context(), questions("alice", "bob")) {
		wantOutcome(t, r.Err, pip.OutcomeUnavailable)
	}
	if after, _ := d.asked(); len(after) != len(before)+1 {
		t.Errorf("got %d searches, want 1: what is busy is not asked again for each", len(after)-len(before))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, r := range p.FetchAll(ctx, questions("alice", "bob")) {
		wantOutcome(t, r.Err, pip.OutcomeCanceled)
	}
}

func TestFetchAllThousands(t *testing.T) {
	const count = 1_000
	d := &directory{entries: many(count)}
	d.start(t, nil, nil)
	cfg := batched(d.url, 50)
	cfg.Filter = "(uid={user})"
	p := bulk(t, cfg)
	var names []string
	for i := range count {
		names = append(names, fmt.Sprintf("u%d", i))
	}
	for i, r := range p.FetchAll(t.Context(), questions(names...)) {
		if r.Err != nil || strings.Join(texts(r.Answer)[0], ",") != "r"+names[i] {
			t.Fatalf("question %d: got %v, %v", i, texts(r.Answer), r.Err)
		}
	}
	if searches, conns := d.asked(); len(searches) != count/50 || conns > DefaultMaxConnections {
		t.Errorf("got %d searches by %d connections, want %d by %d at most", len(searches), conns, count/50, DefaultMaxConnections)
	}
}
