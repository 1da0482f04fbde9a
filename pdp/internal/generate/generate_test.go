package generate_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/compile"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/internal/reference"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

const seed = 20261121

// calls counts how functions and algorithms came out.
type calls map[string]*[2]int

func (c calls) count(id string, failed bool) {
	if c[id] == nil {
		c[id] = new([2]int)
	}
	if failed {
		c[id][1]++
	} else {
		c[id][0]++
	}
}

// counted is the library with functions that are counted.
func counted(all *function.Library, count calls) *function.Library {
	var fs []*function.Function
	for _, f := range all.Functions() {
		g := *f
		switch {
		case f.Lazy != nil:
			g.Lazy = func(c function.Context, args []function.Argument) (value.Datum, error) {
				d, err := f.Lazy(c, args)
				count.count(f.ID, err != nil)
				return d, err
			}
		case f.Higher != nil:
			g.Higher = &function.HigherOrder{Check: f.Higher.Check, Apply: func(c function.Context, applied *function.Function, args []value.Datum) (value.Datum, error) {
				d, err := f.Higher.Apply(c, applied, args)
				count.count(f.ID, err != nil)
				return d, err
			}}
		default:
			g.Strict = func(c function.Context, args []value.Datum) (value.Datum, error) {
				d, err := f.Strict(c, args)
				count.count(f.ID, err != nil)
				return d, err
			}
		}
		fs = append(fs, &g)
	}
	return function.NewLibrary(fs)
}

// Each decision is frequent, and each function and each algorithm is used.
// FORSETI_LONG counts more cases and wants each function called a hundred times.
func TestDistribution(t *testing.T) {
	cases, least := 5000, 1
	if os.Getenv("FORSETI_LONG") != "" {
		cases, least = 200_000, 100
	}
	count := make(calls)
	library := counted(function.All(), count)
	used := make(map[string]int)
	decisions := make(map[string]int)
	statuses := make(map[string]int)
	g := generate.New(seed, generate.Options{})
	for i := range uint64(cases) {
		c := g.Case(i)
		set, problems := compile.Build(compile.Options{RootAlgorithm: c.RootAlgorithm, Functions: library, Algorithms: combine.Standard()}, c.Documents)
		if set == nil {
			t.Fatalf("case %d is refused:\n%v", i, problems.Errors())
		}
		used[c.RootAlgorithm]++
		for _, s := range c.Sets() {
			used[s.Algorithm]++
		}
		for _, p := range c.Policies() {
			used[p.Algorithm]++
		}
		result := reference.Evaluate(t.Context(), set, reference.Input{Request: c.Request, Finder: c, Now: generate.Now(), Budget: pdp.DefaultBudget})
		decisions[result.Decision.String()]++
		statuses[result.Status.Code[strings.LastIndexByte(result.Status.Code, ':')+1:]]++
	}
	t.Logf("seed %d, %d cases: decisions %v, statuses %v", seed, cases, decisions, statuses)
	for _, d := range []xacml.Decision{xacml.Permit, xacml.Deny, xacml.NotApplicable, xacml.IndeterminateDP} {
		if decisions[d.String()]*10 < cases {
			t.Errorf("%v: %d of %d cases, want a tenth", d, decisions[d.String()], cases)
		}
	}
	for _, a := range combine.Algorithms() {
		for _, id := range []string{a.Rule, a.Policy} {
			if id != "" && used[id] < least {
				t.Errorf("%s is used %d times, want %d", id, used[id], least)
			}
		}
	}
	var rare []string
	never := 0
	for _, f := range function.Standard().Functions() {
		if count[f.ID] == nil {
			count[f.ID] = new([2]int)
		}
		if count[f.ID][0] < least && f.ID != xacml.Function3+"access-permitted" { // not supported without a reader
			t.Errorf("%s gave a value %d times, want %d", f.ID, count[f.ID][0], least)
		}
		if count[f.ID][1] == 0 {
			never++
		}
		rare = append(rare, fmt.Sprintf("%6d ok %6d failed %s", count[f.ID][0], count[f.ID][1], f.ID))
	}
	slices.Sort(rare)
	t.Logf("%d functions never failed themselves; the rarest:\n%s", never, strings.Join(rare[:8], "\n"))
}

// A case depends on the seed and its number alone, and is the first of its cases,
// which are as many as wanted and have its documents.
func TestCase_Reproducible(t *testing.T) {
	for _, o := range []generate.Options{{}, {Indexed: true}, {Function: xacml.Function3 + "any-of-any"}} {
		a, b := generate.New(seed, o), generate.New(seed, o)
		b.Case(3)
		for i := range uint64(8) {
			x, ys := a.Case(i), b.Cases(i, 3)
			if diff := cmp.Diff(x, ys[0], cmp.Comparer(sameDouble), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
				t.Fatalf("%+v, case %d:\n%s", o, i, diff)
			}
			if len(ys) != 3 || &ys[2].Documents[0] != &ys[0].Documents[0] || ys[2].Request == ys[0].Request {
				t.Fatalf("%+v, case %d does not come with other requests on its documents", o, i)
			}
		}
	}
}

// Indexed cases have policies enough for an index and can all be loaded.
func TestCase_Indexed(t *testing.T) {
	g := generate.New(seed, generate.Options{Indexed: true})
	for i := range uint64(100) {
		c := g.Case(i)
		rules := 0
		for _, p := range c.Policies() {
			rules += len(p.Rules)
		}
		if rules < 20 {
			t.Errorf("seed %d, case %d has %d rules, want 20", seed, i, rules)
		}
		if p, problems := pdp.New(pdp.Config{RootAlgorithm: c.RootAlgorithm}, c.Documents); p == nil {
			t.Errorf("seed %d, case %d is refused:\n%v", seed, i, problems.Errors())
		}
	}
}

// An ill-typed case is refused, with a place, and nothing panics.
func TestCase_IllTyped(t *testing.T) {
	g := generate.New(seed, generate.Options{IllTyped: true})
	reasons := make(map[policy.Reason]int)
	for i := range uint64(3000) {
		c := g.Case(i)
		p, problems := pdp.New(pdp.Config{RootAlgorithm: c.RootAlgorithm}, c.Documents)
		if p != nil || len(problems.Errors()) == 0 {
			t.Fatalf("seed %d, case %d is accepted", seed, i)
		}
		for _, p := range problems.Errors() {
			reasons[p.Reason]++
			if p.File == "" {
				t.Errorf("seed %d, case %d: a problem has no file: %v", seed, i, p)
			}
		}
		// The lenient mode takes it, and answers.
		if p, _ := pdp.New(pdp.Config{RootAlgorithm: c.RootAlgorithm, Lenient: true}, c.Documents); p != nil {
			p.Evaluate(t.Context(), c.Request, c)
		}
	}
	t.Logf("refused: %v", reasons)
	for _, want := range []policy.Reason{policy.ReasonType, policy.ReasonCycle, policy.ReasonDuplicate, policy.ReasonUnresolved, policy.ReasonXPath, policy.ReasonRegex} {
		if reasons[want] == 0 {
			t.Errorf("no case is refused for %s", want)
		}
	}
}

// sameDouble takes NaN for itself.
func sameDouble(a, b value.Double) bool { return a == b || a != a && b != b }
