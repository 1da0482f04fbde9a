package contexthandler

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/multiple"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// lasting makes a source whose answers may be used for that long.
func lasting(s pip.Source, reuse time.Duration, stale bool) pip.Source {
	inner := s.Provider
	s.Provider = pip.ProviderFunc(func(ctx context.Context, q pip.Question) (pip.Answer, error) {
		a, err := inner.Fetch(ctx, q)
		a.Reuse, a.Stale = reuse, stale
		return a, err
	})
	return s
}

// An answer may be used as long as the least of its inputs, on either way of a
// decision.
func TestFreshness_IsTheLeastOfTheInputs(t *testing.T) {
	role := func() *fake { return &fake{answers: map[string]string{"1337": "dagl"}} }
	plain := []string{"s.role=dagl", "s.package=x"}
	for _, tt := range []struct {
		name    string
		sources []pip.Source
		rules   []string
		want    Freshness
	}{
		{"no source is asked", nil, []string{rule("all", "Permit")}, Freshness{Reuse: time.Minute}},
		{"the least counts", []pip.Source{
			lasting(source("roles", "s.user", "s.role", role()), 20*time.Second, false),
			lasting(source("packages", "s.user", "s.package", &fake{answers: map[string]string{"1337": "x"}}), 10*time.Second, false),
		}, []string{rule("r", "Permit", plain...)}, Freshness{Reuse: 10 * time.Second}},
		{
			"the configuration bounds it",
			[]pip.Source{lasting(source("roles", "s.user", "s.role", role()), time.Hour, false)},
			[]string{rule("r", "Permit", "s.role=dagl")},
			Freshness{Reuse: time.Minute},
		},
		{
			"a source that does not say",
			[]pip.Source{source("roles", "s.user", "s.role", role())},
			[]string{rule("r", "Permit", "s.role=dagl")},
			Freshness{},
		},
		{
			"a stale value",
			[]pip.Source{lasting(source("roles", "s.user", "s.role", role()), time.Hour, true)},
			[]string{rule("r", "Permit", "s.role=dagl")},
			Freshness{Stale: true},
		},
		{
			"a source that failed and does not matter",
			[]pip.Source{source("roles", "s.user", "s.role", &fake{fail: errors.New("down")})},
			[]string{rule("r", "Deny", "s.role=dagl"), rule("all", "Deny")},
			Freshness{},
		},
		{
			"a source without a question",
			[]pip.Source{lasting(source("roles", "s.absent", "s.role", role()), time.Second, false)},
			[]string{rule("r", "Permit", "s.role=dagl"), rule("all", "Permit")},
			Freshness{Reuse: time.Minute},
		},
	} {
		s := snapshot(t, tt.rules...)
		h := New(Config{Sources: tt.sources, MaxReuse: time.Minute})
		answer, err := h.Decide(t.Context(), s, Call{Request: request("s.user=1337")})
		if err != nil || answer.Freshness != tt.want {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, answer.Freshness, err, tt.want)
		}
		for range 2 { // the first finds out that the sources are quick
			if got := freshnessOfQuery(t, h, s); got != tt.want {
				t.Errorf("%s: a query gives %+v, want %+v", tt.name, got, tt.want)
			}
		}
	}
}

