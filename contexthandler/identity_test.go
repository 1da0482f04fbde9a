package contexthandler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// issuer trusts one token, which says who the subject is.
func issuer(until time.Time) func(context.Context, string) (Identity, error) {
	return func(_ context.Context, token string) (Identity, error) {
		if token != "good" {
			return Identity{}, errorf(ReasonInvalidToken, "the token is not valid")
		}
		return Identity{Attributes: []xacml.Attribute{{ID: "user", Values: []value.Value{value.String("1337")}}}, Until: until}, nil
	}
}

func TestIdentify(t *testing.T) {
	s := snapshot(t, rule("me", "Permit", "s.user=1337"))
	for _, tt := range []struct {
		name, token string
		request     *xacml.Request
		supplies    []Supply
		want        xacml.Decision
		reason      Reason
	}{
		{name: "a token says who it is", token: "good", request: request("a.id=read"), want: xacml.Permit},
		{name: "a token that is not valid", token: "bad", request: request("a.id=read"), reason: ReasonInvalidToken},
		{name: "a bad token is not made up for", token: "bad", request: request("s.user=1337"), supplies: []Supply{{Everybody, xacml.CategoryAccessSubject, []string{"user"}}}, reason: ReasonInvalidToken},
		{name: "nothing else may be said of the subject", token: "good", request: request("s.role=boss"), reason: ReasonAttributeNotAllowed},
		{name: "unless it is allowed", token: "good", request: request("s.role=boss"), supplies: []Supply{{Everybody, xacml.CategoryAccessSubject, []string{"role"}}}, want: xacml.Permit},
		{name: "without a token the caller says", request: request("s.user=1337"), want: xacml.Permit},
	} {
		h := New(Config{Identify: issuer(time.Time{}), Supplies: tt.supplies})
		answer, err := h.Decide(t.Context(), s, Call{Request: tt.request, Token: tt.token})
		if tt.reason != ReasonInternal {
			if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != tt.reason {
				t.Errorf("%s: got %v, want reason %d", tt.name, err, tt.reason)
			}
			continue
		}
		if err != nil || answer.Results[0].Decision != tt.want {
			t.Errorf("%s: got %v, %v, want %s", tt.name, answer.Results, err, tt.want)
		}
	}
}

// Where nobody is trusted, a token is refused and not ignored.
func TestIdentify_WithoutIssuers(t *testing.T) {
	_, err := New(Config{}).Decide(t.Context(), snapshot(t, rule("all", "Permit")), Call{Request: request("a.id=read"), Token: "good"})
	if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != ReasonInvalidToken {
		t.Errorf("got %v, want an invalid token", err)
	}
}

// A Deny on the subject of the token counts in every individual decision, whatever
// the references name (Multiple Decision profile, 2.4).
func TestIdentify_References(t *testing.T) {
	s := snapshot(t, rule("banned", "Deny", "s.user=1337"), rule("all", "Permit"))
	r := request("a.id=read", "r.id=x")
	r.Attributes[0].ID, r.Attributes[1].ID = "action", "resource"
	r.References = [][]string{{"action"}, {"action", "resource"}}
	answer, err := New(Config{Identify: issuer(time.Time{})}).Decide(t.Context(), s, Call{Request: r, Token: "good"})
	if err != nil || len(answer.Results) != 2 {
		t.Fatalf("got %v, %v, want two results", answer.Results, err)
	}
	for i, result := range answer.Results {
		if result.Decision != xacml.Deny {
			t.Errorf("result %d: got %s, want Deny", i, result.Decision)
		}
	}
	if len(r.References[0]) != 1 || len(r.Attributes) != 2 {
		t.Error("the request was changed")
	}
}

// The token is an attribute for sources that need it and for nobody else, and no
// caller may supply it.
func TestIdentify_TokenAsAttribute(t *testing.T) {
	fetched := &fake{answers: map[string]string{"good": "admin"}}
	source := source("token", "", "s.scope", fetched)
	source.Needs = []pip.Need{{Name: "token", Key: xacml.AttributeKey{Category: CategoryCall, ID: AttributeToken, Type: value.TypeString}}}
	s := snapshot(t, rule("admin", "Permit", "s.scope=admin"))
	h := New(Config{Identify: issuer(time.Time{}), Sources: []pip.Source{source}})
	answer, err := h.Decide(t.Context(), s, Call{Request: request("a.id=read"), Token: "good"})
	if err != nil || answer.Results[0].Decision != xacml.Permit {
		t.Errorf("got %v, %v, want Permit", answer.Results, err)
	}
	forged := &xacml.Request{Attributes: []xacml.Attributes{{Category: CategoryCall, Attributes: []xacml.Attribute{{ID: AttributeToken, Values: []value.Value{value.String("good")}}}}}}
	_, err = h.Decide(t.Context(), s, Call{Request: forged})
	if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != ReasonAttributeNotAllowed {
		t.Errorf("a caller's own token attribute: got %v, want it refused", err)
	}
	if answer, err = h.Decide(t.Context(), s, Call{Request: request("s.user=1337")}); err != nil || answer.Results[0].Decision != xacml.NotApplicable {
		t.Errorf("without a token: got %v, %v, want NotApplicable", answer.Results, err)
	}
}

