package contexthandler

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	"github.com/forseti-pdp/forseti/pip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rule writes a rule on string attributes: each condition is category.id=value,
// and all of them must hold.
func rule(id, effect string, conditions ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<Rule RuleId=%q Effect=%q><Target>`, id, effect)
	for _, c := range conditions {
		name, val, _ := strings.Cut(c, "=")
		cat, attr, _ := strings.Cut(name, ".")
		fmt.Fprintf(&b, `<AnyOf><AllOf><Match MatchId="%sstring-equal"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">%s</AttributeValue>`+
			`<AttributeDesignator Category=%q AttributeId=%q DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Match></AllOf></AnyOf>`,
			xacml.Function1, val, category(cat), attr)
	}
	b.WriteString(`</Target></Rule>`)
	return b.String()
}

func category(short string) string {
	return map[string]string{"s": xacml.CategoryAccessSubject, "r": xacml.CategoryResource, "a": xacml.CategoryAction, "e": xacml.CategoryEnvironment}[short]
}

// snapshot is one policy of these rules under deny-overrides.
func snapshot(t *testing.T, rules ...string) *pap.Snapshot {
	t.Helper()
	return snapshotAt(t, time.Now, rules...)
}

func snapshotAt(t *testing.T, now func() time.Time, rules ...string) *pap.Snapshot {
	t.Helper()
	p, problems := pdp.New(pdp.Config{Now: now}, []policy.Document{document(t, rules...)})
	if p == nil {
		t.Fatal(problems)
	}
	return &pap.Snapshot{ID: "test", PDP: p}
}

// document is one policy of these rules under deny-overrides.
func document(t *testing.T, rules ...string) policy.Document {
	t.Helper()
	d, problems := xacmlxml.ReadPolicy("p.xml", []byte(policyText(rules...)), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	return d
}

func policyText(rules ...string) string {
	return fmt.Sprintf(`<Policy xmlns=%q PolicyId="p" Version="1" RuleCombiningAlgId="%sdeny-overrides"><Target/>%s</Policy>`,
		xacml.Namespace, xacml.RuleAlgorithm3, strings.Join(rules, ""))
}

// key is a string attribute written as s.id, r.id and so on.
func key(s string) xacml.AttributeKey {
	cat, id, _ := strings.Cut(s, ".")
	return xacml.AttributeKey{Category: category(cat), ID: id, Type: value.TypeString}
}

// fake is a source that answers by the values of its needs joined with "|".
type fake struct {
	mu      sync.Mutex
	asked   []string
	answers map[string]string // values of the provided attributes separated by "|", several values of one by ","
	fail    error
	hook    func(ctx context.Context) error
}

func (f *fake) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	var parts []string
	for _, v := range q {
		parts = append(parts, v.String())
	}
	question := strings.Join(parts, "|")
	f.mu.Lock()
	f.asked = append(f.asked, question)
	f.mu.Unlock()
	if f.hook != nil {
		if err := f.hook(ctx); err != nil {
			return pip.Answer{}, err
		}
	}
	if f.fail != nil {
		return pip.Answer{}, f.fail
	}
	var bags []value.Bag
	for part := range strings.SplitSeq(f.answers[question], "|") {
		var values []value.Value
		for v := range strings.SplitSeq(part, ",") {
			if v != "" {
				values = append(values, value.String(v))
			}
		}
		bags = append(bags, value.NewBag(value.TypeString, values...))
	}
	return pip.Answer{Bags: bags}, nil
}

// source declares a fake: needs and provides are lists such as "s.user r.party".
func source(name, needs, provides string, f *fake) pip.Source {
	s := pip.Source{Name: name, Provider: f}
	for n := range strings.FieldsSeq(needs) {
		_, id, _ := strings.Cut(n, ".")
		s.Needs = append(s.Needs, pip.Need{Name: id, Key: key(n)})
	}
	for p := range strings.FieldsSeq(provides) {
		p, echo := strings.CutSuffix(p, "!")
		s.Provides = append(s.Provides, pip.Provided{Key: key(p), From: []string{"x"}, IncludeInResult: echo})
	}
	return s
}

// request holds string attributes written as s.user=1337.
func request(attributes ...string) *xacml.Request {
	r := &xacml.Request{}
	at := make(map[string]int)
	for _, a := range attributes {
		name, val, _ := strings.Cut(a, "=")
		k := key(name)
		i, ok := at[k.Category]
		if !ok {
			i = len(r.Attributes)
			at[k.Category] = i
			r.Attributes = append(r.Attributes, xacml.Attributes{Category: k.Category})
		}
		r.Attributes[i].Attributes = append(r.Attributes[i].Attributes, xacml.Attribute{ID: k.ID, Values: []value.Value{value.String(val)}})
	}
	return r
}

// decide makes one decision with these sources.
func decide(t *testing.T, s *pap.Snapshot, sources []pip.Source, r *xacml.Request) xacml.Result {
	t.Helper()
	h := New(Config{Snapshot: func() *pap.Snapshot { return s }, Sources: sources})
	results, err := decided(h.Decide(t.Context(), s, Call{Request: r}))
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}

// decided is the results of an answer.
func decided(a Answer, err error) ([]xacml.Result, error) { return a.Results, err }

// constant is a provider that always gives the same answer.
func constant(a pip.Answer) pip.Provider {
	return pip.ProviderFunc(func(context.Context, pip.Question) (pip.Answer, error) { return a, nil })
}
