package function

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/internal/regex"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

func rowsRegexp() []row {
	return []row{
		// The expression is first, and matches some part of the text.
		{"1.0:string-regexp-match", "string:b, string:abc", "boolean:true"},
		{"1.0:string-regexp-match", "string:abc, string:b", "boolean:false"},
		{"1.0:string-regexp-match", "string:^b, string:abc", "boolean:false"},
		{"1.0:string-regexp-match", "string:^[a-c]{3}$, string:abc", "boolean:true"},
		{"1.0:string-regexp-match", "string:, string:", "boolean:true"},
		{"1.0:string-regexp-match", "string:, string:abc", "boolean:true"},
		{"1.0:string-regexp-match", "string:a, string:A", "boolean:false"},
		{"1.0:string-regexp-match", "string:a$, string:a\n", "boolean:false"},
		{"1.0:string-regexp-match", "string:a.b, string:a\nb", "boolean:false"},
		{"1.0:string-regexp-match", `string:^\i\c*$, string:_a-1`, "boolean:true"},
		{"1.0:string-regexp-match", `string:^[a-z-[aeiou]]+$, string:bcd`, "boolean:true"},
		{"1.0:string-regexp-match", `string:^[a-z-[aeiou]]+$, string:bad`, "boolean:false"},
		{"1.0:string-regexp-match", `string:^\p{IsGreek}+$, string:λογος`, "boolean:true"},
		// §7.1.1: as if both were in normalization form C.
		{"1.0:string-regexp-match", "string:^.$, string:e\u0301", "boolean:true"},
		{"1.0:string-regexp-match", "string:^e\u0301$, string:é", "boolean:true"},

		{"2.0:anyURI-regexp-match", `string:^https?://[^/]+/a\?b, anyURI:http://example.com/a?b=c`, "boolean:true"},
		{"2.0:anyURI-regexp-match", "string:^example, anyURI:http://example.com/", "boolean:false"},
		{"2.0:anyURI-regexp-match", "string:^http://a/e\u0301$, anyURI:http://a/e\u0301", "boolean:true"},
		{"2.0:ipAddress-regexp-match", `string:^10\.10\., ipAddress:10.10.255.1/255.255.0.0:80-90`, "boolean:true"},
		{"2.0:ipAddress-regexp-match", `string:/255\.255\.0\.0:80-90$, ipAddress:10.10.255.1/255.255.0.0:80-90`, "boolean:true"},
		{"2.0:ipAddress-regexp-match", `string:^10\.10\.$, ipAddress:10.10.255.1`, "boolean:false"},
		{"2.0:ipAddress-regexp-match", `string:^\[::1\]$, ipAddress:[::1]`, "boolean:true"},
		{"2.0:dnsName-regexp-match", `string:\.com, dnsName:www.example.com`, "boolean:true"},
		{"2.0:dnsName-regexp-match", `string:^example, dnsName:www.example.com`, "boolean:false"},
		{"2.0:rfc822Name-regexp-match", `string:^j.*@example\.com$, rfc822Name:joe@example.com`, "boolean:true"},
		{"2.0:rfc822Name-regexp-match", `string:@example\.com$, rfc822Name:joe@EXAMPLE.com`, "boolean:false"},
		{"2.0:x500Name-regexp-match", `string:^cn=John, x500Name:cn=John Smith,o=Medico Corp,c=US`, "boolean:true"},
		{"2.0:x500Name-regexp-match", `string:C=US$, x500Name:cn=John Smith,o=Medico Corp,c=US`, "boolean:false"},

		// As the applied function of A.3.12.
		{"3.0:any-of", "function 1.0:string-regexp-match, string:^b+$, bag string:[a bb]", "boolean:true"},
		{"3.0:any-of", "function 1.0:string-regexp-match, bag string:[^a ^b], string:xb", "boolean:false"},

		// Not of the language.
		{"1.0:string-regexp-match", "string:[a-z, string:abcd", "processing-error"},
		{"1.0:string-regexp-match", `string:\bword\b, string:abcd`, "processing-error"},
		{"1.0:string-regexp-match", "string:(?i)word, string:abcd", "processing-error"},
		{"1.0:string-regexp-match", `string:(word)\1, string:abcd`, "processing-error"},
		{"2.0:anyURI-regexp-match", "string:(word, anyURI:http://example.com/", "processing-error"},

		// Too large: the expression, and the expression times the text.
		{"1.0:string-regexp-match", "string:" + strings.Repeat("a", regex.MaxPattern+1) + ", string:", "processing-error"},
		{"1.0:string-regexp-match", "string:" + strings.Repeat("a", 1000) + ", string:" + strings.Repeat("b", 5000), "processing-error"},

		{"1.0:string-regexp-match", "fails string, string:a", "failure 0"},
		{"1.0:string-regexp-match", "string:a, fails string", "failure 1"},
	}
}

func TestA3_13_RegexpMatch(t *testing.T) { run(t, rowsRegexp()) }

