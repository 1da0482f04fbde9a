package eval_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/compile"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// A program that was made from another one by changing documents, several times,
// decides as one that was made at once; and the other one as it did before.
func TestDifferential_Edited(t *testing.T) {
	cases := differentialPairs(t) / 200
	library := function.All()
	seed := differentialSeed(t)
	g := generate.New(seed, generate.Options{Indexed: true})
	var pairs, edits int
	for n := uint64(0); uint64(pairs) < cases; n++ {
		all := g.Cases(n, 20)
		if len(all[0].Documents) < 4 {
			continue
		}
		rng := rand.New(rand.NewPCG(seed, n))
		programs := edited(rng, library, all[0], 1+rng.IntN(4))
		edits += len(programs)
		s := newSubject(library, all[0], false)
		before := make(map[*eval.Program]xacml.Result)
		for _, p := range programs {
			before[p] = eval.Evaluate(t.Context(), p, newPair(all[0], asGenerated).input())
		}
		for i, c := range all {
			p := newPair(c, asGenerated)
			p.want = s.reference(p)
			got := eval.Evaluate(t.Context(), programs[len(programs)-1], p.input())
			if why := difference(&p.want, got); why != "" {
				t.Fatalf("seed %d, case %d, request %d: %s", seed, n, i, why)
			}
			pairs++
		}
		for i, p := range programs {
			want := before[p]
			if why := difference(&want, eval.Evaluate(t.Context(), p, newPair(all[0], asGenerated).input())); why != "" {
				t.Fatalf("seed %d, case %d, program %d decides otherwise than before: %s", seed, n, i, why)
			}
		}
	}
	t.Logf("seed %d: %d pairs, %d programs", seed, pairs, edits)
}

// edited are programs each made from the one before; the last one has all the
// documents of the case, the others some.
func edited(rng *rand.Rand, library *function.Library, c *generate.Case, edits int) []*eval.Program {
	b := compile.NewBuilder(compile.Options{
		RootAlgorithm: c.RootAlgorithm, Lenient: true, Functions: library, Algorithms: combine.Standard(), Program: eval.Options{IndexFrom: 2},
	})
	var out []*eval.Program
	there := make([]bool, len(c.Documents))
	for edit := range edits + 1 {
		for i, d := range c.Documents {
			switch last := edit == edits; {
			case last && !there[i], !last && rng.IntN(3) == 0:
				b.Set(d)
				there[i] = true
			case !last && there[i] && rng.IntN(3) == 0:
				b.Remove(d.Name)
				there[i] = false
			}
		}
		p, _ := b.Build()
		out = append(out, p.Program)
		b = p.Edit()
	}
	return out
}

// Thousands of policies, of which some change: tables that fill more than one
// page, and strings and attributes beside those that there were.
func TestDifferential_Large(t *testing.T) {
	const many, changes, requests = 2000, 200, 60
	rng := rand.New(rand.NewPCG(differentialSeed(t), 1))
	name := func(kind string) string { return fmt.Sprintf("%s%d", kind, rng.IntN(many)) }
	orgKey, appKey := roleKey, roleKey
	orgKey.ID, appKey.ID = "org", "app"
	document := func(int) *policy.Policy {
		p := &policy.Policy{Target: equalTo(orgKey, name("org"), name("org"), fmt.Sprint("few", rng.IntN(3)))}
		if rng.IntN(2) == 0 {
			p.Target = policy.Target{}
		}
		for r := range 1 + rng.IntN(3) {
			rule := policy.Rule{ID: fmt.Sprint(r), Effect: xacml.EffectPermit, Target: new(equalTo(appKey, name("app"), name("app")))}
			if rng.IntN(8) == 0 {
				rule.Effect = xacml.EffectDeny
			}
			rule.Obligations = []policy.ObligationExpression{{ID: name("o"), On: rule.Effect}}
			rule.Target.AnyOf = append(rule.Target.AnyOf, equalTo(roleKey, name("role"), fmt.Sprint("few", rng.IntN(3))).AnyOf...)
			p.Rules = append(p.Rules, rule)
		}
		return p
	}
	c := crowdOf(many, document)
	b := compile.NewBuilder(compile.Options{
		RootAlgorithm: c.RootAlgorithm, KeepModel: true, Functions: function.All(), Algorithms: combine.Standard(),
	})
	for _, d := range c.Documents {
		b.Set(d)
	}
	decided := make(map[xacml.Decision]int)
	for range 4 {
		p, problems := b.Build()
		if p == nil {
			t.Fatal(problems)
		}
		s := &subject{p.Model, p.Program, p.Program}
		for range requests {
			q := &pair{request: withRoles(false, roles(1+rng.IntN(3), func(int) string { return []string{name("role"), fmt.Sprint("few", rng.IntN(3))}[rng.IntN(2)] })...)}
			q.request.ReturnPolicyIDList = true
			for _, kind := range []string{"org", "app"} {
				kind := xacml.Attribute{ID: kind, Values: roles(1+rng.IntN(30), func(int) string { return name(kind) })}
				q.request.Attributes[0].Attributes = append(q.request.Attributes[0].Attributes, kind)
			}
			q.finder = knownText{}
			q.want = s.reference(q)
			decided[q.want.Decision]++
			if why := s.differs(q); why != "" {
				t.Fatal(why)
			}
		}
		b = p.Edit()
		changed := crowdOf(many, document)
		for range changes {
			i := rng.IntN(many)
			if rng.IntN(3) == 0 {
				b.Remove(changed.Documents[i].Name)
			} else {
				b.Set(changed.Documents[i])
			}
		}
	}
	t.Logf("decisions %v", decided)
	if len(decided) < 3 {
		t.Errorf("got decisions %v, want all of Permit, Deny and NotApplicable", decided)
	}
}
