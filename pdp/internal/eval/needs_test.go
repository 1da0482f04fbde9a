package eval_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/internal/reference"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The program needs nothing that the reference evaluator, which looks at targets
// only, does not need. What is needed is pending and named once, and nobody looks for
// it. With what is needed fetched round by round, and nothing else, everything in
// the result is as with all of it.
//
// Policies that ask for themselves are left out: once an evaluation is given up,
// how often each evaluator looks at a policy makes a difference.
func TestDifferential_Needs(t *testing.T) {
	cases := differentialPairs(t) / 20
	without := generate.Options{Without: []string{xacml.Function3 + "access-permitted"}}
	t.Run("Usual", func(t *testing.T) { differentialNeeds(t, without, cases-cases/5, 25) })
	t.Run("Indexed", func(t *testing.T) { differentialNeeds(t, generate.Options{Indexed: true}, cases/5, 50) })
}

func differentialNeeds(t *testing.T, o generate.Options, pairs uint64, requests int) {
	t.Helper()
	seed := differentialSeed(t)
	g := generate.New(seed, o)
	library := function.All()
	documents := pairs / uint64(requests)
	var next, narrower, rounds atomic.Uint64
	var wait sync.WaitGroup
	start := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for n := next.Add(1) - 1; n < documents && !t.Failed(); n = next.Add(1) - 1 {
				cases := g.Cases(n, requests)
				s := newSubject(library, cases[0], n%2 == 0)
				if s == nil {
					t.Errorf("seed %d, case %d is refused", seed, n)
					return
				}
				for i, c := range cases {
					w := newWaiting(c, rand.New(rand.NewPCG(seed, n<<16+uint64(i))))
					if why := w.broken(s); why != "" {
						t.Errorf("seed %d, case %d, request %d: %s\n%s", seed, n, i, why, minimal(c, func(c *generate.Case) string {
							s := newSubject(library, c, n%2 == 0)
							if s == nil {
								return ""
							}
							return newWaiting(c, rand.New(rand.NewPCG(seed, n<<16+uint64(i)))).broken(s)
						}))
						return
					}
					narrower.Add(w.narrower)
					rounds.Add(w.rounds)
				}
			}
		})
	}
	wait.Wait()
	t.Logf("seed %d: %d policy sets with %d requests each in %v, %d rounds, %d times less is needed", seed, documents, requests,
		time.Since(start).Round(time.Millisecond), rounds.Load(), narrower.Load())
}

// waiting is a case some of whose attributes are fetched when they are needed.
type waiting struct {
	c       *generate.Case
	request *xacml.Request // without those
	picked  func(xacml.AttributeKey) bool
	fetched map[xacml.AttributeKey]bool
	early   *xacml.AttributeKey // was looked for before it was fetched

	narrower, rounds uint64
}

func newWaiting(c *generate.Case, rng *rand.Rand) *waiting {
	salt, percent := rng.Uint64(), []int{20, 50, 100}[rng.IntN(3)]
	w := &waiting{c: c, fetched: make(map[xacml.AttributeKey]bool), request: new(*c.Request)}
	w.picked = func(key xacml.AttributeKey) bool {
		h := fnv.New64a()
		_, _ = fmt.Fprint(h, salt, key.Category, key.ID)
		return int(h.Sum64()>>32)%100 < percent
	}
	w.request.Attributes = slices.Clone(c.Request.Attributes)
	for i := range w.request.Attributes {
		as := &w.request.Attributes[i]
		as.Attributes = slices.DeleteFunc(slices.Clone(as.Attributes), func(a xacml.Attribute) bool {
			return w.picked(xacml.AttributeKey{Category: as.Category, ID: a.ID})
		})
	}
	return w
}

func (w *waiting) pending(key xacml.AttributeKey) bool { return w.picked(key) && !w.fetched[key] }

