package floor

import (
	"fmt"
	"iter"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Apps decides by app policies. Roles, tasks and actions are bits, so that a rule
// is three masks.
type Apps struct {
	policies map[appKey]appPolicy
	rules    []appRule // of all policies, those of one policy side by side
	roles    map[string]uint64
	tasks    map[string]uint64
	actions  map[string]uint64
}

type appKey struct{ org, app string }

// appPolicy is where the rules of a policy are: Deny rules, then Permit rules.
type appPolicy struct {
	deny, permit, end uint32
	level             uint8
}

type appRule struct {
	roles   uint64
	tasks   uint16 // all bits if the rule has no tasks
	actions uint16
}

// NewApps fails if there are more than 64 roles, or 16 tasks or actions, or two
// policies for one app.
func NewApps(apps iter.Seq[workload.App]) (*Apps, error) {
	f := &Apps{
		policies: make(map[appKey]appPolicy),
		roles:    make(map[string]uint64), tasks: make(map[string]uint64), actions: make(map[string]uint64),
	}
	for a := range apps {
		key := appKey{a.Org, a.App}
		if _, ok := f.policies[key]; ok {
			return nil, fmt.Errorf("app %s/%s has two policies", a.Org, a.App)
		}
		p := appPolicy{level: uint8(a.Level), deny: uint32(len(f.rules))}
		f.add(a.Rules, xacml.EffectDeny)
		p.permit = uint32(len(f.rules))
		f.add(a.Rules, xacml.EffectPermit)
		p.end = uint32(len(f.rules))
		f.policies[key] = p
	}
	if len(f.roles) > 64 || len(f.tasks) > 15 || len(f.actions) > 16 {
		return nil, fmt.Errorf("%d roles, %d tasks and %d actions do not fit", len(f.roles), len(f.tasks), len(f.actions))
	}
	return f, nil
}

// add adds the rules with the effect.
func (f *Apps) add(rules []workload.AppRule, effect xacml.Effect) {
	for _, rule := range rules {
		if rule.Effect != effect {
			continue
		}
		masks := appRule{
			roles: mask(f.roles, rule.Roles), tasks: uint16(mask(f.tasks, rule.Tasks)),
			actions: uint16(mask(f.actions, rule.Actions)),
		}
		if len(rule.Tasks) == 0 {
			masks.tasks = ^uint16(0)
		}
		f.rules = append(f.rules, masks)
	}
}

// mask gives the bits of the words, new ones to new words.
func mask(known map[string]uint64, words []string) uint64 {
	var m uint64
	for _, word := range words {
		bit, ok := known[word]
		if !ok {
			bit = 1 << len(known)
			known[word] = bit
		}
		m |= bit
	}
	return m
}

// unknownTask is the bit of tasks that no rule names.
const unknownTask = 1 << 15

// Decide is deny-overrides, and the level with Permit.
func (f *Apps) Decide(q *workload.AppRequest) (xacml.Decision, int) {
	p, ok := f.policies[appKey{q.Org, q.App}]
	if !ok {
		return xacml.NotApplicable, 0
	}
	action := uint16(f.actions[q.Action])
	if action == 0 {
		return xacml.NotApplicable, 0
	}
	task := uint16(f.tasks[q.Task])
	if task == 0 {
		task = unknownTask
	}
	var roles uint64
	for _, role := range q.Roles {
		roles |= f.roles[role]
	}
	switch {
	case applies(f.rules[p.deny:p.permit], roles, task, action):
		return xacml.Deny, 0
	case applies(f.rules[p.permit:p.end], roles, task, action):
		return xacml.Permit, int(p.level)
	default:
		return xacml.NotApplicable, 0
	}
}

func applies(rules []appRule, roles uint64, task, action uint16) bool {
	for i := range rules {
		rule := &rules[i]
		if rule.roles&roles != 0 && rule.tasks&task != 0 && rule.actions&action != 0 {
			return true
		}
	}
	return false
}
