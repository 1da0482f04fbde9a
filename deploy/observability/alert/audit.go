package alert

import "time"

// audit are alerts about the records of decisions.
func audit() []Alert {
	return []Alert{
		{
			Name: "ForsetiAuditRefuses", Text: `sum by (job, instance) (rate(forseti_audit_records_total{outcome="refused"}[5m]))
/
sum by (job, instance) (rate(forseti_audit_records_total[5m])) > 0.01`, For: time.Minute, Severity: Page,
			Summary: "{{ $labels.instance }} of Forseti refuses decisions because it cannot record them",
			Means:   "Records can neither be written nor, any longer, spilled. What cannot be recorded is not decided. A few are always refused where callers have short deadlines, which pass while a record is written; this is more than one in a hundred.",
			Caller:  "UNAVAILABLE with NOT_AUDITED. Callers deny.",
			Look:    "The log: `audit records cannot be written` has the error of the disk. Without one a write hangs: the reader of standard output, a network disk. docs/audit.md.",
			Do:      "Free the disk, or start the reader again: it goes on by itself within seconds. Or send callers to other instances.",
		},
		{
			Name: "ForsetiAuditSpills", Text: `sum by (job, instance) (rate(forseti_audit_records_total{outcome="spilled"}[5m])) > 0`, For: 2 * time.Minute, Severity: Page,
			Summary: "{{ $labels.instance }} of Forseti spills audit records to the other disk",
			Means:   "Records cannot be written where they belong. They wait in the spill file; when it is full, decisions are refused.",
			Caller:  "Nothing yet.",
			Look:    "As for ForsetiAuditRefuses. \"Waiting to be written\" grows towards what `audit.spill.max_bytes` holds.",
			Do:      "As there, before the file is full. Nothing is lost: they are put into the log when it can be written again.",
		},
		{
			Name: "ForsetiAuditErrors", Text: `sum by (job, instance) (increase(forseti_audit_errors_total[15m])) > 0`, For: 0, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti had errors writing audit records",
			Means:   "Writes or syncs failed, and were tried again with a new file.",
			Caller:  "Slower answers at most, unless ForsetiAuditRefuses fires too.",
			Look:    "The log says why. Files named *.torn in the folder are what was given up.",
			Do:      "Look after the disk. `forseti audit verify` shows that nothing is missing.",
		},
		{
			Name: "ForsetiAuditStalls", Text: `time() - forseti_audit_last_write_timestamp_seconds > 60
and on (job, instance)
sum by (job, instance) (rate(forseti_decisions_total[5m])) > 0`, For: 5 * time.Minute, Severity: Page,
			Summary: "{{ $labels.instance }} of Forseti decides, and has not written an audit record for {{ $value | humanizeDuration }}",
			Means:   "A write hangs, or records wait in the spill file.",
			Caller:  "Requests take long, and then fail with NOT_AUDITED.",
			Look:    "As for ForsetiAuditRefuses.",
			Do:      "As there.",
		},
		{
			Name: "ForsetiAuditBacklog", Text: `min_over_time(forseti_audit_queue[10m]) > 100`, For: 5 * time.Minute, Severity: Ticket,
			Summary: "{{ $value }} audit records of {{ $labels.instance }} of Forseti have been waiting for ten minutes",
			Means:   "Records are written more slowly than decisions are made, or wait in the spill file.",
			Caller:  "Slower answers.",
			Look:    "How long the disk takes to sync; `audit.sync`. \"Records by outcome\".",
			Do:      "A faster disk, or `audit.sync: interval` where a second of records may be lost with the power. More instances share the load.",
		},
	}
}
