// Package alert holds the recording and alert rules of Forseti as tables, with what
// there is to say about each alert. Rules makes the file for Prometheus of them, and
// Page the runbook, docs/alerts.md.
package alert

import "time"

// Group is rules that are evaluated together.
type Group struct {
	Name    string
	Records []Record
	Alerts  []Alert
}

// Record is a series that is computed ahead.
type Record struct {
	Name string // level:metric:operations
	Text string // the query
}

// Severity is who is told.
type Severity string

// The severities.
const (
	Page   Severity = "page"   // somebody is called, at night too
	Ticket Severity = "ticket" // somebody looks at it on a working day
)

// Alert is an alert rule and its part of the runbook.
type Alert struct {
	Name     string
	Text     string        // the query; it fires for each series of the answer
	For      time.Duration // how long it must be so
	Severity Severity
	Summary  string // one line, with labels as {{ $labels.source }}

	Means  string // what is the case
	Caller string // what callers see of it
	Look   string // where to look
	Do     string // what to do
}

// job is the job under which Forseti is scraped. Only alerts about metrics that all
// programs have need it.
const job = `job="forseti"`

// Groups are all rules, in order.
func Groups() []Group {
	return []Group{
		objectives(),
		{Name: "forseti.instances", Alerts: instances()},
		{Name: "forseti.decisions", Alerts: decisions()},
		{Name: "forseti.policies", Alerts: policies()},
		{Name: "forseti.sources", Alerts: sources()},
		{Name: "forseti.callers", Alerts: callers()},
		{Name: "forseti.audit", Alerts: audit()},
	}
}

// Alerts are the alerts of all groups.
func Alerts() []Alert {
	var all []Alert
	for _, g := range Groups() {
		all = append(all, g.Alerts...)
	}
	return all
}
