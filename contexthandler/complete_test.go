package contexthandler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	"github.com/forseti-pdp/forseti/pip"
)

// altinn is the shape of the domain: an instance gives app, task and party; user
// and party give roles; system user packages are of no interest here.
func altinn() (instance, roles, packages *fake, sources []pip.Source) {
	instance = &fake{answers: map[string]string{"i1": "tax|Task_1|50001", "i2": "other|Task_1|50002"}}
	roles = &fake{answers: map[string]string{"1337|50001": "dagl,regna"}}
	packages = &fake{}
	return instance, roles, packages, []pip.Source{
		source("instance", "r.instance", "r.app r.task r.party!", instance),
		source("roles", "s.user r.party", "s.role", roles),
		source("packages", "s.user r.party", "s.package", packages),
	}
}

func TestComplete_AsksInTheOrderOfNeedsAndNothingElse(t *testing.T) {
	instance, roles, packages, sources := altinn()
	s := snapshot(t,
		rule("tax", "Permit", "r.app=tax", "s.role=dagl"),
		rule("never", "Permit", "r.app=absent", "s.package=x"))
	result := decide(t, s, sources, request("s.user=1337", "r.instance=i1", "a.id=read"))
	if result.Decision != xacml.Permit {
		t.Errorf("got %s (%s), want Permit", result.Decision.Extended(), result.Status.Message)
	}
	if got := strings.Join(instance.asked, " ") + "/" + strings.Join(roles.asked, " "); got != "i1/1337|50001" {
		t.Errorf("asked %s, want i1/1337|50001", got)
	}
	if len(packages.asked) > 0 {
		t.Errorf("asked for packages, which only a policy that cannot apply names: %v", packages.asked)
	}
	if len(result.Attributes) != 1 || result.Attributes[0].Attributes[0].ID != "party" {
		t.Errorf("got attributes %v back, want the party", result.Attributes)
	}
}

// §5.48: a category comes back once, with what the request and the sources have of it.
func TestComplete_ACategoryComesBackOnce(t *testing.T) {
	s := snapshot(t, rule("r", "Permit", "r.party=50001", "s.role=dagl"))
	sources := []pip.Source{
		source("instance", "r.instance", "r.party!", &fake{answers: map[string]string{"i1": "50001"}}),
		source("roles", "s.user", "s.role!", &fake{answers: map[string]string{"1337": "dagl"}}),
	}
	r := request("s.user=1337", "r.instance=i1")
	r.Attributes[1].Attributes[0].IncludeInResult = true
	explained, err := New(Config{Snapshot: func() *pap.Snapshot { return s }, Sources: sources}).Decide(t.Context(), s, Call{Request: r, Explain: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, result := range map[string]xacml.Result{"decided": decide(t, s, sources, r), "explained": explained.Results[0]} {
		var got []string
		for _, attrs := range result.Attributes {
			for _, a := range attrs.Attributes {
				got = append(got, a.ID)
			}
			got = append(got, "|")
		}
		if want := "instance party | role |"; strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", name, strings.Join(got, " "), want)
		}
	}
	if n := len(r.Attributes[1].Attributes); n != 1 {
		t.Errorf("the request has %d attributes of the resource now", n)
	}
}

func TestComplete_NothingIsAskedForARequestThatHasItAll(t *testing.T) {
	instance, roles, _, sources := altinn()
	s := snapshot(t, rule("tax", "Permit", "r.app=tax", "s.role=dagl"))
	r := request("s.user=1337", "r.instance=i1", "r.app=other", "r.party=50001")
	if got := decideAllowing(t, s, sources, r).Decision; got != xacml.NotApplicable {
		t.Errorf("got %s, want NotApplicable", got)
	}
	if len(instance.asked)+len(roles.asked) > 0 {
		t.Errorf("asked %v and %v, want nothing: the app decides", instance.asked, roles.asked)
	}
}

// decideAllowing lets the caller supply everything.
func decideAllowing(t *testing.T, s *pap.Snapshot, sources []pip.Source, r *xacml.Request) xacml.Result {
	t.Helper()
	var supplies []Supply
	for _, src := range sources {
		for _, p := range src.Provides {
			supplies = append(supplies, Supply{Everybody, p.Key.Category, []string{p.Key.ID}})
		}
	}
	h := New(Config{Sources: sources, Supplies: supplies})
	results, err := decided(h.Decide(t.Context(), s, Call{Request: r}))
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}

func TestComplete_AbsentIsNotUnavailable(t *testing.T) {
	s := snapshot(t, rule("blocked", "Deny", "s.blocked=yes"), rule("all", "Permit"))
	for _, tt := range []struct {
		name   string
		source *fake
		want   xacml.Decision
	}{
		{"none", &fake{}, xacml.Permit},
		{"yes", &fake{answers: map[string]string{"1337": "yes"}}, xacml.Deny},
		{"fails", &fake{fail: errors.New("no route")}, xacml.IndeterminateDP},
		{"panics", &fake{hook: func(context.Context) error { panic("fault") }}, xacml.IndeterminateDP},
	} {
		result := decide(t, s, []pip.Source{source("register", "s.user", "s.blocked", tt.source)}, request("s.user=1337"))
		if result.Decision != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, result.Decision.Extended(), tt.want.Extended())
		}
		if result.Decision.Indeterminate() && result.Status.Code != xacml.StatusProcessingError {
			t.Errorf("%s: got status %s, want processing-error", tt.name, result.Status.Code)
		}
	}
}

