package contexthandler

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// One name, with its first letter in one character and in two. Policies take the two for
// one (§7.1.1).
const composed, decomposed = "\u00c5se", "A\u030ase"

// Who is somebody to policies is the same one to sources: a caller that writes a name in
// another way must not lose a lock that a source knows of, and keep what policies permit.
func TestSourcesAreAskedInNormalForm(t *testing.T) {
	locks := &fake{answers: map[string]string{composed: "locked"}}
	sources := []pip.Source{source("locks", "s.user", "s.lock", locks)}
	s := snapshot(t, rule("lock", "Deny", "s.lock=locked"), rule("all", "Permit", "s.user="+composed))
	for _, user := range []string{composed, decomposed} {
		both := request("s.user="+user, "s.user="+composed) // another form of the same adds no question
		for name, r := range map[string]*xacml.Request{"one": request("s.user=" + user), "both": both} {
			locks.asked = nil
			if got := decide(t, s, sources, r); got.Decision != xacml.Deny {
				t.Errorf("%q, %s: got %s, want Deny", user, name, got.Decision)
			}
			if !slices.Equal(slices.Compact(locks.asked), []string{composed}) {
				t.Errorf("%q, %s: asked %q", user, name, locks.asked)
			}
		}
		if got := decisionOfQuery(t, New(Config{Sources: sources}), s, user); got != xacml.Deny {
			t.Errorf("%q: a query gives %s, want Deny", user, got)
		}
	}
}

// decisionOfQuery is the decision for a user in the short way.
func decisionOfQuery(t *testing.T, h *Handler, s *pap.Snapshot, user string) xacml.Decision {
	t.Helper()
	q, ok := h.NewQuery(s)
	if !ok {
		t.Fatal("no query")
	}
	defer q.Close()
	if _, ok := q.Attribute(xacml.CategoryAccessSubject, "user"); !ok || !q.Text(user) {
		t.Fatal("not plain")
	}
	result, _, ok, err := q.Decide(t.Context(), time.Now())
	if err == nil && !ok {
		result, _, err = q.Complete(t.Context(), time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	return result.Decision
}

// The expressions of forms know a letter as one character. What none of them matches
// stays as it was written.
func TestDictionary_FormsSeeNormalForm(t *testing.T) {
	d, err := NewDictionary([]Attribute{{
		Category: xacml.CategoryAccessSubject, ID: "user", Forms: []Form{{Match: `\p{L}+`, Lower: true}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{composed: "\u00e5se", decomposed: "\u00e5se", decomposed + "1": decomposed + "1"} {
		out, err := d.Translate(request("s.user=" + in))
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Attributes[0].Attributes[0].Values[0]; got != value.String(want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Two times of day may have one canonical form and not be equal. Each counts: the later
// one is a reason to deny.
func TestTimesOfOneFormAreTwo(t *testing.T) {
	at := func(text string) value.Value {
		v, err := value.Parse(value.TypeTime, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	values := []value.Value{at("00:00:00Z"), at("23:00:00-01:00"), at("01:00:00+01:00")}
	key := xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "times", Type: value.TypeTime}
	var k knowledge
	k.begin(New(Config{Sources: []pip.Source{{
		Name: "times", Provides: []pip.Provided{{Key: key}},
		Provider: constant(pip.Answer{Bags: []value.Bag{value.NewBag(value.TypeTime, values...)}}),
	}}}), request("a.id=read"), nil)
	k.take(0, k.asked(context.Background(), 0, k.prepared(0)))
	if got := k.values(key); !slices.Equal(got, values[:2]) {
		t.Errorf("got %v, want the first two: the third is the first in another zone", got)
	}
}

// Of a name every spelling is one to sources, too, and what is told to be not true any
// more of one spelling is forgotten of all.
func TestSourcesAreAskedForNamesInOneSpelling(t *testing.T) {
	const spelling = "cn=kari nordmann,o=example"
	key := xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "dn", Type: value.TypeX500Name}
	for _, text := range []string{spelling, `CN=Kari Nordmann, O=Example`, `OID.2.5.4.3="KARI  nordmann";organizationName=example`, `commonName=#0C0D4B617269204E6F72646D616E6E,o=EXAMPLE`} {
		v, err := value.Parse(value.TypeX500Name, text)
		if err != nil {
			t.Fatal(err)
		}
		locks := &fake{answers: map[string]string{spelling: "locked"}}
		locking := source("locks", "s.dn", "s.lock", locks)
		locking.Needs[0].Key = key
		s := snapshot(t, rule("lock", "Deny", "s.lock=locked"), rule("all", "Permit"))
		r := &xacml.Request{Attributes: []xacml.Attributes{{Category: key.Category, Attributes: []xacml.Attribute{{ID: "dn", Values: []value.Value{v}}}}}}
		if got := decide(t, s, []pip.Source{locking}, r); got.Decision != xacml.Deny {
			t.Errorf("%q: got %s and asked %q, want Deny", text, got.Decision, locks.asked)
		}
		asked := value.Normal(v)
		if !hasForm([]value.Value{v}, asked) || !hasForm([]value.Value{value.String(text)}, asked) {
			t.Errorf("%q: an invalidation does not concern what was asked as %q", text, asked)
		}
		if other, _ := value.Parse(value.TypeX500Name, "cn=kari nordmann,o=example,c=no"); hasForm([]value.Value{v}, other) {
			t.Errorf("%q: an invalidation concerns %q", text, other)
		}
	}
}
