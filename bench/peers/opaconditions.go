package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// opaConditions has the number of the first rule that applies as the value of
// its query.
type opaConditions struct {
	opa
	effects []xacml.Effect
}

// opaConditionRules has a Rego rule for each rule.
type opaConditionRules struct{ opaConditions }

func newOPAConditionRules() conditionEngine[ast.Value] { return &opaConditionRules{} }

// Load implements engine.
func (o *opaConditionRules) Load(w *workload.Conditions) error {
	var b strings.Builder
	b.WriteString("package authz\n\ndecision := min(applicable)\n\n")
	for i, rule := range w.Rules {
		o.effects = append(o.effects, rule.Effect)
		fmt.Fprintf(&b, "applicable contains %d if %s\n\n", i, opaCondition(rule))
	}
	return o.prepare(b.String(), inmem.New())
}

// Prepare implements engine.
func (o *opaConditions) Prepare(r workload.ConditionRequest) ast.Value {
	return ast.NewObject(
		ast.Item(ast.StringTerm("type"), ast.StringTerm(r.Type)),
		ast.Item(ast.StringTerm("amount"), ast.NumberTerm(json.Number(strconv.FormatInt(r.Amount, 10)))),
		ast.Item(ast.StringTerm("time"), ast.StringTerm(r.Time)),
		ast.Item(ast.StringTerm("unit"), ast.StringTerm(r.Unit)),
		ast.Item(ast.StringTerm("case"), ast.StringTerm(r.Case)),
	)
}

// Decide implements engine.
func (o *opaConditions) Decide(input ast.Value) answer {
	n, defined, err := o.number(input)
	switch {
	case err != nil:
		return answer{}
	case !defined:
		return answer{decision: xacml.NotApplicable}
	default:
		return answer{decision: o.effects[n].Decision()}
	}
}

// opaCondition writes a condition. Times of one width compare as texts.
func opaCondition(rule workload.ConditionRule) string {
	switch rule.Kind {
	case workload.TextEqual:
		return fmt.Sprintf("input.type == %q", rule.Text)
	case workload.NumberAtLeast:
		return fmt.Sprintf("input.amount >= %d", rule.Number)
	case workload.TimeInRange:
		return fmt.Sprintf("{\n\tinput.time >= %q\n\tinput.time <= %q\n}", rule.From, rule.To)
	case workload.SetMember:
		return fmt.Sprintf("input.unit in {%s}", quoted("", rule.Set))
	case workload.PatternMatch:
		return fmt.Sprintf("regex.match(%q, input.case)", rule.Pattern)
	default:
		panic("unknown kind of a condition")
	}
}

// opaConditionTables has the rules as data: those that compare for equality are
// found by the value, the others are tried one after another.
type opaConditionTables struct{ opaConditions }

func newOPAConditionTables() conditionEngine[ast.Value] { return &opaConditionTables{} }

const opaConditionModule = `package authz

decision := min(applicable)

applicable contains data.types[input.type]

applicable contains data.units[input.unit]

applicable contains number.rule if {
	some number in data.numbers
	input.amount >= number.least
}

applicable contains range.rule if {
	some range in data.ranges
	input.time >= range.from
	input.time <= range.to
}

applicable contains expression.rule if {
	some expression in data.expressions
	regex.match(expression.pattern, input.case)
}
`

// Load implements engine.
func (o *opaConditionTables) Load(w *workload.Conditions) error {
	types, units := make(map[string]any), make(map[string]any)
	var numbers, ranges, expressions []any
	for i, rule := range w.Rules {
		o.effects = append(o.effects, rule.Effect)
		n := json.Number(strconv.Itoa(i))
		switch rule.Kind {
		case workload.TextEqual:
			addFirst(types, rule.Text, n)
		case workload.NumberAtLeast:
			numbers = append(numbers, map[string]any{"rule": n, "least": json.Number(strconv.FormatInt(rule.Number, 10))})
		case workload.TimeInRange:
			ranges = append(ranges, map[string]any{"rule": n, "from": rule.From, "to": rule.To})
		case workload.SetMember:
			for _, text := range rule.Set {
				addFirst(units, text, n)
			}
		case workload.PatternMatch:
			expressions = append(expressions, map[string]any{"rule": n, "pattern": rule.Pattern})
		}
	}
	return o.prepare(opaConditionModule, opaStore(map[string]any{
		"types": types, "units": units, "numbers": numbers, "ranges": ranges, "expressions": expressions,
	}))
}

// addFirst keeps the first rule.
func addFirst(table map[string]any, key string, rule json.Number) {
	if _, found := table[key]; !found {
		table[key] = rule
	}
}
