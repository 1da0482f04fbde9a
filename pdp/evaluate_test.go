package pdp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// read reads documents in the short forms of the scenarios; all but the first
// one are for references only.
func read(t *testing.T, documents ...string) []policy.Document {
	t.Helper()
	var ds []policy.Document
	for i, text := range documents {
		d, problems := xacmlxml.ReadPolicy(fmt.Sprintf("%d.xml", i), []byte(expand(text)), xacmlxml.DefaultLimits())
		if len(problems.Errors()) > 0 {
			t.Fatalf("%v; policy:\n%s", problems, text)
		}
		d.ReferenceOnly = i > 0
		ds = append(ds, d)
	}
	return ds
}

// newPDP makes a PDP of such documents.
func newPDP(t *testing.T, config pdp.Config, documents ...string) *pdp.PDP {
	t.Helper()
	p, problems := pdp.New(config, read(t, documents...))
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

// permitIf is a policy that permits if the condition holds.
func permitIf(condition string) string {
	return `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/><Rule RuleId="r" Effect="Permit"><Condition>` +
		condition + `</Condition></Rule></Policy>`
}

// oneAttribute is a request with one attribute of the category c.
func oneAttribute(id string, values ...value.Value) *xacml.Request {
	return &xacml.Request{Attributes: []xacml.Attributes{{Category: "c", Attributes: []xacml.Attribute{{ID: id, Values: values}}}}}
}

// texts is n strings that differ.
func texts(n int) []value.Value {
	values := make([]value.Value, n)
	for i := range values {
		values[i] = value.String(fmt.Sprint("value ", i))
	}
	return values
}

func checkResult(t *testing.T, got xacml.Result, decision xacml.Decision, code, message string) {
	t.Helper()
	if got.Decision != decision || got.Status.Code != code || !strings.Contains(got.Status.Message, message) {
		t.Errorf("got %s, status %q %q; want %s, status %q with %q", got.Decision.Extended(), got.Status.Code, got.Status.Message,
			decision.Extended(), code, message)
	}
	if got.Decision.Indeterminate() && (got.Obligations != nil || got.Advice != nil) {
		t.Errorf("got obligations %v and advice %v with an Indeterminate, want none (§7.18)", got.Obligations, got.Advice)
	}
}

// Pitfall 50, §7.17: what goes wrong inside is Indeterminate, never a Permit.
func TestS7_17_PanicIsIndeterminate(t *testing.T) {
	var told pdp.Panic
	condition := `<Apply FunctionId="f1:or"><Apply FunctionId="f1:string-is-in"><string>x</string><get>c a string</get></Apply><boolean>true</boolean></Apply>`
	broken := finderFunc(func(context.Context, xacml.AttributeKey) (value.Bag, error) { panic("the source is broken") })
	request := oneAttribute("id", value.String("ann"))
	request.Attributes[0].Attributes[0].IncludeInResult = true

	p := newPDP(t, pdp.Config{OnPanic: func(_ context.Context, p pdp.Panic) { told = p }}, permitIf(condition))
	result := p.Evaluate(t.Context(), request, broken)
	checkResult(t, result, xacml.IndeterminateDP, xacml.StatusProcessingError, "internal error")
	if strings.Contains(result.Status.Message, "broken") {
		t.Errorf("status %q tells about the inside", result.Status.Message)
	}
	if told.Recovered != "the source is broken" || !strings.Contains(string(told.Stack), "evaluate_test.go") {
		t.Errorf("OnPanic got %v and a stack of %d bytes, want the panic and where it was", told.Recovered, len(told.Stack))
	}
	if told.Policy.ID != "p" || told.Policy.PolicySet || told.Request != request {
		t.Errorf("OnPanic got policy %v and request %v, want what was evaluated", told.Policy, told.Request)
	}
	if diff := cmp.Diff(request.IncludedInResult(), result.Attributes); diff != "" {
		t.Errorf("attributes of the result (-want +got):\n%s", diff)
	}

	silent := newPDP(t, pdp.Config{}, permitIf(condition))
	checkResult(t, silent.Evaluate(t.Context(), request, broken), xacml.IndeterminateDP, xacml.StatusProcessingError, "internal error")
	checkResult(t, silent.Evaluate(t.Context(), request, nil), xacml.Permit, xacml.StatusOK, "")
}

// manyRules permits, after many rules that do not apply.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString(`<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:permit-unless-deny"><Target/>`)
	for i := range n {
		fmt.Fprintf(&b, `<Rule RuleId="%d" Effect="Permit"/>`, i)
	}
	return b.String() + `</Policy>`
}

