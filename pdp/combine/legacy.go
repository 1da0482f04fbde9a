package combine

import "github.com/forseti-pdp/forseti/pdp/xacml"

// The algorithms of XACML 1.0 and 1.1 (C.10 to C.13) know one Indeterminate
// only, and treat rules and policies differently.

// legacyDenyOverridesRules is the rule-combining algorithm of C.10 and C.11.
func legacyDenyOverridesRules(cs Children) (xacml.Decision, *xacml.Error) {
	return legacyRules(cs, xacml.EffectDeny, xacml.EffectPermit)
}

// legacyPermitOverridesRules is the rule-combining algorithm of C.12 and C.13.
func legacyPermitOverridesRules(cs Children) (xacml.Decision, *xacml.Error) {
	return legacyRules(cs, xacml.EffectPermit, xacml.EffectDeny)
}

func legacyRules(cs Children, strong, weak xacml.Effect) (xacml.Decision, *xacml.Error) {
	var strongError, anyError, anyWeak bool
	for i := range cs.Len() {
		switch d := cs.Evaluate(i); {
		case d == strong.Decision():
			return d, nil
		case d == weak.Decision():
			anyWeak = true
		case d.Indeterminate():
			anyError = true
			strongError = strongError || cs.Effect(i) == strong
		}
	}
	switch {
	case strongError:
		return xacml.IndeterminateDP, nil
	case anyWeak:
		return weak.Decision(), nil
	case anyError:
		return xacml.IndeterminateDP, nil
	default:
		return xacml.NotApplicable, nil
	}
}

// legacyDenyOverridesPolicies is the policy-combining algorithm of C.10 and
// C.11: a policy that fails denies.
func legacyDenyOverridesPolicies(cs Children) (xacml.Decision, *xacml.Error) {
	permit := false
	for i := range cs.Len() {
		switch d := cs.Evaluate(i); {
		case d == xacml.Deny, d.Indeterminate():
			return xacml.Deny, nil
		case d == xacml.Permit:
			permit = true
		}
	}
	if permit {
		return xacml.Permit, nil
	}
	return xacml.NotApplicable, nil
}

// legacyPermitOverridesPolicies is the policy-combining algorithm of C.12 and
// C.13: a Deny beats an error.
func legacyPermitOverridesPolicies(cs Children) (xacml.Decision, *xacml.Error) {
	var deny, failed bool
	for i := range cs.Len() {
		switch d := cs.Evaluate(i); {
		case d == xacml.Permit:
			return d, nil
		case d == xacml.Deny:
			deny = true
		case d.Indeterminate():
			failed = true
		}
	}
	switch {
	case deny:
		return xacml.Deny, nil
	case failed:
		return xacml.IndeterminateDP, nil
	default:
		return xacml.NotApplicable, nil
	}
}
