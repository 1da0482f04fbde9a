package contexthandler

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	"github.com/forseti-pdp/forseti/pip"
)

// delegating is what alice permits everybody, if who is trusted lets her: for
// subjects with a role.
func delegating(t *testing.T) *pap.Snapshot {
	t.Helper()
	match := func(category, id, text string) string {
		return fmt.Sprintf(`<Target><AnyOf><AllOf><Match MatchId="%sstring-equal"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">%s</AttributeValue>`+
			`<AttributeDesignator Category=%q AttributeId=%q DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Match></AllOf></AnyOf></Target>`,
			xacml.Function1, text, category, id)
	}
	head := `Version="1" RuleCombiningAlgId="` + xacml.RuleAlgorithm3 + `deny-overrides"`
	text := fmt.Sprintf(`<PolicySet xmlns=%q PolicySetId="s" Version="1" PolicyCombiningAlgId="%sdeny-overrides"><Target/>
		<Policy PolicyId="trusted" %s>%s<Rule RuleId="r" Effect="Permit"/></Policy>
		<Policy PolicyId="issued" %s><PolicyIssuer><Attribute AttributeId="id" IncludeInResult="false">
			<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">alice</AttributeValue></Attribute></PolicyIssuer>
			%s<Rule RuleId="r" Effect="Permit"/></Policy></PolicySet>`,
		xacml.Namespace, xacml.PolicyAlgorithm3,
		head, match(xacml.CategoryDelegatedPrefix+xacml.CategoryAccessSubject, "role", "boss"),
		head, match(xacml.CategoryAction, "id", "read"))
	d, problems := xacmlxml.ReadPolicy("s.xml", []byte(text), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	p, problems := pdp.New(pdp.Config{Delegation: true}, []policy.Document{d})
	if p == nil {
		t.Fatal(problems)
	}
	return &pap.Snapshot{ID: "test", PDP: p}
}

// Whoever may issue policies is asked about the delegated form of the request. What a
// source or a token says of the request, the caller may not say in that form either.
func TestOwnership_DelegatedForm(t *testing.T) {
	const delegated = xacml.CategoryDelegatedPrefix + xacml.CategoryAccessSubject
	roles := func() []pip.Source {
		return []pip.Source{source("roles", "s.user", "s.role", &fake{answers: map[string]string{"1": "boss"}})}
	}
	forged := func(id, text string) *xacml.Request {
		r := request("a.id=read")
		r.Attributes = append(r.Attributes, xacml.Attributes{Category: xacml.CategoryDelegate},
			xacml.Attributes{Category: delegated, Attributes: []xacml.Attribute{{ID: id, Values: []value.Value{value.String(text)}}}})
		return r
	}
	content := forged("other", "x")
	content.Attributes[2] = xacml.Attributes{Category: delegated, Content: etree.NewElement("subject")}
	both := request("a.id=read", "s.user=2")
	both.Attributes = append(both.Attributes, forged("role", "boss").Attributes[1:]...)
	listed := func(category, id string) []Supply { return []Supply{{Everybody, category, []string{id}}} }
	for _, tt := range []struct {
		name     string
		request  *xacml.Request
		sources  []pip.Source
		supplies []Supply
		token    string
		want     xacml.Decision
		refused  bool
	}{
		{name: "a boss by the source", request: request("a.id=read", "s.user=1"), sources: roles(), want: xacml.Permit},
		{name: "no boss by the source", request: request("a.id=read", "s.user=2"), sources: roles(), want: xacml.NotApplicable},
		{name: "what a source owns", request: both, sources: roles(), refused: true},
		{name: "without a subject", request: forged("role", "boss"), sources: roles(), refused: true},
		{name: "what the caller may supply", request: forged("role", "boss"), sources: roles(), supplies: listed(xacml.CategoryAccessSubject, "role"), want: xacml.Permit},
		{name: "what it may supply in this form", request: forged("role", "boss"), sources: roles(), supplies: listed(delegated, "role"), want: xacml.Permit},
		{name: "what nobody owns", request: forged("role", "boss"), want: xacml.Permit},
		{name: "the subject of a token", request: forged("role", "boss"), token: "good", refused: true},
		{name: "its content", request: content, token: "good", refused: true},
		{name: "its content, without a token", request: content, want: xacml.NotApplicable},
	} {
		h := New(Config{Sources: tt.sources, Supplies: tt.supplies, Identify: issuer(time.Time{})})
		answer, err := h.Decide(t.Context(), delegating(t), Call{Request: tt.request, Token: tt.token})
		e, _ := errors.AsType[*Error](err)
		if refused := e != nil && e.Reason == ReasonAttributeNotAllowed; refused != tt.refused || !refused && err != nil {
			t.Errorf("%s: got %v, %v, want refused: %t", tt.name, answer.Results, err, tt.refused)
			continue
		}
		if err == nil && answer.Results[0].Decision != tt.want {
			t.Errorf("%s: got %s (%s), want %s", tt.name, answer.Results[0].Decision.Extended(), answer.Results[0].Status.Message, tt.want)
		}
	}
}

// Where policies may have issuers nobody makes an administrative request to whom its
// categories are not listed: policies about issuers would permit it.
func TestOwnership_AdministrativeRequests(t *testing.T) {
	const delegated = xacml.CategoryDelegatedPrefix + xacml.CategoryAccessSubject
	with := func(attrs ...xacml.Attributes) *xacml.Request {
		r := request("a.id=write")
		r.Attributes = append(r.Attributes, attrs...)
		return r
	}
	boss := xacml.Attributes{Category: delegated, Attributes: []xacml.Attribute{{ID: "role", Values: []value.Value{value.String("boss")}}}}
	delegate, empty := xacml.Attributes{Category: xacml.CategoryDelegate}, xacml.Attributes{Category: delegated}
	listed := []Supply{
		{"admin", delegated, []string{"role"}},
		{"admin", xacml.CategoryDelegate, []string{"id"}},
		{Everybody, xacml.CategoryAccessSubject, []string{"role"}},
	}
	for _, tt := range []struct {
		name, caller string
		request      *xacml.Request
		want         xacml.Decision
		refused      bool
	}{
		{name: "none", caller: "pep", request: with(), want: xacml.NotApplicable},
		{name: "a delegated subject", caller: "pep", request: with(boss), refused: true},
		{name: "with a delegate", caller: "pep", request: with(delegate, boss), refused: true},
		{name: "only a delegate", caller: "pep", request: with(delegate), refused: true},
		{name: "a delegated subject without attributes", caller: "pep", request: with(empty), refused: true},
		{name: "what is decided", caller: "pep", request: with(xacml.Attributes{Category: xacml.CategoryDelegationInfo}), refused: true},
		{name: "who may", caller: "admin", request: with(delegate, boss), want: xacml.Permit},
		{name: "who may say something else", caller: "admin", refused: true, request: with(delegate, xacml.Attributes{
			Category: delegated, Attributes: []xacml.Attribute{{ID: "user", Values: []value.Value{value.String("1")}}},
		})},
		{name: "who may in another category", caller: "admin", request: with(xacml.Attributes{Category: xacml.CategoryDelegationInfo}), refused: true},
	} {
		h := New(Config{Supplies: listed, Delegation: true})
		answer, err := h.Decide(t.Context(), delegating(t), Call{Caller: tt.caller, Request: tt.request})
		e, _ := errors.AsType[*Error](err)
		if refused := e != nil && e.Reason == ReasonAttributeNotAllowed; refused != tt.refused || !refused && err != nil {
			t.Errorf("%s: got %v, %v, want refused: %t", tt.name, answer.Results, err, tt.refused)
			continue
		}
		if err == nil && answer.Results[0].Decision != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, answer.Results[0].Decision.Extended(), tt.want)
		}
	}
}

