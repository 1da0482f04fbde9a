package alert

import "time"

// errorShare is the share of decisions that are in error over five minutes.
const errorShare = `sum by (job) (rate(forseti_decisions_total{status="processing_error"}[5m]))
/
sum by (job) (rate(forseti_decisions_total[5m]))`

// decisions are alerts about what is decided.
func decisions() []Alert {
	return []Alert{
		{
			Name: "ForsetiDecisionErrors", Text: errorShare + " > 0.05", For: 5 * time.Minute, Severity: Page,
			Summary: "{{ $value | humanizePercentage }} of the decisions of Forseti ({{ $labels.job }}) are in error",
			Means:   "More than 5 % of the decisions are Indeterminate with processing-error: something that they depend on could not be found out.",
			Caller:  "Indeterminate, which they treat as Deny: people who may do something are kept from it.",
			Look:    "\"Failing share by source\" and \"Breakers\". If no source fails, a policy is wrong since the last change: \"Time in force\". `forseti explain` with a request that fails says where.",
			Do:      "A source: its owners. A policy: put the one before back into the folder. Do not weaken the policies so that errors become Permit.",
		},
		{
			Name: "ForsetiSomeDecisionErrors", Text: errorShare + " > 0.005", For: 30 * time.Minute, Severity: Ticket,
			Summary: "{{ $value | humanizePercentage }} of the decisions of Forseti ({{ $labels.job }}) are in error",
			Means:   "As ForsetiDecisionErrors, but few: a source that is unsteady, or one policy, or odd data about some.",
			Caller:  "Some people are kept from what they may do.",
			Look:    "As there. Audit records with processing-error tell what the requests have in common.",
			Do:      "As there, on a working day.",
		},
		{
			Name: "ForsetiPolicyPanics", Text: `forseti_panicking_policies > 0`, For: 0, Severity: Ticket,
			Summary: "{{ $value }} policies of {{ $labels.instance }} of Forseti make its evaluation panic again and again",
			Means:   "A fault of Forseti that these policies bring to light, three times or more. They stay in force.",
			Caller:  "Indeterminate with processing-error for what depends on them.",
			Look:    "The log names the policies, with the stack and a fingerprint of the request.",
			Do:      "Change or withdraw them, and report it with the stack.",
		},
		{
			Name: "ForsetiNothingApplies", Text: `(
sum by (job) (rate(forseti_decisions_total{decision="not_applicable"}[10m])) / sum by (job) (rate(forseti_decisions_total[10m]))
)
-
(
sum by (job) (rate(forseti_decisions_total{decision="not_applicable"}[1h] offset 1h)) / sum by (job) (rate(forseti_decisions_total[1h] offset 1h))
) > 0.2`, For: 10 * time.Minute, Severity: Ticket,
			Summary: "Far more decisions of Forseti ({{ $labels.job }}) than an hour ago find no policy",
			Means:   "The share of NotApplicable rose by more than 20 points: after a change, a policy lost its target or its file; otherwise callers ask for something else.",
			Caller:  "NotApplicable, which they treat as Deny.",
			Look:    "Whether it began with a change: the marks of changed policies on the board. `forseti explain` with such a request.",
			Do:      "Put the policy right, or the one before back.",
		},
		{
			Name: "ForsetiShadowMismatch", Text: `sum by (job, instance) (increase(forseti_shadow_decisions_total{outcome="mismatch"}[15m])) > 0`, For: 0, Severity: Page,
			Summary: "The two evaluators of {{ $labels.instance }} of Forseti disagree on a decision",
			Means:   "A fault of Forseti: the fast evaluator and the reference do not agree on what the policies say. Those decisions were answered by Indeterminate, but only a share of all (`policies.shadow_rate`) is compared.",
			Caller:  "Indeterminate for what was compared; for what was not, perhaps a wrong decision.",
			Look:    "The log says what differs. Did it begin with a change of policies, or with a new version?",
			Do:      "Go back to what it began with. Until then `policies.shadow_rate: 1` lets no such decision out, at the price of time. Report it.",
		},
	}
}
