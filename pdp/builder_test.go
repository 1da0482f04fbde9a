package pdp_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"weak"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// A PDP that came about by changes is the PDP of the documents that there are:
// it has the same problems and gives the same results, and the PDPs on the way
// to it give what they gave.
func TestBuilder_ChangesAreLikeNew(t *testing.T) {
	t.Parallel()
	sequences := min(lawCases()/10, 2000)
	built, refused := 0, 0
	for i := range sequences {
		s := newSequence(t, i)
		for range 8 {
			if s.step() {
				built++
			} else {
				refused++
			}
		}
		for _, p := range s.past {
			s.decides(p, p.results)
		}
		if t.Failed() {
			t.Fatalf("sequence %d", i)
		}
	}
	t.Logf("%d builds, %d refused", built, refused)
	if uint64(built) < 2*sequences || uint64(refused) < sequences {
		t.Errorf("got %d builds and %d that are refused of %d, want many of both", built, refused, 8*sequences)
	}
}

// sequence is a PDP that is changed again and again.
type sequence struct {
	t      *testing.T
	rng    *rand.Rand
	config pdp.Config
	pool   []policy.Document // what there may be
	cases  []*generate.Case  // requests
	now    *pdp.PDP
	there  map[string]policy.Document // the documents of now
	past   []pastPDP
}

// pastPDP is a PDP of the sequence with its results for the requests.
type pastPDP struct {
	*pdp.PDP
	results []xacml.Result
}

func newSequence(t *testing.T, n uint64) *sequence {
	t.Helper()
	seed := lawSeed(t)
	s := &sequence{t: t, rng: rand.New(rand.NewPCG(seed, n)), there: make(map[string]policy.Document)}
	good, bad := generate.New(seed, generate.Options{}), generate.New(seed, generate.Options{IllTyped: true})
	add := func(folder string, c *generate.Case) {
		for _, d := range c.Documents {
			d.Name = folder + d.Name
			s.pool = append(s.pool, d)
		}
	}
	for i := range 3 {
		c := good.Case(3*n + uint64(i))
		s.cases = append(s.cases, c)
		if i == 1 { // as the first one, which has the same ids
			add("b/", c)
			continue
		}
		add("a/", renamed(c, i))
		add("c/", c) // where they are twice
	}
	add("d/", renamed(bad.Case(n), 3))
	s.pool = append(s.pool, policy.Document{Name: "empty.xml"}, circular("e/", 0, 1), circular("e/", 1, 0), circular("e/", 2, 1))
	s.config = pdp.Config{
		RootAlgorithm: s.cases[0].RootAlgorithm, Now: generate.Now, Lenient: s.rng.IntN(2) == 0, KeepModel: s.rng.IntN(2) == 0,
		OnPanic: func(_ context.Context, p pdp.Panic) { t.Errorf("panic: %v\n%s", p.Recovered, p.Stack) },
	}
	// It begins with the documents of one case, in the order that they have.
	first := good.Case(3 * n)
	for _, d := range first.Documents {
		s.there[d.Name] = d
	}
	var problems policy.Problems
	if s.now, problems = pdp.New(s.config, first.Documents); s.now == nil {
		t.Fatalf("the documents of a case are refused: %v", problems)
	}
	return s
}

// renamed is a case with other ids of policies.
func renamed(c *generate.Case, n int) *generate.Case {
	c = c.Clone()
	var walk func(policy.Child)
	walk = func(child policy.Child) {
		switch p := child.(type) {
		case *policy.PolicySet:
			p.ID = fmt.Sprint(p.ID, "-", n)
			for _, inner := range p.Children {
				walk(inner)
			}
		case *policy.Policy:
			p.ID = fmt.Sprint(p.ID, "-", n)
		case *policy.Reference:
			p.ID = fmt.Sprint(p.ID, "-", n)
		case *policy.Invalid:
		}
	}
	for _, d := range c.Documents {
		walk(d.Root)
	}
	return c
}

// circular is a policy set that refers to another one of these.
func circular(folder string, n, to int) policy.Document {
	return policy.Document{Name: fmt.Sprint(folder, n), ReferenceOnly: n == 2, Root: &policy.PolicySet{
		ID: fmt.Sprint("circle", n), Version: "1.0", Algorithm: xacml.PolicyAlgorithm3 + "deny-overrides",
		Children: []policy.Child{&policy.Reference{PolicySet: true, ID: fmt.Sprint("circle", to)}},
	}}
}

