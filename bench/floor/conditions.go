package floor

import (
	"slices"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Conditions decides by rules with conditions: for each kind of condition it
// finds the first rule that applies, by a map or a binary search.
type Conditions struct {
	effects  []xacml.Decision
	texts    map[string]int32
	units    map[string]int32
	patterns map[string]int32 // by the literal prefix
	amounts  steps
	times    steps
}

// none is the number of no rule: it comes after all of them.
const none = int32(1<<31 - 1)

// steps gives the first rule that applies at each point of a line: that of the
// last step which is not after the point.
type steps struct {
	at    []int64
	first []int32
}

// NewConditions prepares the rules.
func NewConditions(rules []workload.ConditionRule) *Conditions {
	f := &Conditions{texts: make(map[string]int32), units: make(map[string]int32), patterns: make(map[string]int32)}
	var amounts, times []span
	for i, rule := range rules {
		n := int32(i)
		f.effects = append(f.effects, rule.Effect.Decision())
		switch rule.Kind {
		case workload.TextEqual:
			addFirst(f.texts, rule.Text, n)
		case workload.NumberAtLeast:
			amounts = append(amounts, span{rule.Number, forever, n})
		case workload.TimeInRange:
			times = append(times, span{seconds(rule.From), seconds(rule.To) + 1, n})
		case workload.SetMember:
			for _, unit := range rule.Set {
				addFirst(f.units, unit, n)
			}
		default: // PatternMatch
			addFirst(f.patterns, rule.Prefix, n)
		}
	}
	f.amounts, f.times = newSteps(amounts), newSteps(times)
	return f
}

// addFirst keeps the first rule.
func addFirst(rules map[string]int32, key string, rule int32) {
	if _, ok := rules[key]; !ok {
		rules[key] = rule
	}
}

// forever is after all points.
const forever = int64(1<<63 - 1)

// span is where a rule applies: from a point to before another.
type span struct {
	from, before int64
	rule         int32
}

func newSteps(spans []span) steps {
	s := steps{at: []int64{-forever}}
	for _, sp := range spans {
		s.at = append(s.at, sp.from, sp.before)
	}
	slices.Sort(s.at)
	s.at = slices.Compact(s.at)
	for _, at := range s.at {
		first := none
		for _, sp := range spans {
			if sp.from <= at && at < sp.before {
				first = min(first, sp.rule)
			}
		}
		s.first = append(s.first, first)
	}
	return s
}

// find gives the first rule that applies at the point.
func (s *steps) find(at int64) int32 {
	low, high := 0, len(s.at) // s.at[low] <= at < s.at[high]
	for high-low > 1 {
		if middle := int(uint(low+high) / 2); s.at[middle] <= at {
			low = middle
		} else {
			high = middle
		}
	}
	return s.first[low]
}

// seconds of a time such as 15:04:05.
func seconds(t string) int64 {
	if len(t) != 8 {
		return -1
	}
	two := func(i int) int64 { return int64(t[i]-'0')*10 + int64(t[i+1]-'0') }
	return two(0)*3_600 + two(3)*60 + two(6)
}

// Decide is first-applicable.
func (f *Conditions) Decide(q *workload.ConditionRequest) xacml.Decision {
	first := min(
		look(f.texts, q.Type), look(f.units, q.Unit), f.amounts.find(q.Amount), f.times.find(seconds(q.Time)),
		f.pattern(q.Case),
	)
	if first == none {
		return xacml.NotApplicable
	}
	return f.effects[first]
}

func look(rules map[string]int32, key string) int32 {
	if rule, ok := rules[key]; ok {
		return rule
	}
	return none
}

// pattern finds ^prefix[0-9]+$ by what stands before the digits at the end. No
// prefix ends with a digit.
func (f *Conditions) pattern(text string) int32 {
	end := len(text)
	for end > 0 && '0' <= text[end-1] && text[end-1] <= '9' {
		end--
	}
	if end == len(text) {
		return none
	}
	return look(f.patterns, text[:end])
}
