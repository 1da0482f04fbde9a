package contexthandler

import (
	"errors"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

const guid = `[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}`

func instanceDictionary(t *testing.T) *Dictionary {
	t.Helper()
	d, err := NewDictionary([]Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "urn:altinn:userid", Aliases: []string{"user-id", "urn:altinn:user-id"}, Single: true},
		{Category: xacml.CategoryResource, ID: "urn:altinn:instance-id", Aliases: []string{"instance-id"}, Forms: []Form{
			{Match: `(urn:altinn:instance-id:)?(?P<party>[0-9]+)/(?P<guid>` + guid + `)`, Value: "{party}/{guid}", Lower: true},
			{Match: `(urn:altinn:instance-id:)?(?P<guid>` + guid + `)`, Value: "{guid}", Lower: true},
		}},
		{Category: xacml.CategoryAction, ID: "action-id", Aliases: []string{"action"}, Forms: []Form{{Match: "Read|Write", Lower: true}}},
		{Category: xacml.CategoryResource, ID: "records", Type: value.TypeInteger},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDictionary_AliasesAndForms(t *testing.T) {
	d := instanceDictionary(t)
	const g = "3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01"
	for _, tt := range []struct{ in, want string }{
		{"s.user-id=1337", "urn:altinn:userid=1337"},
		{"s.urn:altinn:user-id=1337", "urn:altinn:userid=1337"},
		{"s.urn:altinn:userid=1337", "urn:altinn:userid=1337"},
		{"r.user-id=1337", "user-id=1337"}, // another category
		{"r.instance-id=50001/" + g, "urn:altinn:instance-id=50001/" + g},
		{"r.instance-id=urn:altinn:instance-id:50001/" + strings.ToUpper(g), "urn:altinn:instance-id=50001/" + g},
		{"r.instance-id=" + g, "urn:altinn:instance-id=" + g},
		{"r.instance-id=urn:altinn:instance-id:" + g, "urn:altinn:instance-id=" + g},
		{"r.instance-id=50001/" + g + "x", "urn:altinn:instance-id=50001/" + g + "x"}, // the whole value must fit
		{"r.instance-id=x\n" + g, "urn:altinn:instance-id=x\n" + g},
		{"a.action=Read", "action-id=read"},
		{"a.action=Sign", "action-id=Sign"},
		{"a.action=rEAD", "action-id=rEAD"},
	} {
		in := request(tt.in)
		before := in.Attributes[0].Attributes[0].ID
		translated, err := d.Translate(in)
		if err != nil {
			t.Errorf("Translate(%q): %v", tt.in, err)
			continue
		}
		a := translated.Attributes[0].Attributes[0]
		if got := a.ID + "=" + a.Values[0].String(); got != tt.want {
			t.Errorf("Translate(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if in.Attributes[0].Attributes[0].ID != before {
			t.Errorf("Translate(%q) changed the request", tt.in)
		}
	}
	if got := d.Type(xacml.CategoryResource, "records"); got != value.TypeInteger {
		t.Errorf("Type(records) = %s, want integer", got)
	}
	if d.Known(xacml.CategoryResource, "user-id") || !d.Known(xacml.CategoryAccessSubject, "user-id") {
		t.Error("Known must look at the category")
	}
}

func TestDictionary_Refused(t *testing.T) {
	for _, tt := range []struct {
		attributes []Attribute
		want       string
	}{
		{[]Attribute{{Category: "c", ID: "a"}, {Category: "c", ID: "b", Aliases: []string{"a"}}}, `the name "a" belongs to "a"`},
		{[]Attribute{{Category: "c", ID: "a", Forms: []Form{{Match: "("}}}}, "missing closing"},
		{[]Attribute{{Category: "c", ID: "a", Forms: []Form{{Match: "a)|(b"}}}}, "unexpected )"},
		{[]Attribute{{Category: "c", ID: "a", Forms: []Form{{Match: "x", Value: "{y}"}}}}, `has no group "y"`},
		{[]Attribute{{ID: "a"}}, "id and category are required"},
	} {
		if _, err := NewDictionary(tt.attributes); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want an error with %q", err, tt.want)
		}
	}
}

func TestHandler_SingleAttributes(t *testing.T) {
	d := instanceDictionary(t)
	h := New(Config{Dictionary: d})
	s := snapshot(t, rule("all", "Permit"))
	var e *Error
	if _, err := decided(h.Decide(t.Context(), s, Call{Request: request("s.user-id=1", "s.urn:altinn:userid=2")})); !errors.As(err, &e) || e.Reason != ReasonInvalidRequest {
		t.Errorf("two users: got %v, want ReasonInvalidRequest", err)
	}
	if _, err := decided(h.Decide(t.Context(), s, Call{Request: request("s.user-id=1", "s.urn:altinn:userid=1")})); err != nil {
		t.Errorf("one user by two names: got %v, want a decision", err)
	}
}

// Two sources that disagree on a single attribute leave it unknown, and with it
// what depends on it.
func TestHandler_SingleAttributeOfTwoSources(t *testing.T) {
	d, err := NewDictionary([]Attribute{{Category: xacml.CategoryResource, ID: "party", Single: true}})
	if err != nil {
		t.Fatal(err)
	}
	roles := &fake{answers: map[string]string{"1|a": "x", "1|b": "x"}}
	h := New(Config{Dictionary: d, Sources: []pip.Source{
		source("instance", "r.instance", "r.party", &fake{answers: map[string]string{"i": "a"}}),
		source("organisation", "r.number", "r.party", &fake{answers: map[string]string{"n": "b", "same": "a"}}),
		source("roles", "s.user r.party", "s.role", roles),
	}})
	s := snapshot(t, rule("x", "Permit", "s.role=x"))
	for _, tt := range []struct {
		number string
		want   xacml.Decision
	}{{"n", xacml.IndeterminateP}, {"same", xacml.Permit}} {
		results, err := decided(h.Decide(t.Context(), s, Call{Request: request("s.user=1", "r.instance=i", "r.number="+tt.number)}))
		if err != nil || results[0].Decision != tt.want {
			t.Errorf("number %s: got %v, %v, want %s", tt.number, results, err, tt.want.Extended())
		}
	}
}

func TestHandler_Ownership(t *testing.T) {
	sources := []pip.Source{source("roles", "s.user", "s.role", &fake{})}
	s := snapshot(t, rule("dagl", "Permit", "s.role=dagl"))
	h := New(Config{Sources: sources, Supplies: []Supply{{"trusted", xacml.CategoryAccessSubject, []string{"role"}}}})
	clock := request("s.user=1")
	clock.Attributes = append(clock.Attributes, xacml.Attributes{Category: xacml.CategoryEnvironment, Attributes: []xacml.Attribute{
		{ID: xacml.AttributeCurrentTime, Values: []value.Value{value.String("any type")}},
	}})
	other := request("r.role=dagl") // the same id in another category belongs to nobody
	for _, tt := range []struct {
		name, caller string
		r            *xacml.Request
		refused      bool
	}{
		{"a role", "", request("s.user=1", "s.role=dagl"), true},
		{"a role by a trusted caller", "trusted", request("s.user=1", "s.role=dagl"), false},
		{"a role by a caller named *", Everybody, request("s.user=1", "s.role=dagl"), true},
		{"the time", "trusted", clock, true},
		{"another category", "", other, false},
	} {
		_, err := decided(h.Decide(t.Context(), s, Call{Caller: tt.caller, Request: tt.r}))
		var e *Error
		if refused := errors.As(err, &e) && e.Reason == ReasonAttributeNotAllowed; refused != tt.refused {
			t.Errorf("%s: got %v, want refused %t", tt.name, err, tt.refused)
		}
	}
}

func TestHandler_MultipleDecisions(t *testing.T) {
	s := snapshot(t, rule("read", "Permit", "a.id=read"))
	h := New(Config{MaxDecisions: 3})
	r := request("a.id=read")
	r.Attributes = append(r.Attributes, request("a.id=write").Attributes...)
	results, err := decided(h.Decide(t.Context(), s, Call{Request: r}))
	if err != nil || len(results) != 2 || results[0].Decision != xacml.Permit || results[1].Decision != xacml.NotApplicable {
		t.Errorf("got %v, %v, want Permit and NotApplicable", results, err)
	}
	r.Attributes = append(r.Attributes, r.Attributes...)
	var e *Error
	if _, err := decided(h.Decide(t.Context(), s, Call{Request: r})); !errors.As(err, &e) || e.Reason != ReasonTooManyDecisions {
		t.Errorf("got %v, want ReasonTooManyDecisions", err)
	}
}

// Policies, sources and rules on single values see the same value, whatever data
// type the caller chose.
func TestDictionary_DeclaredType(t *testing.T) {
	d := instanceDictionary(t)
	for _, tt := range []struct {
		category, id string
		v            value.Value
		want         value.Value // nil: refused
	}{
		{xacml.CategoryAccessSubject, "user-id", value.NewInteger(1337), value.String("1337")},
		{xacml.CategoryAccessSubject, "user-id", value.AnyURI("1337"), value.String("1337")},
		{xacml.CategoryAccessSubject, "user-id", value.Foreign{DataType: "urn:x", Text: "1337"}, nil},
		{xacml.CategoryResource, "records", value.String("80"), value.NewInteger(80)},
		{xacml.CategoryResource, "records", value.String("many"), nil},
		{xacml.CategoryResource, "undeclared", value.NewInteger(1), value.NewInteger(1)},
	} {
		r := &xacml.Request{Attributes: []xacml.Attributes{{Category: tt.category, Attributes: []xacml.Attribute{{ID: tt.id, Values: []value.Value{tt.v}}}}}}
		got, err := d.Translate(r)
		if tt.want == nil {
			var e *Error
			if !errors.As(err, &e) || e.Reason != ReasonInvalidRequest {
				t.Errorf("%s %v: got %v, want ReasonInvalidRequest", tt.id, tt.v, err)
			}
			continue
		}
		if err != nil || !value.Equal(got.Attributes[0].Attributes[0].Values[0], tt.want) {
			t.Errorf("%s %v: got %v, %v, want %v", tt.id, tt.v, got, err, tt.want)
		}
	}
}

// Who looks at an administrative request sees no more than who looks at the request.
func TestDictionary_PrivateInTheDelegatedForm(t *testing.T) {
	d, err := NewDictionary([]Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "person", Aliases: []string{"who"}, Private: true},
		{Category: xacml.CategoryAccessSubject, ID: "role"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"person": true, "who": true, "role": false, "unknown": false} {
		for _, category := range []string{xacml.CategoryAccessSubject, xacml.CategoryDelegatedPrefix + xacml.CategoryAccessSubject} {
			if got := d.Private(category, id); got != want {
				t.Errorf("%s of %s: got private %t, want %t", id, category, got, want)
			}
		}
	}
	if d.Private(xacml.CategoryDelegatedPrefix+xacml.CategoryResource, "person") {
		t.Error("an attribute of another category is private")
	}
}
