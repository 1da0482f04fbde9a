package pdp_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// §7.3.6: what is decided on a frozen PDP is decided at one time, that of
// freezing.
func TestS7_3_6_Frozen(t *testing.T) {
	readings := 0
	clock := func() time.Time {
		readings++
		return now.Add(time.Duration(readings) * time.Hour)
	}
	// Permits at the first reading only.
	at := now.Add(time.Hour).Format("2006-01-02T15:04:05Z")
	p := newPDP(t, pdp.Config{Now: clock}, permitIf(`<Apply FunctionId="f1:dateTime-is-in"><dateTime>`+at+`</dateTime>`+
		`<AttributeDesignator Category="environment" AttributeId="`+xacml.AttributeCurrentDateTime+`" DataType="xs:dateTime" MustBePresent="true"/></Apply>`))
	frozen := p.Frozen()
	for range 2 {
		checkResult(t, frozen.Evaluate(t.Context(), &xacml.Request{}, nil), xacml.Permit, xacml.StatusOK, "")
	}
	checkResult(t, p.Evaluate(t.Context(), &xacml.Request{}, nil), xacml.NotApplicable, xacml.StatusOK, "")
	if readings != 2 {
		t.Errorf("got %d readings of the clock, want 2: one of freezing and one of the decision that is not frozen", readings)
	}
}

// §7.3.6, chapter 6: a date without a zone is UTC, and so is that of the clock: in the
// zone of the machine it would never be the date that a policy names, and a rule that
// denies on that day would not.
func TestS7_3_6_ClockIsInUTC(t *testing.T) {
	defer func(local *time.Location) { time.Local = local }(time.Local)
	time.Local = time.FixedZone("", 2*3600)
	p := newPDP(t, pdp.Config{KeepModel: true}, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/><Rule RuleId="r" Effect="Permit">
<ObligationExpressions><to>Permit o date = <Apply FunctionId="f3:string-from-date"><Apply FunctionId="f1:date-one-and-only"><get>environment `+xacml.AttributeCurrentDate+` date</get></Apply></Apply></to></ObligationExpressions></Rule></Policy>`)
	for name, result := range map[string]xacml.Result{
		"Evaluate":          p.Evaluate(t.Context(), &xacml.Request{}, nil),
		"EvaluateReference": p.EvaluateReference(t.Context(), &xacml.Request{}, nil),
		"Frozen":            p.Frozen().Evaluate(t.Context(), &xacml.Request{}, nil),
	} {
		checkResult(t, result, xacml.Permit, xacml.StatusOK, "")
		if got := result.Obligations[0].Assignments[0].Value.String(); !strings.HasSuffix(got, "Z") {
			t.Errorf("%s: got the date %s, want one in UTC", name, got)
		}
	}
}

// No request is one without attributes.
func TestEvaluate_NoRequest(t *testing.T) {
	p := newPDP(t, pdp.Config{}, permitIf(`<Apply FunctionId="f1:string-is-in"><string>x</string><must>c a string</must></Apply>`))
	checkResult(t, p.Evaluate(t.Context(), nil, nil), xacml.IndeterminateP, xacml.StatusMissingAttribute, "")
}

// Pitfall 50: after a panic while the needs are worked out nobody knows what may
// matter, and Evaluate answers Indeterminate; a panic of OnPanic is nobody's.
func TestNeeds_PanicIsNoNeed(t *testing.T) {
	told := 0
	config := pdp.Config{OnPanic: func(context.Context, pdp.Panic) {
		told++
		panic("OnPanic is broken too")
	}}
	p := newPDP(t, config, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><on>c a = x</on><Rule RuleId="r" Effect="Permit"/></Policy>`)
	broken := finderFunc(func(context.Context, xacml.AttributeKey) (value.Bag, error) { panic("the source is broken") })
	needs, ok := p.Needs(t.Context(), &xacml.Request{}, broken, func(xacml.AttributeKey) bool { return false })
	if len(needs) > 0 || ok || told != 1 {
		t.Errorf("got needs %v, ok %v and %d calls of OnPanic, want none, not ok, and one", needs, ok, told)
	}
	result := p.Evaluate(t.Context(), &xacml.Request{}, broken)
	checkResult(t, result, xacml.IndeterminateDP, xacml.StatusProcessingError, "internal error")
	if strings.Contains(result.Status.Message, "broken") || told != 2 {
		t.Errorf("got status %q and %d calls of OnPanic, want nothing about the inside and two", result.Status.Message, told)
	}
}
