package combine

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Children are the rules of a policy, or the policies, policy sets and
// references of a policy set, in document order.
type Children interface {
	// Len is the number of children.
	Len() int
	// Evaluate evaluates the i-th child.
	Evaluate(i int) xacml.Decision
	// Effect is the effect of the i-th child, which must be a rule.
	Effect(i int) xacml.Effect
	// Applicable evaluates nothing but the own target of the i-th child, which
	// must not be a rule. The error tells that the target is Indeterminate.
	Applicable(i int) (bool, *xacml.Error)
	// Disregard drops the obligations and advice of the child that was evaluated
	// last: its decision is not part of the result.
	Disregard()
}

// Algorithm is one combining algorithm for rules or for policies.
type Algorithm struct {
	// Rule and Policy are the identifiers for policies and for policy sets;
	// one of them may be empty.
	Rule, Policy string
	// Section is the section of appendix C that defines the algorithm.
	Section string
	// Hides tells what an error in a child may give way to.
	Hides Hiding
	// Omits tells which children might as well not be there.
	Omits Omission
	// Children tells whether the algorithm can work on so many children; nil if
	// on any number.
	Children func(n int) bool
	// Combine gives the value for the children. The error, if there is one, is
	// what the algorithm itself found wrong; the value is then Indeterminate.
	// Algorithms without extended Indeterminate give Indeterminate{DP} (C.1).
	Combine func(Children) (xacml.Decision, *xacml.Error)
}

// Omission is which children an algorithm gives the same value without, whatever
// the other ones are: what an evaluator may skip.
type Omission uint8

// The kinds of children that can be left out.
const (
	// OmitsNotApplicable: those that are NotApplicable.
	OmitsNotApplicable Omission = iota
	// OmitsUnmatched: those whose own target does not match. Others count
	// although they may be NotApplicable.
	OmitsUnmatched
	// OmitsNothing: each child has a part by its place.
	OmitsNothing
)

// Hiding is how an algorithm may hide that a child failed.
type Hiding uint8

// The ways to hide an error.
const (
	// HidesNothing: an error never gives way to a Permit that it might have prevented.
	HidesNothing Hiding = iota
	// HidesBehindPermit: a Permit of one child hides that a Deny child failed.
	HidesBehindPermit
	// HidesAsPermit: a child that fails counts as if it did not deny.
	HidesAsPermit
)

// Algorithms is the table of the standard, in the order of appendix C with the
// legacy ones after the current ones.
func Algorithms() []Algorithm {
	const (
		r1, r11, r3 = xacml.RuleAlgorithm1, xacml.RuleAlgorithm11, xacml.RuleAlgorithm3
		p1, p11, p3 = xacml.PolicyAlgorithm1, xacml.PolicyAlgorithm11, xacml.PolicyAlgorithm3
	)
	return []Algorithm{
		{r3 + "deny-overrides", p3 + "deny-overrides", "C.2", HidesNothing, OmitsNotApplicable, nil, denyOverrides},
		{r3 + "ordered-deny-overrides", p3 + "ordered-deny-overrides", "C.3", HidesNothing, OmitsNotApplicable, nil, denyOverrides},
		{r3 + "permit-overrides", p3 + "permit-overrides", "C.4", HidesBehindPermit, OmitsNotApplicable, nil, permitOverrides},
		{r3 + "ordered-permit-overrides", p3 + "ordered-permit-overrides", "C.5", HidesBehindPermit, OmitsNotApplicable, nil, permitOverrides},
		{r3 + "deny-unless-permit", p3 + "deny-unless-permit", "C.6", HidesNothing, OmitsNotApplicable, nil, denyUnlessPermit},
		{r3 + "permit-unless-deny", p3 + "permit-unless-deny", "C.7", HidesAsPermit, OmitsNotApplicable, nil, permitUnlessDeny},
		{r1 + "first-applicable", p1 + "first-applicable", "C.8", HidesNothing, OmitsNotApplicable, nil, firstApplicable},
		{"", p1 + "only-one-applicable", "C.9", HidesNothing, OmitsUnmatched, nil, onlyOneApplicable},

		{r1 + "deny-overrides", "", "C.10", HidesNothing, OmitsNotApplicable, nil, legacyDenyOverridesRules},
		{"", p1 + "deny-overrides", "C.10", HidesNothing, OmitsNotApplicable, nil, legacyDenyOverridesPolicies},
		{r11 + "ordered-deny-overrides", "", "C.11", HidesNothing, OmitsNotApplicable, nil, legacyDenyOverridesRules},
		{"", p11 + "ordered-deny-overrides", "C.11", HidesNothing, OmitsNotApplicable, nil, legacyDenyOverridesPolicies},
		{r1 + "permit-overrides", "", "C.12", HidesBehindPermit, OmitsNotApplicable, nil, legacyPermitOverridesRules},
		{"", p1 + "permit-overrides", "C.12", HidesBehindPermit, OmitsNotApplicable, nil, legacyPermitOverridesPolicies},
		{r11 + "ordered-permit-overrides", "", "C.13", HidesBehindPermit, OmitsNotApplicable, nil, legacyPermitOverridesRules},
		{"", p11 + "ordered-permit-overrides", "C.13", HidesBehindPermit, OmitsNotApplicable, nil, legacyPermitOverridesPolicies},

		{"", p3 + "on-permit-apply-second", "profile", HidesNothing, OmitsNothing, twoOrThree, onPermitApplySecond},
	}
}

// Table finds algorithms by identifier.
type Table struct {
	rule, policy map[string]*Algorithm
}

// Standard is the table of [Algorithms].
func Standard() *Table {
	t := &Table{rule: map[string]*Algorithm{}, policy: map[string]*Algorithm{}}
	for _, a := range Algorithms() {
		if a.Rule != "" {
			t.rule[a.Rule] = &a
		}
		if a.Policy != "" {
			t.policy[a.Policy] = &a
		}
	}
	return t
}

// ForRules gives the rule-combining algorithm with this identifier, or nil.
// alias tells that the identifier is that of the policy-combining algorithm of
// the same name, which many real policies carry and the standard does not allow.
func (t *Table) ForRules(id string) (a *Algorithm, alias bool) {
	if a := t.rule[id]; a != nil {
		return a, false
	}
	a = t.rule[strings.Replace(id, ":policy-combining-algorithm:", ":rule-combining-algorithm:", 1)]
	return a, a != nil
}

// ForPolicies gives the policy-combining algorithm with this identifier, or nil.
func (t *Table) ForPolicies(id string) *Algorithm { return t.policy[id] }
