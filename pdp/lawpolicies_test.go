package pdp_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// unordered are the algorithms that say nothing of the order of the children;
// those of appendix C whose names begin with ordered do.
var unordered = []string{"deny-overrides", "permit-overrides", "deny-unless-permit", "permit-unless-deny", "only-one-applicable"}

// The order of the children means nothing to the unordered algorithms but which
// obligations come, and which of several errors is told.
func TestLaw_C_OrderOfChildren(t *testing.T) {
	checkLaw(t, generate.Options{}, keeps(change{policies: func(c *generate.Case, rng *rand.Rand) bool {
		if hasName(c.RootAlgorithm, unordered...) {
			shuffle(rng, c.Documents)
		}
		for _, s := range c.Sets() {
			if hasName(s.Algorithm, unordered...) {
				shuffle(rng, s.Children)
			}
		}
		for _, p := range c.Policies() {
			if hasName(p.Algorithm, unordered...) {
				shuffle(rng, p.Rules)
			}
		}
		return true
	}}, onlyDecision))
}

func shuffle[T any](rng *rand.Rand, list []T) {
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// A policy whose target does not match is as if it were not there (7.12), but
// to on-permit-apply-second, which counts its children.
func TestLaw_7_12_PolicyThatDoesNotMatch(t *testing.T) {
	checkLaw(t, generate.Options{}, keeps(change{policies: func(c *generate.Case, rng *rand.Rand) bool {
		p := &policy.Policy{
			ID: "urn:law", Version: "1", Algorithm: xacml.RuleAlgorithm3 + "permit-unless-deny", Target: targetOf("urn:law:none"),
			Rules: []policy.Rule{{ID: "r", Effect: xacml.EffectPermit}},
		}
		var lists []*[]policy.Child
		for _, s := range c.Sets() {
			if !hasName(s.Algorithm, "on-permit-apply-second") {
				lists = append(lists, &s.Children)
			}
		}
		if len(lists) > 0 && rng.IntN(4) > 0 {
			list := lists[rng.IntN(len(lists))]
			*list = slices.Insert(*list, rng.IntN(len(*list)+1), policy.Child(p))
			return true
		}
		c.Documents = slices.Insert(c.Documents, rng.IntN(len(c.Documents)+1), policy.Document{Name: "law.xml", Root: p})
		return !hasName(c.RootAlgorithm, "on-permit-apply-second")
	}}, nil))
}

// targetOf matches what has this resource-id.
func targetOf(resource string) policy.Target {
	key := xacml.AttributeKey{Category: xacml.CategoryResource, ID: xacml.AttributeResourceID, Type: value.TypeString}
	return policy.Target{AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: []policy.Match{{
		Function: xacml.Function1 + "string-equal", Literal: value.String(resource), Bag: &policy.Designator{AttributeKey: key},
	}}}}}}}
}

// A rule whose target does not match is as if it were not there (§7.11).
func TestLaw_7_11_RuleThatDoesNotMatch(t *testing.T) {
	checkLaw(t, generate.Options{}, keeps(change{policies: func(c *generate.Case, rng *rand.Rand) bool {
		for _, p := range c.Policies() {
			r := policy.Rule{ID: "law", Effect: xacml.Effect(rng.IntN(2)), Target: new(targetOf("urn:law:none"))}
			p.Rules = slices.Insert(p.Rules, rng.IntN(len(p.Rules)+1), r)
		}
		return true
	}}, nil))
}

// A policy set with one child and an overrides algorithm has the value of the
// child, its obligations and its status. Only only-one-applicable sees the
// difference: it looks at the target, which the policy set does not have (C.9).
func TestLaw_C_PolicySetOfOne(t *testing.T) {
	const id = "urn:law"
	checkLaw(t, generate.Options{}, keeps(change{policies: func(c *generate.Case, rng *rand.Rand) bool {
		var places []*policy.Child
		for i := range c.Documents {
			if !c.Documents[i].ReferenceOnly && !hasName(c.RootAlgorithm, "only-one-applicable") {
				places = append(places, &c.Documents[i].Root)
			}
		}
		for _, s := range c.Sets() {
			for i := range s.Children {
				if !hasName(s.Algorithm, "only-one-applicable") {
					places = append(places, &s.Children[i])
				}
			}
		}
		if places == nil {
			return false
		}
		place := places[rng.IntN(len(places))]
		algorithms := []string{
			xacml.PolicyAlgorithm3 + "deny-overrides", xacml.PolicyAlgorithm3 + "ordered-deny-overrides", xacml.PolicyAlgorithm3 + "permit-overrides",
			xacml.PolicyAlgorithm3 + "ordered-permit-overrides",
		}
		*place = &policy.PolicySet{ID: id, Version: "1", Algorithm: algorithms[rng.IntN(len(algorithms))], Children: []policy.Child{*place}}
		return true
	}}, func(r *xacml.Result) {
		r.PolicyIDs = slices.DeleteFunc(slices.Clone(r.PolicyIDs), func(p xacml.PolicyIdentifier) bool { return p.ID == id })
	}))
}

