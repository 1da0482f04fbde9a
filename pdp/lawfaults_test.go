package pdp_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// source is a finder that has the attributes that were in a request and what
// the case has. It fails for what it does not know.
type source struct {
	request *xacml.Request
	rest    pdp.Finder
	fails   func(xacml.AttributeKey) bool
}

func (s source) Find(ctx context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if s.fails(key) {
		return value.Bag{}, errors.New("the source does not answer")
	}
	if bag := s.request.Lookup(key); bag.Len() > 0 {
		return bag, nil
	}
	return s.rest.Find(ctx, key)
}

// moved gives the request without the attributes that move, and a request that
// has nothing else.
func moved(r *xacml.Request, moves func(category, id string) bool) (stays, gone *xacml.Request) {
	stays, gone = new(*r), &xacml.Request{}
	stays.Attributes = slices.Clone(r.Attributes)
	for i := range stays.Attributes {
		attrs := &stays.Attributes[i]
		out := xacml.Attributes{Category: attrs.Category}
		var left []xacml.Attribute
		for _, a := range attrs.Attributes {
			if moves(attrs.Category, a.ID) {
				out.Attributes = append(out.Attributes, a)
			} else {
				left = append(left, a)
			}
		}
		attrs.Attributes = left
		gone.Attributes = append(gone.Attributes, out)
	}
	return stays, gone
}

// withFaults decides the case with all its attributes found by a finder, first
// without faults and then with some attributes unavailable.
func withFaults(tr *trial, c *generate.Case, rng *rand.Rand) (without, with xacml.Result, ok bool) {
	p := tr.loaded(c, 0)
	if p == nil {
		return without, with, false
	}
	stays, gone := moved(c.Request, func(string, string) bool { return true })
	without = p.Evaluate(tr.Context(), stays, source{gone, c, func(xacml.AttributeKey) bool { return false }})
	faults := pickSome(rng, []int{10, 30, 60, 100}[rng.IntN(4)])
	with = p.Evaluate(tr.Context(), stays, source{gone, c, func(key xacml.AttributeKey) bool { return faults.has(key) }})
	return without, with, true
}

// named are the identifiers of these algorithms among those of the standard.
func named(prefixes []string, names ...string) []string {
	var out []string
	for _, p := range prefixes {
		for _, n := range names {
			out = append(out, p+n)
		}
	}
	return out
}

var (
	allRules    = []string{xacml.RuleAlgorithm1, xacml.RuleAlgorithm11, xacml.RuleAlgorithm3}
	allPolicies = []string{xacml.PolicyAlgorithm1, xacml.PolicyAlgorithm11, xacml.PolicyAlgorithm3}
	// legacyOverrides take a policy that fails for one that denies, or for one
	// that a Deny beats (C.10 to C.13).
	legacyOverrides = named([]string{xacml.PolicyAlgorithm1, xacml.PolicyAlgorithm11}, "deny-overrides", "ordered-deny-overrides", "permit-overrides", "ordered-permit-overrides")
)

// Faults only make decisions less certain, as §7.10 explains the extended
// values: Indeterminate{P} might have been a Permit or NotApplicable,
// Indeterminate{D} a Deny or NotApplicable, Indeterminate{DP} anything, and a
// decision that is not Indeterminate is the decision without faults too. That
// holds below the algorithms that do not make a decision of an error, as
// deny-unless-permit, permit-unless-deny and the overrides of 1.0 over policies do.
func TestLaw_7_10_FaultsMakeUncertain(t *testing.T) {
	without := append(named(append(allRules, allPolicies...), "deny-unless-permit", "permit-unless-deny"), legacyOverrides...)
	checkLaw(t, generate.Options{Without: without}, func(tr *trial, c *generate.Case, rng *rand.Rand) string {
		before, after, ok := withFaults(tr, c, rng)
		if !ok || covers(after.Decision, before.Decision) {
			return ""
		}
		return fmt.Sprintf("%s becomes %s by faults", before.Decision.Extended(), after.Decision.Extended())
	})
}

// covers reports whether a decision that is d at worst might have been this one.
func covers(d, one xacml.Decision) bool {
	switch d {
	case xacml.IndeterminateDP:
		return true
	case xacml.IndeterminateP:
		return one == d || one == xacml.Permit || one == xacml.NotApplicable
	case xacml.IndeterminateD:
		return one == d || one == xacml.Deny || one == xacml.NotApplicable
	default:
		return one == d
	}
}

// Fault monotonicity: no fault makes a Permit of what is none, nor
// NotApplicable of what is applicable; it may make a Deny or an Indeterminate of
// anything. By induction no fault does worse to a child than that, and to make
// Indeterminate{P} of what is no Deny: Indeterminate{D} may stand for anything,
// as below deny-unless-permit errors become Deny.
//
// The law is broken by permit-unless-deny (C.7), and by on-permit-apply-second,
// whose third child applies where the guard denies because of an error.
func TestLaw_FaultsNeverPermit(t *testing.T) {
	without := named(append(allRules, allPolicies...), "permit-unless-deny", "on-permit-apply-second")
	checkLaw(t, generate.Options{Without: without}, faultsNeverPermit)
}

func faultsNeverPermit(tr *trial, c *generate.Case, rng *rand.Rand) string {
	before, after, ok := withFaults(tr, c, rng)
	if !ok || after.Decision == before.Decision {
		return ""
	}
	switch after.Decision {
	case xacml.Permit, xacml.NotApplicable:
		return fmt.Sprintf("%s becomes %s by faults", before.Decision.Extended(), after.Decision.Extended())
	default:
		return ""
	}
}
