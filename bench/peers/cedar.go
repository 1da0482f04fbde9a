package main

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// cedarQuestion is a request in Cedar's form. Roles are a set in the context and
// actions are compared in the condition: both cost a third of entities and of
// the scope.
type cedarQuestion struct {
	app     appName
	request cedar.Request
}

// appName is what policies of apps can be sliced by.
type appName struct{ org, app string }

// cedarSlice is the policies of one app. It gives them in their order, faster than a
// PolicySet does, which is a map.
type cedarSlice struct {
	policies []*cedar.Policy
	ids      []cedar.PolicyID
	levels   []int
}

// All implements cedar.PolicyIterator.
func (s *cedarSlice) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for i, p := range s.policies {
			if !yield(s.ids[i], p) {
				return
			}
		}
	}
}

// add compiles a text with one policy for each rule.
func (s *cedarSlice) add(text string, level int) error {
	policies, err := cedar.NewPolicyListFromBytes("policies.cedar", []byte(text))
	if err != nil {
		return err
	}
	for _, p := range policies {
		s.ids = append(s.ids, cedar.PolicyID(strconv.Itoa(len(s.policies))))
		s.policies = append(s.policies, p)
		s.levels = append(s.levels, level)
	}
	return nil
}

// decide asks Cedar, whose decision is Deny if no policy applied.
func (s *cedarSlice) decide(request cedar.Request) answer {
	decision, diagnostic := cedar.Authorize(s, nil, request)
	switch {
	case len(diagnostic.Errors) > 0:
		return answer{}
	case len(diagnostic.Reasons) == 0:
		return answer{decision: xacml.NotApplicable}
	case decision == cedar.Deny:
		return answer{decision: xacml.Deny}
	}
	n, err := strconv.Atoi(string(diagnostic.Reasons[0].PolicyID))
	if err != nil {
		return answer{}
	}
	return answer{xacml.Permit, s.levels[n]}
}

// cedarSliced holds the policies by app, so that Cedar sees those of one app
// only.
type cedarSliced struct{ slices map[appName]*cedarSlice }

func newCedarSliced() appEngine[*cedarQuestion] { return &cedarSliced{} }

// Load implements engine.
func (c *cedarSliced) Load(w *workload.Apps) error {
	c.slices = make(map[appName]*cedarSlice, w.Len())
	for app := range w.All() {
		s := &cedarSlice{}
		if err := s.add(cedarText(app), app.Level); err != nil {
			return err
		}
		c.slices[appName{app.Org, app.App}] = s
	}
	return nil
}

// Prepare implements engine.
func (c *cedarSliced) Prepare(r workload.AppRequest) *cedarQuestion { return cedarApp(r) }

// Decide implements engine.
func (c *cedarSliced) Decide(q *cedarQuestion) answer {
	s, found := c.slices[q.app]
	if !found {
		return answer{decision: xacml.NotApplicable}
	}
	return s.decide(q.request)
}

// cedarUnsliced gives Cedar all policies with each request.
type cedarUnsliced struct{ all cedarSlice }

func newCedarUnsliced() appEngine[*cedarQuestion] { return &cedarUnsliced{} }

// Load implements engine.
func (c *cedarUnsliced) Load(w *workload.Apps) error {
	for app := range w.All() {
		if err := c.all.add(cedarText(app), app.Level); err != nil {
			return err
		}
	}
	return nil
}

// Prepare implements engine.
func (c *cedarUnsliced) Prepare(r workload.AppRequest) *cedarQuestion { return cedarApp(r) }

// Decide implements engine.
func (c *cedarUnsliced) Decide(q *cedarQuestion) answer { return c.all.decide(q.request) }

func cedarApp(r workload.AppRequest) *cedarQuestion {
	roles := make([]cedar.Value, len(r.Roles))
	for i, role := range r.Roles {
		roles[i] = cedar.String(role)
	}
	return &cedarQuestion{
		app: appName{r.Org, r.App},
		request: cedar.Request{
			Principal: cedar.NewEntityUID("User", cedar.String(r.User)),
			Action:    cedar.NewEntityUID("Action", cedar.String(r.Action)),
			Resource:  cedar.NewEntityUID("App", cedar.String(r.Org+"/"+r.App)),
			Context:   cedar.NewRecord(cedar.RecordMap{"roles": cedar.NewSet(roles...), "task": cedar.String(r.Task)}),
		},
	}
}

