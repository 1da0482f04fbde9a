package alert

import "time"

// sources are alerts about where attributes come from. People are called by what
// follows for decisions (ForsetiDecisionErrors), not by these.
func sources() []Alert {
	return []Alert{
		{
			Name: "ForsetiSourceFails", Text: `sum by (job, source) (rate(forseti_pip_requests_total{outcome=~"error|invalid|open|timeout|unavailable"}[5m]))
/
sum by (job, source) (rate(forseti_pip_requests_total{outcome!~"cached|canceled"}[5m])) > 0.05`, For: 5 * time.Minute, Severity: Ticket,
			Summary: "{{ $value | humanizePercentage }} of the questions to the source {{ $labels.source }} of Forseti fail",
			Means:   "The source does not answer, too late, or with what it must not.",
			Caller:  "Indeterminate for decisions that depend on it. Others are made.",
			Look:    "\"Questions by outcome\": timeout and unavailable are the source or the way to it; invalid is an answer of another form than configured; error is its refusal. The log has `a source fails` with the reason, at most once a minute. `forseti explain` with a request that depends on it says more.",
			Do:      "Its owners. invalid after a change on their side: `sources[].provides` must follow.",
		},
		{
			Name: "ForsetiSourceBreakerOpen", Text: `max by (job, source) (forseti_pip_breaker_state) == 2`, For: 5 * time.Minute, Severity: Ticket,
			Summary: "The breaker of the source {{ $labels.source }} of Forseti is open",
			Means:   "The source failed so often that it is left alone, but for a try now and then. The state stays until the next question.",
			Caller:  "Indeterminate at once, without waiting, for decisions that depend on it.",
			Look:    "\"Breakers\" and \"Failing share by source\": one instance, or all?",
			Do:      "Its owners. It is asked again by itself; there is nothing to reset.",
		},
		{
			Name: "ForsetiSourceForgets", Text: `sum by (job, instance, source) (increase(forseti_invalidations_total{cause="everything"}[30m])) > 10`, For: 10 * time.Minute, Severity: Ticket,
			Summary: "The source {{ $labels.source }} of {{ $labels.instance }} of Forseti forgot everything {{ $value | humanize }} times in half an hour",
			Means:   "The connection by which the source tells of changes breaks again and again, or what it tells is not of the form that docs/sources.md asks for. To be safe, all answers are forgotten.",
			Caller:  "Slower answers: caches are of no use.",
			Look:    "The log: `not listening for changes`, or `a notification is not of the known form`. \"Answered by caches\".",
			Do:      "Put the connection or the notifications right; a proxy between may end idle connections.",
		},
	}
}
