package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// casbinQuestion is the arguments of a request.
type casbinQuestion struct {
	app    appName
	values []any
}

// casbinModel has a policy row for each rule. A column with several words is
// looked up in a set that was made of it at load.
const casbinModel = `
[request_definition]
r = app, roles, task, action

[policy_definition]
p = app, roles, tasks, actions, level, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = r.app == p.app && oneOf(r.action, p.actions) && (p.tasks == "" || oneOf(r.task, p.tasks)) && anyOf(r.roles, p.roles)
`

// casbinColumns gives the set of words of a column.
type casbinColumns map[string]map[string]bool

func (c casbinColumns) column(words []string) string {
	text := strings.Join(words, " ")
	if c[text] == nil {
		set := make(map[string]bool, len(words))
		for _, word := range words {
			set[word] = true
		}
		c[text] = set
	}
	return text
}

// oneOf is whether a word is in a column.
func (c casbinColumns) oneOf(arguments ...any) (any, error) {
	return c[arguments[1].(string)][arguments[0].(string)], nil
}

// anyOf is whether one of several words is in a column.
func (c casbinColumns) anyOf(arguments ...any) (any, error) {
	set := c[arguments[1].(string)]
	for _, word := range arguments[0].([]string) {
		if set[word] {
			return true, nil
		}
	}
	return false, nil
}

func (c casbinColumns) enforcer(rows [][]string) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	e.AddFunction("oneOf", c.oneOf)
	e.AddFunction("anyOf", c.anyOf)
	_, err = e.AddPolicies(rows)
	return e, err
}

func (c casbinColumns) rows(app workload.App) [][]string {
	rows := make([][]string, len(app.Rules))
	for i, rule := range app.Rules {
		rows[i] = []string{
			app.Org + "/" + app.App, c.column(rule.Roles), c.column(rule.Tasks), c.column(rule.Actions),
			strconv.Itoa(app.Level), casbinEffect(rule.Effect),
		}
	}
	return rows
}

func casbinEffect(effect xacml.Effect) string {
	if effect == xacml.EffectDeny {
		return "deny"
	}
	return "allow"
}

// casbinDecide asks an enforcer, which says false if no row applied.
func casbinDecide(e *casbin.Enforcer, values []any, levelColumn int) answer {
	allowed, row, err := e.EnforceEx(values...)
	switch {
	case err != nil:
		return answer{}
	case len(row) == 0:
		return answer{decision: xacml.NotApplicable}
	case !allowed:
		return answer{decision: xacml.Deny}
	case levelColumn < 0:
		return answer{decision: xacml.Permit}
	}
	level, err := strconv.Atoi(row[levelColumn])
	if err != nil {
		return answer{}
	}
	return answer{xacml.Permit, level}
}

const casbinLevel = 4 // the column of the level

func casbinApp(r workload.AppRequest) *casbinQuestion {
	return &casbinQuestion{appName{r.Org, r.App}, []any{r.Org + "/" + r.App, r.Roles, r.Task, r.Action}}
}

// casbinUnsliced is one enforcer with the rows of all apps.
type casbinUnsliced struct{ enforcer *casbin.Enforcer }

func newCasbinUnsliced() appEngine[*casbinQuestion] { return &casbinUnsliced{} }

// Load implements engine.
func (c *casbinUnsliced) Load(w *workload.Apps) (err error) {
	columns := make(casbinColumns)
	var rows [][]string
	for app := range w.All() {
		rows = append(rows, columns.rows(app)...)
	}
	c.enforcer, err = columns.enforcer(rows)
	return err
}

// Prepare implements engine.
func (c *casbinUnsliced) Prepare(r workload.AppRequest) *casbinQuestion { return casbinApp(r) }

// Decide implements engine.
func (c *casbinUnsliced) Decide(q *casbinQuestion) answer {
	return casbinDecide(c.enforcer, q.values, casbinLevel)
}

// casbinSliced is an enforcer for each app.
type casbinSliced struct{ enforcers map[appName]*casbin.Enforcer }

func newCasbinSliced() appEngine[*casbinQuestion] { return &casbinSliced{} }

// Load implements engine.
func (c *casbinSliced) Load(w *workload.Apps) error {
	columns := make(casbinColumns)
	c.enforcers = make(map[appName]*casbin.Enforcer, w.Len())
	for app := range w.All() {
		e, err := columns.enforcer(columns.rows(app))
		if err != nil {
			return err
		}
		c.enforcers[appName{app.Org, app.App}] = e
	}
	return nil
}

// Prepare implements engine.
func (c *casbinSliced) Prepare(r workload.AppRequest) *casbinQuestion { return casbinApp(r) }

// Decide implements engine.
func (c *casbinSliced) Decide(q *casbinQuestion) answer {
	e, found := c.enforcers[q.app]
	if !found {
		return answer{decision: xacml.NotApplicable}
	}
	return casbinDecide(e, q.values, casbinLevel)
}

// casbinConditions has a row with an expression for each rule; the first that
// applies decides.
type casbinConditions struct{ enforcer *casbin.Enforcer }

func newCasbinConditions() conditionEngine[[]any] { return &casbinConditions{} }

const casbinConditionModel = `
[request_definition]
r = type, amount, time, unit, number

[policy_definition]
p = condition, eft

[policy_effect]
e = priority(p.eft) || deny

[matchers]
m = eval(p.condition)
`

// Load implements engine.
func (c *casbinConditions) Load(w *workload.Conditions) error {
	m, err := model.NewModelFromString(casbinConditionModel)
	if err != nil {
		return err
	}
	if c.enforcer, err = casbin.NewEnforcer(m); err != nil {
		return err
	}
	rows := make([][]string, len(w.Rules))
	for i, rule := range w.Rules {
		rows[i] = []string{casbinCondition(rule), casbinEffect(rule.Effect)}
	}
	_, err = c.enforcer.AddPolicies(rows)
	return err
}

// Prepare implements engine. All numbers of expressions are float64.
func (c *casbinConditions) Prepare(r workload.ConditionRequest) []any {
	return []any{r.Type, float64(r.Amount), float64(secondOfDay(r.Time)), r.Unit, r.Case}
}

// Decide implements engine.
func (c *casbinConditions) Decide(values []any) answer { return casbinDecide(c.enforcer, values, -1) }

func casbinCondition(rule workload.ConditionRule) string {
	switch rule.Kind {
	case workload.TextEqual:
		return fmt.Sprintf("r.type == %q", rule.Text)
	case workload.NumberAtLeast:
		return fmt.Sprintf("r.amount >= %d", rule.Number)
	case workload.TimeInRange:
		return fmt.Sprintf("r.time >= %d && r.time <= %d", secondOfDay(rule.From), secondOfDay(rule.To))
	case workload.SetMember:
		return fmt.Sprintf("r.unit in (%s)", quoted("", rule.Set))
	case workload.PatternMatch:
		return fmt.Sprintf("r.number =~ %q", rule.Pattern)
	default:
		panic("unknown kind of a condition")
	}
}