// A request in the delegated form is not plain, also where the configuration names
// something in it: the short way does not know what belongs to whom there.
func TestOwnership_DelegatedFormIsNotPlain(t *testing.T) {
	const delegated = xacml.CategoryDelegatedPrefix + xacml.CategoryAccessSubject
	d, err := NewDictionary([]Attribute{{Category: delegated, ID: "user"}, {Category: xacml.CategoryDelegate, ID: "id"}})
	if err != nil {
		t.Fatal(err)
	}
	h := New(Config{Dictionary: d, Sources: []pip.Source{source("roles", "s.user", "s.role", &fake{})}})
	q, ok := h.NewQuery(delegating(t))
	if !ok {
		t.Fatal("there is no short way")
	}
	defer q.Close()
	if _, ok := q.Attribute(xacml.CategoryAccessSubject, "user"); !ok {
		t.Error("a subject is not plain")
	}
	if _, ok := q.Attribute(xacml.CategoryDelegate, "id"); ok {
		t.Error("a delegate is plain")
	}
	if _, ok := q.Attribute(delegated, "role"); ok {
		t.Error("an attribute that a source owns is plain in its delegated form")
	}
}

// What a caller is told of a name that it chose is short, also if the name is not: it
// goes back in a header.
func TestOwnership_LongNames(t *testing.T) {
	long := strings.Repeat("a", 199) + strings.Repeat("é", 10_000)
	h := New(Config{Identify: issuer(time.Time{})})
	_, err := h.Decide(t.Context(), snapshot(t, rule("all", "Permit")), Call{Request: request("s." + long + "=1"), Token: "good"})
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Reason != ReasonAttributeNotAllowed || len(e.Message) > 500 || !utf8.ValidString(e.Message) || !strings.Contains(e.Message, "aaa") {
		t.Errorf("got %.300v, want a short refusal that names the attribute", err)
	}
}
