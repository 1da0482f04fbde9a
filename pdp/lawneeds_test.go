package pdp_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// What Needs does not name does not matter: with what is needed fetched, round
// by round, and nothing else, everything in the result is as with all of it.
// Needs asks for pending attributes only, once each, and does not look for them.
func TestLaw_NeedsIsEnough(t *testing.T) {
	checkLaw(t, generate.Options{}, needsIsEnough)
}

func needsIsEnough(tr *trial, c *generate.Case, rng *rand.Rand) string {
	p := tr.loaded(c, 0)
	if p == nil {
		return ""
	}
	picked := pickSome(rng, []int{20, 50, 100}[rng.IntN(3)])
	pending := func(key xacml.AttributeKey) bool {
		return picked.has(generate.Name{Category: key.Category, ID: key.ID})
	}
	stays, gone := moved(c.Request, func(category, id string) bool { return picked.has(generate.Name{Category: category, ID: id}) })

	fetched := make(map[xacml.AttributeKey]bool)
	unfetched := func(key xacml.AttributeKey) bool { return pending(key) && !fetched[key] }
	wrong := ""
	all := source{gone, c, func(xacml.AttributeKey) bool { return false }}
	some := finderFunc(func(ctx context.Context, key xacml.AttributeKey) (value.Bag, error) {
		if unfetched(key) {
			return value.Bag{}, errors.New("not fetched")
		}
		return all.Find(ctx, key)
	})
	asking := finderFunc(func(ctx context.Context, key xacml.AttributeKey) (value.Bag, error) {
		if unfetched(key) {
			wrong = fmt.Sprintf("Needs looks for %v, which is pending", key)
		}
		return some.Find(ctx, key)
	})
	for {
		keys, ok := p.Needs(tr.Context(), stays, asking, unfetched)
		if !ok {
			return "" // everything is to be fetched
		}
		for _, key := range keys {
			if !unfetched(key) {
				return fmt.Sprintf("Needs names %v, which is not pending", key)
			}
			fetched[key] = true
		}
		if wrong != "" || len(keys) == 0 {
			break
		}
	}
	if wrong != "" {
		return wrong
	}
	return difference(p.Evaluate(tr.Context(), stays, all), p.Evaluate(tr.Context(), stays, some))
}
