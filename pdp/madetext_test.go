package pdp_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// A bag of texts that are made, each as long as the longest of the request, is
// bounded by the budget before the memory is gone.
func TestBudget_TextThatIsMade(t *testing.T) {
	const most = 400 << 20
	prefix := value.String(strings.Repeat("p", 1<<20))
	names := make([]value.Value, 50_000)
	for i := range names {
		names[i] = value.String("n")
	}
	p := newPDP(t, pdp.Config{}, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/>
		<Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="f1:string-is-in"><string>x</string>
			<Apply FunctionId="f3:map"><Function FunctionId="f2:string-concatenate"/>
				<Apply FunctionId="f1:string-one-and-only"><get>c prefix string</get></Apply><get>c name string</get></Apply>
		</Apply></Condition></Rule></Policy>`)
	request := &xacml.Request{Attributes: []xacml.Attributes{{Category: "c", Attributes: []xacml.Attribute{
		{ID: "prefix", Values: []value.Value{prefix}}, {ID: "name", Values: names},
	}}}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := p.Evaluate(t.Context(), request, nil)
	runtime.ReadMemStats(&after)
	if got.Decision != xacml.IndeterminateDP || got.Status.Code != xacml.StatusProcessingError || !strings.Contains(got.Status.Message, "steps") {
		t.Errorf("got %s (%s), want Indeterminate{DP} for want of steps", got.Decision.Extended(), got.Status.Message)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > most {
		t.Errorf("the evaluation took %d MiB, want at most %d", used>>20, most>>20)
	}
}