func freshnessOfQuery(t *testing.T, h *Handler, s *pap.Snapshot) Freshness {
	t.Helper()
	q, ok := h.NewQuery(s)
	if !ok {
		t.Fatal("no query")
	}
	defer q.Close()
	if _, ok := q.Attribute(xacml.CategoryAccessSubject, "user"); !ok || !q.Text("1337") {
		t.Fatal("not plain")
	}
	_, _, ok, err := q.Decide(t.Context(), time.Now())
	if err == nil && !ok {
		_, _, err = q.Complete(t.Context(), time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	return q.Freshness()
}

// What depends on the time, or is no decision, is not to be used again.
func TestFreshness_OfTheMoment(t *testing.T) {
	h := New(Config{MaxReuse: time.Minute})
	for name, r := range map[string]string{
		"time":    rule("r", "Permit", "e."+xacml.AttributeCurrentTime+"=never a time"),
		"neither": rule("r", "Permit", "a.id=read"),
	} {
		answer, err := h.Decide(t.Context(), snapshot(t, r), Call{Request: request("a.id=read")})
		if err != nil || answer.Reuse != time.Minute {
			t.Errorf("%s: got %+v, %v: a string is not the time", name, answer.Freshness, err)
		}
	}
	answer, err := h.Decide(t.Context(), snapshot(t, timeRule), Call{Request: request("a.id=read")})
	if err != nil || answer.Reuse != 0 {
		t.Errorf("got %+v, %v, want no reuse of what depends on the time", answer.Freshness, err)
	}
	if got := freshnessOfQuery(t, h, snapshot(t, timeRule)); got.Reuse != 0 {
		t.Errorf("a query: got %+v, want no reuse of what depends on the time", got)
	}
}

// timeRule permits if the time is present.
const timeRule = `<Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:integer-equal">` +
	`<Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:time-bag-size"><AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:environment" ` +
	`AttributeId="urn:oasis:names:tc:xacml:1.0:environment:current-time" DataType="http://www.w3.org/2001/XMLSchema#time" MustBePresent="true"/></Apply>` +
	`<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">1</AttributeValue></Apply></Condition></Rule>`

// An answer holds no longer than the proof of who the subject is.
func TestFreshness_EndsWithTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := snapshot(t, rule("me", "Permit", "s.user=1337"))
		for left, want := range map[time.Duration]time.Duration{5 * time.Second: 5 * time.Second, time.Hour: time.Minute, -time.Second: 0} {
			h := New(Config{MaxReuse: time.Minute, Identify: issuer(time.Now().Add(left))})
			answer, err := h.Decide(t.Context(), s, Call{Request: request("a.id=read"), Token: "good"})
			if err != nil || answer.Reuse != want {
				t.Errorf("%s left: got %s, %v, want %s", left, answer.Reuse, err, want)
			}
		}
	})
}

// What one source said goes on getting older while others are asked.
func TestFreshness_CountsFromTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &fake{hook: func(context.Context) error { time.Sleep(4 * time.Second); return nil }}
		h := New(Config{MaxReuse: time.Minute, Sources: []pip.Source{
			lasting(source("instance", "r.instance", "r.party", &fake{answers: map[string]string{"i1": "51", "i2": "52"}}), 10*time.Second, false),
			lasting(source("roles", "r.party", "s.role", slow), time.Hour, false),
		}})
		s := snapshot(t, rule("r", "Permit", "s.role=dagl"))
		answer, err := h.Decide(t.Context(), s, Call{Request: request("r.instance=i1")})
		if err != nil || answer.Reuse != 6*time.Second {
			t.Errorf("got %s, %v, want 6s", answer.Reuse, err)
		}
		both := &xacml.Request{Attributes: append(request("r.instance=i1").Attributes, request("r.instance=i2").Attributes...)}
		answer, err = h.Decide(t.Context(), s, Call{Request: both})
		if err != nil || len(answer.Results) != 2 || answer.Reuse > 2*time.Second {
			t.Errorf("two decisions: got %s, %v, want 2s at most", answer.Reuse, err)
		}
	})
}

// A hierarchy does not say for how long it stays as it is.
func TestFreshness_OfAHierarchy(t *testing.T) {
	h := New(Config{MaxReuse: time.Minute, Hierarchy: multiple.Tree{"root": {"a"}}})
	for scope, want := range map[string]time.Duration{"Children": 0, "Immediate": time.Minute} {
		answer, err := h.Decide(t.Context(), snapshot(t, rule("all", "Permit")), Call{Request: scoped("root", scope)})
		if err != nil || answer.Reuse != want {
			t.Errorf("%s: got %s, %v, want %s", scope, answer.Reuse, err, want)
		}
	}
}
