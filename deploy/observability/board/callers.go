package board

// noTokens and noTLS tell why a row may be empty.
const (
	noTokens = "there are no issuers of tokens"
	noTLS    = "connections are not encrypted"
	noCaller = "callers are not authenticated"
)

// callers is who calls, and about whom.
func callers() Row {
	return Row{Title: "Callers and tokens", Name: "callers", Panels: []Panel{
		{
			Title: "Callers refused", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "Calls that were refused because of who made them. missing all the time: somebody was not told, or tries.",
			Queries: []Query{{Text: `sum by (reason) (rate(forseti_auth_failures_total{$of}[$__rate_interval])) > 0`, Legend: "{{reason}}", Quiet: noCaller}},
		},
		{
			Title: "Tokens that are not good", Kind: Areas, Unit: PerSecond, Width: 8,
			About:   "By whose token it is. unavailable, stale and key: the keys of the issuer. expired and not_yet_valid: clocks.",
			Queries: []Query{{Text: `sum by (holder, result) (rate(forseti_tokens_total{$of,result!="ok"}[$__rate_interval])) > 0`, Legend: "{{holder}}: {{result}}", Quiet: noTokens}},
		},
		{
			Title: "Good tokens", Kind: Lines, Unit: PerSecond, Width: 8,
			About: "Tokens that were verified, and what became of the claims of subjects. Anything but ok: tokens.claims does not fit.",
			Queries: []Query{
				{Text: `sum by (holder) (rate(forseti_tokens_total{$of,result="ok"}[$__rate_interval]))`, Legend: "good, of the {{holder}}", Quiet: noTokens},
				{Text: `sum by (result) (rate(forseti_token_subjects_total{$of,result!="ok"}[$__rate_interval])) > 0`, Legend: "claims: {{result}}", Quiet: noTokens},
			},
		},
		{
			Title: "Keys that can be used", Kind: Lines, Unit: Count, Width: 8,
			About:   "By issuer; the least of all instances. At 0 no token of the issuer is good.",
			Queries: []Query{{Text: `min by (holder, issuer) (forseti_token_keys{$of})`, Legend: "{{holder}}: {{issuer}}", Quiet: noTokens}},
		},
		{
			Title: "Since the keys were read", Kind: Lines, Unit: Seconds, Width: 8,
			About: "They count for max_stale, a day by default, and no longer. Failures are readings since the last good one.",
			Queries: []Query{
				{Text: `time() - min by (holder, issuer) (forseti_token_keys_read_timestamp_seconds{$of} > 0)`, Legend: "{{holder}}: {{issuer}}", Quiet: noTokens},
				{Text: `max by (holder, issuer) (forseti_token_keys_failures{$of}) > 0`, Legend: "failures, {{holder}}: {{issuer}}", Quiet: "all keys can be read"},
			},
		},
		{
			Title: "Keys that cannot be used", Kind: Lines, Unit: Count, Width: 8,
			About:   "Published by an issuer and refused, by reason. secret: a private key is published.",
			Queries: []Query{{Text: `max by (holder, issuer, reason) (forseti_token_keys_refused{$of}) > 0`, Legend: "{{holder}}: {{issuer}}: {{reason}}", Quiet: "all keys can be used"}},
		},
		{
			Title: "Certificates end in", Kind: Lines, Unit: Seconds, Width: 8,
			About:   "The certificate of the service, and the first authority of clients.",
			Queries: []Query{{Text: `min by (of) (forseti_tls_expiry_timestamp_seconds{$of}) - time()`, Legend: "{{of}}", Quiet: noTLS}},
		},
		{
			Title: "Files of TLS", Kind: States, Width: 8,
			About:   "Refused: a certificate was delivered that cannot be used, and the one before it goes on to expire.",
			Queries: []Query{{Text: `forseti_tls_last_reload_success{$of}`, Legend: "{{instance}}", Quiet: noTLS}},
			States:  yesNo("in use", "refused"),
		},
		{
			Title: "Handshakes that failed", Kind: Lines, Unit: PerSecond, Width: 8,
			About:   "A step: a certificate was replaced by one that the other side does not trust. The time since the files were read is beside it.",
			Queries: []Query{{Text: `sum(rate(forseti_tls_handshake_failures_total{$of}[$__rate_interval]))`, Legend: "failed"}},
			Colours: map[string]Colour{"failed": Red},
		},
		{
			Title: "Open to others", Kind: Stat, Unit: Count, Width: 12,
			About:   "Whether others than this machine reach the service although callers are not authenticated or connections not encrypted.",
			Queries: one(`max(forseti_insecure{$of})`, "insecure"),
			States:  []State{{0, "no", Green}, {1, "yes", Red}},
		},
		{
			Title: "Since the files of TLS were read", Kind: Stat, Unit: Seconds, Width: 12,
			About:   "The oldest of all instances. See whether a new certificate has arrived.",
			Queries: []Query{{Text: `time() - min(forseti_tls_last_reload_timestamp_seconds{$of})`, Legend: "read", Quiet: noTLS}},
			Steps:   []Step{{0, Blue}},
		},
	}}
}