// step changes some documents and compares; it reports whether they are not refused.
func (s *sequence) step() bool {
	s.t.Helper()
	b := s.now.Edit()
	there := maps.Clone(s.there)
	for range 1 + s.rng.IntN(4) {
		if names := slices.Sorted(maps.Keys(there)); len(names) > 0 && s.rng.IntN(3) == 0 {
			name := names[s.rng.IntN(len(names))]
			b.Remove(name)
			delete(there, name)
			continue
		}
		d := s.pool[s.rng.IntN(len(s.pool))]
		if s.rng.IntN(4) == 0 { // in the place of another one
			d.Name = s.pool[s.rng.IntN(len(s.pool))].Name
		}
		if s.rng.IntN(8) == 0 {
			d.ReferenceOnly = !d.ReferenceOnly
		}
		b.Set(d)
		there[d.Name] = d
	}
	var documents []policy.Document
	for _, name := range slices.Sorted(maps.Keys(there)) {
		documents = append(documents, there[name])
	}
	want, wantProblems := pdp.New(s.config, documents)
	got, problems := b.Build()
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		s.t.Errorf("problems of changed documents (-New +changed):\n%s", diff)
	}
	if (got != nil) != (want != nil) {
		s.t.Fatalf("got PDP %t, want %t; problems:\n%v", got != nil, want != nil, problems)
	}
	if got == nil {
		return false
	}
	s.now, s.there = got, there
	past := pastPDP{PDP: got}
	for _, c := range s.cases {
		past.results = append(past.results, want.Evaluate(s.t.Context(), c.Request, c))
	}
	s.decides(past, past.results)
	s.past = append(s.past, past)
	return true
}

// decides compares what the PDP gives for the requests.
func (s *sequence) decides(p pastPDP, want []xacml.Result) {
	s.t.Helper()
	for i, c := range s.cases {
		if diff := difference(want[i], p.Evaluate(s.t.Context(), c.Request, c)); diff != "" {
			s.t.Errorf("request %d: %s", i, diff)
		}
		if s.config.KeepModel {
			if got := p.EvaluateReference(s.t.Context(), c.Request, c); got.Decision != want[i].Decision {
				s.t.Errorf("request %d: got %s by the policy model, want %s", i, got.Decision.Extended(), want[i].Decision.Extended())
			}
		}
	}
}

// small is a policy that says Permit to one subject.
func small(n int) policy.Document {
	return policy.Document{Name: fmt.Sprintf("%06d.xml", n), Root: permitting(n, fmt.Sprintf("subject-%d", n))}
}

func permitting(n int, subject string) *policy.Policy {
	return &policy.Policy{
		ID: fmt.Sprintf("urn:policy:%d", n), Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides",
		Target: policy.Target{AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: []policy.Match{{
			Function: xacml.Function1 + "string-equal", Literal: value.String(subject),
			Bag: &policy.Designator{AttributeKey: subjectKey},
		}}}}}}},
		Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit}},
	}
}

var subjectKey = xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "id", Type: value.TypeString}

func asking(subject string) *xacml.Request {
	return &xacml.Request{Attributes: []xacml.Attributes{{
		Category: subjectKey.Category, Attributes: []xacml.Attribute{{ID: subjectKey.ID, Values: []value.Value{value.String(subject)}}},
	}}}
}

// Set may be called by several goroutines at once.
func TestBuilder_SetAtOnce(t *testing.T) {
	const documents, workers = 400, 8
	b := pdp.NewBuilder(pdp.Config{})
	for round := range 2 {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for n := w; n < documents; n += workers {
					switch {
					case round == 1 && n%3 == 0:
						b.Remove(small(n).Name)
					case round == 0 || n%3 == 1:
						b.Set(small(n))
					}
				}
			})
		}
		wg.Wait()
		p, problems := b.Build()
		if p == nil {
			t.Fatal(problems)
		}
		for n := range documents {
			want := xacml.Permit
			if round == 1 && n%3 == 0 {
				want = xacml.NotApplicable
			}
			if got := p.Evaluate(t.Context(), asking(fmt.Sprintf("subject-%d", n)), nil); got.Decision != want {
				t.Errorf("round %d, subject %d: got %s, want %s", round, n, got.Decision, want)
			}
		}
		b = p.Edit()
	}
}

// A refused change leaves the PDP as it is, and it can be changed again.
func TestBuilder_Refused(t *testing.T) {
	p, _ := pdp.New(pdp.Config{}, []policy.Document{small(1), small(2)})
	b := p.Edit()
	b.Remove(small(1).Name)
	b.Set(policy.Document{Name: "empty.xml"})
	if q, problems := b.Build(); q != nil || len(problems.Errors()) != 1 {
		t.Errorf("got PDP %t, problems %v; want the one of empty.xml", q != nil, problems)
	}
	for round := range 2 {
		for n := 1; n <= 2; n++ {
			if got := p.Evaluate(t.Context(), asking(fmt.Sprintf("subject-%d", n)), nil); got.Decision != xacml.Permit {
				t.Errorf("round %d, subject %d: got %s, want Permit", round, n, got.Decision)
			}
		}
		p, _ = p.Edit().Build()
	}
}

