package pdp_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// instead is a finder that has another bag for one attribute, or none and fails.
type instead struct {
	source
	key  generate.Name
	bag  []value.Value // of any types
	none bool
}

func (i instead) Find(ctx context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if (generate.Name{Category: key.Category, ID: key.ID}) != i.key {
		return i.source.Find(ctx, key)
	}
	if i.none {
		return value.Bag{}, errors.New("the source does not answer")
	}
	var values []value.Value
	for _, v := range i.bag {
		if v.Type() == key.Type {
			values = append(values, v)
		}
	}
	return value.NewBag(key.Type, values...), nil
}

// "Cannot matter" is exact: if there is a decision although nobody knows an
// attribute, it is the decision for every value of the attribute. That holds below
// the algorithms that do not make a decision of an error, as
// TestLaw_7_10_FaultsMakeUncertain does; and for the decision, while obligations
// may be those of a rule that comes later (§7.18).
func TestLaw_UnavailableCannotMatter(t *testing.T) {
	without := append(named(append(allRules, allPolicies...), "deny-unless-permit", "permit-unless-deny"), legacyOverrides...)
	checkLaw(t, generate.Options{Without: without}, unavailableCannotMatter)
}

func unavailableCannotMatter(tr *trial, c *generate.Case, rng *rand.Rand) string {
	p := tr.loaded(c, 0)
	if p == nil {
		return ""
	}
	// One of the attributes that the evaluation looks at.
	stays, gone := moved(c.Request, func(string, string) bool { return true })
	var names []generate.Name
	all := source{gone, c, func(key xacml.AttributeKey) bool {
		if n := (generate.Name{Category: key.Category, ID: key.ID}); !slices.Contains(names, n) {
			names = append(names, n)
		}
		return false
	}}
	p.Evaluate(tr.Context(), stays, all)
	pool := valuesIn(c)
	if len(names) == 0 || len(pool) == 0 {
		return ""
	}
	name := names[rng.IntN(len(names))]
	finder := instead{source{gone, c, func(xacml.AttributeKey) bool { return false }}, name, nil, true}
	unknown := p.Evaluate(tr.Context(), stays, finder)
	if unknown.Decision.Indeterminate() {
		return ""
	}
	finder.none = false
	for range 8 {
		finder.bag = nil
		for range rng.IntN(3) {
			finder.bag = append(finder.bag, pool[rng.IntN(len(pool))])
		}
		if known := p.Evaluate(tr.Context(), stays, finder); known.Decision != unknown.Decision {
			return fmt.Sprintf("%s although nobody knows %s, and %s with %d values of it",
				unknown.Decision.Extended(), name.ID, known.Decision.Extended(), len(finder.bag))
		}
	}
	return ""
}

// valuesIn is all values of the attributes that the case has.
func valuesIn(c *generate.Case) (pool []value.Value) {
	for _, attrs := range c.Request.Attributes {
		for _, a := range attrs.Attributes {
			pool = append(pool, a.Values...)
		}
	}
	for _, f := range c.Found {
		pool = append(pool, f.Value)
	}
	return pool
}