func TestEvaluate_EndsWithItsContext(t *testing.T) {
	always := permitIf(`<boolean>true</boolean>`)
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for what, document := range map[string]string{
			"a condition": always, "rules only": manyRules(2), "nothing": `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:permit-unless-deny"><Target/></PolicySet>`,
		} {
			t.Run(what, func(t *testing.T) {
				result := newPDP(t, pdp.Config{}, document).Evaluate(ctx, &xacml.Request{ReturnPolicyIDList: true}, nil)
				checkResult(t, result, xacml.IndeterminateDP, xacml.StatusProcessingError, "context canceled")
				if result.PolicyIDs != nil {
					t.Errorf("got policies %v, want none: nobody knows which are applicable", result.PolicyIDs)
				}
			})
		}
	})
	t.Run("cancelled by a slow source", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		finder := finderFunc(func(ctx context.Context, key xacml.AttributeKey) (value.Bag, error) {
			cancel()
			return value.Bag{}, ctx.Err()
		})
		p := newPDP(t, pdp.Config{}, permitIf(`<Apply FunctionId="f1:string-is-in"><string>x</string><get>c a string</get></Apply>`))
		checkResult(t, p.Evaluate(ctx, &xacml.Request{}, finder), xacml.IndeterminateDP, xacml.StatusProcessingError, "context canceled")
	})
	t.Run("deadline in one long expression", func(t *testing.T) {
		// 9 million comparisons, which nothing interrupts: the budget bounds them.
		p := newPDP(t, pdp.Config{Budget: 1 << 40}, permitIf(`<Apply FunctionId="f1:all-of-any"><Function FunctionId="f1:string-equal"/>`+
			`<get>c a string</get><get>c a string</get></Apply>`))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		result := p.Evaluate(ctx, oneAttribute("a", texts(3_000)...), nil)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("took %v after a deadline of 1ms", took)
		}
		checkResult(t, result, xacml.IndeterminateDP, xacml.StatusProcessingError, "deadline exceeded")
	})
	t.Run("deadline in many policies", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		start := time.Now()
		result := newPDP(t, pdp.Config{Budget: 1 << 40}, doubling(20)...).Evaluate(ctx, &xacml.Request{}, nil)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("took %v after a deadline of 20ms", took)
		}
		checkResult(t, result, xacml.IndeterminateDP, xacml.StatusProcessingError, "deadline exceeded")
	})
}

// doubling is policy sets that each refer to the next one twice, n times, and
// in the end to a policy of 100 rules.
func doubling(n int) []string {
	documents := []string{}
	for i := range n {
		documents = append(documents, fmt.Sprintf(`<PolicySet PolicySetId="s%d" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>`+
			`<PolicySetIdReference>s%d</PolicySetIdReference><PolicySetIdReference>s%d</PolicySetIdReference></PolicySet>`, i, i+1, i+1))
	}
	return append(documents,
		fmt.Sprintf(`<PolicySet PolicySetId="s%d" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/><PolicyIdReference>p</PolicyIdReference></PolicySet>`, n),
		manyRules(100))
}

// Rows 7 and 10: what it costs is bounded, in whatever shape it comes.
func TestEvaluate_Budget(t *testing.T) {
	many := oneAttribute("a", texts(100_000)...)
	anyOfAny := permitIf(`<Apply FunctionId="f3:any-of-any"><Function FunctionId="f1:string-equal"/><get>c a string</get><string>value 99999</string></Apply>`)
	square := permitIf(`<Apply FunctionId="f1:all-of-any"><Function FunctionId="f1:string-equal"/><get>c a string</get><get>c a string</get></Apply>`)
	match := `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:permit-unless-deny"><on>c a = value 99999</on></Policy>`
	for _, tt := range []struct {
		name      string
		budget    int
		documents []string
		want      xacml.Decision
	}{
		{"100,000 values", 0, []string{anyOfAny}, xacml.Permit},
		{"100,000 values and little budget", 50_000, []string{anyOfAny}, xacml.IndeterminateDP},
		{"100,000 values with each other", 0, []string{square}, xacml.IndeterminateDP},
		{"100,000 values in a target", 0, []string{match}, xacml.Permit},
		{"100,000 values in a target and little budget", 50_000, []string{match}, xacml.IndeterminateDP},
		{"few rules", 1_000, []string{manyRules(100)}, xacml.Permit},
		{"many rules", 1_000, []string{manyRules(10_000)}, xacml.IndeterminateDP},
		{"references", 100_000, doubling(20), xacml.IndeterminateDP},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPDP(t, pdp.Config{Budget: tt.budget}, tt.documents...)
			start := time.Now()
			result := p.Evaluate(t.Context(), many, nil)
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
			if tt.want.Indeterminate() {
				checkResult(t, result, tt.want, xacml.StatusProcessingError, "takes more than")
			} else {
				checkResult(t, result, tt.want, xacml.StatusOK, "")
			}
		})
	}
}

