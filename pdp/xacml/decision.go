package xacml

// Decision is the value of a rule, policy or policy set (§7.10). The zero
// Decision is Indeterminate{DP}: what nobody decided is never a Permit.
type Decision uint8

// The decisions, with the extended values of Indeterminate (§7.10): D could
// have been a Deny, P a Permit, DP either.
const (
	IndeterminateDP Decision = iota
	IndeterminateD
	IndeterminateP
	NotApplicable
	Deny
	Permit
)

// Indeterminate reports whether d is one of the extended Indeterminate values.
func (d Decision) Indeterminate() bool { return d <= IndeterminateP }

// String is the decision as a response states it: the extended values of
// Indeterminate do not leave the PDP (§7.10).
func (d Decision) String() string {
	switch d {
	case Permit:
		return "Permit"
	case Deny:
		return "Deny"
	case NotApplicable:
		return "NotApplicable"
	case IndeterminateD, IndeterminateP, IndeterminateDP:
		return "Indeterminate"
	default:
		return "Indeterminate"
	}
}

// Extended is the decision with the extended value, as in Indeterminate{D}.
func (d Decision) Extended() string {
	switch d {
	case IndeterminateD:
		return "Indeterminate{D}"
	case IndeterminateP:
		return "Indeterminate{P}"
	case IndeterminateDP:
		return "Indeterminate{DP}"
	case Permit, Deny, NotApplicable:
		return d.String()
	default:
		return "Indeterminate{DP}"
	}
}

// Effect is the effect of a rule, and what FulfillOn and AppliesTo name.
type Effect uint8

// The two effects (§5.21). The zero Effect is Deny.
const (
	EffectDeny Effect = iota
	EffectPermit
)

// Decision is the decision of a rule with this effect that applies.
func (e Effect) Decision() Decision {
	if e == EffectPermit {
		return Permit
	}
	return Deny
}

// Indeterminate is the value of a rule with this effect that failed (§7.11).
func (e Effect) Indeterminate() Decision {
	if e == EffectPermit {
		return IndeterminateP
	}
	return IndeterminateD
}

// String is Permit or Deny.
func (e Effect) String() string { return e.Decision().String() }
