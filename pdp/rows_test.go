package pdp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// The rows of docs/robustness.md that show in an evaluation. Those that need a
// policy and requests only are scenarios, testdata/rows-*.txtar.

// rowPDP is a PDP of one policy, in the short forms of the scenarios.
func rowPDP(t *testing.T, config pdp.Config, inside string) *pdp.PDP {
	t.Helper()
	text := expand(`<Policy PolicyId="p" Version="1.0" RuleCombiningAlgId="r3:deny-overrides"><Target/>` + inside + `</Policy>`)
	document, problems := xacmlxml.ReadPolicy("p.xml", []byte(text), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	p, problems := pdp.New(config, []policy.Document{document})
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

// rowCondition is a rule with this condition.
func rowCondition(expression string) string {
	return `<Rule RuleId="r" Effect="Permit"><Condition>` + expression + `</Condition></Rule>`
}

// rowApply applies a function, in a short form.
func rowApply(function string, arguments ...string) string {
	return `<Apply FunctionId="` + function + `">` + strings.Join(arguments, "") + `</Apply>`
}

// rowBag is the bag of a subject attribute that need not be present.
func rowBag(id, dataType string) string {
	return `<AttributeDesignator Category="subject" AttributeId="` + id + `" DataType="xs:` + dataType + `" MustBePresent="false"/>`
}

func rowLiteral(dataType, text string) string {
	return `<AttributeValue DataType="xs:` + dataType + `">` + text + `</AttributeValue>`
}

// rowRequest is a request with values of one subject attribute.
func rowRequest(id string, values ...value.Value) *xacml.Request {
	return &xacml.Request{Attributes: []xacml.Attributes{{
		Category: xacml.CategoryAccessSubject, Attributes: []xacml.Attribute{{ID: id, Values: values}},
	}}}
}

// wantStatus checks that a result is Indeterminate with this status.
func wantStatus(t *testing.T, what string, got xacml.Result, code string) {
	t.Helper()
	if !got.Decision.Indeterminate() || got.Status.Code != code {
		t.Errorf("%s: got %s with %s (%s), want Indeterminate with %s", what, got.Decision.Extended(), last(got.Status.Code), got.Status.Message, last(code))
	}
}

// Row 7: bags are charged for before they are multiplied.
func TestRow7_LargeBags(t *testing.T) {
	values := make([]value.Value, 1_000_000)
	for i := range values {
		values[i] = value.NewInteger(int64(i))
	}
	bag := rowBag("a", "integer")
	nested := strings.Repeat(`<Apply FunctionId="f3:map"><Function FunctionId="f1:integer-abs"/>`, 30) + bag + strings.Repeat("</Apply>", 30)
	for name, expression := range map[string]string{
		"any-of-any": rowApply("f3:any-of-any", `<Function FunctionId="f1:integer-greater-than"/>`, bag, rowApply("f1:integer-union", bag, bag)),
		"all-of-all": rowApply("f1:all-of-all", `<Function FunctionId="f1:integer-greater-than"/>`, bag, bag),
		// 0 < 1 is the second pair, but all of them are paid for first.
		"any-of-any that is true": rowApply("f3:any-of-any", `<Function FunctionId="f1:integer-less-than"/>`, bag, bag),
		"map of a map of a map":   rowApply("f1:integer-is-in", rowLiteral("integer", "-1"), nested),
	} {
		// Enough for what is linear in the bag, a few times over.
		p := rowPDP(t, pdp.Config{Budget: 4_000_000}, rowCondition(expression))
		began := time.Now()
		got := p.Evaluate(t.Context(), rowRequest("a", values...), nil)
		wantStatus(t, name, got, xacml.StatusProcessingError)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s: got an answer after %v, want it soon", name, took)
		}
	}
}

// Row 14: an attribute that must be present and is not is Indeterminate with
// its name; one that need not be is an empty bag.
func TestRow14_MustBePresent(t *testing.T) {
	for _, must := range []bool{true, false} {
		designator := fmt.Sprintf(`<AttributeDesignator Category="subject" AttributeId="a" DataType="xs:string" Issuer="i" MustBePresent="%t"/>`, must)
		p := rowPDP(t, pdp.Config{}, rowCondition(rowApply("f1:integer-equal", rowApply("f1:string-bag-size", designator), rowLiteral("integer", "0"))))
		got := p.Evaluate(t.Context(), &xacml.Request{}, nil)
		if !must {
			if got.Decision != xacml.Permit {
				t.Errorf("MustBePresent false: got %s (%s), want Permit", got.Decision.Extended(), got.Status.Message)
			}
			continue
		}
		wantStatus(t, "MustBePresent true", got, xacml.StatusMissingAttribute)
		want := []xacml.MissingAttribute{{AttributeKey: xacml.AttributeKey{
			Category: xacml.CategoryAccessSubject, ID: "a", Type: value.TypeString, Issuer: "i",
		}}}
		if diff := cmp.Diff(want, got.Status.Missing); diff != "" {
			t.Errorf("missing attributes (-want +got):\n%s", diff)
		}
	}
}

// Row 15: what arithmetic cannot do is Indeterminate, and integers do not wrap.
func TestRow15_Arithmetic(t *testing.T) {
	integer := func(s string) string { return rowLiteral("integer", s) }
	double := func(s string) string { return rowLiteral("double", s) }
	equals := func(kind, a, b string) string { return rowApply("f1:"+kind+"-equal", a, b) }
	for _, test := range []struct {
		name, expression string
		want             xacml.Decision // IndeterminateP stands for processing-error
	}{
		{"integer by zero", equals("integer", rowApply("f1:integer-divide", integer("1"), integer("0")), integer("0")), xacml.IndeterminateP},
		{"remainder by zero", equals("integer", rowApply("f1:integer-mod", integer("1"), integer("0")), integer("0")), xacml.IndeterminateP},
		{"double by zero", equals("double", rowApply("f1:double-divide", double("1"), double("0")), double("INF")), xacml.IndeterminateP},
		{"zero by zero", equals("double", rowApply("f1:double-divide", double("0"), double("-0")), double("NaN")), xacml.IndeterminateP},
		{"integer of NaN", equals("integer", rowApply("f1:double-to-integer", double("NaN")), integer("0")), xacml.IndeterminateP},
		{"integer of INF", equals("integer", rowApply("f1:double-to-integer", double("INF")), integer("0")), xacml.IndeterminateP},
		{"double of a large integer", equals("double", rowApply("f1:integer-to-double", integer("1"+strings.Repeat("0", 400))), double("INF")), xacml.IndeterminateP},
		{"sum beyond 64 bits", equals("integer", rowApply("f1:integer-add", integer("9223372036854775807"), integer("1")), integer("9223372036854775808")), xacml.Permit},
		{"sum does not wrap", equals("integer", rowApply("f1:integer-add", integer("9223372036854775807"), integer("1")), integer("-9223372036854775808")), xacml.NotApplicable},
		{"product beyond 64 bits", equals("integer", rowApply("f1:integer-multiply", integer("4294967296"), integer("4294967296")), integer("18446744073709551616")), xacml.Permit},
		{"NaN equals nothing", equals("double", double("NaN"), double("NaN")), xacml.NotApplicable},
		{"NaN is not less", rowApply("f1:double-less-than", double("NaN"), double("INF")), xacml.NotApplicable},
		{"one of none", equals("integer", rowApply("f1:integer-one-and-only", rowBag("none", "integer")), integer("0")), xacml.IndeterminateP},
		{"one of two", equals("integer", rowApply("f1:integer-one-and-only", rowBag("two", "integer")), integer("1")), xacml.IndeterminateP},
	} {
		request := rowRequest("two", value.NewInteger(1), value.NewInteger(1))
		got := rowPDP(t, pdp.Config{}, rowCondition(test.expression)).Evaluate(t.Context(), request, nil)
		if test.want.Indeterminate() {
			wantStatus(t, test.name, got, xacml.StatusProcessingError)
		}
		if got.Decision != test.want {
			t.Errorf("%s: got %s (%s), want %s", test.name, got.Decision.Extended(), got.Status.Message, test.want.Extended())
		}
	}
}

// Row 16: an expression that comes with the request is bounded by itself and
// with its text.
func TestRow16_RegularExpressions(t *testing.T) {
	p := rowPDP(t, pdp.Config{}, rowCondition(rowApply("f3:any-of-any", `<Function FunctionId="f1:string-regexp-match"/>`, rowBag("pattern", "string"), rowBag("text", "string"))))
	for _, test := range []struct {
		name, pattern, text string
	}{
		{"long", strings.Repeat("a", 1<<10+1), ""},
		{"long for its text", strings.Repeat("a?", 500) + strings.Repeat("a", 20), strings.Repeat("a", 1<<20)},
		{"nested repetitions", "((a{100}){100}){100}", "a"},
		{"deep", strings.Repeat("(", 500) + strings.Repeat(")", 500), "a"},
		{"not an expression", "(", "a"},
	} {
		request := rowRequest("pattern", value.String(test.pattern))
		request.Attributes[0].Attributes = append(request.Attributes[0].Attributes, xacml.Attribute{ID: "text", Values: []value.Value{value.String(test.text)}})
		began := time.Now()
		got := p.Evaluate(t.Context(), request, nil)
		wantStatus(t, test.name, got, xacml.StatusProcessingError)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s: got an answer after %v, want it soon", test.name, took)
		}
		if len(test.pattern) > 1 && strings.Contains(got.Status.Message, test.pattern) {
			t.Errorf("%s: the message repeats the attribute: %s", test.name, got.Status.Message)
		}
	}
}

