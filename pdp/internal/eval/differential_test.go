package eval_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// The program gives what the reference evaluator gives, for generated policies
// with many requests each: every pair is decided with an index over all that can
// have one, without an index, and by the usual program or by one with expressions
// as they are written. Some requests have all attributes that a source has, and
// others have none. Half of the requests on the policies are then decided again in
// another order, whole or attribute by attribute, among requests on other policies,
// on memory that was used before.
//
// FORSETI_LONG=1 tries twenty million pairs, FORSETI_CASES=n so many, and
// FORSETI_SEED=n others.
func TestDifferential(t *testing.T) {
	pairs := differentialPairs(t)
	t.Run("Usual", func(t *testing.T) { differential(t, generate.Options{}, pairs-pairs/5, 50) })
	t.Run("Indexed", func(t *testing.T) { differential(t, generate.Options{Indexed: true}, pairs/5, 100) })
}

// One program decides for many at once.
func TestDifferential_Concurrent(t *testing.T) {
	library := function.All()
	seed := differentialSeed(t)
	for _, o := range []generate.Options{{}, {Indexed: true}} {
		g := generate.New(seed, o)
		for n := range uint64(20) {
			cases := g.Cases(n, 20)
			s := newSubject(library, cases[0], false)
			var wait sync.WaitGroup
			for worker := range uint64(4) {
				wait.Go(func() {
					rng := rand.New(rand.NewPCG(n, worker))
					for _, i := range rng.Perm(len(cases)) {
						p := newPair(cases[i], min(supplied(rng.IntN(5)), asGenerated))
						p.want = s.reference(p)
						if why := s.differs(p); why != "" {
							t.Errorf("seed %d, case %d, request %d: %s", seed, n, i, why)
						}
					}
				})
			}
			wait.Wait()
		}
	}
}

func differentialPairs(t *testing.T) uint64 {
	t.Helper()
	if n := number(t, "FORSETI_CASES", 0); n > 0 {
		return n
	}
	switch {
	case raceEnabled:
		return 2_000
	case os.Getenv("FORSETI_LONG") != "":
		return 20_000_000
	case testing.Short():
		return 8_000
	default:
		return 200_000
	}
}

func differential(t *testing.T, o generate.Options, pairs uint64, requests int) {
	t.Helper()
	seed := differentialSeed(t)
	g := generate.New(seed, o)
	documents := pairs / uint64(requests)
	var next atomic.Uint64
	var wait sync.WaitGroup
	var mu sync.Mutex
	var total outcomes
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // nothing is kept for long
	start := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			w := &worker{t: t, seed: seed, library: function.All()}
			for n := next.Add(1) - 1; n < documents && !t.Failed(); n = next.Add(1) - 1 {
				w.policies(g, n, requests)
			}
			mu.Lock()
			defer mu.Unlock()
			total.add(&w.outcomes)
		})
	}
	wait.Wait()
	t.Logf("seed %d: %d policy sets with %d requests each in %v:%s", seed, documents, requests, time.Since(start).Round(time.Millisecond), &total)
	if total.decided >= 10_000 {
		total.check(t)
	}
}

func differentialSeed(t *testing.T) uint64 {
	t.Helper()
	return number(t, "FORSETI_SEED", 20261122)
}

func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// worker is one goroutine of the test.
type worker struct {
	t        *testing.T
	seed     uint64
	library  *function.Library
	outcomes outcomes
	// last is a pair on the policies before.
	last  *pair
	other *subject
}

// policies tries the n-th documents on their requests.
func (w *worker) policies(g *generate.Generator, n uint64, requests int) {
	cases := g.Cases(n, requests)
	s := newSubject(w.library, cases[0], n%2 == 0)
	if s == nil {
		w.t.Errorf("seed %d, case %d is refused", w.seed, n)
		return
	}
	rng := rand.New(rand.NewPCG(w.seed, n))
	pairs := make([]*pair, len(cases))
	for i, c := range cases {
		p := newPair(c, min(supplied(rng.IntN(5)), asGenerated))
		pairs[i] = p
		p.want = s.reference(p)
		w.outcomes.count(&p.want)
		if why := s.differs(p); why != "" {
			w.t.Errorf("seed %d, case %d, request %d: %s\n%s", w.seed, n, i, why, w.minimal(p))
			return
		}
	}
	for _, i := range rng.Perm(len(pairs))[:len(pairs)/2] {
		if why := s.again(pairs[i], rng.IntN(3) == 0); why != "" {
			w.t.Errorf("seed %d, case %d, request %d, the second time: %s\n%s", w.seed, n, i, why, w.minimal(pairs[i]))
			return
		}
		if w.last != nil && rng.IntN(4) == 0 {
			if why := w.other.again(w.last, rng.IntN(3) == 0); why != "" {
				w.t.Errorf("seed %d, before case %d: decided another time: %s", w.seed, n, why)
				return
			}
		}
	}
	w.other, w.last = s, pairs[rng.IntN(len(pairs))]
}

// minimal is the smallest case that is still broken like the pair, as a scenario.
func (w *worker) minimal(p *pair) string {
	return fmt.Sprintf("small, with the attributes supplied in way %d:\n", p.supplied) + minimal(p.original, func(c *generate.Case) string {
		for _, plain := range []bool{false, true} {
			s := newSubject(w.library, c, plain)
			if s == nil {
				return ""
			}
			q := newPair(c, p.supplied)
			q.want = s.reference(q)
			if why := s.differs(q); why != "" {
				return why
			}
			if why := s.again(q, true); why != "" {
				return "attribute by attribute: " + why
			}
		}
		return ""
	})
}

// minimal is the smallest case that is still broken, as a scenario.
func minimal(c *generate.Case, broken func(*generate.Case) string) string {
	small := generate.Shrink(c, func(c *generate.Case) bool { return broken(c) != "" })
	if small == c {
		return "a request alone does not show it"
	}
	text, err := generate.Txtar(small, "A case.", generate.Codec{Policy: xacmlxml.WritePolicy, Content: xacmlxml.WriteContent})
	if err != nil {
		return err.Error()
	}
	return broken(small) + "\n" + string(text)
}

// outcomes counts decisions.
type outcomes struct {
	decided uint64
	of      [xacml.Permit + 1]uint64
}

func (o *outcomes) count(r *xacml.Result) {
	o.decided++
	o.of[r.Decision]++
}

func (o *outcomes) add(p *outcomes) {
	o.decided += p.decided
	for d := range p.of {
		o.of[d] += p.of[d]
	}
}

func (o *outcomes) share(n uint64) float64 { return 100 * float64(n) / float64(max(o.decided, 1)) }

func (o *outcomes) String() string {
	var out string
	for d, n := range o.of {
		out += fmt.Sprintf(" %s %.1f %%", xacml.Decision(d).Extended(), o.share(n))
	}
	return out
}

// check wants each decision a tenth of the time.
func (o *outcomes) check(t *testing.T) {
	t.Helper()
	indeterminate := o.of[xacml.IndeterminateDP] + o.of[xacml.IndeterminateD] + o.of[xacml.IndeterminateP]
	for name, n := range map[string]uint64{
		"Permit": o.of[xacml.Permit], "Deny": o.of[xacml.Deny], "NotApplicable": o.of[xacml.NotApplicable], "Indeterminate": indeterminate,
	} {
		if o.share(n) < 10 {
			t.Errorf("%s is %.1f %% of the decisions, want a tenth", name, o.share(n))
		}
	}
}