// §7.3.5, pitfall 35: a bag is fixed once it was read, also when it is empty or
// nobody knows it, and a source is asked once for it.
func TestS7_3_5_FinderIsAskedOncePerKey(t *testing.T) {
	read := func(id, issuer string) string {
		return `<Apply FunctionId="f1:integer-equal"><Apply FunctionId="f1:string-bag-size"><get>c ` + id + ` string` + issuer + `</get></Apply><integer>1</integer></Apply>`
	}
	// Nothing here is true, so that everything is read.
	condition := `<Apply FunctionId="f1:or">`
	for range 3 {
		for _, id := range []string{"changes", "empty", "fails"} {
			condition += read(id, "") + read(id, "@me")
		}
	}
	condition += read("given", "") + `</Apply>`
	document := `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>` + permitIf(condition) +
		strings.ReplaceAll(permitIf(condition), `PolicyId="p"`, `PolicyId="q"`) + `</PolicySet>`
	p := newPDP(t, pdp.Config{}, document)

	calls := make(map[xacml.AttributeKey]int)
	finder := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
		calls[key]++
		switch key.ID {
		case "changes":
			return value.NewBag(key.Type, texts(1+calls[key])...), nil
		case "fails":
			return value.Bag{}, fmt.Errorf("failure %d", calls[key])
		default:
			return value.NewBag(key.Type), nil
		}
	})
	request := oneAttribute("given", texts(2)...)
	for range 2 {
		checkResult(t, p.Evaluate(t.Context(), request, finder), xacml.IndeterminateP, xacml.StatusProcessingError, "failure 1")
		want := make(map[xacml.AttributeKey]int)
		for _, id := range []string{"changes", "empty", "fails"} {
			want[xacml.AttributeKey{Category: "c", ID: id, Type: value.TypeString}] = 1
			want[xacml.AttributeKey{Category: "c", ID: id, Type: value.TypeString, Issuer: "me"}] = 1
		}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("calls of the finder (-want +got):\n%s", diff)
		}
		clear(calls) // the next evaluation asks again
	}
}

