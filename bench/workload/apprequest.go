package workload

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// request makes request number i: of ten, six are aimed at a Permit rule, one at
// the Deny rule and three at nothing. An aimed request may meet another rule.
func (w *Apps) request(i, atLeastRoles int) AppRequest {
	r := random(forAppRequests, i)
	app := w.App(r.IntN(w.policies))
	q := AppRequest{
		User: fmt.Sprintf("user-%06d", r.IntN(1_000_000)), Roles: sample(r, w.words.roles, 2, 6),
		Org: app.Org, App: app.App, Task: pick(r, w.words.tasks), Action: pick(r, w.words.actions),
	}
	switch aim := r.IntN(10); {
	case aim < 6:
		q.meet(r, ruleOf(r, app, xacml.EffectPermit))
	case aim == 6:
		q.meet(r, ruleOf(r, app, xacml.EffectDeny))
	case r.IntN(4) == 0:
		q.App = appName(w.policies + 42 + r.IntN(1_000)) // that no policy is for
	}
	if missing := atLeastRoles - len(q.Roles); missing > 0 {
		q.Roles = append(q.Roles, sample(r, w.words.otherRoles, missing, missing)...)
		r.Shuffle(len(q.Roles), func(i, j int) { q.Roles[i], q.Roles[j] = q.Roles[j], q.Roles[i] })
	}
	ownStrings(&q.Org, &q.App, &q.Task, &q.Action)
	for i := range q.Roles {
		ownStrings(&q.Roles[i])
	}
	q.Expected, q.Level = app.Decide(q)
	return q
}

// ruleOf chooses a rule with the effect.
func ruleOf(r *rand.Rand, app App, effect xacml.Effect) AppRule {
	for {
		if rule := app.Rules[r.IntN(len(app.Rules))]; rule.Effect == effect {
			return rule
		}
	}
}

// meet changes the request so that the rule applies.
func (q *AppRequest) meet(r *rand.Rand, rule AppRule) {
	if role := pick(r, rule.Roles); !slices.Contains(q.Roles, role) {
		q.Roles[r.IntN(len(q.Roles))] = role
	}
	if len(rule.Tasks) > 0 {
		q.Task = pick(r, rule.Tasks)
	}
	q.Action = pick(r, rule.Actions)
}
