package alert

import "time"

// callers are alerts about who calls, certificates and tokens.
func callers() []Alert {
	return []Alert{
		{
			Name: "ForsetiCallersRefused", Text: `sum by (job) (rate(forseti_auth_failures_total{reason!~"canceled|not_checked"}[15m]))
/
(sum by (job) (rate(forseti_auth_failures_total{reason!~"canceled|not_checked"}[15m])) + sum by (job) (rate(forseti_stage_duration_seconds_count{stage="total"}[15m]))) > 0.1`, For: 15 * time.Minute, Severity: Ticket,
			Summary: "{{ $value | humanizePercentage }} of the calls to Forseti ({{ $labels.job }}) are refused because of who makes them",
			Means:   "A caller was not told of a change, its rights were not configured, or somebody tries.",
			Caller:  "UNAUTHENTICATED or PERMISSION_DENIED.",
			Look:    "\"Callers refused\" by reason: method is a right that is missing in `callers`; token is in \"Tokens that are not good\"; missing all the time is somebody who shows nothing.",
			Do:      "Find the caller by its address in the network; give it its right or its certificate, or shut it out.",
		},
		{
			Name: "ForsetiCertificateExpires", Text: `forseti_tls_expiry_timestamp_seconds - time() < 86400`, For: 10 * time.Minute, Severity: Page,
			Summary: "The {{ $labels.of }} of {{ $labels.instance }} of Forseti expires in {{ $value | humanizeDuration }}",
			Means:   "Less than a day is left. When it has expired no caller connects (certificate), or none shows who it is (client_authority).",
			Caller:  "Nothing yet; then UNAVAILABLE or UNAUTHENTICATED for all.",
			Look:    "Whether a new one was delivered and refused: ForsetiCertificateRefused, and the log. \"Since the files of TLS were read\".",
			Do:      "Replace the files; they count within seconds, without a restart.",
		},
		{
			Name: "ForsetiCertificateExpiresSoon", Text: `forseti_tls_expiry_timestamp_seconds - time() < 604800`, For: time.Hour, Severity: Ticket,
			Summary: "The {{ $labels.of }} of {{ $labels.instance }} of Forseti expires in {{ $value | humanizeDuration }}",
			Means:   "Less than a week is left. Where certificates are issued for less, lower the limit of this alert.",
			Caller:  "Nothing yet.",
			Look:    "Who renews it, and why it was not.",
			Do:      "As for ForsetiCertificateExpires.",
		},
		{
			Name: "ForsetiCertificateRefused", Text: `forseti_tls_last_reload_success == 0`, For: 10 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti cannot use a certificate, or authorities, that were delivered",
			Means:   "What is in one of the files of TLS is not valid, and what was in it before goes on to count: a certificate that is about to expire, or authorities of which one was to be taken away.",
			Caller:  "Nothing yet.",
			Look:    "The log says what is wrong: a key that does not fit, a file that is cut short.",
			Do:      "Deliver files that fit.",
		},
		{
			Name: "ForsetiHandshakesFail", Text: `sum by (job) (rate(forseti_tls_handshake_failures_total[5m])) > 0.1
and
sum by (job) (rate(forseti_tls_handshake_failures_total[5m])) > 5 * sum by (job) (rate(forseti_tls_handshake_failures_total[1h] offset 10m))`, For: 5 * time.Minute, Severity: Ticket,
			Summary: "{{ $value | humanize }} connections a second to Forseti ({{ $labels.job }}) fail in the handshake of TLS, far more than before",
			Means:   "A certificate, of the service or of a caller, was replaced by one that the other side does not trust, or expired. Calls that get no connection are in no other figure.",
			Caller:  "UNAVAILABLE, with an error of TLS in their logs.",
			Look:    "What changed last: \"Since the files of TLS were read\", \"Certificates end in\". The logs of callers name the reason.",
			Do:      "Put the certificate back that was trusted; add new authorities on both sides before certificates that need them.",
		},
		{
			Name: "ForsetiInsecure", Text: `forseti_insecure == 1`, For: 5 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti answers whoever reaches it, or without encryption",
			Means:   "`server.insecure: true` lets others than this machine in although callers are not authenticated or connections not encrypted.",
			Caller:  "Nothing. Anybody may ask what anybody may do.",
			Look:    "The configuration of the instance; its log says so at each start.",
			Do:      "Configure TLS and authentication (docs/operations.md). If the network sees to both, silence this alert for the job.",
		},
		{
			Name: "ForsetiNoTokenKeys", Text: `forseti_token_keys == 0`, For: 5 * time.Minute, Severity: Page,
			Summary: "{{ $labels.instance }} of Forseti has no keys of the issuer {{ $labels.issuer }}",
			Means:   "No key of the issuer can be used: they were never read, are too old, or all unfit. No token of it is good.",
			Caller:  "UNAVAILABLE with TOKEN_NOT_CHECKED where the issuer is that of callers (holder caller), or for requests with tokens of subjects; UNAUTHENTICATED where keys of callers were read and are too old.",
			Look:    "\"Since the keys were read\", \"Keys that cannot be used\"; the log says why the last reading failed.",
			Do:      "Make the keys of the issuer reachable (`keys.url`, `keys.file`). They are read again within seconds to minutes.",
		},
		{
			Name: "ForsetiTokenKeysNotRead", Text: `forseti_token_keys_failures > 3`, For: 10 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti could not read the keys of the issuer {{ $labels.issuer }} {{ $value }} times",
			Means:   "The last keys that were read still count, until `max_stale` (24 h) is over. Keys that the issuer changes meanwhile are not known.",
			Caller:  "Nothing yet; UNAUTHENTICATED for tokens that are signed with a new key.",
			Look:    "\"Since the keys were read\" for how much time is left; the log for why.",
			Do:      "As for ForsetiNoTokenKeys, before they are too old.",
		},
		{
			Name: "ForsetiSecretKeyPublished", Text: `forseti_token_keys_refused{reason="secret"} > 0`, For: 0, Severity: Page,
			Summary: "The issuer {{ $labels.issuer }} publishes a private key",
			Means:   "The key set of the issuer holds a key with its secret part. Whoever read it can make tokens. Forseti does not use that key.",
			Caller:  "UNAUTHENTICATED for tokens that are signed with it.",
			Look:    "The key set itself.",
			Do:      "Tell the issuer at once: the key must be replaced, everywhere. Until it is, ask yourself whether other keys of that issuer are to be trusted.",
		},
	}
}
