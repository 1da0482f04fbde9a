package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	"github.com/forseti-pdp/forseti/pip"
)

// The attributes: a user has roles and a level, which a source knows.
var (
	user  = xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:test:user", Type: value.TypeString}
	role  = xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:test:role", Type: value.TypeString}
	level = xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:test:level", Type: value.TypeInteger}
)

const actionID = "urn:oasis:names:tc:xacml:1.0:action:action-id"

// sorts are the sorts of users. The name of a user begins with that of the sort.
func sorts() []string { return []string{"admin", "blocked", "both", "nobody"} }

// someone is a user of a sort.
func someone(sort string, number int64) string { return fmt.Sprintf("%s-%d", sort, number) }

// row is what a backend has under a user.
type row struct{ role, level string }

// rowsOf is the truth about a user.
func rowsOf(user string) []row {
	switch sort, _, _ := strings.Cut(user, "-"); sort {
	case "admin":
		return []row{{"admin", "3"}}
	case "blocked":
		return []row{{"blocked", "1"}}
	case "both":
		return []row{{"admin", "3"}, {"blocked", "3"}}
	default:
		return nil
	}
}

// truth is what a source must say of a user, each value once.
func truth(user string) (roles, levels []string) {
	for _, r := range rowsOf(user) {
		roles = append(roles, r.role)
		if !slices.Contains(levels, r.level) {
			levels = append(levels, r.level)
		}
	}
	return roles, levels
}

// isTrue reports whether an answer says the truth about a user.
func isTrue(a pip.Answer, user string) bool {
	roles, levels := truth(user)
	return a.Unknown == nil && len(a.Bags) == 2 && slices.Equal(texts(a.Bags[0]), roles) && slices.Equal(texts(a.Bags[1]), levels)
}

// texts are the values of a bag, in the order of the alphabet.
func texts(b value.Bag) []string {
	var out []string
	for _, v := range b.Values() {
		out = append(out, v.String())
	}
	slices.Sort(out)
	return out
}

// actions are those that the policies speak of. Each is for rules of its own:
// guarded is refused to the blocked and permitted to all others, granted is
// permitted to those of a level, both is one or the other, and earned is permitted
// to admins and refused to all others.
func actions() []string { return []string{"guarded", "granted", "both", "earned"} }

// algorithms are the rule-combining algorithms. The last one turns errors into
// Permit by definition (C.7): the documented exception.
func algorithms() []string {
	return []string{"deny-overrides", "permit-overrides", "first-applicable", "deny-unless-permit", "permit-unless-deny"}
}

// rules is one policy with the same rules under each algorithm.
type rules struct {
	algorithm     string
	mustBePresent bool
	snapshot      *pap.Snapshot
}

func (r rules) String() string {
	return fmt.Sprintf("%s, MustBePresent=%t", r.algorithm, r.mustBePresent)
}

// allRules are those of all algorithms, with MustBePresent and without.
func allRules(t testing.TB) []rules {
	t.Helper()
	var all []rules
	for _, algorithm := range algorithms() {
		for _, must := range []bool{false, true} {
			all = append(all, rules{algorithm, must, snapshot(t, algorithm, must)})
		}
	}
	return all
}

