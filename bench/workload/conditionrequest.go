package workload

import (
	"fmt"
	"math/rand/v2"
)

// lastOnly makes a request to which only the last rule applies.
func (w *Conditions) lastOnly(r *rand.Rand) ConditionRequest {
	unknown := 1_000 + r.IntN(1_000) // no rule has this number
	return ConditionRequest{
		Type:   fmt.Sprintf("type-%04d", unknown),
		Amount: r.Int64N(leastAmount),
		Time:   clock(12*3_600 + r.IntN(12*3_600)), // rules end before 11:00
		Unit:   fmt.Sprintf("unit-%04d-%d", unknown, r.IntN(8)),
		Case:   fmt.Sprintf("%s%d", w.Rules[len(w.Rules)-1].Prefix, r.IntN(1_000_000)),
	}
}

// several makes a request to which, one time in three for each kind of
// condition, other rules apply, and one time in three the last one does not.
func (w *Conditions) several(r *rand.Rand) ConditionRequest {
	q := w.lastOnly(r)
	if r.IntN(3) == 0 {
		q.Case += "x"
	}
	for kind := range conditionKinds {
		if r.IntN(3) == 0 {
			q.meet(r, w.Rules[r.IntN(len(w.Rules)/int(conditionKinds))*int(conditionKinds)+int(kind)])
		}
	}
	return q
}

// meet changes the request so that the rule applies.
func (q *ConditionRequest) meet(r *rand.Rand, rule ConditionRule) {
	switch rule.Kind {
	case TextEqual:
		q.Type = rule.Text
	case NumberAtLeast:
		q.Amount = rule.Number
	case TimeInRange:
		q.Time = pick(r, []string{rule.From, rule.To})
	case SetMember:
		q.Unit = pick(r, rule.Set)
	default: // PatternMatch
		q.Case = fmt.Sprintf("%s%d", rule.Prefix, r.IntN(1_000))
	}
}

// decided gives the request its own strings and the right decision.
func (w *Conditions) decided(q ConditionRequest) ConditionRequest {
	ownStrings(&q.Type, &q.Time, &q.Unit, &q.Case)
	q.Expected = w.Decide(q)
	return q
}
