package alert

import (
	"fmt"
	"strings"
	"time"
)

// The objectives, over 30 days: 99.9 % of requests are answered, and 99 % of answers
// take no longer than 0.1 s. The budgets are what is left for the others.
const (
	UnansweredBudget = 0.001
	SlowBudget       = 0.01

	slowest    = "0.1" // seconds; a bucket of the histogram
	leastCalls = "0.1" // requests a second below which nobody is called: a handful says nothing
)

// Unanswered matches the reasons of forseti_rpc_failures_total for which the service,
// not the caller, is to blame.
const Unanswered = `reason=~"deadline_exceeded|internal|no_policy_snapshot|not_audited|overloaded|token_not_checked"`

// burn is how fast a budget may go, over a long window and, so that the alert ends
// soon after the trouble does, over a short one too.
type burn struct {
	factor      float64 // 1 spends the budget in 30 days
	long, short string
}

// fast and slow are the burns that page and that make tickets. Their windows are those
// of the SRE workbook, chapter "Alerting on SLOs": 2 % of the budget in an hour, 5 % in
// six; 10 % in a day, and in three.
func fast() []burn { return []burn{{14.4, "1h", "5m"}, {6, "6h", "30m"}} }

func slow() []burn { return []burn{{3, "1d", "2h"}, {1, "3d", "6h"}} }

// objectives are what callers are promised: shares over the windows, and alerts that
// fire if the budget of a promise goes too fast.
func objectives() Group {
	g := Group{Name: "forseti.objectives"}
	for _, window := range []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"} {
		failed := fmt.Sprintf("sum by (job) (rate(forseti_rpc_failures_total{%s}[%s]))", Unanswered, window)
		all := fmt.Sprintf("sum by (job) (rate(forseti_stage_duration_seconds_count{stage=\"total\"}[%s]))", window)
		quick := fmt.Sprintf("sum by (job) (rate(forseti_stage_duration_seconds_bucket{stage=\"total\",le=%q}[%s]))", slowest, window)
		g.Records = append(g.Records,
			Record{"job:forseti_requests_unanswered:ratio_rate" + window, failed + "\n/\n(" + all + " + " + failed + ")"},
			Record{"job:forseti_requests_slow:ratio_rate" + window, "1 - " + quick + "\n/\n" + all},
		)
		if window == "1h" {
			g.Records = append(g.Records, Record{"job:forseti_requests:rate" + window, all + " + " + failed})
		}
	}
	g.Alerts = []Alert{
		{
			Name: "ForsetiRequestsUnanswered", Text: burning("unanswered", UnansweredBudget, fast()), For: 2 * time.Minute, Severity: Page,
			Summary: "Forseti ({{ $labels.job }}) leaves so many requests unanswered that a month's budget is gone within days",
			Means:   "Of the requests of the last hour, or of the last six, more were not evaluated than the objective allows: 99.9 % are to be answered over 30 days. Counted are the reasons for which the service is to blame, not mistakes of callers.",
			Caller:  "RPC errors: RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, UNAVAILABLE or INTERNAL. Callers deny, or retry elsewhere.",
			Look:    "The board's row Calls, \"Failures by reason\"; then by reason: overload is seen in \"Calls under way\" and \"Processor\", deadlines in the row Sources, not_audited in the row Audit.",
			Do:      "overloaded: add instances. deadline_exceeded: find the source that is slow. no_policy_snapshot: see ForsetiNoPolicies. not_audited: see ForsetiAuditRefuses. token_not_checked: see ForsetiNoTokenKeys. internal: keep the log, and go back to the version before if it began with a new one.",
		},
		{
			Name: "ForsetiRequestsUnansweredForDays", Text: burning("unanswered", UnansweredBudget, slow()), For: 15 * time.Minute, Severity: Ticket,
			Summary: "Forseti ({{ $labels.job }}) leaves more requests unanswered than its objective allows",
			Means:   "As ForsetiRequestsUnanswered, but over days: a little fails all the time.",
			Caller:  "Now and then an RPC error, which a retry mends.",
			Look:    "\"Failures by reason\" over a week: does it follow the load, deployments, or a source?",
			Do:      "As there, on a working day.",
		},
		{
			Name: "ForsetiRequestsSlow", Text: burning("slow", SlowBudget, fast()), For: 2 * time.Minute, Severity: Page,
			Summary: "Forseti ({{ $labels.job }}) answers so slowly that a month's budget is gone within days",
			Means:   "Of the answers of the last hour, or of the last six, more took over 0.1 s than the objective allows: 99 % are to be faster over 30 days.",
			Caller:  "Users wait; callers with short deadlines fail with DEADLINE_EXCEEDED.",
			Look:    "\"p99 by stage\": enrich is sources, evaluate is policies, and total beyond both is the machine. Then \"p99 by source\", or the exemplars of \"Latency of requests\" if traces are taken.",
			Do:      "A slow source: its owners; a shorter timeout makes its decisions Indeterminate sooner. evaluate: what did the last change of policies add? `forseti explain` shows what a request visits. The machine: see \"Processor\", and add instances.",
		},
		{
			Name: "ForsetiRequestsSlowForDays", Text: burning("slow", SlowBudget, slow()), For: 15 * time.Minute, Severity: Ticket,
			Summary: "Forseti ({{ $labels.job }}) answers more requests slowly than its objective allows",
			Means:   "As ForsetiRequestsSlow, but over days.",
			Caller:  "Some users wait.",
			Look:    "As there, over a week. A fall in \"Answered by caches\" makes the same sources slow.",
			Do:      "Give caches more entries or time, where the answers may be as old; ask the owners of the source.",
		},
	}
	return g
}

// burning is whether the budget goes too fast over both windows of one of the burns.
func burning(what string, budget float64, burns []burn) string {
	var cases []string
	for _, b := range burns {
		record := "job:forseti_requests_" + what + ":ratio_rate"
		limit := fmt.Sprintf(" > %g * %g", b.factor, budget)
		cases = append(cases, "("+record+b.long+limit+" and "+record+b.short+limit+")")
	}
	return "(\n" + strings.Join(cases, "\nor\n") + "\n)\nand on (job) job:forseti_requests:rate1h > " + leastCalls
}
