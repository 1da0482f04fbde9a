package board

import (
	"strconv"

	"github.com/forseti-pdp/forseti/deploy/observability/alert"
)

// The shares of requests that were not answered, and of decisions in error.
const (
	failed     = `sum(rate(forseti_rpc_failures_total{$of,` + alert.Unanswered + `}[$__rate_interval]))`
	unanswered = failed + ` / (sum(rate(forseti_stage_duration_seconds_count{$of,stage="total"}[$__rate_interval])) + ` + failed + `)`
	inError    = `sum(rate(forseti_decisions_total{$of,status="processing_error"}[$__rate_interval])) / sum(rate(forseti_decisions_total{$of}[$__rate_interval]))`
)

// overview tells in a minute whether callers get what they need.
func overview() Row {
	return Row{Title: "Overview", Name: "overview", Panels: []Panel{
		{
			Title: "Decisions", Kind: Stat, Unit: PerSecond, Width: 4, Decimals: new(0),
			About:   "Individual decisions a second.",
			Queries: one(`sum(rate(forseti_decisions_total{$of}[$__rate_interval]))`, "decisions"),
			Steps:   []Step{{0, Blue}},
		},
		{
			Title: "Not answered", Kind: Stat, Unit: Share, Width: 4, Decimals: new(2),
			About:   "Share of requests that were not evaluated for a reason that is Forseti's: overload, deadlines, no policies, audit, faults. Mistakes of callers do not count. The objective is 0.1 % over 30 days.",
			Queries: one(unanswered, "not answered"),
			Steps:   bad(0.001, 0.01),
		},
		{
			Title: "Decisions in error", Kind: Stat, Unit: Share, Width: 4, Decimals: new(2),
			About:   "Share of decisions that are Indeterminate because of a processing error: a source fails, or a policy is wrong. Callers deny.",
			Queries: one(inError, "in error"),
			Steps:   bad(0.005, 0.05),
		},
		{
			Title: "p99 of requests", Kind: Stat, Unit: Seconds, Width: 4, Decimals: new(1),
			About:   "99 of 100 requests took less. The objective is 0.1 s for 99 %.",
			Queries: one(`histogram_quantile(0.99, sum by (le) (rate(forseti_stage_duration_seconds_bucket{$of,stage="total"}[$__rate_interval])))`, "p99"),
			Steps:   bad(0.05, 0.1),
		},
		{
			Title: "Instances", Kind: Stat, Unit: Count, Width: 4,
			About: "Instances that are scraped, and those of them that take calls: they have policies, and what is required at the start.",
			Queries: []Query{
				{Text: `count(forseti_build_info{$of})`, Legend: "running"},
				{Text: `sum(forseti_ready{$of})`, Legend: "ready"},
			},
			Steps: []Step{{0, Blue}},
		},
		{
			Title: "Policy sets in force", Kind: Stat, Unit: Count, Width: 4,
			About:   "All instances should decide on the same policies: 1. More than 1 is normal for seconds after a change.",
			Queries: []Query{{Text: `count(count by (snapshot) (forseti_policy_snapshot_info{$of}))`, Legend: "snapshots", Quiet: "there are no policies yet"}},
			Steps:   []Step{{0, Red}, {1, Green}, {2, Orange}},
		},
		{
			Title: "Decisions by outcome", Kind: Areas, Unit: PerSecond, Width: 12,
			About:   "What callers are told. A step after a change of policies is worth a look; a rise of not_applicable says that a policy lost its target.",
			Queries: one(`sum by (decision) (rate(forseti_decisions_total{$of}[$__rate_interval]))`, "{{decision}}"),
			Colours: map[string]Colour{"permit": Green, "deny": Red, "not_applicable": Grey, "indeterminate": Orange},
		},
		{
			Title: "Failing shares", Kind: Lines, Unit: Share, Width: 12,
			About: "The two figures of above over time: requests that got no answer, and decisions in error.",
			Queries: []Query{
				{Text: unanswered, Legend: "not answered"},
				{Text: inError, Legend: "processing error"},
				{Text: `sum(rate(forseti_decisions_total{$of,status="missing_attribute"}[$__rate_interval])) / sum(rate(forseti_decisions_total{$of}[$__rate_interval]))`, Legend: "missing attribute"},
			},
			Colours: map[string]Colour{"not answered": Red, "processing error": Orange, "missing attribute": Blue},
		},
		{
			Title: "Latency of requests", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "From the message to the answer, in the service. The points are examples with a trace, if traces are taken.",
			Queries: quantiles("forseti_stage_duration_seconds", `stage="total"`),
			Colours: latencyColours(),
		},
		{
			Title: "p99 by stage", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "enrich is the time of sources, evaluate that of policies, for each decision; total is for each request.",
			Queries: []Query{{Text: `histogram_quantile(0.99, sum by (le, stage) (rate(forseti_stage_duration_seconds_bucket{$of}[$__rate_interval])))`, Legend: "{{stage}}", Exemplars: true}},
			Colours: map[string]Colour{"enrich": Purple, "evaluate": Blue, "total": Orange},
		},
		{
			Title: "Error budget: how fast it goes", Kind: Lines, Unit: Count, Width: 8,
			About: "1 spends the budget in exactly 30 days. Above 14.4 over an hour somebody is called.",
			Queries: []Query{
				{Text: `max(job:forseti_requests_unanswered:ratio_rate1h{job=~"$job"}) / ` + number(alert.UnansweredBudget), Legend: "not answered"},
				{Text: `max(job:forseti_requests_slow:ratio_rate1h{job=~"$job"}) / ` + number(alert.SlowBudget), Legend: "slow"},
			},
			Colours: map[string]Colour{"not answered": Red, "slow": Yellow},
		},
		{
			Title: "Alerts that fire", Kind: Table, Unit: Count, Width: 24,
			About:   "docs/alerts.md tells of each what it means and what to do.",
			Queries: []Query{{Text: `sum by (alertname, severity, job, instance) (ALERTS{alertname=~"Forseti.+",alertstate="firing"})`, Legend: "{{alertname}}", Quiet: "no alert fires"}},
		},
	}}
}

// number is a number in a query.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
