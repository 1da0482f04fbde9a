package workload

import (
	"fmt"
	"iter"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ruleCount is how many rules an app policy has, one of them Deny.
const ruleCount = 8

// Apps is a workload of app policies. No two have the same org and app, so
// that at most one applies to a request; one app name in twenty is that of
// apps of two or three orgs.
type Apps struct {
	name     string
	policies int
	orgs     int
	words    vocabulary
	Requests []AppRequest
}

// W1 is one app policy of 8 rules.
func W1() *Apps { return NewApps("W1", 1, 0) }

// W2 is 1,000 app policies over 100 orgs, 8,000 rules.
func W2() *Apps { return NewApps("W2", 1_000, 0) }

// W3 is 100,000 app policies over 1,000 orgs, 800,000 rules.
func W3() *Apps { return NewApps("W3", 100_000, 0) }

// W5 is W1 with users of 200 roles, most of which the policy does not name.
func W5() *Apps { return NewApps("W5", 1, 200) }

// NewApps makes a workload of that many app policies, an org for ten of them up
// to 1,000 orgs. Users have 2 to 6 of the roles that policies name; roles that
// no policy names bring their number up to atLeastRoles.
func NewApps(name string, policies, atLeastRoles int) *Apps {
	w := &Apps{name: name, policies: policies, orgs: min(max(policies/10, 1), 1_000), words: newVocabulary()}
	// As many requests for any number of policies, so that what they cost to
	// read is the same; fewer if they are large.
	w.Requests = make([]AppRequest, 4_096)
	if atLeastRoles > 0 {
		w.Requests = w.Requests[:1_024:1_024]
	}
	for i := range w.Requests {
		w.Requests[i] = w.request(i, atLeastRoles)
	}
	return w
}

// Name is the name of the workload.
func (w *Apps) Name() string { return w.name }

// Len is the number of policies.
func (w *Apps) Len() int { return w.policies }

// All gives the policies one after another.
func (w *Apps) All() iter.Seq[App] {
	return func(yield func(App) bool) {
		for i := range w.policies {
			if !yield(w.App(i)) {
				return
			}
		}
	}
}

// App makes the policy number i, which is the same in workloads with as many
// orgs.
func (w *Apps) App(i int) App {
	r := random(forApps, i)
	a := App{Org: w.org(i), App: appName(i), Level: 1 + r.IntN(4)}
	deny := r.IntN(ruleCount)
	for n := range ruleCount {
		if n == deny {
			a.Rules = append(a.Rules, AppRule{
				Effect: xacml.EffectDeny,
				Roles:  sample(r, w.words.roles, 2, 2), Actions: sample(r, w.words.actions, 5, 5),
			})
			continue
		}
		rule := AppRule{
			Effect: xacml.EffectPermit,
			Roles:  sample(r, w.words.roles, 2, 4), Actions: sample(r, w.words.actions, 1, 4),
		}
		if r.IntN(2) == 0 {
			rule.Tasks = sample(r, w.words.tasks, 1, 2)
		}
		a.Rules = append(a.Rules, rule)
	}
	return a
}

// org is the org of policy i: neighbours are of different ones.
func (w *Apps) org(i int) string { return fmt.Sprintf("org-%04d", i%w.orgs) }
