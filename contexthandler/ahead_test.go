package contexthandler

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// trusting makes a handler that takes all of its sources for quick ones.
func trusting(sources []pip.Source) *Handler {
	h := New(Config{Sources: sources})
	for i := range h.plan.pace {
		h.plan.pace[i].trust.Store(maxTrust)
	}
	return h
}

// A source that answers at once is asked when the evaluation comes to it, once.
func TestAhead_AsksWhatTheEvaluationAsksFor(t *testing.T) {
	instance, roles := &fake{answers: map[string]string{"i1": "tax|50001"}}, &fake{answers: map[string]string{"1337|50001": "dagl"}}
	sources := []pip.Source{source("instance", "r.instance", "r.app r.party", instance), source("roles", "s.user r.party", "s.role", roles)}
	s := snapshot(t, rule("tax", "Permit", "r.app=tax", "s.role=dagl"), rule("other", "Permit", "r.app=other", "s.never=x"))
	results, err := decided(trusting(sources).Decide(t.Context(), s, Call{Request: request("s.user=1337", "r.instance=i1")}))
	if err != nil || results[0].Decision != xacml.Permit {
		t.Errorf("got %v, %v, want Permit", results, err)
	}
	if !slices.Equal(instance.asked, []string{"i1"}) || !slices.Equal(roles.asked, []string{"1337|50001"}) {
		t.Errorf("asked %v and %v", instance.asked, roles.asked)
	}
}

// When a source turns out to be slow, the others are asked side by side, and none
// is asked again.
func TestAhead_SlowSourcesAreAskedSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context) error { time.Sleep(time.Second); return nil }
		a, b, c := &fake{hook: slow}, &fake{hook: slow}, &fake{hook: slow}
		h := trusting([]pip.Source{source("a", "s.user", "s.a", a), source("b", "s.user", "s.b", b), source("c", "s.user", "s.c", c)})
		s := snapshot(t, rule("a", "Deny", "s.a=x"), rule("b", "Deny", "s.b=x"), rule("c", "Deny", "s.c=x"))
		for round, want := range []time.Duration{2 * time.Second, 2 * time.Second, time.Second} { // then it is known
			started := time.Now()
			if _, err := decided(h.Decide(t.Context(), s, Call{Request: request("s.user=1337")})); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(started); took != want {
				t.Errorf("round %d: got %s, want %s", round, took, want)
			}
			if len(a.asked) != round+1 || len(b.asked) != round+1 || len(c.asked) != round+1 {
				t.Errorf("round %d: asked %d, %d and %d times", round, len(a.asked), len(b.asked), len(c.asked))
			}
		}
	})
}

// Whatever the sources need, provide and fail at, the decision is that of the
// general way, and no source is asked the same twice unless sources wait for each
// other.
func TestAhead_DecidesAsInRounds(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 0))
		ids := []string{"s.a", "s.b", "s.c", "s.d", "s.e"}
		pick := func(most int) string {
			var out []string
			for range r.IntN(most + 1) {
				if id := ids[r.IntN(len(ids))]; !slices.Contains(out, id) {
					out = append(out, id)
				}
			}
			return strings.Join(out, " ")
		}
		var ahead, rounds []pip.Source
		var fakes [2][]*fake
		for i := range 1 + r.IntN(4) {
			needs, provides := pick(2), pick(2)
			if provides == "" {
				provides = ids[r.IntN(len(ids))]
			}
			answer := strings.Join([]string{"1", "2", "1,2", ""}[:1+r.IntN(4)], "|")
			fails := r.IntN(6) == 0
			for way := range fakes {
				f := &fake{}
				if fails {
					f.fail = errors.New("down")
				}
				everything := answering{f, len(strings.Fields(provides)), answer}
				src := source(fmt.Sprint("s", i), needs, provides, f)
				src.Provider = everything
				fakes[way] = append(fakes[way], f)
				if way == 0 {
					ahead = append(ahead, src)
				} else {
					rounds = append(rounds, src)
				}
			}
		}
		var rules []string
		for i := range 1 + r.IntN(4) {
			var conditions []string
			for range 1 + r.IntN(2) {
				conditions = append(conditions, ids[r.IntN(len(ids))]+"="+fmt.Sprint(1+r.IntN(2)))
			}
			rules = append(rules, rule(fmt.Sprint(i), []string{"Permit", "Deny"}[r.IntN(2)], conditions...))
		}
		s, q := snapshot(t, rules...), request("s.user=1337", "r.instance=i1")
		general := New(Config{Sources: rounds, Observe: func(*xacml.Request, []xacml.Attributes) {}})
		want, err := decided(general.Decide(t.Context(), s, Call{Request: q}))
		if err != nil {
			t.Fatal(err)
		}
		h := trusting(ahead)
		got, err := decided(h.Decide(t.Context(), s, Call{Request: q}))
		if err != nil || got[0].Decision != want[0].Decision || got[0].Status.Code != want[0].Status.Code {
			t.Errorf("seed %d: got %s %v, %v, want %s %v", seed, got[0].Decision.Extended(), got[0].Status, err, want[0].Decision.Extended(), want[0].Status)
		}
		for i, f := range fakes[0] {
			if asked := slices.Compact(slices.Sorted(slices.Values(f.asked))); len(asked) != len(f.asked) && !h.plan.circular {
				t.Errorf("seed %d: source %d was asked %q", seed, i, f.asked)
			}
		}
	}
}

// answering gives the same answer to every question.
type answering struct {
	*fake
	provides int
	answer   string
}

func (a answering) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	parts := strings.Split(a.answer+strings.Repeat("|", a.provides), "|")[:a.provides]
	var texts []string
	for _, v := range q {
		texts = append(texts, v.String())
	}
	a.mu.Lock()
	if a.answers == nil {
		a.answers = make(map[string]string)
	}
	a.answers[strings.Join(texts, "|")] = strings.Join(parts, "|")
	a.mu.Unlock()
	return a.fake.Fetch(ctx, q)
}

// What is known of sources that wait for each other does not depend on which were
// asked ahead: here a fallback that gives one attribute gives the other one too, which
// a source needs that provides it.
func TestAhead_SourcesInACircle(t *testing.T) {
	s := snapshot(t, rule("1", "Deny", "s.first=x", "r.absent=z"), rule("2", "Permit", "s.second=y"))
	sources := func() []pip.Source {
		fallback := source("fallback", "", "s.first s.second", &fake{answers: map[string]string{"": "|y"}})
		fallback.Fallback = true
		return []pip.Source{source("itself", "s.second", "s.second", &fake{}), fallback}
	}
	want := decide(t, s, sources(), request("s.user=1"))
	got, err := decided(trusting(sources()).Decide(t.Context(), s, Call{Request: request("s.user=1")}))
	if err != nil || got[0].Decision != want.Decision {
		t.Errorf("got %s %v, want %s %v", got[0].Decision.Extended(), err, want.Decision.Extended(), want.Status)
	}
}
