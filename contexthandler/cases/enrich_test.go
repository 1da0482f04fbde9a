package cases

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The platform adds what it knows of the resource to every request, and of the
// subject what the policy names somewhere. Here only what can still matter to
// the decision is added. So each case is decided twice: beside a probe that
// names the attributes that the platform adds, where the attributes must be
// those that the case expects, and without, where they must be among these.

// TestAltinnEnrich compares the attributes of completed requests.
func TestAltinnEnrich(t *testing.T) {
	for _, c := range loadCases(t, "enrich", 4) {
		t.Run(c.id, func(t *testing.T) { c.checkEnriched(t, c.want.Enriched) })
	}
}

// TestAltinnLogged compares the attributes of completed requests with those in
// the platform's log of decisions.
func TestAltinnLogged(t *testing.T) {
	count := 0
	for _, c := range loadCases(t, "decision", 55) {
		if c.logged != nil {
			count++
			t.Run(c.id, func(t *testing.T) { c.checkEnriched(t, c.logged) })
		}
	}
	if count < 7 {
		t.Errorf("got %d cases with logged attributes, want at least 7", count)
	}
}

func (c *altinnCase) checkEnriched(t *testing.T, attributes []attributesJSON) {
	t.Helper()
	want := compared(facts(attributes))
	got := compared(ask(t, c, append(slices.Clone(c.policies), probe(c.policies)), true).enriched)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("attributes beside the probe (-want +got):\n%s", diff)
	}
	for _, f := range compared(ask(t, c, c.policies, true).enriched) {
		if !slices.Contains(want, f) {
			t.Errorf("attributes without the probe: got %+v, which the case does not expect", f)
		}
	}
}

// compared is what of the attributes is compared: values without their letter
// case and data type, and not what the sources use among themselves.
func compared(facts []fact) []fact {
	var out []fact
	for _, f := range facts {
		if !strings.HasPrefix(f.ID, ownAttributes) {
			out = append(out, fact{f.Category, f.ID, "", strings.ToLower(f.Value)})
		}
	}
	return sortFacts(out)
}

// probe is a policy that is never applicable, but needs what the platform adds
// to every request, and what the policies name of the subject.
func probe(policies []policy.Document) policy.Document {
	var keys []xacml.AttributeKey
	for _, id := range []string{attrOrg, attrApp, attrTask, attrEndEvent, attrParty, attrResource, attrResInstance} {
		keys = append(keys, xacml.AttributeKey{Category: resource, ID: id, Type: value.TypeString})
	}
	for _, d := range policies {
		for _, key := range named(d) {
			if key.Category == subject && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	union := &policy.Apply{Function: xacml.Function1 + "string-union"}
	for _, key := range keys {
		union.Arguments = append(union.Arguments, &policy.Designator{AttributeKey: key})
	}
	return policy.Document{Name: "probe", Root: &policy.Policy{
		ID: "urn:forseti:test:probe", Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides",
		Rules: []policy.Rule{{ID: "probe", Condition: &policy.Apply{
			Function:  xacml.Function1 + "string-is-in",
			Arguments: []policy.Expression{&policy.Literal{Value: value.String("no such value")}, union},
		}}},
	}}
}

// named are the attributes that the targets of the rules name.
func named(d policy.Document) []xacml.AttributeKey {
	var keys []xacml.AttributeKey
	p, _ := d.Root.(*policy.Policy)
	for _, r := range p.Rules {
		if r.Target == nil {
			continue
		}
		for _, anyOf := range r.Target.AnyOf {
			for _, allOf := range anyOf.AllOf {
				for _, m := range allOf.Matches {
					if designator, ok := m.Bag.(*policy.Designator); ok {
						keys = append(keys, designator.AttributeKey)
					}
				}
			}
		}
	}
	return keys
}
