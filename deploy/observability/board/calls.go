package board

// service matches the methods of Forseti's own services, without health and
// reflection.
const service = `grpc_service=~"forseti.+"`

// calls is what callers see of the protocol.
func calls() Row {
	return Row{Title: "Calls", Name: "calls", Panels: []Panel{
		{
			Title: "Calls by method", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "Calls that ended. A batch or a stream is one call, whatever is in it.",
			Queries: []Query{{Text: `sum by (grpc_method) (rate(grpc_server_handled_total{$of,` + service + `}[$__rate_interval]))`, Legend: "{{grpc_method}}"}},
		},
		{
			Title: "Calls that failed, by code", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "Calls by gRPC code, but for OK. Those that were turned away at the door are not among them; see failures by reason.",
			Queries: []Query{{Text: `sum by (grpc_code) (rate(grpc_server_handled_total{$of,` + service + `,grpc_code!="OK"}[$__rate_interval])) > 0`, Legend: "{{grpc_code}}", Quiet: "no call fails"}},
		},
		{
			Title: "Failures by reason", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "Calls, and items of batches and streams, that were not evaluated, as the ErrorInfo of the answer says.",
			Queries: []Query{{Text: `sum by (reason) (rate(forseti_rpc_failures_total{$of}[$__rate_interval])) > 0`, Legend: "{{reason}}", Quiet: "no call fails"}},
		},
		{
			Title: "Turned away", Kind: Lines, Unit: PerSecond, Width: 8,
			About: "Work that was refused to keep the rest in time. Any of it all the time: add instances.",
			Queries: []Query{
				{Text: `sum(rate(forseti_rpc_failures_total{$of,reason="overloaded"}[$__rate_interval]))`, Legend: "overloaded"},
				{Text: `sum(rate(forseti_rpc_failures_total{$of,reason=~"deadline_exceeded|deadline_too_short"}[$__rate_interval]))`, Legend: "deadline"},
				{Text: `sum(rate(forseti_rpc_connections_refused_total{$of}[$__rate_interval]))`, Legend: "connections"},
			},
			Colours: map[string]Colour{"overloaded": Red, "deadline": Orange, "connections": Purple},
		},
		{
			Title: "Handling time of Authorize", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "From the headers to the status, in the service.",
			Queries: quantiles("grpc_server_handling_seconds", `grpc_method="Authorize"`),
			Colours: latencyColours(),
		},
		{
			Title: "p99 by method", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "A stream takes as long as its caller keeps it open, so streams are not here.",
			Queries: []Query{{Text: `histogram_quantile(0.99, sum by (le, grpc_method) (rate(grpc_server_handling_seconds_bucket{$of,` + service + `,grpc_type="unary"}[$__rate_interval])))`, Legend: "{{grpc_method}}", Exemplars: true}},
		},
		{
			Title: "Calls under way", Kind: Lines, Unit: Count, Width: 8,
			About:   "Admitted calls, and messages of streams, that are not answered yet. At server.max_in_flight more are refused.",
			Queries: one(`forseti_rpc_in_flight_calls{$of}`, "{{instance}}"),
		},
		{
			Title: "Open streams", Kind: Lines, Unit: Count, Width: 8,
			About:   "Close to server.max_open_streams: callers do not end streams.",
			Queries: one(`forseti_rpc_open_streams{$of}`, "{{instance}}"),
		},
		{
			Title: "Calls begun", Kind: Lines, Unit: PerSecond, Width: 8,
			About: "Calls of all services, and calls of methods that do not exist: a caller of another version, or no caller.",
			Queries: []Query{
				{Text: `sum(rate(grpc_server_started_total{$of}[$__rate_interval]))`, Legend: "begun"},
				{Text: `sum(rate(forseti_rpc_unknown_methods_total{$of}[$__rate_interval]))`, Legend: "unknown method"},
			},
			Colours: map[string]Colour{"begun": Blue, "unknown method": Red},
		},
		{
			Title: "Too much of", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "What there was too much of when calls were refused as overloaded: calls at work, calls that wait, streams, memory.",
			Queries: []Query{{Text: `sum by (reason) (rate(forseti_shed_total{$of}[$__rate_interval])) > 0`, Legend: "{{reason}}", Quiet: "nothing is too much"}},
		},
		{
			Title: "Calls that wait", Kind: Lines, Unit: Count, Width: 8,
			About: "For a source, or for a record to be written. How many may wait is found by trial: it falls when those who come back have to stand in line.",
			Queries: []Query{
				{Text: `forseti_rpc_waiting_calls{$of}`, Legend: "{{instance}}"},
				{Text: `forseti_rpc_waiting_limit{$of}`, Legend: "{{instance}}, may wait"},
			},
		},
		{
			Title: "Memory left", Kind: States, Width: 8,
			About:   "Short: calls that may take much are refused. Out: all are.",
			Queries: one(`forseti_memory_level{$of}`, "{{instance}}"),
			States:  []State{{0, "enough", Green}, {1, "short", Orange}, {2, "out", Red}},
		},
	}}
}