// Find finds what is not pending.
func (w *waiting) Find(ctx context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if w.pending(key) {
		w.early = &key
		return value.Bag{}, errors.New("not fetched")
	}
	return source{w.c}.Find(ctx, key)
}

// broken tells what is wrong with the needs.
func (w *waiting) broken(s *subject) string {
	p := &pair{request: w.request, finder: w}
	for {
		w.rounds++
		want, _ := reference.Needs(context.Background(), s.model, p.referenceInput(), w.pending)
		in := p.input()
		got, ok := eval.Needs(context.Background(), s.indexed, in, w.pending)
		in.NoIndex = true
		all, allOK := eval.Needs(context.Background(), s.indexed, in, w.pending)
		plain, plainOK := eval.Needs(context.Background(), s.other, in, w.pending)
		if w.early != nil {
			return fmt.Sprintf("%v is looked for", *w.early)
		}
		if !ok || !allOK || !plainOK {
			return "" // it takes too many steps
		}
		for form, keys := range map[string][]xacml.AttributeKey{"with an index": got, "without an index": all, "in the other form": plain} {
			if why := beyond(want, keys); why != "" {
				return "needed " + form + ", and not by the reference evaluator:" + why
			}
		}
		if len(all) == 0 && len(got) > 0 {
			return "needed with an index, and nothing without"
		}
		if len(got) < len(want) {
			w.narrower++
		}
		for _, key := range got {
			if !w.pending(key) {
				return fmt.Sprintf("%v is needed, and not pending or not once", key)
			}
			w.fetched[key] = true
		}
		if len(got) == 0 {
			break
		}
	}
	some := eval.Evaluate(context.Background(), s.indexed, p.input())
	p.finder = source{w.c}
	p.want = s.reference(p)
	if why := difference(&p.want, some); why != "" {
		return "with what is needed: " + why
	}
	return ""
}

// beyond tells what is in the list and not among those.
func beyond(those, list []xacml.AttributeKey) string {
	var out string
	for _, key := range list {
		if !slices.Contains(those, key) {
			out += fmt.Sprintf(" %v", key)
		}
	}
	return out
}

// Where one attribute leaves very many policies open, it is needed first, alone;
// then what the few that are left need.
func TestNeeds_ManyOpen(t *testing.T) {
	level := func(i int) xacml.AttributeKey {
		return xacml.AttributeKey{Category: xacml.CategoryResource, ID: fmt.Sprintf("level%d", i%10), Type: value.TypeString}
	}
	c := crowdOf(2000, func(i int) *policy.Policy {
		return &policy.Policy{
			Target: equalTo(roleKey, fmt.Sprintf("r%d", i)),
			Rules:  []policy.Rule{{ID: "r", Effect: xacml.EffectPermit, Target: new(equalTo(level(i), "high"))}},
		}
	})
	p := policies(function.All(), c, eval.Options{}, false)
	known := make(map[xacml.AttributeKey]string)
	in := (&pair{request: &xacml.Request{}, finder: knownText(known)}).input()
	var asked []xacml.AttributeKey
	for range 5 {
		keys, _ := eval.Needs(t.Context(), p.Program, in, func(key xacml.AttributeKey) bool { return known[key] == "" })
		asked = append(asked, keys...)
		for _, key := range keys {
			known[key] = map[bool]string{true: "r1234", false: "high"}[key == roleKey]
		}
	}
	if want := []xacml.AttributeKey{roleKey, level(1234)}; !slices.Equal(asked, want) {
		t.Errorf("got %v, want %v", asked, want)
	}
	if got := eval.Evaluate(t.Context(), p.Program, in).Decision; got != xacml.Permit {
		t.Errorf("got %s, want Permit", got)
	}
}

// knownText finds one string for each attribute that it has.
type knownText map[xacml.AttributeKey]string

func (k knownText) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if k[key] == "" {
		return value.NewBag(key.Type), nil
	}
	return value.NewBag(key.Type, value.String(k[key])), nil
}
