package contexthandler

import (
	"math"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// EnforcementRules say which obligations ask for a level of authentication, and
// where the level of a subject is. The zero EnforcementRules know of none.
type EnforcementRules struct {
	// Level is the attribute of the subject that holds its level, an integer or the
	// text of one.
	Level string
	// Levels are the assignments that ask for a level. Where several apply, it is
	// enough to meet one of them.
	Levels []LevelRule
}

// LevelRule is about the assignments of obligations that ask for a level: those of
// one category, whose value is the least level.
type LevelRule struct {
	// Category is that of the assignments.
	Category string
	// If is an attribute of the subject without which the rule does not apply. Empty:
	// it always does.
	If string
}

// Enforcement tells what is left to do before access is granted (§7.2). The zero
// Enforcement refuses.
type Enforcement struct {
	// Granted tells that the decision is Permit and that the subject's level is high
	// enough, if obligations ask for one. Access may be granted once those in Open are
	// carried out.
	Granted bool
	// RequiredLevel is the least level with which a Permit would be granted, if the
	// subject has a level and that is too low. It is 0 otherwise.
	RequiredLevel int
	// Open are the numbers of the obligations of the result that are not about the
	// level, and up to whoever asks.
	Open []int
}

// check compares the obligations of the only result with the level of the subject.
func (r *EnforcementRules) check(results []xacml.Result, request *xacml.Request) *Enforcement {
	out := &Enforcement{}
	if len(results) != 1 || results[0].Decision != xacml.Permit {
		return out
	}
	subject, one := subjectOf(request)
	required := slices.Repeat([]int{-1}, len(r.Levels)) // by rule
	asked, readable := false, true
	for i := range results[0].Obligations {
		o := &results[0].Obligations[i]
		if !r.about(o) {
			out.Open = append(out.Open, i)
			continue
		}
		for j := range o.Assignments {
			level, ok := integerOf(o.Assignments[j].Value)
			for at, l := range r.Levels { // several rules may be about one category
				if l.Category == o.Assignments[j].Category {
					required[at] = max(required[at], level)
				}
			}
			asked, readable = true, readable && ok
		}
	}
	if !asked {
		out.Granted = true
		return out
	}
	least := math.MaxInt
	for i, l := range r.Levels {
		if required[i] >= 0 && (l.If == "" || len(subject[l.If]) > 0) {
			least = min(least, required[i])
		}
	}
	if least == math.MaxInt { // what is asked is asked of others
		least = 0
	}
	level, known := levelOf(subject[r.Level])
	switch {
	case !readable || !one || !known && least > 0:
	case level >= least:
		out.Granted = true
	default:
		out.RequiredLevel = least
	}
	return out
}

// about reports whether the obligation asks for a level and nothing else.
func (r *EnforcementRules) about(o *xacml.Obligation) bool {
	for i := range o.Assignments {
		if !slices.ContainsFunc(r.Levels, func(l LevelRule) bool { return l.Category == o.Assignments[i].Category }) {
			return false
		}
	}
	return len(o.Assignments) > 0
}

// subjectOf is the values of the attributes of the subject. Without ok there are
// several subjects.
func subjectOf(r *xacml.Request) (out map[string][]value.Value, ok bool) {
	out = make(map[string][]value.Value)
	seen := false
	for _, attrs := range r.Attributes {
		if attrs.Category != xacml.CategoryAccessSubject {
			continue
		}
		if seen {
			return nil, false // nobody knows which of them is meant
		}
		seen = true
		for _, a := range attrs.Attributes {
			out[a.ID] = append(out[a.ID], a.Values...)
		}
	}
	return out, true
}

// levelOf is the level of a subject: the least, should there be several.
func levelOf(values []value.Value) (level int, ok bool) {
	level = math.MaxInt
	for _, v := range values {
		n, ok := integerOf(v)
		if !ok {
			return 0, false
		}
		level = min(level, n)
	}
	return level, len(values) > 0
}

// integerOf is the integer that a value is, or is the text of, if it is not negative.
func integerOf(v value.Value) (int, bool) {
	if v == nil || v.Type() != value.TypeInteger && v.Type() != value.TypeString {
		return 0, false
	}
	i, err := value.Parse(value.TypeInteger, value.Lexical(v))
	if err != nil {
		return 0, false
	}
	n, ok := i.(value.Integer).Int64()
	if !ok || n < 0 || n > math.MaxInt32 {
		return 0, false
	}
	return int(n), true
}
