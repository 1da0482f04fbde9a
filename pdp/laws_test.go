package pdp_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// The laws of this package's tests named TestLaw hold for every policy and
// request: they need no expected decisions, and so can be tried on as many as
// are generated. FORSETI_LONG=1 tries ten million, FORSETI_SEED=n others.

// law changes a case and tells what is wrong with the outcome; nothing if the
// law holds or has nothing to say of the case. It takes its choices from rng.
type law func(tr *trial, c *generate.Case, rng *rand.Rand) string

// trial is a law tried on cases that have their documents in common.
type trial struct {
	*testing.T
	seed, number uint64
	pdps         map[loading]*pdp.PDP
	changed      *generate.Case // has the documents as the law changed them, or none
}

// loading is one way to make a PDP.
type loading struct {
	documents *policy.Document
	budget    int
}

func newTrial(t *testing.T, seed, number uint64) *trial {
	t.Helper()
	return &trial{T: t, seed: seed, number: number, pdps: make(map[loading]*pdp.PDP)}
}

// choices are the same for all cases of the trial.
func (tr *trial) choices() *rand.Rand { return rand.New(rand.NewPCG(tr.seed, tr.number)) }

// lawTime is when a law has been tried for long enough.
const lawTime = 40 * time.Minute

// lawCases is how many cases a law is tried on.
func lawCases() uint64 {
	switch {
	case os.Getenv("FORSETI_LONG") != "":
		return 1_000_000
	case testing.Short():
		return 500
	case raceEnabled: // where it is about memory, and slow
		return 2_000
	default:
		return 10_000
	}
}

// lawRequests is how many requests are tried on the same policies: with many cases there are
// policies enough, and to read and compile them is most of the work.
func lawRequests() int {
	if os.Getenv("FORSETI_LONG") != "" {
		return 100
	}
	return 25
}

func lawSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("FORSETI_SEED")
	if text == "" {
		return 20261121
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// checkLaw tries the law on generated cases, and shows the first one that
// breaks it as a small scenario.
func checkLaw(t *testing.T, o generate.Options, holds law) {
	t.Helper()
	checkLawOn(t, lawCases(), lawRequests(), o, holds)
}

// checkTextLaw tries a law that reads and writes on fewer cases: text is slow.
func checkTextLaw(t *testing.T, holds law) {
	t.Helper()
	checkLawOn(t, lawCases()/10, 5, generate.Options{}, holds)
}

// checkLawOn tries documents with several requests each; if there are many, now
// and then such documents as have an index.
func checkLawOn(t *testing.T, cases uint64, requests int, o generate.Options, holds law) {
	t.Helper()
	t.Parallel()
	seed := lawSeed(t)
	usual := generate.New(seed, o)
	o.Indexed = true
	indexed := generate.New(seed, o)
	start := time.Now()
	var tried uint64
	for n := uint64(0); tried < cases && time.Since(start) < lawTime; n++ {
		g, requests := usual, requests
		if n%16 == 5 && requests > 10 {
			g, requests = indexed, 2*requests
		}
		tr := newTrial(t, seed, n)
		for i, c := range g.Cases(n, requests) {
			own := func() *rand.Rand { return rand.New(rand.NewPCG(seed, n<<16|uint64(i))) }
			if holds(tr, c, own()) != "" {
				broken(t, c, fmt.Sprintf("seed %d, case %d, request %d", seed, n, i), func(c *generate.Case) string {
					return holds(newTrial(t, seed, n), c, own())
				})
			}
			tried++
		}
	}
	t.Logf("seed %d, %d cases in %v", seed, tried, time.Since(start).Round(time.Millisecond))
}

// broken shows a case that breaks a law, as small as it can be.
func broken(t *testing.T, c *generate.Case, name string, try func(*generate.Case) string) {
	t.Helper()
	small := generate.Shrink(c, func(c *generate.Case) bool { return try(c) != "" })
	text, err := generate.Txtar(small, name+".", generate.Codec{Policy: xacmlxml.WritePolicy, Content: xacmlxml.WriteContent})
	if err != nil {
		t.Error(err)
	}
	t.Fatalf("%s: %s\nas a scenario:\n%s", name, try(small), text)
}

// loaded is a PDP for the case, or nil if its policies are refused, as those
// of a case that was made too small may be.
func (tr *trial) loaded(c *generate.Case, budget int) *pdp.PDP {
	key := loading{budget: budget}
	if len(c.Documents) > 0 {
		key.documents = &c.Documents[0]
	}
	if known, ok := tr.pdps[key]; ok {
		return known
	}
	p, _ := pdp.New(pdp.Config{
		RootAlgorithm: c.RootAlgorithm, Now: generate.Now, Budget: budget, Delegation: isIssued(c),
		OnPanic: func(_ context.Context, p pdp.Panic) { tr.Errorf("panic: %v\n%s", p.Recovered, p.Stack) },
	}, c.Documents)
	tr.pdps[key] = p
	return p
}

// decided is the result for the case; ok is false if it cannot be loaded.
func (tr *trial) decided(c *generate.Case) (result xacml.Result, ok bool) {
	p := tr.loaded(c, 0)
	if p == nil {
		return xacml.Result{}, false
	}
	return p.Evaluate(tr.Context(), c.Request, c), true
}

// difference tells two results apart, in everything that they hold.
func difference(want, got xacml.Result) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	if w, g := describe(&want), describe(&got); w != g {
		return fmt.Sprintf("got\n%s\nwant\n%s", g, w)
	}
	return ""
}

// change is what a law changes of a case. Each reports false if the law has
// nothing to say of the case. The policies are changed once for all requests.
type change struct {
	policies, request func(*generate.Case, *rand.Rand) bool
}

// keeps is the law that the change keeps what compared leaves of the results.
func keeps(ch change, compared func(*xacml.Result)) law {
	return func(tr *trial, c *generate.Case, rng *rand.Rand) string {
		want, ok := tr.decided(c)
		if !ok {
			return ""
		}
		if ch.policies != nil && tr.changed == nil {
			tr.changed = c.Clone()
			if !ch.policies(tr.changed, tr.choices()) {
				tr.changed.Documents = nil
			}
		}
		changed := c.CloneRequest()
		if tr.changed != nil {
			if tr.changed.Documents == nil {
				return ""
			}
			changed.RootAlgorithm, changed.Documents = tr.changed.RootAlgorithm, tr.changed.Documents
		}
		if ch.request != nil && !ch.request(changed, rng) {
			return ""
		}
		got, ok := tr.decided(changed)
		if !ok {
			return "the changed policies are refused"
		}
		if compared != nil {
			compared(&want)
			compared(&got)
		}
		return difference(want, got)
	}
}

// onlyDecision leaves nothing but the decision with its extended value.
func onlyDecision(r *xacml.Result) { *r = xacml.Result{Decision: r.Decision} }

// names are identifiers by the algorithm that they end with.
func hasName(id string, names ...string) bool {
	for _, n := range names {
		if strings.HasSuffix(id, ":"+n) {
			return true
		}
	}
	return false
}

// picks is a set of about this share of all things, which does not depend on
// the order in which one asks.
type picks struct {
	salt    uint64
	percent int
}

func pickSome(rng *rand.Rand, percent int) picks { return picks{salt: rng.Uint64(), percent: percent} }

func (p picks) has(thing any) bool {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, thing)
	return rand.New(rand.NewPCG(p.salt, h.Sum64())).IntN(100) < p.percent
}