// snapshot is one policy.
func snapshot(t testing.TB, algorithm string, mustBePresent bool) *pap.Snapshot {
	t.Helper()
	combining := xacml.RuleAlgorithm3 + algorithm
	if algorithm == "first-applicable" {
		combining = xacml.RuleAlgorithm1 + algorithm
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<Policy xmlns=%q PolicyId="faults" Version="1" RuleCombiningAlgId=%q><Target/>`, xacml.Namespace, combining)
	rule := func(action, effect, target, condition string) {
		fmt.Fprintf(&b, `<Rule RuleId="%s-%s" Effect=%q><Target>%s%s</Target>%s</Rule>`,
			action, effect, effect, match(action, xacml.AttributeKey{Category: xacml.CategoryAction, ID: actionID}, false), target, condition)
	}
	rule("guarded", "Deny", match("blocked", role, mustBePresent), "")
	rule("guarded", "Permit", "", "")
	rule("granted", "Permit", "", condition("integer", "3", level, mustBePresent))
	rule("both", "Deny", "", condition("string", "blocked", role, mustBePresent))
	rule("both", "Permit", match("admin", role, mustBePresent), "")
	rule("earned", "Permit", "", condition("string", "admin", role, mustBePresent))
	rule("earned", "Deny", "", "")
	b.WriteString(`</Policy>`)
	d, problems := xacmlxml.ReadPolicy("policy.xml", []byte(b.String()), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	p, problems := pdp.New(pdp.Config{KeepModel: true}, []policy.Document{d})
	if p == nil {
		t.Fatal(problems)
	}
	return &pap.Snapshot{ID: "faults", PDP: p}
}

const xsd = "http://www.w3.org/2001/XMLSchema#"

// match is a part of a target: the attribute has the value.
func match(text string, key xacml.AttributeKey, mustBePresent bool) string {
	return fmt.Sprintf(`<AnyOf><AllOf><Match MatchId="%sstring-equal"><AttributeValue DataType="%sstring">%s</AttributeValue>%s</Match></AllOf></AnyOf>`,
		xacml.Function1, xsd, text, designator("string", key, mustBePresent))
}

// condition is that the attribute has the value.
func condition(dataType, text string, key xacml.AttributeKey, mustBePresent bool) string {
	return fmt.Sprintf(`<Condition><Apply FunctionId="%s%s-is-in"><AttributeValue DataType="%s%s">%s</AttributeValue>%s</Apply></Condition>`,
		xacml.Function1, dataType, xsd, dataType, text, designator(dataType, key, mustBePresent))
}

func designator(dataType string, key xacml.AttributeKey, mustBePresent bool) string {
	return fmt.Sprintf(`<AttributeDesignator Category=%q AttributeId=%q DataType="%s%s" MustBePresent="%t"/>`,
		key.Category, key.ID, xsd, dataType, mustBePresent)
}

// request is what a caller says.
func request(name, action string) *xacml.Request {
	attribute := func(category, id, text string) xacml.Attributes {
		return xacml.Attributes{Category: category, Attributes: []xacml.Attribute{{ID: id, Values: []value.Value{value.String(text)}}}}
	}
	return &xacml.Request{Attributes: []xacml.Attributes{
		attribute(user.Category, user.ID, name), attribute(xacml.CategoryAction, actionID, action),
	}}
}

// outcome is the part of a result that is compared.
type outcome struct {
	decision string
	status   string
}

func outcomeOf(r xacml.Result) outcome { return outcome{r.Decision.Extended(), r.Status.Code} }

// oracle is what the reference evaluator says of each question, where the source
// gives its values and where it gives an error. It knows no cache and no source:
// it is told what there is to know.
type oracle map[question][2]outcome

// question is what an outcome depends on.
type question struct {
	algorithm     string
	mustBePresent bool
	sort, action  string
}

const (
	withValues = iota
	withError
)

// newOracle asks the reference evaluator for everything there is.
func newOracle(t testing.TB, all []rules) oracle {
	t.Helper()
	o := make(oracle)
	for _, r := range all {
		for _, sort := range sorts() {
			for _, action := range actions() {
				name := someone(sort, 0)
				var said [2]outcome
				for i, finder := range []pdp.Finder{withValues: script{name, nil}, withError: script{name, errors.New("unavailable")}} {
					said[i] = outcomeOf(r.snapshot.PDP.EvaluateReference(t.Context(), request(name, action), finder))
				}
				o[question{r.algorithm, r.mustBePresent, sort, action}] = said
			}
		}
	}
	return o
}

// script is a finder that has the truth about a user, or fails.
type script struct {
	user string
	err  error
}

func (s script) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	var from []string
	switch key {
	case role:
		from, _ = truth(s.user)
	case level:
		_, from = truth(s.user)
	default:
		return value.NewBag(key.Type), nil
	}
	if s.err != nil {
		return value.Bag{}, s.err
	}
	var values []value.Value
	for _, text := range from {
		v, err := value.Parse(key.Type, text)
		if err != nil {
			return value.Bag{}, err
		}
		values = append(values, v)
	}
	return value.NewBag(key.Type, values...), nil
}

// declaration is what every kind of source needs and provides. from names where
// roles and levels come from, in the terms of the kind.
func declaration(fromRole, fromLevel []string) ([]pip.Need, []pip.Provided) {
	return []pip.Need{{Name: "user", Key: user}}, []pip.Provided{{Key: role, From: fromRole}, {Key: level, From: fromLevel}}
}
