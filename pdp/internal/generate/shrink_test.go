package generate_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// What is left of a case that denies is one rule; of one that misses an
// attribute, one designator.
func TestShrink(t *testing.T) {
	evaluate := func(c *generate.Case) xacml.Result {
		p, _ := pdp.New(pdp.Config{RootAlgorithm: c.RootAlgorithm, Now: generate.Now}, c.Documents)
		if p == nil {
			return xacml.Result{}
		}
		return p.Evaluate(t.Context(), c.Request, c)
	}
	denies := func(c *generate.Case) bool { return evaluate(c).Decision == xacml.Deny }
	misses := func(c *generate.Case) bool { return evaluate(c).Status.Code == xacml.StatusMissingAttribute }
	g := generate.New(seed, generate.Options{})
	for i := range uint64(60) {
		for name, fails := range map[string]func(*generate.Case) bool{"denies": denies, "misses": misses} {
			c := g.Case(i)
			if !fails(c) {
				continue
			}
			small := generate.Shrink(c, fails)
			if !fails(small) {
				t.Fatalf("case %d: what is left of one that %s does not", i, name)
			}
			if n := size(small); n > 10 {
				t.Errorf("case %d: %d parts are left of %d of one that %s", i, n, size(c), name)
			}
			if diff := cmp.Diff(g.Case(i), c, cmp.Comparer(sameDouble), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
				t.Fatalf("case %d was changed:\n%s", i, diff)
			}
		}
	}
}

// size counts documents, rules, matches, expressions, obligations and attributes.
func size(c *generate.Case) int {
	n := len(c.Documents) + len(c.Sets()) + len(c.Found) + len(c.Failing)
	c.Expressions(func(*policy.Expression) { n++ })
	for _, p := range c.Policies() {
		n += len(p.Rules) + len(p.Obligations) + len(p.Advice)
	}
	for _, attrs := range c.Request.Attributes {
		n += len(attrs.Attributes)
	}
	return n
}
