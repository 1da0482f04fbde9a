package workload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ConditionKind is what a condition compares.
type ConditionKind uint8

// The kinds of conditions, each on an attribute of its own.
const (
	TextEqual     ConditionKind = iota // Type of the request is Text
	NumberAtLeast                      // Amount of the request is Number or more
	TimeInRange                        // Time of the request is From to To, both included
	SetMember                          // Unit of the request is in Set
	PatternMatch                       // Case of the request matches Pattern
)

const (
	conditionKinds = PatternMatch + 1
	leastAmount    = 10_000 // that a rule asks for
)

// ConditionRule has one condition; the fields of the other kinds are not set.
type ConditionRule struct {
	Effect   xacml.Effect
	Kind     ConditionKind
	Text     string
	Number   int64
	From, To string   // as 09:30:00, in UTC
	Set      []string // 8 values
	// Prefix is the literal part of the pattern: Pattern is "^" + Prefix + "[0-9]+$".
	Prefix, Pattern string
}

// ConditionRequest holds the attributes that conditions compare.
type ConditionRequest struct {
	Type     string // compared by TextEqual
	Amount   int64  // by NumberAtLeast
	Time     string // by TimeInRange: current-time, as 15:04:05, in UTC
	Unit     string // by SetMember
	Case     string // by PatternMatch
	Expected xacml.Decision
}

// Conditions is one policy, first-applicable over rules with conditions; the
// kinds of conditions take turns.
type Conditions struct {
	name  string
	Rules []ConditionRule
	// Requests are those to measure with: the last rule is the only one that
	// applies.
	Requests []ConditionRequest
	// Checks are requests to which one or more of the other rules apply, or none.
	Checks []ConditionRequest
}

// W4 is 1,000 rules with conditions.
func W4() *Conditions { return NewConditions("W4", 1_000) }

// NewConditions makes a workload of that many rules: a multiple of five, up to
// 1,000.
func NewConditions(name string, rules int) *Conditions {
	w := &Conditions{name: name}
	for i := range rules {
		w.Rules = append(w.Rules, conditionRule(i, i == rules-1))
	}
	for i := range 1_024 {
		r := random(forConditionRequests, i)
		w.Requests = append(w.Requests, w.decided(w.lastOnly(r)))
		w.Checks = append(w.Checks, w.decided(w.several(r)))
	}
	return w
}

// Name is the name of the workload.
func (w *Conditions) Name() string { return w.name }

// Decide evaluates the policy directly: first-applicable (C.8).
func (w *Conditions) Decide(q ConditionRequest) xacml.Decision {
	for _, rule := range w.Rules {
		if rule.applies(q) {
			return rule.Effect.Decision()
		}
	}
	return xacml.NotApplicable
}

func (rule ConditionRule) applies(q ConditionRequest) bool {
	switch rule.Kind {
	case TextEqual:
		return q.Type == rule.Text
	case NumberAtLeast:
		return q.Amount >= rule.Number
	case TimeInRange: // times of one width are in the order of their texts
		return rule.From <= q.Time && q.Time <= rule.To
	case SetMember:
		return slices.Contains(rule.Set, q.Unit)
	default: // PatternMatch
		digits, found := strings.CutPrefix(q.Case, rule.Prefix)
		return found && digits != "" && strings.Trim(digits, "0123456789") == ""
	}
}

// conditionRule makes rule number i. The last rule permits, two of three others
// deny. Numbers and times are not in the order of the rules.
func conditionRule(i int, last bool) ConditionRule {
	rule := ConditionRule{Effect: xacml.EffectDeny, Kind: ConditionKind(i % int(conditionKinds))}
	if last || i%3 == 0 {
		rule.Effect = xacml.EffectPermit
	}
	shuffled := i / int(conditionKinds) * 37 % 200
	switch rule.Kind {
	case TextEqual:
		rule.Text = fmt.Sprintf("type-%04d", i)
	case NumberAtLeast:
		rule.Number = leastAmount + 50*int64(shuffled)
	case TimeInRange: // ranges overlap
		rule.From, rule.To = clock(3*60*shuffled), clock(3*60*shuffled+10*60)
	case SetMember:
		for n := range 8 {
			rule.Set = append(rule.Set, fmt.Sprintf("unit-%04d-%d", i, n))
		}
	default: // PatternMatch
		rule.Prefix = fmt.Sprintf("case-%04d-", i)
		rule.Pattern = "^" + rule.Prefix + "[0-9]+$"
	}
	return rule
}

// clock is a time of day.
func clock(seconds int) string {
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3_600, seconds/60%60, seconds%60)
}
