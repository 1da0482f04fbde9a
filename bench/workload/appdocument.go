package workload

import (
	"fmt"
	"iter"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The attributes of Altinn.
const (
	attributeUser     = "urn:altinn:userid"
	attributeRole     = "urn:altinn:rolecode"
	attributeOrg      = "urn:altinn:org"
	attributeApp      = "urn:altinn:app"
	attributeTask     = "urn:altinn:task"
	obligationLevel   = "urn:altinn:obligation:authenticationLevel1"
	assignmentLevel   = "urn:altinn:obligation1-assignment1"
	categoryMinLevel  = "urn:altinn:minimum-authenticationlevel"
	functionStringEq  = xacml.Function1 + "string-equal"
	ruleDenyOverrides = xacml.RuleAlgorithm3 + "deny-overrides"
)

// Documents gives the policies as XACML, a document each.
func (w *Apps) Documents() iter.Seq[policy.Document] {
	return func(yield func(policy.Document) bool) {
		form := newAppForm(w.words)
		for i := range w.policies {
			if !yield(form.document(fmt.Sprintf("%03d/%06d.xml", i/1_000, i), w.App(i))) {
				return
			}
		}
	}
}

// Cases gives the requests as XACML.
func (w *Apps) Cases() []Case {
	cases := make([]Case, len(w.Requests))
	for i, q := range w.Requests {
		cases[i] = q.XACML()
	}
	return cases
}

// XACML gives the request as XACML.
func (q AppRequest) XACML() Case {
	c := Case{Expected: q.Expected, Request: &xacml.Request{Attributes: []xacml.Attributes{
		{Category: xacml.CategoryAccessSubject, Attributes: []xacml.Attribute{
			attribute(attributeUser, q.User), attribute(attributeRole, q.Roles...),
		}},
		{Category: xacml.CategoryResource, Attributes: []xacml.Attribute{
			attribute(attributeOrg, q.Org), attribute(attributeApp, q.App), attribute(attributeTask, q.Task),
		}},
		{Category: xacml.CategoryAction, Attributes: []xacml.Attribute{attribute(xacml.AttributeActionID, q.Action)}},
	}}}
	if q.Level > 0 {
		c.Levels = []int64{int64(q.Level)}
	}
	return c
}

// attribute is one attribute with string values.
func attribute(id string, texts ...string) xacml.Attribute {
	a := xacml.Attribute{ID: id, Values: make([]value.Value, len(texts))}
	for i, text := range texts {
		a.Values[i] = value.String(text)
	}
	return a
}

// designator is the bag of an attribute of strings, as real policies write it:
// MustBePresent is false.
func designator(category, id string) *policy.Designator {
	return &policy.Designator{AttributeKey: xacml.AttributeKey{Category: category, ID: id, Type: value.TypeString}}
}

// appForm makes XACML of app policies. What many of them have in common, such
// as the match of a role, is made once.
type appForm struct {
	org, app       *policy.Designator
	roles, actions map[string]policy.AllOf
	tasks          map[string]policy.Match
}

func newAppForm(words vocabulary) appForm {
	role := designator(xacml.CategoryAccessSubject, attributeRole)
	task := designator(xacml.CategoryResource, attributeTask)
	action := designator(xacml.CategoryAction, xacml.AttributeActionID)
	form := appForm{
		org: designator(xacml.CategoryResource, attributeOrg), app: designator(xacml.CategoryResource, attributeApp),
		roles: make(map[string]policy.AllOf), actions: make(map[string]policy.AllOf), tasks: make(map[string]policy.Match),
	}
	for _, text := range words.roles {
		form.roles[text] = policy.AllOf{Matches: []policy.Match{match(text, role)}}
	}
	for _, text := range words.actions {
		form.actions[text] = policy.AllOf{Matches: []policy.Match{match(text, action)}}
	}
	for _, text := range words.tasks {
		form.tasks[text] = match(text, task)
	}
	return form
}

func match(text string, bag *policy.Designator) policy.Match {
	return policy.Match{Function: functionStringEq, Literal: value.String(text), Bag: bag}
}

func (f appForm) document(name string, a App) policy.Document {
	id := fmt.Sprintf("urn:altinn:policyid:%s:%s", a.Org, a.App)
	p := &policy.Policy{ID: id, Version: "1.0", Algorithm: ruleDenyOverrides, Rules: make([]policy.Rule, len(a.Rules))}
	org, app := match(a.Org, f.org), match(a.App, f.app)
	for i, rule := range a.Rules {
		p.Rules[i] = policy.Rule{
			ID: fmt.Sprintf("urn:altinn:ruleid:%d", i+1), Effect: rule.Effect,
			Target: &policy.Target{AnyOf: []policy.AnyOf{
				{AllOf: alternatives(f.roles, rule.Roles)},
				{AllOf: f.resources(org, app, rule.Tasks)},
				{AllOf: alternatives(f.actions, rule.Actions)},
			}},
		}
	}
	p.Obligations = []policy.ObligationExpression{{
		ID: obligationLevel, On: xacml.EffectPermit,
		Assignments: []policy.AssignmentExpression{{
			AttributeID: assignmentLevel, Category: categoryMinLevel,
			Expression: &policy.Literal{Value: value.NewInteger(int64(a.Level))},
		}},
	}}
	return policy.Document{Name: name, Root: p}
}

// alternatives gives the AllOf of each word.
func alternatives(of map[string]policy.AllOf, words []string) []policy.AllOf {
	all := make([]policy.AllOf, len(words))
	for i, word := range words {
		all[i] = of[word]
	}
	return all
}

// resources gives the AllOf of the app, one for each task if there are tasks.
func (f appForm) resources(org, app policy.Match, tasks []string) []policy.AllOf {
	if len(tasks) == 0 {
		return []policy.AllOf{{Matches: []policy.Match{org, app}}}
	}
	all := make([]policy.AllOf, len(tasks))
	for i, task := range tasks {
		all[i] = policy.AllOf{Matches: []policy.Match{org, app, f.tasks[task]}}
	}
	return all
}
