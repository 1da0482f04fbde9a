package alert

import "time"

// instances are alerts about the program and its machine.
func instances() []Alert {
	return []Alert{
		{
			Name: "ForsetiAbsent", Text: `absent(up{` + job + `} == 1)`, For: 2 * time.Minute, Severity: Page,
			Summary: "No instance of Forseti can be reached",
			Means:   "Prometheus can read the metrics of no instance of the job forseti.",
			Caller:  "Most likely UNAVAILABLE from all of them. Callers deny.",
			Look:    "Whether processes run, and why the last one ended: its log and exit code. `/healthz` and `/readyz` of the admin address. If all is well, it is the network between Prometheus and the admin address, or the job has another name.",
			Do:      "Start it. An error of the configuration names file and line: `forseti config --check`. After a new version: go back to the one before.",
		},
		{
			Name: "ForsetiDown", Text: `up{` + job + `} == 0`, For: 5 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti cannot be reached",
			Means:   "Prometheus cannot read the metrics of one instance.",
			Caller:  "Nothing, as long as others answer: callers go there.",
			Look:    "As for ForsetiAbsent, for this instance.",
			Do:      "Replace it. If several are gone, see whether the rest can carry the load: \"Turned away\".",
		},
		{
			Name: "ForsetiNoneReady", Text: `max by (job) (forseti_ready) == 0`, For: 2 * time.Minute, Severity: Page,
			Summary: "No instance of Forseti ({{ $labels.job }}) is ready",
			Means:   "All instances run and none takes calls: they have no policies, or could not reach yet what is `required_at_start`, or stop.",
			Caller:  "UNAVAILABLE from all of them. Callers deny.",
			Look:    "`/readyz` of any instance says why.",
			Do:      "No policies: see ForsetiNoPolicies. A source that is missing at the start: its owners; or take it out of what is required, and its decisions are Indeterminate meanwhile.",
		},
		{
			Name: "ForsetiNotReady", Text: `forseti_ready == 0`, For: 5 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti runs and is not ready",
			Means:   "One instance takes no calls: it has no policies, could not reach yet what is `required_at_start`, or does not come to an end.",
			Caller:  "Nothing, as long as others are ready.",
			Look:    "`/readyz` of the instance says why.",
			Do:      "As for ForsetiNoneReady.",
		},
		{
			Name: "ForsetiRestarts", Text: `changes(process_start_time_seconds{` + job + `}[30m]) > 2`, For: 0, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti was started {{ $value }} times in half an hour",
			Means:   "The process ends and is started again, over and over.",
			Caller:  "UNAVAILABLE for moments. Streams break off.",
			Look:    "The last lines of the log, the exit code, and what the system says: killed for want of memory, or by a probe that is too strict. \"Memory\" and \"Running for\" of the row Program.",
			Do:      "Memory: give it more, or fewer policies and smaller caches. A fatal error: report it with the log.",
		},
		{
			Name: "ForsetiVersionsDiffer", Text: `count by (job) (count by (job, version) (forseti_build_info)) > 1`, For: time.Hour, Severity: Ticket,
			Summary: "Instances of Forseti ({{ $labels.job }}) are of different versions",
			Means:   "A rollout did not end within an hour.",
			Caller:  "Nothing, unless the versions differ in what they decide.",
			Look:    "\"Versions\" of the row Program, and the rollout.",
			Do:      "End it, or take it back.",
		},
		{
			Name: "ForsetiFilesRunOut", Text: `process_open_fds{` + job + `} / process_max_fds{` + job + `} > 0.8`, For: 10 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti has {{ $value | humanizePercentage }} of its descriptors open",
			Means:   "Connections and files come close to what the process may open. At the limit it takes no connection and opens no policy.",
			Caller:  "Nothing yet; then connections that are refused.",
			Look:    "How many connections there are, and from whom. \"Goroutines\" climbs with them.",
			Do:      "Raise the limit (LimitNOFILE). Callers that open a connection for each call should keep one.",
		},
		{
			Name: "ForsetiOverloaded", Text: `sum by (job) (rate(forseti_rpc_failures_total{reason="overloaded"}[5m])) > 0`, For: 10 * time.Minute, Severity: Ticket,
			Summary: "Forseti ({{ $labels.job }}) turns {{ $value | humanize }} calls a second away, for want of capacity",
			Means:   "Calls come faster than they can be answered, for ten minutes by now. Those that are let in are still answered in time.",
			Caller:  "RESOURCE_EXHAUSTED with OVERLOADED, and when to come back (RetryInfo).",
			Look:    "\"Too much of\": calls is the processor, waiting is slow sources, memory see ForsetiMemoryOut. \"Calls under way\" by instance: are all at their limit, or one?",
			Do:      "Add instances, or speed up the source that calls wait for. One instance alone: callers do not spread their calls; use round_robin.",
		},
		{
			Name: "ForsetiMemoryOut", Text: `forseti_memory_level == 2`, For: time.Minute, Severity: Page,
			Summary: "{{ $labels.instance }} of Forseti has no memory left, and refuses all calls",
			Means:   "What is alive is so close to what may be in use that the process would be killed if it went on.",
			Caller:  "RESOURCE_EXHAUSTED with OVERLOADED from this instance.",
			Look:    "\"Memory in use\" by instance: one, or all? Did it climb for days (a leak), with a change of policies, or with the load: \"Calls under way\", \"Open streams\"?",
			Do:      "Give it more memory, or restart it if one alone climbed. Fewer or smaller: caches of sources, batches, streams. Report a leak, with a profile of the heap.",
		},
		{
			Name: "ForsetiMemoryShort", Text: `forseti_memory_level > 0`, For: 10 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti is short of memory",
			Means:   "Calls that may take much, such as batches, explanations and documents, are refused, so that the others go on.",
			Caller:  "RESOURCE_EXHAUSTED with OVERLOADED for large calls.",
			Look:    "As for ForsetiMemoryOut.",
			Do:      "As there, before it is worse.",
		},
		{
			Name: "ForsetiConnectionsRefused", Text: `sum by (job, instance) (rate(forseti_rpc_connections_refused_total[5m])) > 0`, For: 15 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti closes connections, because there are too many",
			Means:   "One address has more connections than `server.max_connections_per_address`, or there are too many altogether.",
			Caller:  "UNAVAILABLE for those who come from that address.",
			Look:    "Who it is: a caller that opens a connection for each call, or a proxy with many callers behind it.",
			Do:      "Let the caller keep its connection; raise the limit for a proxy.",
		},
		{
			Name: "ForsetiPanic", Text: `sum by (job, instance, where) (increase(forseti_panics_total[15m])) > 0`, For: 0, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti contained a panic ({{ $labels.where }})",
			Means:   "A fault of Forseti. It was contained: the decision was Indeterminate, or the call failed.",
			Caller:  "Indeterminate with processing-error, or INTERNAL, for the request in question.",
			Look:    "The log: `panic`, with the stack, and for an evaluation the policy. If it is always the same one: ForsetiPolicyPanics.",
			Do:      "Report it with the stack. If it began with a new version, go back to the one before.",
		},
		{
			Name: "ForsetiInternalErrors", Text: `sum by (job, instance) (increase(forseti_rpc_failures_total{reason="internal"}[15m])) > 0`, For: 0, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti failed calls with internal errors",
			Means:   "A fault of Forseti: something that must not happen.",
			Caller:  "INTERNAL.",
			Look:    "The log at the time of the calls.",
			Do:      "Report it.",
		},
	}
}
