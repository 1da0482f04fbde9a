package board

// sources are where attributes come from.
func sources() Row {
	return Row{Title: "Sources", Name: "sources", Panels: []Panel{
		{
			Title: "Questions by outcome", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "cached are those that no source was asked for; open those that a breaker kept from it.",
			Queries: one(`sum by (outcome) (rate(forseti_pip_requests_total{$of}[$__rate_interval]))`, "{{outcome}}"),
			Colours: map[string]Colour{
				"cached": Blue, "ok": Green, "empty": Grey, "stale": Yellow, "open": Purple,
				"timeout": Orange, "unavailable": Red, "error": Red, "invalid": Red, "canceled": Grey,
			},
		},
		{
			Title: "Failing share by source", Kind: Lines, Unit: Share, Width: 8,
			About: "Of the questions that a cache did not answer. Decisions that depend on the source are Indeterminate.",
			Queries: []Query{{
				Text:   `sum by (source) (rate(forseti_pip_requests_total{$of,outcome=~"error|invalid|open|timeout|unavailable"}[$__rate_interval])) / sum by (source) (rate(forseti_pip_requests_total{$of,outcome!~"cached|canceled"}[$__rate_interval]))`,
				Legend: "{{source}}", Quiet: "caches answer everything",
			}},
			Max: 1,
		},
		{
			Title: "Breakers", Kind: States, Width: 8,
			About:   "Open: the source failed so often that it is left alone.",
			Queries: one(`max by (source) (forseti_pip_breaker_state{$of})`, "{{source}}"),
			States:  []State{{0, "closed", Green}, {1, "half-open", Yellow}, {2, "open", Red}},
		},
		{
			Title: "p50 by source", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "Time of questions that no cache answered.",
			Queries: []Query{{Text: `histogram_quantile(0.5, sum by (le, source) (rate(forseti_pip_request_duration_seconds_bucket{$of}[$__rate_interval])))`, Legend: "{{source}}", Exemplars: true, Quiet: "caches answer everything"}},
		},
		{
			Title: "p99 by source", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "Compare with the timeout of the source.",
			Queries: []Query{{Text: `histogram_quantile(0.99, sum by (le, source) (rate(forseti_pip_request_duration_seconds_bucket{$of}[$__rate_interval])))`, Legend: "{{source}}", Exemplars: true, Quiet: "caches answer everything"}},
		},
		{
			Title: "Answered by caches", Kind: Lines, Unit: Share, Width: 8,
			About:   "Share of questions by source. A fall: many new users, or the cache is too small or its ttl too short.",
			Queries: []Query{{Text: `sum by (source) (rate(forseti_pip_requests_total{$of,outcome="cached"}[$__rate_interval])) / sum by (source) (rate(forseti_pip_requests_total{$of}[$__rate_interval])) > 0`, Legend: "{{source}}", Quiet: "nothing is cached yet"}},
			Max:     1,
		},
		{
			Title: "Asked, and not needed", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "Sources that could be asked for a decision, by whether they were asked or could not matter.",
			Queries: one(`sum by (outcome) (rate(forseti_lookups_total{$of}[$__rate_interval]))`, "{{outcome}}"),
			Colours: map[string]Colour{"made": Orange, "saved": Green},
		},
		{
			Title: "Asked again", Kind: Lines, Unit: PerSecond, Width: 8,
			About:   "A rise that does not show as unavailable: the source is unsteady.",
			Queries: []Query{{Text: `sum by (source) (rate(forseti_pip_retries_total{$of}[$__rate_interval])) > 0`, Legend: "{{source}}", Quiet: "no source is asked again"}},
		},
		{
			Title: "Answers forgotten", Kind: Lines, Unit: Count, Width: 8,
			About:   "How often sources were told to forget in five minutes. Many of everything: the connection that tells of changes breaks.",
			Queries: []Query{{Text: `sum by (cause) (increase(forseti_invalidations_total{$of}[5m]))`, Legend: "{{cause}}"}},
		},
	}}
}
