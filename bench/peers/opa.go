package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// opa asks a prepared query, whose value is a number or undefined, with an input
// that is parsed already.
type opa struct{ query rego.PreparedEvalQuery }

func (o *opa) prepare(module string, store storage.Store) (err error) {
	o.query, err = rego.New(
		rego.Query("data.authz.decision"), rego.Module("authz.rego", module), rego.Store(store),
	).PrepareForEval(context.Background())
	return err
}

// opaStore holds data in the form that the evaluation needs.
func opaStore(data map[string]any) storage.Store {
	return inmem.NewFromObjectWithOpts(data, inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
}

// number is the value of the query, and whether there is one.
func (o *opa) number(input ast.Value) (n int64, defined bool, err error) {
	results, err := o.query.Eval(context.Background(), rego.EvalParsedInput(input))
	if err != nil || len(results) == 0 {
		return 0, false, err
	}
	number, ok := results[0].Expressions[0].Value.(json.Number)
	if !ok {
		return 0, false, fmt.Errorf("unexpected result %v", results[0].Expressions[0].Value)
	}
	n, err = number.Int64()
	return n, true, err
}

// opaApps has a level with Permit and 0 with Deny as the value of its query.
type opaApps struct{ opa }

// Prepare implements engine. The roles are a set, which tells at once whether
// a role is in it.
func (o *opaApps) Prepare(r workload.AppRequest) ast.Value {
	roles := make([]*ast.Term, len(r.Roles))
	for i, role := range r.Roles {
		roles[i] = ast.StringTerm(role)
	}
	return ast.NewObject(
		ast.Item(ast.StringTerm("user"), ast.StringTerm(r.User)),
		ast.Item(ast.StringTerm("roles"), ast.SetTerm(roles...)),
		ast.Item(ast.StringTerm("org"), ast.StringTerm(r.Org)),
		ast.Item(ast.StringTerm("app"), ast.StringTerm(r.App)),
		ast.Item(ast.StringTerm("task"), ast.StringTerm(r.Task)),
		ast.Item(ast.StringTerm("action"), ast.StringTerm(r.Action)),
	)
}

// Decide implements engine.
func (o *opaApps) Decide(input ast.Value) answer {
	level, defined, err := o.number(input)
	switch {
	case err != nil:
		return answer{}
	case !defined:
		return answer{decision: xacml.NotApplicable}
	case level == 0:
		return answer{decision: xacml.Deny}
	default:
		return answer{xacml.Permit, int(level)}
	}
}

// opaTables has the policies as data, found by org, app and action, and a few
// rules that are the same for all.
type opaTables struct{ opaApps }

func newOPATables() appEngine[ast.Value] { return &opaTables{} }

const opaTablesModule = `package authz

policy := data.apps[input.org][input.app]

decision := 0 if {
	some role in policy.deny[input.action]
	role in input.roles
} else := policy.level if permitted

permitted if {
	some role in policy.permit[input.action]
	role in input.roles
}

permitted if {
	some role in policy.permit_task[input.action][input.task]
	role in input.roles
}
`

// Load implements engine.
func (o *opaTables) Load(w *workload.Apps) error {
	apps := make(map[string]any)
	for app := range w.All() {
		ofOrg, found := apps[app.Org].(map[string]any)
		if !found {
			ofOrg = make(map[string]any)
			apps[app.Org] = ofOrg
		}
		ofOrg[app.App] = opaTable(app)
	}
	return o.prepare(opaTablesModule, opaStore(map[string]any{"apps": apps}))
}

// opaTable has the roles of a policy by action, and by task if a rule names
// tasks.
func opaTable(app workload.App) map[string]any {
	deny, permit, permitTask := make(map[string]any), make(map[string]any), make(map[string]any)
	add := func(table map[string]any, key string, roles []string) {
		list, _ := table[key].([]any)
		for _, role := range roles {
			list = append(list, role)
		}
		table[key] = list
	}
	for _, rule := range app.Rules {
		for _, action := range rule.Actions {
			switch {
			case rule.Effect == xacml.EffectDeny:
				add(deny, action, rule.Roles)
			case len(rule.Tasks) == 0:
				add(permit, action, rule.Roles)
			default:
				tasks, found := permitTask[action].(map[string]any)
				if !found {
					tasks = make(map[string]any)
					permitTask[action] = tasks
				}
				for _, task := range rule.Tasks {
					add(tasks, task, rule.Roles)
				}
			}
		}
	}
	return map[string]any{"level": json.Number(strconv.Itoa(app.Level)), "deny": deny, "permit": permit, "permit_task": permitTask}
}

// opaRules has a Rego rule for each rule, which OPA indexes by org and app. Sets
// are asked as references, not with "in", which keeps OPA 1.20 from using that
// index.
type opaRules struct{ opaApps }

func newOPARules() appEngine[ast.Value] { return &opaRules{} }

// Load implements engine.
func (o *opaRules) Load(w *workload.Apps) error {
	var b strings.Builder
	b.WriteString("package authz\n\ndecision := 0 if denied else := level\n\n")
	for app := range w.All() {
		for _, rule := range app.Rules {
			head := "denied"
			if rule.Effect == xacml.EffectPermit {
				head = fmt.Sprintf("level := %d", app.Level)
			}
			fmt.Fprintf(&b, "%s if {\n\tinput.app == %q\n\tinput.org == %q\n\t{%s}[input.action]\n", head, app.App, app.Org, quoted("", rule.Actions))
			if len(rule.Tasks) > 0 {
				fmt.Fprintf(&b, "\t{%s}[input.task]\n", quoted("", rule.Tasks))
			}
			fmt.Fprintf(&b, "\tsome role in {%s}\n\trole in input.roles\n}\n\n", quoted("", rule.Roles))
		}
	}
	return o.prepare(b.String(), inmem.New())
}