// A need that failed fails what depends on it; one that is absent leaves it absent.
func TestComplete_FailureAndAbsenceGoDownTheChain(t *testing.T) {
	s := snapshot(t, rule("blocked", "Deny", "s.role=banned"), rule("all", "Permit"))
	for _, tt := range []struct {
		name     string
		instance *fake
		want     xacml.Decision
	}{
		{"absent", &fake{}, xacml.Permit},
		{"failed", &fake{fail: errors.New("down")}, xacml.IndeterminateDP},
	} {
		roles := &fake{answers: map[string]string{"1337|1": "banned"}}
		result := decide(t, s, []pip.Source{
			source("instance", "r.instance", "r.party", tt.instance),
			source("roles", "s.user r.party", "s.role", roles),
		}, request("s.user=1337", "r.instance=i"))
		if result.Decision != tt.want || len(roles.asked) > 0 {
			t.Errorf("%s: got %s and roles asked %v, want %s and nothing asked", tt.name, result.Decision.Extended(), roles.asked, tt.want.Extended())
		}
	}
}

// Several sources of one attribute are merged; if one fails, a part of the
// values would be worse than none.
func TestComplete_SeveralSourcesOfOneAttribute(t *testing.T) {
	s := snapshot(t, rule("banned", "Deny", "s.role=banned"), rule("dagl", "Permit", "s.role=dagl"))
	register := &fake{answers: map[string]string{"1337": "dagl,regna"}}
	for _, tt := range []struct {
		name        string
		delegations *fake
		want        xacml.Decision
		roles       string
	}{
		{"none", &fake{}, xacml.Permit, "dagl regna"},
		{"more", &fake{answers: map[string]string{"1337": "regna,banned"}}, xacml.Deny, "dagl regna banned"},
		{"fails", &fake{fail: errors.New("down")}, xacml.IndeterminateDP, ""},
	} {
		var roles []string
		h := New(Config{
			Sources: []pip.Source{source("register", "s.user", "s.role", register), source("delegations", "s.user", "s.role", tt.delegations)},
			Observe: func(_ *xacml.Request, found []xacml.Attributes) {
				for _, as := range found {
					for _, v := range as.Attributes[0].Values {
						roles = append(roles, v.String())
					}
				}
			},
		})
		results, err := decided(h.Decide(t.Context(), s, Call{Request: request("s.user=1337")}))
		if err != nil {
			t.Fatal(err)
		}
		if results[0].Decision != tt.want || strings.Join(roles, " ") != tt.roles {
			t.Errorf("%s: got %s with roles %v, want %s with %s", tt.name, results[0].Decision.Extended(), roles, tt.want.Extended(), tt.roles)
		}
	}
}