// Where a token says who the subject is, the caller has no other way to describe it:
// policies select from content too.
func TestIdentify_Content(t *testing.T) {
	r := request("a.id=read", "s.user=1")
	r.Attributes[1].Attributes, r.Attributes[1].Content = nil, etree.NewElement("subject")
	h, s := New(Config{Identify: issuer(time.Time{})}), snapshot(t, rule("all", "Permit"))
	_, err := h.Decide(t.Context(), s, Call{Request: r, Token: "good"})
	if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != ReasonAttributeNotAllowed {
		t.Errorf("got %v, want the content refused", err)
	}
	if answer, err := h.Decide(t.Context(), s, Call{Request: r}); err != nil || answer.Results[0].Decision != xacml.Permit {
		t.Errorf("without a token: got %v, %v, want Permit", answer.Results, err)
	}
}

// An id that is used twice, for a subject and for something else, does not leave the
// subject of the token out.
func TestIdentify_IDUsedTwice(t *testing.T) {
	s := snapshot(t, rule("banned", "Deny", "s.user=1337"), rule("all", "Permit"))
	for _, ids := range [][2]string{{"x", "x"}, {"x", identityID}, {"", "x"}, {"", identityID}} {
		r := request("s.user=1337", "a.id=read")
		r.Attributes[0].Attributes = nil
		r.Attributes[0].ID, r.Attributes[1].ID, r.References = ids[0], ids[1], [][]string{{ids[1]}}
		answer, err := New(Config{Identify: issuer(time.Time{})}).Decide(t.Context(), s, Call{Request: r, Token: "good"})
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range answer.Results {
			if result.Decision != xacml.Deny {
				t.Errorf("%q: got %s, want Deny", ids, result.Decision)
			}
		}
	}
}

// Nobody but sources sees the token: not a policy, not an explanation, not who observes.
func TestIdentify_TokenIsNotShown(t *testing.T) {
	token := source("token", "", "s.scope", &fake{answers: map[string]string{"good": "admin"}})
	token.Needs = []pip.Need{{Name: "token", Key: xacml.AttributeKey{Category: CategoryCall, ID: AttributeToken, Type: value.TypeString}}}
	leak := strings.ReplaceAll(rule("leak", "Deny", "s."+AttributeToken+"=good"), xacml.CategoryAccessSubject, CategoryCall)
	h, s := explained(t, nil, []pip.Source{token}, leak, rule("admin", "Permit", "s.scope=admin"))
	observed := 0
	h.config.Observe = func(r *xacml.Request, _ []xacml.Attributes) {
		observed++
		if strings.Contains(fmt.Sprint(r.Attributes), AttributeToken) {
			t.Errorf("observed %v", r.Attributes)
		}
	}
	h.config.Identify = issuer(time.Time{})
	for _, explain := range []bool{false, true} {
		answer, err := h.Decide(t.Context(), s, Call{Request: request("a.id=read"), Token: "good", Explain: explain})
		if err != nil || answer.Results[0].Decision != xacml.Permit {
			t.Fatalf("got %v, %v, want Permit", answer.Results, err)
		}
		for _, d := range answer.Explanations {
			for _, a := range d.Request {
				if a.ID == AttributeToken {
					t.Errorf("explained with %v", a)
				}
			}
		}
	}
	if observed != 2 {
		t.Errorf("observed %d decisions, want 2", observed)
	}
}

// What a token says of the subject has the form that policies and sources know, as
// what callers say has.
func TestIdentify_Forms(t *testing.T) {
	d, err := NewDictionary([]Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "user", Forms: []Form{{Match: "(no:)?(?P<name>[A-Za-z]+)", Value: "{name}", Lower: true}}},
		{Category: xacml.CategoryAccessSubject, ID: "level", Type: value.TypeInteger},
	})
	if err != nil {
		t.Fatal(err)
	}
	said := func(id string, v value.Value) Config {
		return Config{Dictionary: d, Identify: func(context.Context, string) (Identity, error) {
			return Identity{Attributes: []xacml.Attribute{{ID: id, Values: []value.Value{v}}}}, nil
		}}
	}
	config := said("user", value.String("no:Mallory"))
	config.Sources = []pip.Source{source("status", "s.user", "s.status", &fake{answers: map[string]string{"mallory": "banned"}})}
	s := snapshot(t, rule("banned", "Deny", "s.status=banned"), rule("all", "Permit"))
	answer, err := New(config).Decide(t.Context(), s, Call{Request: request("a.id=read"), Token: "good"})
	if err != nil || answer.Results[0].Decision != xacml.Deny {
		t.Errorf("got %v, %v, want Deny", answer.Results, err)
	}
	_, err = New(said("level", value.String("high"))).Decide(t.Context(), s, Call{Request: request("a.id=read"), Token: "good"})
	if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != ReasonInvalidToken {
		t.Errorf("a value of another data type: got %v, want an invalid token", err)
	}
}