// Row 19: texts and names are what they are, code point by code point, but
// functions on strings see normalization form C (§7.1.1, 7.20).
func TestRow19_Unicode(t *testing.T) {
	const composed, decomposed = "caf\u00E9", "cafe\u0301"
	for _, test := range []struct {
		name     string
		text     string // what the policy wants
		id       string // of the attribute in the request
		dataType string
		value    value.Value
		want     xacml.Decision
	}{
		{"NFC and NFD as strings", composed, "a", "string", value.String(decomposed), xacml.Permit},
		{"NFC and NFD as URIs", composed, "a", "anyURI", value.AnyURI(decomposed), xacml.NotApplicable},
		{"the same URI", decomposed, "a", "anyURI", value.AnyURI(decomposed), xacml.Permit},
		{"Cyrillic a", "admin", "a", "string", value.String("\u0430dmin"), xacml.NotApplicable},
		{"right-to-left override", "admin", "a", "string", value.String("\u202Eadmin"), xacml.NotApplicable},
		{"zero width space", "admin", "a", "string", value.String("ad\u200Bmin"), xacml.NotApplicable},
		{"byte order mark", "admin", "a", "string", value.String("\uFEFFadmin"), xacml.NotApplicable},
		{"space at the end", "admin", "a", "string", value.String("admin "), xacml.NotApplicable},
		{"upper case", "admin", "a", "string", value.String("Admin"), xacml.NotApplicable},
		{"id in another case", "admin", "A", "string", value.String("admin"), xacml.NotApplicable},
		{"id with a homoglyph", "admin", "\u0430", "string", value.String("admin"), xacml.NotApplicable},
	} {
		p := rowPDP(t, pdp.Config{}, rowCondition(rowApply("f1:"+test.dataType+"-is-in", rowLiteral(test.dataType, test.text), rowBag("a", test.dataType))))
		if got := p.Evaluate(t.Context(), rowRequest(test.id, test.value), nil); got.Decision != test.want {
			t.Errorf("%s: got %s, want %s, input %q", test.name, got.Decision.Extended(), test.want, test.value)
		}
	}
	// §7.20: ids in NFC and NFD are two.
	p := rowPDP(t, pdp.Config{}, rowCondition(rowApply("f1:string-is-in", rowLiteral("string", "x"), rowBag(composed, "string"))))
	if got := p.Evaluate(t.Context(), rowRequest(decomposed, value.String("x")), nil); got.Decision != xacml.NotApplicable {
		t.Errorf("id in NFD: got %s, want NotApplicable", got.Decision.Extended())
	}
}