// cedarText writes a policy for each rule of an app.
func cedarText(app workload.App) string {
	var b strings.Builder
	for _, rule := range app.Rules {
		effect := "permit"
		if rule.Effect == xacml.EffectDeny {
			effect = "forbid"
		}
		fmt.Fprintf(&b, "%s(principal, action, resource == App::%q) when { [%s].contains(action) && context.roles.containsAny([%s])",
			effect, app.Org+"/"+app.App, quoted("Action::", rule.Actions), quoted("", rule.Roles))
		if len(rule.Tasks) > 0 {
			fmt.Fprintf(&b, " && [%s].contains(context.task)", quoted("", rule.Tasks))
		}
		b.WriteString(" };\n")
	}
	return b.String()
}

// quoted writes words in quotes, with commas between them.
func quoted(before string, words []string) string {
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(before)
		b.WriteString(strconv.Quote(word))
	}
	return b.String()
}

// cedarConditions has a permit policy for each rule, whatever its effect: Cedar
// knows no order of policies but names all permits that applied, of which the
// first gives the effect. It has no regular expressions, only globs.
type cedarConditions struct {
	all     cedarSlice
	effects []xacml.Effect
}

func newCedarConditions() conditionEngine[*cedar.Request] { return &cedarConditions{} }

// Load implements engine.
func (c *cedarConditions) Load(w *workload.Conditions) error {
	var b strings.Builder
	for _, rule := range w.Rules {
		c.effects = append(c.effects, rule.Effect)
		fmt.Fprintf(&b, "permit(principal, action, resource) when { %s };\n", cedarCondition(rule))
	}
	return c.all.add(b.String(), 0)
}

// Prepare implements engine.
func (c *cedarConditions) Prepare(r workload.ConditionRequest) *cedar.Request {
	return &cedar.Request{
		Principal: cedar.NewEntityUID("User", "user"),
		Action:    cedar.NewEntityUID("Action", "read"),
		Resource:  cedar.NewEntityUID("Case", "case"),
		Context: cedar.NewRecord(cedar.RecordMap{
			"type": cedar.String(r.Type), "amount": cedar.Long(r.Amount), "time": cedar.Long(secondOfDay(r.Time)),
			"unit": cedar.String(r.Unit), "case": cedar.String(r.Case),
		}),
	}
}

// Decide implements engine.
func (c *cedarConditions) Decide(q *cedar.Request) answer {
	_, diagnostic := cedar.Authorize(&c.all, nil, *q)
	if len(diagnostic.Errors) > 0 {
		return answer{}
	}
	if len(diagnostic.Reasons) == 0 {
		return answer{decision: xacml.NotApplicable}
	}
	n, err := strconv.Atoi(string(diagnostic.Reasons[0].PolicyID))
	if err != nil {
		return answer{}
	}
	return answer{decision: c.effects[n].Decision()}
}

func cedarCondition(rule workload.ConditionRule) string {
	switch rule.Kind {
	case workload.TextEqual:
		return fmt.Sprintf("context.type == %q", rule.Text)
	case workload.NumberAtLeast:
		return fmt.Sprintf("context.amount >= %d", rule.Number)
	case workload.TimeInRange:
		return fmt.Sprintf("%d <= context.time && context.time <= %d", secondOfDay(rule.From), secondOfDay(rule.To))
	case workload.SetMember:
		return fmt.Sprintf("[%s].contains(context.unit)", quoted("", rule.Set))
	case workload.PatternMatch:
		return fmt.Sprintf("context.case like %q", rule.Prefix+"*")
	default:
		panic("unknown kind of a condition")
	}
}

// notForGlobs tells the requests that a glob takes for a match and the regular
// expression does not.
func notForGlobs(r workload.ConditionRequest) bool { return strings.HasSuffix(r.Case, "x") }

// secondOfDay is a time such as 09:30:00 as a number, for engines without a type
// for it.
func secondOfDay(text string) int {
	t, err := time.Parse(time.TimeOnly, text)
	if err != nil {
		panic(err)
	}
	return t.Hour()*3_600 + t.Minute()*60 + t.Second()
}
