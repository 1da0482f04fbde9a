package board

// policies is what is in force, and how it got there.
func policies() Row {
	return Row{Title: "Policies", Name: "policies", Panels: []Panel{
		{
			Title: "What the folder holds is in force", Kind: States, Width: 8,
			About:   "Refused: authors believe that something is in force which is not. /status and the log have file, line and reason.",
			Queries: one(`forseti_policy_last_reload_success{$of}`, "{{instance}}"),
			States:  yesNo("in force", "refused"),
		},
		{
			Title: "Time in force", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "Since the policies of each instance came into force. Lines that part: an instance did not take a change.",
			Queries: []Query{{Text: `forseti_policy_snapshot_age_seconds{$of}`, Legend: "{{instance}}", Quiet: "there are no policies yet"}},
		},
		{
			Title: "Since the folder was last valid", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "Grows while what is in the folder is refused, and while nothing changes.",
			Queries: []Query{{Text: `time() - (forseti_policy_last_success_timestamp_seconds{$of} > 0)`, Legend: "{{instance}}", Quiet: "the folder was never valid"}},
		},
		{
			Title: "Changes judged", Kind: Lines, Unit: Count, Width: 8,
			About:   "Candidates of the last five minutes, by the verdict on them.",
			Queries: one(`sum by (result) (increase(forseti_policy_reloads_total{$of}[5m]))`, "{{result}}"),
			Colours: map[string]Colour{"accepted": Green, "rejected": Red},
		},
		{
			Title: "Refusals by reason", Kind: Lines, Unit: Count, Width: 8,
			About:   "Of the last five minutes. io, size and empty point at how policies are delivered, the others at who wrote them.",
			Queries: []Query{{Text: `sum by (reason) (increase(forseti_policy_reload_failures_total{$of}[5m])) > 0`, Legend: "{{reason}}", Quiet: "nothing is refused"}},
		},
		{
			Title: "Time to judge a change", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "The longest of nine in ten of the last ten minutes, by instance.",
			Queries: []Query{{Text: `histogram_quantile(0.9, sum by (le, instance) (rate(forseti_policy_reload_duration_seconds_bucket{$of}[10m])))`, Legend: "{{instance}}", Quiet: "nothing changes"}},
		},
		{
			Title: "Policies and files", Kind: Lines, Unit: Count, Width: 8,
			About: "A sudden drop: something was not delivered, and what it denied is no longer denied.",
			Queries: []Query{
				{Text: `forseti_policy_snapshot_policies{$of}`, Legend: "policies {{instance}}", Quiet: "there are no policies yet"},
				{Text: `forseti_policy_snapshot_files{$of}`, Legend: "files {{instance}}", Quiet: "there are no policies yet"},
			},
		},
		{
			Title: "Obligations and advice", Kind: Lines, Unit: PerSecond, Width: 8,
			About:   "A step after a change tells that policies ask for more, or less.",
			Queries: one(`sum by (kind) (rate(forseti_obligations_total{$of}[$__rate_interval]))`, "{{kind}}"),
		},
		{
			Title: "Decisions by status", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "Decisions that are not ok. missing_attribute: callers do not send what policies ask for.",
			Queries: []Query{{Text: `sum by (status) (rate(forseti_decisions_total{$of,status!="ok"}[$__rate_interval]))`, Legend: "{{status}}"}},
			Colours: map[string]Colour{"processing_error": Orange, "missing_attribute": Blue, "syntax_error": Purple},
		},
		{
			Title: "Warnings", Kind: Lines, Unit: Count, Width: 8,
			About:   "About what is in force, by reason. forbidden: a policy hides errors behind a Permit.",
			Queries: []Query{{Text: `max by (reason) (forseti_policy_snapshot_warnings{$of}) > 0`, Legend: "{{reason}}", Quiet: "there are no warnings"}},
		},
		{
			Title: "Snapshots in force", Kind: Table, Unit: Count, Width: 16,
			About:   "How many instances decide on which policies.",
			Queries: []Query{{Text: `count by (snapshot) (forseti_policy_snapshot_info{$of})`, Legend: "{{snapshot}}", Quiet: "there are no policies yet"}},
		},
	}}
}
