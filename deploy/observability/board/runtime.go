package board

// runtime is the program itself.
func runtime() Row {
	return Row{Title: "Program", Name: "program", Panels: []Panel{
		{
			Title: "Faults of Forseti", Kind: Stat, Unit: Count, Width: 8,
			About: "In the last hour: panics that were contained, and decisions on which the two evaluators disagreed; and policies that panicked three times or more. Report any.",
			Queries: []Query{
				{Text: `sum(increase(forseti_panics_total{$of}[1h]))`, Legend: "panics"},
				{Text: `sum(increase(forseti_shadow_decisions_total{$of,outcome="mismatch"}[1h]))`, Legend: "mismatch"},
				{Text: `max(forseti_panicking_policies{$of})`, Legend: "policies"},
			},
			Steps: anyIsBad(),
		},
		{
			Title: "Decisions checked by the reference evaluator", Kind: Lines, Unit: PerSecond, Width: 8,
			About:   "0 without policies.shadow_rate.",
			Queries: one(`sum by (outcome) (rate(forseti_shadow_decisions_total{$of}[$__rate_interval]))`, "{{outcome}}"),
			Colours: map[string]Colour{"match": Green, "mismatch": Red},
		},
		{
			Title: "Versions", Kind: Table, Unit: Count, Width: 8,
			About:   "Instances by version. More than one line is normal only while a new version is rolled out.",
			Queries: one(`count by (version, goversion) (forseti_build_info{$of})`, "{{version}} {{goversion}}"),
		},
		{
			Title: "Processor", Kind: Lines, Unit: Count, Width: 8,
			About:   "Cores in use by instance.",
			Queries: one(`rate(process_cpu_seconds_total{$of}[$__rate_interval])`, "{{instance}}"),
		},
		{
			Title: "Memory", Kind: Lines, Unit: Bytes, Width: 8,
			About: "The largest instance: all of the process; the heap, with garbage; and what is in use, which collecting does not give back. Near the limit calls are refused.",
			Queries: []Query{
				{Text: `max(process_resident_memory_bytes{$of})`, Legend: "resident"},
				{Text: `max(go_memstats_heap_inuse_bytes{$of})`, Legend: "heap"},
				{Text: `max(forseti_memory_used_bytes{$of})`, Legend: "in use"},
			},
		},
		{
			Title: "Memory in use", Kind: Lines, Unit: Share, Width: 8,
			About:   "Of what may be in use, by instance. A line that only climbs is a leak, or policies and caches that grow.",
			Queries: []Query{{Text: `forseti_memory_used_bytes{$of} / (forseti_memory_limit_bytes{$of} > 0)`, Legend: "{{instance}}", Quiet: "no limit is known"}},
		},
		{
			Title: "Garbage collection", Kind: Lines, Unit: Share, Width: 8,
			About:   "Share of time in which the program stood still, by instance.",
			Queries: one(`rate(go_gc_duration_seconds_sum{$of}[$__rate_interval])`, "{{instance}}"),
		},
		{
			Title: "Goroutines", Kind: Lines, Unit: Count, Width: 8,
			About:   "Follows the calls under way. A line that only climbs is a leak.",
			Queries: one(`go_goroutines{$of}`, "{{instance}}"),
		},
		{
			Title: "Files and connections", Kind: Lines, Unit: Share, Width: 8,
			About:   "Share of the descriptors that the process may open.",
			Queries: one(`process_open_fds{$of} / process_max_fds{$of}`, "{{instance}}"),
		},
		{
			Title: "Running for", Kind: Lines, Unit: Seconds, Width: 12,
			About:   "A line that falls to 0 is a restart.",
			Queries: one(`time() - process_start_time_seconds{$of}`, "{{instance}}"),
		},
		{
			Title: "Spans", Kind: Areas, Unit: PerSecond, Width: 12,
			About:   "Of traces, by what became of them. failed: the collector is down or refuses; dropped: it is slower than spans come. No decision waits for it.",
			Queries: one(`sum by (outcome) (rate(forseti_trace_spans_total{$of}[$__rate_interval]))`, "{{outcome}}"),
			Colours: map[string]Colour{"exported": Green, "failed": Red, "dropped": Orange},
		},
	}}
}