// Documents are in the order of their names, whatever the order is in which
// they come; New keeps the order that it is given.
func TestBuilder_Order(t *testing.T) {
	config := pdp.Config{RootAlgorithm: xacml.PolicyAlgorithm1 + "first-applicable"}
	deny := permitting(2, "subject")
	deny.Rules[0].Effect = xacml.EffectDeny
	first, second := policy.Document{Name: "a.xml", Root: deny}, policy.Document{Name: "b.xml", Root: permitting(1, "subject")}
	p, _ := pdp.New(config, []policy.Document{second, first})
	if got := p.Evaluate(t.Context(), asking("subject"), nil); got.Decision != xacml.Permit {
		t.Errorf("New: got %s, want Permit of the first document given", got.Decision)
	}
	edited, _ := p.Edit().Build()
	b := pdp.NewBuilder(config)
	b.Set(second)
	b.Set(first)
	set, _ := b.Build()
	for _, p := range []*pdp.PDP{edited, set} {
		if got := p.Evaluate(t.Context(), asking("subject"), nil); got.Decision != xacml.Deny {
			t.Errorf("got %s, want Deny of a.xml", got.Decision)
		}
	}
}

// Documents that New was given by one name go together.
func TestBuilder_DocumentsOfOneName(t *testing.T) {
	twice := func(n int) policy.Document { return policy.Document{Name: "a.xml", Root: small(n).Root} }
	all := []policy.Document{twice(1), small(3), twice(2)}
	for _, tt := range []struct {
		name   string
		change func(*pdp.Builder)
		want   []xacml.Decision
	}{
		{"nothing", func(*pdp.Builder) {}, []xacml.Decision{xacml.Permit, xacml.Permit, xacml.Permit, xacml.NotApplicable}},
		{"removed", func(b *pdp.Builder) { b.Remove("a.xml") }, []xacml.Decision{xacml.NotApplicable, xacml.NotApplicable, xacml.Permit, xacml.NotApplicable}},
		{"set", func(b *pdp.Builder) { b.Set(twice(4)) }, []xacml.Decision{xacml.NotApplicable, xacml.NotApplicable, xacml.Permit, xacml.Permit}},
	} {
		p, problems := pdp.New(pdp.Config{}, all)
		if p == nil {
			t.Fatal(problems)
		}
		b := p.Edit()
		tt.change(b)
		if p, problems = b.Build(); p == nil {
			t.Fatal(problems)
		}
		for i, want := range tt.want {
			if got := p.Evaluate(t.Context(), asking(fmt.Sprintf("subject-%d", i+1)), nil); got.Decision != want {
				t.Errorf("%s: subject %d: got %s, want %s", tt.name, i+1, got.Decision, want)
			}
		}
	}
}

// EvaluateReference needs the policy model, which is kept only if it is asked for.
func TestEvaluateReference(t *testing.T) {
	for _, keep := range []bool{true, false} {
		p, _ := pdp.New(pdp.Config{KeepModel: keep}, []policy.Document{small(1)})
		want, message := xacml.Permit, ""
		if !keep {
			want, message = xacml.IndeterminateDP, "the policy model is not kept"
		}
		got := p.EvaluateReference(t.Context(), asking("subject-1"), nil)
		if got.Decision != want || got.Status.Message != message {
			t.Errorf("model kept %t: got %s, status %q; want %s, status %q", keep, got.Decision.Extended(), got.Status.Message, want.Extended(), message)
		}
		if got := p.EvaluateReference(t.Context(), nil, nil); keep && got.Decision != xacml.NotApplicable {
			t.Errorf("no request: got %s, want NotApplicable", got.Decision)
		}
	}
}

// A builder keeps nothing of the policy model, which is many times as large as
// what is made of it.
func TestBuilder_LetsGoOfTheModel(t *testing.T) {
	b := pdp.NewBuilder(pdp.Config{})
	set := func() (models []weak.Pointer[policy.Policy]) {
		for n := range 10 {
			d := small(n)
			models = append(models, weak.Make(d.Root.(*policy.Policy)))
			b.Set(d)
		}
		return models
	}
	models := set()
	runtime.GC()
	for n, m := range models {
		if m.Value() != nil {
			t.Errorf("the policy model of document %d is kept", n)
		}
	}
	if p, problems := b.Build(); p == nil {
		t.Error(problems)
	}
}
