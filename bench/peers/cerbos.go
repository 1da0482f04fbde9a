package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing/fstest"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"github.com/cerbos/cerbos/private/ruletable"
	"github.com/cerbos/cerbos/private/ruletable/compile"
	epdpv2 "github.com/cerbos/cloud-api/genpb/cerbos/cloud/epdp/v2"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The policy files of Cerbos, as far as they are used here.
type (
	cerbosFile struct {
		APIVersion     string         `json:"apiVersion"`
		ResourcePolicy cerbosResource `json:"resourcePolicy"`
	}
	cerbosResource struct {
		Version  string       `json:"version"`
		Resource string       `json:"resource"`
		Rules    []cerbosRule `json:"rules"`
	}
	cerbosRule struct {
		Actions   []string         `json:"actions"`
		Roles     []string         `json:"roles"`
		Effect    string           `json:"effect"`
		Condition *cerbosCondition `json:"condition,omitempty"`
		Output    *cerbosOutput    `json:"output,omitempty"`
	}
	cerbosCondition struct {
		Match struct {
			Expr string `json:"expr"`
		} `json:"match"`
	}
	cerbosOutput struct {
		When struct {
			RuleActivated string `json:"ruleActivated"`
		} `json:"when"`
	}
)

const (
	cerbosAllow = "EFFECT_ALLOW"
	cerbosDeny  = "EFFECT_DENY"
)

func newCerbosCondition(expression string) *cerbosCondition {
	c := &cerbosCondition{}
	c.Match.Expr = expression
	return c
}

// newCerbosOutput is what a rule says if it applied.
func newCerbosOutput(expression string) *cerbosOutput {
	o := &cerbosOutput{}
	o.When.RuleActivated = expression
	return o
}

// cerbos is a rule table, which is what the server of Cerbos asks.
type cerbos struct{ table ruletable.Evaluator }

// load compiles a policy file for each resource.
func (c *cerbos) load(resources []cerbosResource) error {
	files := make(fstest.MapFS, len(resources))
	for i, r := range resources {
		r.Version = "default"
		data, err := json.Marshal(cerbosFile{APIVersion: "api.cerbos.dev/v1", ResourcePolicy: r})
		if err != nil {
			return err
		}
		files[fmt.Sprintf("policy%06d.json", i)] = &fstest.MapFile{Data: data}
	}
	rules, err := compile.Compile(context.Background(), files)
	if err != nil {
		return err
	}
	c.table, err = ruletable.NewRuleTableFromProto(rules, &epdpv2.Config{})
	return err
}

// check asks about the one action of the input.
func (c *cerbos) check(input *enginev1.CheckInput) (*enginev1.CheckOutput, error) {
	outputs, _, err := c.table.Check(context.Background(), []*enginev1.CheckInput{input})
	if err != nil {
		return nil, err
	}
	if len(outputs[0].GetEvaluationErrors()) > 0 {
		return nil, fmt.Errorf("evaluate: %v", outputs[0].GetEvaluationErrors())
	}
	return outputs[0], nil
}

// cerbosApps has a resource policy for each app. Roles are those of Cerbos for
// Allow. For Deny they are a condition: Cerbos decides for each role by itself
// and allows what one of them allows.
type cerbosApps struct {
	cerbos
	levels map[string]int // by resource
}

func newCerbosApps() appEngine[*enginev1.CheckInput] { return &cerbosApps{} }

// Load implements engine.
func (c *cerbosApps) Load(w *workload.Apps) error {
	c.levels = make(map[string]int, w.Len())
	resources := make([]cerbosResource, 0, w.Len())
	for app := range w.All() {
		resource := cerbosResource{Resource: app.Org + "/" + app.App}
		for _, rule := range app.Rules {
			resource.Rules = append(resource.Rules, cerbosAppRule(rule))
		}
		resources = append(resources, resource)
		c.levels[resource.Resource] = app.Level
	}
	return c.load(resources)
}

func cerbosAppRule(rule workload.AppRule) cerbosRule {
	r := cerbosRule{Actions: rule.Actions, Roles: rule.Roles, Effect: cerbosAllow}
	if rule.Effect == xacml.EffectDeny {
		r.Effect, r.Roles = cerbosDeny, []string{"*"}
		r.Condition = newCerbosCondition(fmt.Sprintf("hasIntersection(P.roles, [%s])", quoted("", rule.Roles)))
		r.Output = newCerbosOutput("true") // tells a Deny from no rule that applied
	}
	if len(rule.Tasks) > 0 {
		r.Condition = newCerbosCondition(fmt.Sprintf("R.attr.task in [%s]", quoted("", rule.Tasks)))
	}
	return r
}