// Row 13: what a source says is checked.
func TestS7_3_5_FinderOfAnotherType(t *testing.T) {
	p := newPDP(t, pdp.Config{}, permitIf(`<Apply FunctionId="f1:string-is-in"><string>x</string><get>c a string</get></Apply>`))
	x := value.String("x")
	for _, tt := range []struct {
		name    string
		bag     value.Bag
		err     error
		want    xacml.Decision
		code    string
		message string
	}{
		{"right type", value.NewBag(value.TypeString, x), nil, xacml.Permit, xacml.StatusOK, ""},
		{"right values in a bag of another type", value.NewBag(value.TypeInteger, x), nil, xacml.Permit, xacml.StatusOK, ""},
		{"zero bag", value.Bag{}, nil, xacml.NotApplicable, xacml.StatusOK, ""},
		{"empty bag of another type", value.NewBag(value.TypeInteger), nil, xacml.NotApplicable, xacml.StatusOK, ""},
		{"another type", value.NewBag(value.TypeInteger, value.NewInteger(1)), nil, xacml.IndeterminateP, xacml.StatusProcessingError, `attribute "a" was supplied as integer, not as string`},
		{"one of another type", value.NewBag(value.TypeString, x, value.Boolean(true)), nil, xacml.IndeterminateP, xacml.StatusProcessingError, "supplied as boolean"},
		{"foreign type", value.NewBag(value.TypeString, value.Foreign{DataType: "urn:d", Text: "secret"}), nil, xacml.IndeterminateP, xacml.StatusProcessingError, "supplied as unknown"},
		{"no value at all", value.NewBag(value.TypeString, nil), nil, xacml.IndeterminateDP, xacml.StatusProcessingError, "internal error"},
		{"error", value.NewBag(value.TypeString, x), errors.New("no answer"), xacml.IndeterminateP, xacml.StatusProcessingError, "no answer"},
		{"error with a status", value.Bag{}, fmt.Errorf("wrapped: %w", xacml.SyntaxErrorf("bad value")), xacml.IndeterminateP, xacml.StatusSyntaxError, "bad value"},
		{"error that names what is missing", value.Bag{}, xacml.MissingAttributeError(xacml.AttributeKey{ID: "party"}), xacml.IndeterminateP, xacml.StatusMissingAttribute, `attribute "party"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			finder := finderFunc(func(context.Context, xacml.AttributeKey) (value.Bag, error) { return tt.bag, tt.err })
			checkResult(t, p.Evaluate(t.Context(), &xacml.Request{}, finder), tt.want, tt.code, tt.message)
		})
	}
}

// §7.3.6: one reading of the clock for a request.
func TestS7_3_6_OneReadingOfTheClock(t *testing.T) {
	readings := 0
	clock := func() time.Time {
		readings++
		return now.Add(time.Duration(readings) * time.Hour)
	}
	condition := `<Apply FunctionId="f1:and">`
	for range 3 {
		condition += `<Apply FunctionId="f1:time-is-in"><time>13:30:00Z</time><get>environment ` + xacml.AttributeCurrentTime + ` time</get></Apply>` +
			`<Apply FunctionId="f1:dateTime-is-in"><dateTime>2026-11-21T13:30:00Z</dateTime><get>environment ` + xacml.AttributeCurrentDateTime + ` dateTime</get></Apply>`
	}
	p := newPDP(t, pdp.Config{Now: clock}, permitIf(condition+`</Apply>`))
	checkResult(t, p.Evaluate(t.Context(), &xacml.Request{}, nil), xacml.Permit, xacml.StatusOK, "")
	if readings != 1 {
		t.Errorf("got %d readings of the clock, want 1", readings)
	}
}

// §5.42: what asks for more than one decision is not evaluated.
func TestS5_42_NotIndividual(t *testing.T) {
	p := newPDP(t, pdp.Config{KeepModel: true}, permitIf(`<boolean>true</boolean>`))
	for _, tt := range []struct {
		request      *xacml.Request
		status, what string
	}{
		{&xacml.Request{Attributes: []xacml.Attributes{{Category: "c"}, {Category: "d"}, {Category: "c"}}}, xacml.StatusSyntaxError, `category "c" is repeated`},
		{&xacml.Request{References: [][]string{{"a"}}}, xacml.StatusSyntaxError, "MultiRequests"},
		{&xacml.Request{CombinedDecision: true}, xacml.StatusProcessingError, "combined decision"},
	} {
		checkResult(t, p.Evaluate(t.Context(), tt.request, nil), xacml.IndeterminateDP, tt.status, tt.what)
		checkResult(t, p.EvaluateReference(t.Context(), tt.request, nil), xacml.IndeterminateDP, tt.status, tt.what)
	}
}

func TestS7_17_NoPolicies(t *testing.T) {
	p, problems := pdp.New(pdp.Config{}, nil)
	if p == nil || problems != nil {
		t.Fatalf("got %v, problems %v; want a PDP without policies", p, problems)
	}
	checkResult(t, p.Evaluate(t.Context(), &xacml.Request{}, nil), xacml.NotApplicable, xacml.StatusOK, "")
}

// A PDP is immutable: what one evaluation finds does not show in another
// (pitfall 38: obligations that pile up in shared state).
func TestEvaluate_Concurrently(t *testing.T) {
	p := newPDP(t, pdp.Config{}, `<PolicySet PolicySetId="s" Version="1" PolicyCombiningAlgId="p3:deny-overrides"><Target/>
		<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/>
			<VariableDefinition VariableId="v"><get>c a string</get></VariableDefinition>
			<Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="f3:any-of"><Function FunctionId="f1:string-equal"/><string>yes</string><VariableReference VariableId="v"/></Apply></Condition>
				<ObligationExpressions><to>Permit o a = <VariableReference VariableId="v"/></to></ObligationExpressions></Rule>
			<Rule RuleId="d" Effect="Deny"><Condition><Apply FunctionId="f1:string-is-in"><string>no</string><VariableReference VariableId="v"/></Apply></Condition></Rule>
		</Policy>
		<PolicyIdReference>lib</PolicyIdReference>
	</PolicySet>`, `<Policy PolicyId="lib" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>c a = yes</on><Rule RuleId="r" Effect="Permit"/>
		<ObligationExpressions><to>Permit lib</to></ObligationExpressions></Policy>`)
	finder := finderFunc(func(_ context.Context, key xacml.AttributeKey) (value.Bag, error) { return value.NewBag(key.Type), nil })
	requests := make([]*xacml.Request, 8)
	want := make([]xacml.Result, len(requests))
	for i := range requests {
		requests[i] = oneAttribute("a", value.String([]string{"yes", "no", "other"}[i%3]), value.String(fmt.Sprint(i)))
		requests[i].ReturnPolicyIDList = true
		want[i] = p.Evaluate(t.Context(), requests[i], finder)
	}
	var wg sync.WaitGroup
	for i, request := range requests {
		wg.Go(func() {
			for range 200 {
				if diff := cmp.Diff(want[i], p.Evaluate(t.Context(), request, finder)); diff != "" {
					t.Errorf("request %d (-want +got):\n%s", i, diff)
					return
				}
			}
		})
	}
	wg.Wait()
}