func TestComplete_SourcesThatNeedEachOther(t *testing.T) {
	sources := func() (a, b *fake, list []pip.Source) {
		a = &fake{answers: map[string]string{"ttd|tax": "app_ttd_tax"}}
		b = &fake{answers: map[string]string{"app_ttd_tax": "ttd|tax"}}
		return a, b, []pip.Source{
			source("resource-of-app", "r.org r.app", "r.resource", a),
			source("app-of-resource", "r.resource", "r.org r.app", b),
		}
	}
	s := snapshot(t, rule("both", "Permit", "r.resource=app_ttd_tax", "r.app=tax"))
	for _, tt := range []struct {
		name string
		r    *xacml.Request
		want xacml.Decision
	}{
		{"app given", request("r.org=ttd", "r.app=tax"), xacml.Permit},
		{"resource given", request("r.resource=app_ttd_tax"), xacml.Permit},
		{"half given", request("r.org=ttd"), xacml.NotApplicable},
		{"nothing given", request("a.id=read"), xacml.NotApplicable},
	} {
		_, _, list := sources()
		if got := decideAllowing(t, s, list, tt.r); got.Decision != tt.want {
			t.Errorf("%s: got %s (%s), want %s", tt.name, got.Decision.Extended(), got.Status.Message, tt.want)
		}
	}
}

func TestComplete_IndependentSourcesSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context) error { time.Sleep(50 * time.Millisecond); return nil }
		var sources []pip.Source
		var conditions []string
		for _, n := range []string{"a", "b", "c", "d"} {
			sources = append(sources, source(n, "s.user", "s."+n, &fake{hook: slow, answers: map[string]string{"1": "x"}}))
			conditions = append(conditions, "s."+n+"=x")
		}
		s := snapshot(t, rule("all", "Permit", conditions...))
		started := time.Now()
		if got := decide(t, s, sources, request("s.user=1")).Decision; got != xacml.Permit {
			t.Errorf("got %s, want Permit", got)
		}
		if took := time.Since(started); took != 50*time.Millisecond {
			t.Errorf("four independent sources of 50 ms took %v, want 50 ms", took)
		}
	})
}

// A need with several values asks once for each; the combinations are bounded.
func TestComplete_SeveralValuesOfANeed(t *testing.T) {
	s := snapshot(t, rule("x", "Permit", "s.role=x"))
	f := &fake{answers: map[string]string{"1|b": "x"}}
	r := request("s.user=1", "r.party=a", "r.party=b", "r.party=b")
	if got := decide(t, s, []pip.Source{source("roles", "s.user r.party", "s.role", f)}, r).Decision; got != xacml.Permit {
		t.Errorf("got %s, want Permit", got)
	}
	if slices.Sort(f.asked); strings.Join(f.asked, " ") != "1|a 1|b" {
		t.Errorf("asked %v, want 1|a and 1|b once each", f.asked)
	}
	var many []string
	for i := range maxQuestions + 1 {
		many = append(many, "r.party="+string(rune('A'+i%26))+string(rune('a'+i/26)))
	}
	f.asked = nil
	result := decide(t, s, []pip.Source{source("roles", "s.user r.party", "s.role", f)}, request(append(many, "s.user=1")...))
	if result.Decision != xacml.IndeterminateP || len(f.asked) > 0 {
		t.Errorf("too many combinations: got %s and %d questions, want Indeterminate{P} and none", result.Decision.Extended(), len(f.asked))
	}
}

// A source is not asked for a value that policies do not see: a Deny on the
// party as a string would not match one that came as an integer.
func TestComplete_NeedOfAnotherType(t *testing.T) {
	s := snapshot(t, rule("dagl", "Permit", "s.role=dagl"))
	_, roles, _, sources := altinn()
	r := request("s.user=1337")
	r.Attributes = append(r.Attributes, xacml.Attributes{Category: xacml.CategoryResource, Attributes: []xacml.Attribute{
		{ID: "party", Values: []value.Value{value.NewInteger(50001)}},
	}})
	if got := decideAllowing(t, s, sources, r).Decision; got != xacml.IndeterminateP || len(roles.asked) > 0 {
		t.Errorf("got %s, roles asked %v, want Indeterminate{P} and nothing asked", got.Extended(), roles.asked)
	}
}

