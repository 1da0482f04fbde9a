package contexthandler

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/explanation/render"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// explained is a handler that keeps its model.
func explained(t *testing.T, d *Dictionary, sources []pip.Source, rules ...string) (*Handler, *pap.Snapshot) {
	t.Helper()
	p, problems := pdp.New(pdp.Config{KeepModel: true, Now: time.Now}, []policy.Document{document(t, rules...)})
	if p == nil {
		t.Fatal(problems)
	}
	s := &pap.Snapshot{ID: "test", PDP: p}
	return New(Config{Snapshot: func() *pap.Snapshot { return s }, Dictionary: d, Sources: sources}), s
}

// An explanation says which source gave what and when, names it at the attribute,
// and comes with the answer that Decide gives without one.
func TestExplain_Lookups(t *testing.T) {
	sources := []pip.Source{
		source("instance", "r.instance", "r.party", &fake{answers: map[string]string{"i1": "50001"}}),
		source("roles", "s.user r.party", "s.role", &fake{answers: map[string]string{"1337|50001": "dagl,regna"}}),
		source("broken", "s.user", "s.level", &fake{fail: &pip.Error{Outcome: pip.OutcomeTimeout, Err: errors.New("no answer in time")}}),
	}
	h, s := explained(t, nil, sources, rule("read", "Permit", "s.role=dagl", "a.act=read"), rule("locked", "Deny", "a.act=read", "s.level=0"))
	call := Call{Request: request("s.user=1337", "r.instance=i1", "a.act=read")}
	plain, err := h.Decide(t.Context(), s, call)
	if err != nil {
		t.Fatal(err)
	}
	call.Explain = true
	answer, err := h.Decide(t.Context(), s, call)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Explanations != nil || len(answer.Explanations) != 1 {
		t.Fatalf("got %d and %d explanations, want 0 and 1", len(plain.Explanations), len(answer.Explanations))
	}
	if a, b := plain.Results[0], answer.Results[0]; a.Decision != b.Decision || a.Status.Code != b.Status.Code {
		t.Errorf("got %v %v, and %v %v without an explanation", b.Decision, b.Status, a.Decision, a.Status)
	}
	d := answer.Explanations[0]
	if d.Agreement != explanation.Agrees || d.Decision != "Indeterminate{DP}" {
		t.Errorf("got %s, agreement %q, want Indeterminate{DP} that agrees", d.Decision, d.Agreement)
	}
	var got []string
	for _, l := range d.Lookups {
		text := l.Source + " " + l.Outcome
		for _, a := range l.Provided {
			text += " " + a.ID + "=" + a.Values.Text()
		}
		got = append(got, text)
		if l.Round < 1 || l.Took < 0 || (l.Error == "") != (l.Source != "broken") {
			t.Errorf("look-up %+v", l)
		}
	}
	want := []string{`instance ok party="50001"`, `broken timeout level=unknown`, `roles ok role="dagl", "regna"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("look-ups (-want +got):\n%s", diff)
	}
	var b strings.Builder
	if err := render.Text(&b, &explanation.Explanation{Decisions: answer.Explanations}, render.TextOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`role = "dagl", "regna" (roles)`, `act = "read" (request)`, "timeout", "level = unknown"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("the text does not hold %q:\n%s", text, b.String())
		}
	}
}

// What is private is masked in what the caller said, in what sources gave, and in
// what an other attribute repeats.
func TestExplain_Private(t *testing.T) {
	d, err := NewDictionary([]Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "person", Aliases: []string{"p"}, Private: true},
		{Category: xacml.CategoryResource, ID: "owner", Private: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	const person, owner, other = "13052099999", "02029912345", "01019954321"
	sources := []pip.Source{source("register", "s.person", "r.owner r.copy", &fake{answers: map[string]string{person: owner + "|" + owner}})}
	h, s := explained(t, d, sources, rule("own", "Permit", "r.owner="+other), rule("read", "Permit", "s.person="+person, "r.copy="+owner))
	answer, err := h.Decide(t.Context(), s, Call{Request: request("s.p=" + person), Explain: true})
	if err != nil {
		t.Fatal(err)
	}
	e := &explanation.Explanation{Decisions: answer.Explanations}
	var text, html, json strings.Builder
	if err := errors.Join(render.Text(&text, e, render.TextOptions{All: true}), render.HTML(&html, e), render.JSON(&json, e)); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*strings.Builder{"text": &text, "html": &html, "json": &json} {
		for _, secret := range []string{person, owner, other} {
			if strings.Contains(b.String(), secret) {
				t.Errorf("%s holds %s:\n%s", name, secret, b.String())
			}
		}
	}
	if answer.Results[0].Decision != xacml.Permit || !strings.Contains(text.String(), "✓ Permit  rule read") {
		t.Errorf("got %v, want a Permit that is explained:\n%s", answer.Results[0].Decision, text.String())
	}
}

// What cannot be evaluated has an explanation that says so.
func TestExplain_NotEvaluated(t *testing.T) {
	h, s := explained(t, nil, nil, rule("r", "Permit"))
	status := xacml.SyntaxErrorf("a value is wrong").Status
	refused, err := h.Refused(t.Context(), s, Call{Explain: true}, status)
	if err != nil || len(refused.Explanations) != 1 || refused.Explanations[0].Root != nil || len(refused.Explanations[0].Notes) != 1 {
		t.Errorf("got %+v, want an explanation without a tree", refused.Explanations)
	}
	r := request("r.a=1")
	r.References = [][]string{{"nowhere"}}
	answer, err := h.Decide(t.Context(), s, Call{Request: r, Explain: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Explanations) != 1 || answer.Explanations[0].Status == nil {
		t.Errorf("got %+v, want an explanation with a status", answer.Explanations)
	}
}

// What many decisions have in common is not shown as often as there are decisions.
func TestExplain_ManyDecisionsOnALargeRequest(t *testing.T) {
	h, s := explained(t, nil, nil, rule("r", "Permit"))
	var attributes []string
	for i := range 600 {
		attributes = append(attributes, fmt.Sprintf("s.%d=x", i))
	}
	for _, tt := range []struct{ parts, shown, notes int }{{1, 600, 0}, {50, 200, 1}, {600, 20, 1}} {
		r := request(attributes...)
		r.Attributes = append(r.Attributes, make([]xacml.Attributes, tt.parts)...)
		for i := range tt.parts {
			r.Attributes[1+i].Category = xacml.CategoryResource
		}
		answer, err := h.Decide(t.Context(), s, Call{Request: r, Explain: true})
		if err != nil || len(answer.Explanations) != tt.parts {
			t.Fatalf("%d decisions: got %d explanations, %v", tt.parts, len(answer.Explanations), err)
		}
		for _, d := range answer.Explanations {
			if len(d.Request) != tt.shown || len(d.Notes) != tt.notes {
				t.Fatalf("%d decisions: got %d attributes and the notes %q, want %d attributes", tt.parts, len(d.Request), d.Notes, tt.shown)
			}
		}
	}
}