// Policies that are written and read again decide the same.
func TestLaw_WrittenPolicies(t *testing.T) {
	checkTextLaw(t, func(tr *trial, c *generate.Case, rng *rand.Rand) string {
		failure := ""
		unlike := keeps(change{policies: func(c *generate.Case, _ *rand.Rand) bool {
			for i, d := range c.Documents {
				var text bytes.Buffer
				if err := xacmlxml.WritePolicy(&text, d); err != nil {
					failure = err.Error()
					return false
				}
				again, problems := xacmlxml.ReadPolicy(d.Name, text.Bytes(), xacmlxml.DefaultLimits())
				if len(problems.Errors()) > 0 {
					failure = problems.Error()
					return false
				}
				again.ReferenceOnly = d.ReferenceOnly
				c.Documents[i] = again
			}
			return true
		}}, nil)(tr, c, rng)
		return failure + unlike
	})
}

// Identifiers of policies, rules, variables and attributes are names: others do
// as well. Those of the environment are the clock's.
func TestLaw_RenamedIdentifiers(t *testing.T) {
	rename := func(id *string) {
		switch *id {
		case "", xacml.AttributeCurrentTime, xacml.AttributeCurrentDate, xacml.AttributeCurrentDateTime:
		default:
			*id = "urn:renamed:" + *id
		}
	}
	original := func(id *string) { *id = strings.Replace(*id, "urn:renamed:", "", 1) }
	policies := func(c *generate.Case, _ *rand.Rand) bool {
		renamePolicies(c, rename)
		c.Expressions(func(x *policy.Expression) {
			switch x := (*x).(type) {
			case *policy.Designator:
				rename(&x.ID)
			case *policy.VariableReference:
				rename(&x.ID)
			case *policy.Quantified:
				rename(&x.Variable)
			case *policy.Selector:
				rename(&x.ContextSelectorID)
			case *policy.Apply: // the second argument is an AttributeId
				if x.Function == xacml.Function3+"attribute-designator" {
					id := x.Arguments[1].(*policy.Literal)
					name := string(id.Value.(value.AnyURI))
					rename(&name)
					id.Value = value.AnyURI(name)
				}
			}
		})
		return true
	}
	request := func(c *generate.Case, _ *rand.Rand) bool {
		renameRequest(c, rename)
		return true
	}
	checkLaw(t, generate.Options{}, keeps(change{policies, request}, func(r *xacml.Result) {
		r.Status.Message = ""                             // it names attributes
		r.PolicyIDs = slices.Clone(r.PolicyIDs)           // results are read-only:
		r.Status.Missing = slices.Clone(r.Status.Missing) // the policies have them, too
		r.Attributes = slices.Clone(r.Attributes)
		for i := range r.PolicyIDs {
			original(&r.PolicyIDs[i].ID)
		}
		for i := range r.Status.Missing {
			original(&r.Status.Missing[i].ID)
		}
		for i := range r.Attributes {
			attributes := slices.Clone(r.Attributes[i].Attributes)
			for j := range attributes {
				original(&attributes[j].ID)
			}
			r.Attributes[i].Attributes = attributes
		}
	}))
}

func renamePolicies(c *generate.Case, rename func(*string)) {
	for _, s := range c.Sets() {
		rename(&s.ID)
	}
	for _, r := range c.References() {
		rename(&r.ID)
	}
	for _, p := range c.Policies() {
		rename(&p.ID)
		for i := range p.Variables {
			rename(&p.Variables[i].ID)
		}
		for i := range p.Rules {
			rename(&p.Rules[i].ID)
		}
	}
}

func renameRequest(c *generate.Case, rename func(*string)) {
	for _, attrs := range c.Request.Attributes {
		for i := range attrs.Attributes {
			rename(&attrs.Attributes[i].ID)
		}
	}
	for i := range c.Found {
		rename(&c.Found[i].Key.ID)
	}
	for i := range c.Failing {
		rename(&c.Failing[i].ID)
	}
}
