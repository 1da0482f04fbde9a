package pdp_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// An evaluation ends soon after its deadline, whatever the values of the request
// are. Text that is not normalized takes thousands of times as long to compare as
// a word of ASCII.
func TestEvaluate_EndsWithItsDeadline(t *testing.T) {
	const soon = 20 * time.Second // for machines that are busy with other things; it took minutes
	const many = 3000
	const accents, long = "e\u0301", 1 << 20
	long1 := []value.Value{value.String(strings.Repeat("a", long))}
	longAccents := []value.Value{value.String(strings.Repeat(accents, long/len(accents)))}
	numbered := func(text string) []value.Value {
		out := make([]value.Value, many)
		for i := range out {
			out[i] = value.String(text + strconv.Itoa(i))
		}
		return out
	}
	names := make([]value.Value, many)
	for i := range names {
		name, err := value.Parse(value.TypeRFC822Name, "a"+strconv.Itoa(i)+"@example.com")
		if err != nil {
			t.Fatal(err)
		}
		names[i] = name
	}
	paths := slices.Repeat([]value.Value{value.NewXPathExpression(strings.Repeat("a/", 2000)+"(", "c", nil, xacml.XPath10)}, many)
	const one = `<Apply FunctionId="f1:string-one-and-only"><get>c a string</get></Apply>`
	higher := func(higher, f, first, second string) string {
		return `<Apply FunctionId="f3:` + higher + `"><Function FunctionId="` + f + `"/>` + first + second + `</Apply>`
	}
	const pathA, pathB = `<get>c a xpathExpression</get>`, `<get>c b xpathExpression</get>`
	const a, b, mail = `<get>c a string</get>`, `<get>c b string</get>`, `<get>c b rfc822Name</get>`
	for _, tt := range []struct {
		name, condition string
		a, b            []value.Value
	}{
		{"equal, each with each", higher("any-of-any", "f1:string-equal", a, b), numbered(strings.Repeat(accents, 30) + "a"), numbered(strings.Repeat(accents, 30) + "b")},
		{"order, each with each", higher("any-of-any", "f1:string-greater-than", a, b), numbered(strings.Repeat(accents, 30) + "a"), numbered(strings.Repeat(accents, 30) + "b")},
		{"a long one with each", higher("any-of", "f1:string-equal", one, b), longAccents, numbered("\u00e9")},
		{"a long one in a bag", `<Apply FunctionId="f1:string-is-in">` + one + b + `</Apply>`, long1, numbered("a")},
		{"a long one with accents in a bag", `<Apply FunctionId="f1:string-is-in">` + one + b + `</Apply>`, longAccents, numbered("\u00e9")},
		{"members of a small bag", `<Apply FunctionId="f1:string-at-least-one-member-of">` + b + a + `</Apply>`, longAccents, numbered("\u00e9")},
		{"what is no expression", higher("any-of-any", "f1:string-regexp-match", a, b), numbered(strings.Repeat(`\w`, 38) + ")"), numbered("")},
		{"what is no XPath", higher("any-of-any", "f3:xpath-node-equal", pathA, pathB), paths, paths},
		{"a long pattern of mail addresses", higher("any-of", "f1:rfc822Name-match", one, mail), long1, names},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPDP(t, pdp.Config{}, `<Policy PolicyId="p" Version="1" RuleCombiningAlgId="r3:deny-overrides"><Target/>
				<Rule RuleId="r" Effect="Permit"><Condition>`+tt.condition+`</Condition></Rule></Policy>`)
			request := &xacml.Request{Attributes: []xacml.Attributes{{Category: "c", Attributes: []xacml.Attribute{{ID: "a", Values: tt.a}, {ID: "b", Values: tt.b}}}}}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			started := time.Now()
			got := p.Evaluate(ctx, request, nil)
			if took := time.Since(started); took > soon {
				t.Errorf("it took %v, want less than %v", took, soon)
			} else {
				t.Logf("%s after %v", got.Decision.Extended(), took.Round(time.Millisecond))
			}
			if got.Decision == xacml.Permit {
				t.Errorf("got %s, want no Permit", got.Decision.Extended())
			}
		})
	}
}
