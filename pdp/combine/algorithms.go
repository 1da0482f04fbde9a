package combine

import "github.com/forseti-pdp/forseti/pdp/xacml"

// The unordered algorithms look at the children in document order like the
// ordered ones: appendix C leaves the order free, and a fixed one makes
// obligations reproducible.

// denyOverrides is C.2 and C.3.
func denyOverrides(cs Children) (xacml.Decision, *xacml.Error) {
	return overrides(cs, xacml.Deny, xacml.IndeterminateD, xacml.Permit, xacml.IndeterminateP)
}

// permitOverrides is C.4 and C.5: C.2 with the effects exchanged.
func permitOverrides(cs Children) (xacml.Decision, *xacml.Error) {
	return overrides(cs, xacml.Permit, xacml.IndeterminateP, xacml.Deny, xacml.IndeterminateD)
}

// overrides gives strong if any child does. A child that might have been
// strong leaves the value open; weak needs that none might.
func overrides(cs Children, strong, openStrong, weak, openWeak xacml.Decision) (xacml.Decision, *xacml.Error) {
	var seen [xacml.Permit + 1]bool
	for i := range cs.Len() {
		d := cs.Evaluate(i)
		if d == strong {
			return strong, nil
		}
		seen[d] = true
	}
	switch {
	case seen[xacml.IndeterminateDP]:
		return xacml.IndeterminateDP, nil
	case seen[openStrong] && (seen[openWeak] || seen[weak]):
		return xacml.IndeterminateDP, nil
	case seen[openStrong]:
		return openStrong, nil
	case seen[weak]:
		return weak, nil
	case seen[openWeak]:
		return openWeak, nil
	default:
		return xacml.NotApplicable, nil
	}
}

// denyUnlessPermit is C.6.
func denyUnlessPermit(cs Children) (xacml.Decision, *xacml.Error) {
	return unless(cs, xacml.Permit, xacml.Deny)
}

// permitUnlessDeny is C.7.
func permitUnlessDeny(cs Children) (xacml.Decision, *xacml.Error) {
	return unless(cs, xacml.Deny, xacml.Permit)
}

// unless gives d if any child does, and otherwise the other decision: neither
// NotApplicable nor any Indeterminate counts.
func unless(cs Children, d, otherwise xacml.Decision) (xacml.Decision, *xacml.Error) {
	for i := range cs.Len() {
		if cs.Evaluate(i) == d {
			return d, nil
		}
	}
	return otherwise, nil
}

// firstApplicable is C.8. It does not track extended values (C.1): a child that
// might have permitted hides what a later child does, which may be a Deny.
func firstApplicable(cs Children) (xacml.Decision, *xacml.Error) {
	for i := range cs.Len() {
		switch d := cs.Evaluate(i); {
		case d.Indeterminate():
			return xacml.IndeterminateDP, nil
		case d != xacml.NotApplicable:
			return d, nil
		}
	}
	return xacml.NotApplicable, nil
}

// onlyOneApplicable is C.9: applicable means that the own target matches.
func onlyOneApplicable(cs Children) (xacml.Decision, *xacml.Error) {
	selected := -1
	for i := range cs.Len() {
		ok, err := cs.Applicable(i)
		switch {
		case err != nil:
			return xacml.IndeterminateDP, err
		case ok && selected >= 0:
			return xacml.IndeterminateDP, xacml.ProcessingErrorf("only-one-applicable: more than one policy is applicable")
		case ok:
			selected = i
		}
	}
	if selected < 0 {
		return xacml.NotApplicable, nil
	}
	return cs.Evaluate(selected), nil
}

func twoOrThree(n int) bool { return n == 2 || n == 3 }

// onPermitApplySecond is the algorithm of the Additional Combining Algorithms
// profile: the first child is a guard, the second applies if it permits, and
// the third, if there is one, otherwise.
func onPermitApplySecond(cs Children) (xacml.Decision, *xacml.Error) {
	if n := cs.Len(); !twoOrThree(n) {
		return xacml.IndeterminateDP, xacml.ProcessingErrorf("on-permit-apply-second: wants 2 or 3 policies, got %d", n)
	}
	guard := cs.Evaluate(0)
	if guard == xacml.Permit {
		return cs.Evaluate(1), nil
	}
	cs.Disregard() // a guard that denies does not decide
	switch guard {
	case xacml.IndeterminateP, xacml.IndeterminateDP:
		return xacml.IndeterminateDP, nil
	case xacml.Deny, xacml.NotApplicable, xacml.IndeterminateD:
		if cs.Len() == 3 {
			return cs.Evaluate(2), nil
		}
		return xacml.NotApplicable, nil
	default:
		return xacml.IndeterminateDP, nil
	}
}
