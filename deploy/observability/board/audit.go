package board

// noAudit tells why the row may be empty.
const noAudit = "no audit is configured"

// audit is what becomes of the records of decisions.
func audit() Row {
	return Row{Title: "Audit", Name: "audit", Panels: []Panel{
		{
			Title: "Records by outcome", Kind: Areas, Unit: PerSecond, Width: 6,
			About:   "refused: callers get NOT_AUDITED. spilled: it lasts as long as the spill file has room.",
			Queries: []Query{{Text: `sum by (outcome) (rate(forseti_audit_records_total{$of}[$__rate_interval]))`, Legend: "{{outcome}}", Quiet: noAudit}},
			Colours: map[string]Colour{"written": Green, "spilled": Orange, "refused": Red},
		},
		{
			Title: "Waiting to be written", Kind: Lines, Unit: Count, Width: 6,
			About:   "Calls whose records wait, and records in the spill file.",
			Queries: []Query{{Text: `forseti_audit_queue{$of}`, Legend: "{{instance}}", Quiet: noAudit}},
		},
		{
			Title: "Since records were written", Kind: Lines, Unit: Seconds, Width: 6,
			About:   "Must not grow while decisions are made.",
			Queries: []Query{{Text: `time() - (forseti_audit_last_write_timestamp_seconds{$of} > 0)`, Legend: "{{instance}}", Quiet: noAudit}},
		},
		{
			Title: "Writes that failed", Kind: Stat, Unit: Count, Width: 6,
			About:   "In the last hour. Each is tried again; the log says why.",
			Queries: []Query{{Text: `sum(increase(forseti_audit_errors_total{$of}[1h]))`, Legend: "failed", Quiet: noAudit}},
			Steps:   anyIsBad(),
		},
	}}
}
