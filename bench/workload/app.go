package workload

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// App is the policy of one app: deny-overrides over its rules, and with Permit
// the obligation of an authentication level.
type App struct {
	Org, App string
	Rules    []AppRule
	Level    int // 1 to 4
}

// AppRule applies to a request for its app with one of the roles, one of the
// tasks and one of the actions.
type AppRule struct {
	Effect  xacml.Effect
	Roles   []string
	Tasks   []string // empty: whatever the task is
	Actions []string
}

// AppRequest asks whether a user with these roles may do something with an app.
type AppRequest struct {
	User     string
	Roles    []string
	Org, App string
	Task     string
	Action   string
	Expected xacml.Decision // Permit, Deny or NotApplicable
	Level    int            // of the obligation; 0 if there is none
}

// Decide evaluates the policy directly: deny-overrides (C.2), and the level with
// Permit (§7.18).
func (a App) Decide(r AppRequest) (decision xacml.Decision, level int) {
	decision = xacml.NotApplicable
	if a.Org != r.Org || a.App != r.App {
		return decision, 0
	}
	for _, rule := range a.Rules {
		switch {
		case !rule.applies(r):
		case rule.Effect == xacml.EffectDeny:
			return xacml.Deny, 0
		default:
			decision, level = xacml.Permit, a.Level
		}
	}
	return decision, level
}

// applies compares all of a rule but its app.
func (rule AppRule) applies(r AppRequest) bool {
	return slices.ContainsFunc(r.Roles, func(role string) bool { return slices.Contains(rule.Roles, role) }) &&
		(len(rule.Tasks) == 0 || slices.Contains(rule.Tasks, r.Task)) &&
		slices.Contains(rule.Actions, r.Action)
}