// A literal expression is checked before evaluation; one that is not a literal
// is nil.
func TestA3_13_CheckLiterals(t *testing.T) {
	tests := []struct {
		pattern value.Value
		want    string
	}{
		{nil, ""},
		{value.String("^a+$"), ""},
		{value.String("e\u0301{2}"), ""},
		{value.String("a{2"), `the regular expression is invalid: character 2: a quantifier in braces is {n}, {n,} or {n,m}`},
		{value.String("(?:a)"), `the regular expression is invalid: character 1: groups with (? are not in the language`},
		{value.String(`(a)\1`), `the regular expression is invalid: character 4: back-references are not supported`},
	}
	lib := Standard()
	for _, id := range []string{
		"1.0:string-regexp-match", "2.0:anyURI-regexp-match", "2.0:ipAddress-regexp-match",
		"2.0:dnsName-regexp-match", "2.0:rfc822Name-regexp-match", "2.0:x500Name-regexp-match",
	} {
		for _, test := range tests {
			got := ""
			if err := lookup(t, lib, id).CheckLiterals([]value.Value{test.pattern, nil}); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q, for %s(%v)", got, test.want, id, test.pattern)
			}
		}
	}
}

// A match is paid for by the sizes of the expression and the text, before it is
// done, and by no less if the expression is already compiled.
func TestA3_13_Cost(t *testing.T) {
	lib := Standard()
	tests := []struct {
		pattern, text string
		least, most   int
	}{
		{"a", "a", 0, 1},
		{"^[a-z]+$", strings.Repeat("a", 64), 3, 20},
		{"^[a-z]+$", strings.Repeat("a", 6400), 300, 2000},
		{"a{100}", strings.Repeat("b", 6400), 10_000, 12_000},
		{`\w`, "a", 40, 60},
	}
	for _, test := range tests {
		r := row{id: "1.0:string-regexp-match", args: "string:" + test.pattern + ", string:" + test.text}
		var spent [2]int
		for i := range spent {
			b := &budget{}
			if _, err := r.call(t, lib, b); err != nil {
				t.Errorf("got %v, want no error, for %.60s", err, r.args)
			}
			spent[i] = b.spent
		}
		if spent[0] != spent[1] || spent[0] < test.least || spent[0] > test.most {
			t.Errorf("got %d steps, want the same from %d to %d twice, for %.60s", spent, test.least, test.most, r.args)
		}
		if test.least == 0 {
			continue
		}
		if _, err := r.call(t, lib, &budget{limit: spent[0] - 1}); !errors.Is(err, errBudget) {
			t.Errorf("got %v, want %v, for %.60s", err, errBudget, r.args)
		}
	}
}

// What is no expression is paid for like the largest one, each time: it may take as
// long to find out, and is not kept. Otherwise values that are used as expressions
// would hold the processor for minutes, within the budget and beyond the deadline.
func TestA3_13_CostOfWhatIsNoExpression(t *testing.T) {
	fn := Standard().Lookup(xacml.Function1 + "string-regexp-match")
	args := []value.Datum{value.String(strings.Repeat(`\w`, 38) + ")"), value.String("a")}
	const least = 2_000
	for range 2 {
		b := &budget{}
		if _, err := fn.Call(b, args); err == nil || errors.Is(err, errBudget) || b.spent < least {
			t.Errorf("got %v after %d steps, want another error after at least %d", err, b.spent, least)
		}
	}
	if _, err := fn.Call(&budget{limit: least}, args); !errors.Is(err, errBudget) {
		t.Errorf("got %v, want %v", err, errBudget)
	}
}

// The compiled expressions are bounded, and those in use stay.
func TestPatterns_Bounded(t *testing.T) {
	p := &patterns{}
	kept, err := p.compile("kept")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5_000 {
		if _, err := p.compile(fmt.Sprintf("a{%d}", i)); err != nil {
			t.Fatal(err)
		}
		if again, _ := p.compile("kept"); again != kept {
			t.Fatalf("got another expression after %d, want the one in use to stay", i)
		}
	}
	if all := len(p.recent) + len(p.older); all > 2*maxPatternsWeight/patternWeight {
		t.Errorf("got %d expressions, want %d at most", all, 2*maxPatternsWeight/patternWeight)
	}
	if p.find("a{0}") != nil {
		t.Error("got an expression, want none, for one that was not used for long")
	}
	if _, err := p.compile("("); err == nil || p.find("(") != nil {
		t.Errorf("got error %v and an expression, want an error and none, for %q", err, "(")
	}
}

func TestPatterns_Concurrent(t *testing.T) {
	fn := Standard().Lookup(xacml.Function1 + "string-regexp-match")
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 500 {
				pattern := value.String(fmt.Sprintf("^a{%d}$", (worker+i)%200))
				text := strings.Repeat("a", (worker+i)%200)
				got, err := fn.Call(&budget{}, []value.Datum{pattern, value.String(text)})
				if err != nil || got != value.Boolean(true) {
					t.Errorf("got %v and %v, want true, for %q on %d a", got, err, pattern, len(text))
				}
			}
		})
	}
	all.Wait()
}