// Prepare implements engine.
func (c *cerbosApps) Prepare(r workload.AppRequest) *enginev1.CheckInput {
	return &enginev1.CheckInput{
		Principal: &enginev1.Principal{Id: r.User, Roles: r.Roles},
		Resource: &enginev1.Resource{
			Kind: r.Org + "/" + r.App, Id: "1", Attr: map[string]*structpb.Value{"task": structpb.NewStringValue(r.Task)},
		},
		Actions: []string{r.Action},
	}
}

// Decide implements engine.
func (c *cerbosApps) Decide(input *enginev1.CheckInput) answer {
	output, err := c.check(input)
	switch {
	case err != nil:
		return answer{}
	case output.GetActions()[input.GetActions()[0]].GetEffect() == effectv1.Effect_EFFECT_ALLOW:
		return answer{xacml.Permit, c.levels[input.GetResource().GetKind()]}
	case len(output.GetOutputs()) > 0:
		return answer{decision: xacml.Deny}
	default:
		return answer{decision: xacml.NotApplicable}
	}
}

// cerbosConditions allows by each rule, whatever its effect, and the rules say
// their numbers: Cerbos knows no order of rules, and the first that applies
// gives the effect.
type cerbosConditions struct {
	cerbos
	effects []xacml.Effect
}

func newCerbosConditions() conditionEngine[*enginev1.CheckInput] { return &cerbosConditions{} }

// Load implements engine.
func (c *cerbosConditions) Load(w *workload.Conditions) error {
	resource := cerbosResource{Resource: "case"}
	for i, rule := range w.Rules {
		c.effects = append(c.effects, rule.Effect)
		resource.Rules = append(resource.Rules, cerbosRule{
			Actions: []string{"read"}, Roles: []string{"user"}, Effect: cerbosAllow,
			Condition: newCerbosCondition(cerbosExpression(rule)), Output: newCerbosOutput(strconv.Itoa(i)),
		})
	}
	return c.load([]cerbosResource{resource})
}

// Prepare implements engine.
func (c *cerbosConditions) Prepare(r workload.ConditionRequest) *enginev1.CheckInput {
	return &enginev1.CheckInput{
		Principal: &enginev1.Principal{Id: "user", Roles: []string{"user"}},
		Resource: &enginev1.Resource{Kind: "case", Id: "1", Attr: map[string]*structpb.Value{
			"type":   structpb.NewStringValue(r.Type),
			"amount": structpb.NewNumberValue(float64(r.Amount)),
			"time":   structpb.NewNumberValue(float64(secondOfDay(r.Time))),
			"unit":   structpb.NewStringValue(r.Unit),
			"number": structpb.NewStringValue(r.Case),
		}},
		Actions: []string{"read"},
	}
}

// Decide implements engine.
func (c *cerbosConditions) Decide(input *enginev1.CheckInput) answer {
	output, err := c.check(input)
	if err != nil {
		return answer{}
	}
	first := len(c.effects)
	for _, o := range output.GetOutputs() {
		first = min(first, int(o.GetVal().GetNumberValue()))
	}
	if first == len(c.effects) {
		return answer{decision: xacml.NotApplicable}
	}
	return answer{decision: c.effects[first].Decision()}
}

func cerbosExpression(rule workload.ConditionRule) string {
	switch rule.Kind {
	case workload.TextEqual:
		return fmt.Sprintf("R.attr.type == %q", rule.Text)
	case workload.NumberAtLeast:
		return fmt.Sprintf("R.attr.amount >= %d", rule.Number)
	case workload.TimeInRange:
		return fmt.Sprintf("R.attr.time >= %d && R.attr.time <= %d", secondOfDay(rule.From), secondOfDay(rule.To))
	case workload.SetMember:
		return fmt.Sprintf("R.attr.unit in [%s]", quoted("", rule.Set))
	case workload.PatternMatch:
		return fmt.Sprintf("R.attr.number.matches(%q)", rule.Pattern)
	default:
		panic("unknown kind of a condition")
	}
}
