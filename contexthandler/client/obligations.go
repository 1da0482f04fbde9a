package client

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Obligations say which obligations an enforcement point understands, and how it
// carries them out. The zero Obligations understand none. It is not to be changed
// while it is in use.
type Obligations struct {
	// Handlers carry out obligations, by id. What they understand is theirs, whatever
	// Levels say.
	Handlers map[string]Handler
	// Levels tell which obligations ask for a level of authentication: those that have
	// assignments of these categories, and no others. Where several rules apply it is
	// enough to meet one of them.
	Levels []LevelRule
	// Level is the level at which the subject of the request was authenticated; ok is
	// false if it has none. Nil: no subject has one.
	Level func(ctx context.Context) (level int, ok bool)
}

// Handler carries out one obligation. An error refuses access, and must not hold
// attribute values. The obligation is the handler's own.
type Handler func(ctx context.Context, o *v1.Obligation) error

// LevelRule is about assignments whose value is the least level of authentication.
type LevelRule struct {
	// Category of the assignments. Required: a rule without one is about none.
	Category string
	// If tells whether the rule applies to the subject of the request, an organisation
	// say. Nil: it always does.
	If func(ctx context.Context) bool
}

// errNoLevel is why an obligation that asks for a level is not carried out.
var errNoLevel = errors.New("no level of authentication is known that is high enough")

// task is an obligation that is understood.
type task struct {
	handler    Handler
	obligation *v1.Obligation
}

func (t task) run(ctx context.Context) error {
	if err := t.handler(ctx, proto.CloneOf(t.obligation)); err != nil {
		return &ObligationError{ID: t.obligation.GetId(), Err: err}
	}
	return nil
}

// understand gives what is left to do for obligations that are all understood, after
// it checked the level.
func (o *Obligations) understand(ctx context.Context, all []*v1.Obligation) ([]task, error) {
	var tasks []task
	var levels []*v1.Obligation
	required := slices.Repeat([]int{-1}, len(o.Levels)) // by rule
	for _, obligation := range all {
		handler := o.Handlers[obligation.GetId()]
		switch {
		case handler != nil:
			tasks = append(tasks, task{handler, obligation})
		case o.about(obligation) && o.require(obligation, required):
			levels = append(levels, obligation)
		default:
			return nil, &UnknownObligationError{ID: obligation.GetId()}
		}
	}
	if len(levels) == 0 {
		return tasks, nil
	}
	return tasks, o.checkLevel(ctx, levels[0].GetId(), required)
}

// about reports whether the obligation asks for a level and nothing else.
func (o *Obligations) about(obligation *v1.Obligation) bool {
	for _, a := range obligation.GetAssignments() {
		if !slices.ContainsFunc(o.Levels, func(l LevelRule) bool { return l.about(a) }) {
			return false
		}
	}
	return len(obligation.GetAssignments()) > 0
}

// about reports whether the rule is about the assignment. One that was left empty is
// about nothing: most assignments have no category.
func (l LevelRule) about(a *v1.AttributeAssignment) bool {
	return l.Category != "" && l.Category == a.GetCategory()
}

// require raises what each rule requires to what the obligation asks for. It reports
// whether that could be read.
func (o *Obligations) require(obligation *v1.Obligation, required []int) bool {
	for _, a := range obligation.GetAssignments() {
		level, ok := levelOf(a.GetValue())
		if !ok {
			return false
		}
		for i, l := range o.Levels {
			if l.about(a) {
				required[i] = max(required[i], level)
			}
		}
	}
	return true
}

// checkLevel compares the level of the subject with what the rules that apply
// require. The id is that of an obligation that asks for a level.
func (o *Obligations) checkLevel(ctx context.Context, id string, required []int) error {
	least := math.MaxInt
	for i, l := range o.Levels {
		if required[i] >= 0 && (l.If == nil || l.If(ctx)) {
			least = min(least, required[i])
		}
	}
	if least == math.MaxInt || least == 0 { // what is asked is asked of others, or nothing
		return nil
	}
	level, known := 0, false
	if o.Level != nil {
		level, known = o.Level(ctx)
	}
	switch {
	case !known:
		return &ObligationError{ID: id, Err: errNoLevel}
	case level < least:
		return &StepUpError{Required: least}
	default:
		return nil
	}
}

// levelOf is the integer that a value is, or is the text of, if it is not negative.
func levelOf(v *v1.AttributeValue) (int, bool) {
	const schema = "http://www.w3.org/2001/XMLSchema#"
	if v.GetDataType() != schema+"integer" && v.GetDataType() != schema+"string" {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v.GetValue()), 10, 32)
	return int(n), err == nil && n >= 0
}
