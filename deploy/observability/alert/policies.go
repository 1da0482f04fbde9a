package alert

import "time"

// policies are alerts about what is in force.
func policies() []Alert {
	return []Alert{
		{
			Name: "ForsetiNoPolicies", Text: `up{` + job + `} == 1 unless on (job, instance) forseti_policy_snapshot_age_seconds`, For: 2 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti runs and has no policies",
			Means:   "The instance was started, and found no valid set of policies yet. It is not ready; ForsetiNoneReady pages if no other is.",
			Caller:  "UNAVAILABLE with NO_POLICY_SNAPSHOT, if they come to this instance; health says NOT_SERVING.",
			Look:    "`/status` and the log: file, line and reason. A folder that is empty or not mounted.",
			Do:      "Deliver a valid folder: `forseti check` tells beforehand. The instance takes it within seconds.",
		},
		{
			Name: "ForsetiPoliciesRefused", Text: `forseti_policy_last_reload_success == 0 and on (job, instance) forseti_policy_snapshot_age_seconds`, For: 5 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti refuses what is in its policy folder, and decides on what was there before",
			Means:   "A change of the policies is not valid, and was refused as a whole. What authors wrote is not in force, a right that they took away among it.",
			Caller:  "Decisions as before the change.",
			Look:    "`/status` and the log: file, line and reason. \"Refusals by reason\": io, size and empty point at how policies are delivered, the others at who wrote them.",
			Do:      "Tell the authors; they put it right, or take the change back. If a right must go at once, take back only what is broken.",
		},
		{
			Name: "ForsetiSnapshotsDiffer", Text: `count by (job) (count by (job, snapshot) (forseti_policy_snapshot_info)) > 1`, For: 10 * time.Minute, Severity: Ticket,
			Summary: "Instances of Forseti ({{ $labels.job }}) decide on {{ $value }} different sets of policies",
			Means:   "A change arrived at some instances, or was refused by some.",
			Caller:  "The same request may get different decisions.",
			Look:    "\"Snapshots in force\" and \"Time in force\"; an instance that refuses has ForsetiPoliciesRefused too.",
			Do:      "See why the folder of the instance differs: the mount, the synchronisation. Restart it if in doubt: it is not ready before it has read a valid folder.",
		},
		{
			Name: "ForsetiPoliciesDropped", Text: `forseti_policy_snapshot_policies < 0.8 * max_over_time(forseti_policy_snapshot_policies[1h])
or
forseti_policy_snapshot_files < 0.8 * max_over_time(forseti_policy_snapshot_files[1h])`, For: time.Minute, Severity: Page,
			Summary: "{{ $labels.instance }} of Forseti has lost a fifth or more of its policies within an hour: {{ $value }} are left",
			Means:   "A valid change took many policies away. If nobody meant to, what they denied is no longer denied, and what they permitted is not permitted.",
			Caller:  "Other decisions, NotApplicable most of all; Permit where a policy is gone that denied.",
			Look:    "What the folder holds against what was to be delivered. \"Policies and files\" for when.",
			Do:      "Put the policies back. If it was meant, the alert ends within an hour.",
		},
		{
			Name: "ForsetiPoliciesRestless", Text: `sum by (job, instance) (increase(forseti_policy_reloads_total[15m])) > 30`, For: 15 * time.Minute, Severity: Ticket,
			Summary: "{{ $labels.instance }} of Forseti judged {{ $value | humanize }} changes of policies in a quarter of an hour",
			Means:   "Something writes to the folder all the time. Caches of decisions never last.",
			Caller:  "Nothing but some time.",
			Look:    "What writes: the delivery, an editor, a log in the wrong folder.",
			Do:      "Let it write once, by renaming.",
		},
	}
}