// A need with an issuer is not met by a value of another one, and not absent.
func TestComplete_NeedOfAnIssuer(t *testing.T) {
	s := snapshot(t, rule("blocked", "Deny", "s.blocked=yes"), rule("user", "Permit", "s.user=1"))
	f := &fake{answers: map[string]string{"1": "yes"}}
	src := source("register", "s.user", "s.blocked", f)
	src.Needs[0].Key.Issuer = "idp"
	if got := decide(t, s, []pip.Source{src}, request("s.user=1")).Decision; got != xacml.IndeterminateDP {
		t.Errorf("got %s, want Indeterminate{DP}", got.Extended())
	}
}

// In a circle a source is asked before all of its needs are known. If they turn
// out to be other ones, or unknown, so is what it said.
func TestComplete_CircleWithOtherNeeds(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    *fake
		want xacml.Decision
	}{
		{"fails", &fake{fail: errors.New("down")}, xacml.IndeterminateDP},
		{"another party", &fake{answers: map[string]string{"n": "p2"}}, xacml.IndeterminateDP},
		{"the same party", &fake{answers: map[string]string{"n": "p1"}}, xacml.Permit},
		{"no party", &fake{}, xacml.Permit},
	} {
		a := &fake{answers: map[string]string{"p1": "no|n", "p2": "yes|n"}}
		c := &fake{answers: map[string]string{"1": "p1"}}
		s := snapshot(t, rule("all", "Permit"), rule("blocked", "Deny", "s.blocked=yes"))
		got := decide(t, s, []pip.Source{
			source("a", "s.party", "s.blocked s.level", a), source("b", "s.level", "s.party", tt.b), source("c", "s.user", "s.party", c),
		}, request("s.user=1"))
		if got.Decision != tt.want {
			t.Errorf("%s: got %s (%s), want %s", tt.name, got.Decision.Extended(), got.Status.Message, tt.want.Extended())
		}
	}
}

func TestComplete_CancelledCallIsNoDecision(t *testing.T) {
	s := snapshot(t, rule("x", "Permit", "s.role=x"))
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{hook: func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }}
	h := New(Config{Sources: []pip.Source{source("roles", "s.user", "s.role", f)}})
	results, err := decided(h.Decide(ctx, s, Call{Request: request("s.user=1")}))
	var e *Error
	if !errors.As(err, &e) || e.Reason != ReasonCancelled || results != nil {
		t.Errorf("got %v, %v, want no result and ReasonCancelled", results, err)
	}
	deadline, cancel2 := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel2()
	<-deadline.Done()
	if _, err := decided(h.Decide(deadline, s, Call{Request: request("s.user=1")})); !errors.As(err, &e) || e.Reason != ReasonDeadlineExceeded {
		t.Errorf("got %v, want ReasonDeadlineExceeded", err)
	}
}

// A decision is made on one reading of the clock: what was needed at the first
// reading is what matters at the evaluation (§7.3.6).
func TestComplete_OneReadingOfTheClock(t *testing.T) {
	blockedAfterNine := fmt.Sprintf(`<Rule RuleId="blocked after nine" Effect="Deny"><Target><AnyOf><AllOf>
<Match MatchId="%stime-less-than-or-equal"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#time">09:00:00Z</AttributeValue>
<AttributeDesignator Category=%q AttributeId=%q DataType="http://www.w3.org/2001/XMLSchema#time" MustBePresent="true"/></Match>
<Match MatchId="%sstring-equal"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">yes</AttributeValue>
<AttributeDesignator Category=%q AttributeId="blocked" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Match>
</AllOf></AnyOf></Target></Rule>`, xacml.Function1, xacml.CategoryEnvironment, xacml.AttributeCurrentTime, xacml.Function1, xacml.CategoryAccessSubject)
	for _, tt := range []struct {
		start string
		want  xacml.Decision
		asked int
	}{{"2026-11-21T08:59:59Z", xacml.Permit, 0}, {"2026-11-21T09:00:00Z", xacml.Deny, 1}} {
		start, err := time.Parse(time.RFC3339, tt.start)
		if err != nil {
			t.Fatal(err)
		}
		readings := 0
		s := snapshotAt(t, func() time.Time {
			readings++
			return start.Add(time.Duration(readings-1) * 2 * time.Second)
		}, blockedAfterNine, rule("all", "Permit"))
		register := &fake{answers: map[string]string{"1": "yes"}}
		got := decide(t, s, []pip.Source{source("register", "s.user", "s.blocked", register)}, request("s.user=1"))
		if got.Decision != tt.want || readings != 1 || len(register.asked) != tt.asked {
			t.Errorf("at %s: got %s, %d readings, asked %v; want %s, one reading, %d questions",
				tt.start, got.Decision.Extended(), readings, register.asked, tt.want, tt.asked)
		}
	}
}

