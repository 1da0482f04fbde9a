package pdp_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// The laws of this package's tests named TestLaw hold for every policy and
// request: they need no expected decisions, and so can be tried on as many as
// are generated. FORSETI_LONG=1 tries many, FORSETI_SEED=n others.

// law changes a case and tells what is wrong with the outcome; nothing if the
// law holds or has nothing to say of the case. It takes its choices from rng.
type law func(t *testing.T, c *generate.Case, rng *rand.Rand) string

// lawTime is when a law has been tried for long enough.
const lawTime = 10 * time.Minute

// lawCases is how many cases a law is tried on.
func lawCases() uint64 {
	switch {
	case os.Getenv("FORSETI_LONG") != "":
		return 200_000
	case testing.Short():
		return 200
	default:
		return 2000
	}
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
	checkLawOn(t, lawCases(), o, holds)
}

// checkTextLaw tries a law that reads and writes on fewer cases: text is slow.
func checkTextLaw(t *testing.T, holds law) {
	t.Helper()
	checkLawOn(t, lawCases()/5, generate.Options{}, holds)
}

func checkLawOn(t *testing.T, cases uint64, o generate.Options, holds law) {
	t.Helper()
	t.Parallel()
	seed := lawSeed(t)
	g := generate.New(seed, o)
	start := time.Now()
	for i := range cases {
		if time.Since(start) > lawTime {
			cases = i
			break
		}
		try := func(c *generate.Case) string { return holds(t, c, rand.New(rand.NewPCG(seed, i))) }
		c := g.Case(i)
		if try(c) == "" {
			continue
		}
		small := generate.Shrink(c, func(c *generate.Case) bool { return try(c) != "" })
		text, err := generate.Txtar(small, fmt.Sprintf("Seed %d, case %d.", seed, i), generate.Codec{Policy: xacmlxml.WritePolicy, Content: xacmlxml.WriteContent})
		if err != nil {
			t.Error(err)
		}
		t.Fatalf("seed %d, case %d: %s\nas a scenario:\n%s", seed, i, try(small), text)
	}
	t.Logf("seed %d, %d cases", seed, cases)
}

// loaded is a PDP for the case, or nil if its policies are refused, as those
// of a case that was made too small may be.
func loaded(t *testing.T, c *generate.Case, budget int) *pdp.PDP {
	t.Helper()
	p, _ := pdp.New(pdp.Config{
		RootAlgorithm: c.RootAlgorithm, Now: generate.Now, Budget: budget,
		OnPanic: func(recovered any, stack []byte) { t.Errorf("panic: %v\n%s", recovered, stack) },
	}, c.Documents)
	return p
}

// decided is the result for the case; ok is false if it cannot be loaded.
func decided(t *testing.T, c *generate.Case) (result xacml.Result, ok bool) {
	t.Helper()
	p := loaded(t, c, 0)
	if p == nil {
		return xacml.Result{}, false
	}
	return p.Evaluate(t.Context(), c.Request, c), true
}

// difference tells two results apart, in everything that they hold.
func difference(want, got xacml.Result) string {
	if w, g := describe(&want), describe(&got); w != g {
		return fmt.Sprintf("got\n%s\nwant\n%s", g, w)
	}
	return ""
}

// keeps is the law that the change keeps what compared leaves of the results.
func keeps(change func(*generate.Case, *rand.Rand) bool, compared func(*xacml.Result)) law {
	return func(t *testing.T, c *generate.Case, rng *rand.Rand) string {
		want, ok := decided(t, c)
		if !ok {
			return ""
		}
		changed := c.Clone()
		if !change(changed, rng) {
			return ""
		}
		got, ok := decided(t, changed)
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
