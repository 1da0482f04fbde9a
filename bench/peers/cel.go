package main

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// celCompiler makes a program of an expression, with constant parts folded.
type celCompiler struct{ env *cel.Env }

func newCELCompiler(variables ...cel.EnvOption) (celCompiler, error) {
	env, err := cel.NewEnv(variables...)
	return celCompiler{env}, err
}

func (c celCompiler) compile(text string) (cel.Program, error) {
	checked, issues := c.env.Compile(text)
	if issues.Err() != nil {
		return nil, fmt.Errorf("compile %q: %w", text, issues.Err())
	}
	return c.env.Program(checked, cel.EvalOptions(cel.OptOptimize))
}

// celRule is the program of a rule and its effect.
type celRule struct {
	program cel.Program
	effect  xacml.Effect
}

// celQuestion is what programs see, and what they are sliced by.
type celQuestion struct {
	app  appName
	vars cel.Activation
}

// celApps has a program for each rule, found by app. CEL has no policies: to
// find those of an app and to combine them is ours.
type celApps struct {
	rules  map[appName][]celRule // those with Deny first
	levels map[appName]int
}

func newCELApps() appEngine[*celQuestion] { return &celApps{} }

// Load implements engine.
func (c *celApps) Load(w *workload.Apps) error {
	compiler, err := newCELCompiler(cel.Variable("roles", cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable("task", cel.StringType), cel.Variable("action", cel.StringType))
	if err != nil {
		return err
	}
	c.rules, c.levels = make(map[appName][]celRule, w.Len()), make(map[appName]int, w.Len())
	for app := range w.All() {
		rules := make([]celRule, len(app.Rules))
		for i, rule := range app.Rules {
			program, err := compiler.compile(celText(rule))
			if err != nil {
				return err
			}
			rules[i] = celRule{program, rule.Effect}
		}
		slices.SortStableFunc(rules, func(a, b celRule) int { return int(a.effect) - int(b.effect) })
		name := appName{app.Org, app.App}
		c.rules[name], c.levels[name] = rules, app.Level
	}
	return nil
}

// celText has a test for each role, which costs less than a macro over a list of
// them: roles are the keys of a map.
func celText(rule workload.AppRule) string {
	roles := make([]string, len(rule.Roles))
	for i, role := range rule.Roles {
		roles[i] = fmt.Sprintf("%q in roles", role)
	}
	text := fmt.Sprintf("action in [%s] && (%s)", quoted("", rule.Actions), strings.Join(roles, " || "))
	if len(rule.Tasks) > 0 {
		text += fmt.Sprintf(" && task in [%s]", quoted("", rule.Tasks))
	}
	return text
}

// Prepare implements engine. The values are those of CEL, so that no program has
// to convert them.
func (c *celApps) Prepare(r workload.AppRequest) *celQuestion {
	roles := make(map[string]string, len(r.Roles))
	for _, role := range r.Roles {
		roles[role] = ""
	}
	return &celQuestion{appName{r.Org, r.App}, celVars(map[string]any{
		"roles": types.NewStringStringMap(types.DefaultTypeAdapter, roles),
		"task":  types.String(r.Task), "action": types.String(r.Action),
	})}
}

// Decide implements engine.
func (c *celApps) Decide(q *celQuestion) answer {
	for _, rule := range c.rules[q.app] {
		applies, _, err := rule.program.Eval(q.vars)
		switch {
		case err != nil:
			return answer{}
		case applies != types.True:
		case rule.effect == xacml.EffectDeny:
			return answer{decision: xacml.Deny}
		default:
			return answer{xacml.Permit, c.levels[q.app]}
		}
	}
	return answer{decision: xacml.NotApplicable}
}

func celVars(values map[string]any) cel.Activation {
	vars, err := cel.NewActivation(values)
	if err != nil {
		panic(err)
	}
	return vars
}

// celConditions has a program for each rule and asks one after another.
type celConditions struct{ rules []celRule }

func newCELConditions() conditionEngine[cel.Activation] { return &celConditions{} }

// Load implements engine.
func (c *celConditions) Load(w *workload.Conditions) error {
	compiler, err := newCELCompiler(cel.Variable("type", cel.StringType), cel.Variable("amount", cel.IntType),
		cel.Variable("time", cel.IntType), cel.Variable("unit", cel.StringType), cel.Variable("number", cel.StringType))
	if err != nil {
		return err
	}
	for _, rule := range w.Rules {
		program, err := compiler.compile(celCondition(rule))
		if err != nil {
			return err
		}
		c.rules = append(c.rules, celRule{program, rule.Effect})
	}
	return nil
}

// Prepare implements engine.
func (c *celConditions) Prepare(r workload.ConditionRequest) cel.Activation {
	return celVars(map[string]any{
		"type": types.String(r.Type), "amount": types.Int(r.Amount), "time": types.Int(secondOfDay(r.Time)),
		"unit": types.String(r.Unit), "number": types.String(r.Case),
	})
}

// Decide implements engine.
func (c *celConditions) Decide(vars cel.Activation) answer {
	for _, rule := range c.rules {
		applies, _, err := rule.program.Eval(vars)
		if err != nil {
			return answer{}
		}
		if applies == types.True {
			return answer{decision: rule.effect.Decision()}
		}
	}
	return answer{decision: xacml.NotApplicable}
}

func celCondition(rule workload.ConditionRule) string {
	switch rule.Kind {
	case workload.TextEqual:
		return fmt.Sprintf("type == %q", rule.Text)
	case workload.NumberAtLeast:
		return fmt.Sprintf("amount >= %d", rule.Number)
	case workload.TimeInRange:
		return fmt.Sprintf("%d <= time && time <= %d", secondOfDay(rule.From), secondOfDay(rule.To))
	case workload.SetMember:
		return fmt.Sprintf("unit in [%s]", quoted("", rule.Set))
	case workload.PatternMatch:
		return fmt.Sprintf("number.matches(%q)", rule.Pattern)
	default:
		panic("unknown kind of a condition")
	}
}