// A source that was asked with an XPath expression, which equals no other, was asked
// with what is known of it.
func TestComplete_NeedWithoutEquality(t *testing.T) {
	blocked := source("blocked", "r.where", "s.blocked", nil)
	blocked.Needs[0].Key.Type = value.TypeXPathExpression
	blocked.Provider = constant(pip.Answer{Bags: []value.Bag{value.NewBag(value.TypeString, value.String("yes"))}})
	r := request("r.where=x")
	r.Attributes[0].Attributes[0].Values[0] = value.NewXPathExpression("/a", xacml.CategoryResource, nil, xacml.XPath10)
	got := decide(t, snapshot(t, rule("blocked", "Deny", "s.blocked=yes"), rule("all", "Permit")), []pip.Source{blocked}, r)
	if got.Decision != xacml.Deny {
		t.Errorf("got %s (%s), want Deny", got.Decision.Extended(), got.Status.Message)
	}
}

// Where the steps do not suffice to tell what may matter, but do to decide, everything
// is looked up.
func TestComplete_NeedsOutOfSteps(t *testing.T) {
	const regexp = `<Match MatchId="` + xacml.Function1 + `string-regexp-match"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">^no</AttributeValue>` +
		`<AttributeDesignator Category="` + xacml.CategoryResource + `" AttributeId="many" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Match>`
	const blocked = `<Condition><Apply FunctionId="` + xacml.Function1 + `string-is-in"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">yes</AttributeValue>` +
		`<AttributeDesignator Category="` + xacml.CategoryAccessSubject + `" AttributeId="blocked" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Apply></Condition></Rule>`
	text := fmt.Sprintf(`<Policy xmlns=%q PolicyId="p" Version="1" RuleCombiningAlgId="%spermit-unless-deny"><Target/><Rule RuleId="1" Effect="Permit"><Target>%s</Target></Rule>%s</Policy>`,
		xacml.Namespace, xacml.RuleAlgorithm3, strings.Repeat("<AnyOf><AllOf>"+regexp+"</AllOf></AnyOf>", 4),
		strings.Replace(rule("blocked", "Deny", "r.many=no"), "</Rule>", blocked, 1))
	d, problems := xacmlxml.ReadPolicy("p.xml", []byte(text), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	r := request("r.many=no")
	for i := range 1000 {
		r.Attributes[0].Attributes[0].Values = slices.Insert(r.Attributes[0].Attributes[0].Values, 0, value.Value(value.String(fmt.Sprint(i))))
	}
	sources := []pip.Source{source("register", "", "s.blocked", &fake{answers: map[string]string{"": "yes"}})}
	decisions := make(map[xacml.Decision]bool)
	for budget := 500; budget < 30_000; budget += 500 {
		p, problems := pdp.New(pdp.Config{Budget: budget}, []policy.Document{d})
		if p == nil {
			t.Fatal(problems)
		}
		decisions[decide(t, &pap.Snapshot{ID: "test", PDP: p}, sources, r).Decision] = true
	}
	if want := map[xacml.Decision]bool{xacml.Deny: true, xacml.IndeterminateDP: true}; !maps.Equal(decisions, want) {
		t.Errorf("got %v, want Deny and Indeterminate{DP}", decisions)
	}
}
