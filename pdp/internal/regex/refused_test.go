package regex

import (
	"errors"
	"strings"
	"testing"
)

// What is not in the language, or too large, is an error that says where.
func TestF_7_6_1_Refused(t *testing.T) {
	const (
		nothing = "a quantifier with nothing before it"
		twice   = "a quantifier after a quantifier"
		braces  = "a quantifier in braces is {n}, {n,} or {n,m}"
		escape  = "an escape that is not in the language"
		dash    = "a - in a class that is neither a range nor first nor last"
		open    = "a [ without a ]"
		group   = "groups with (? are not in the language"
		missing = "a category or block that does not exist"
		large   = "the expression is too large, its repetitions written out"
	)
	tests := []struct {
		pattern  string
		position int
		reason   string
	}{
		{`?`, 1, nothing},
		{`a|*`, 3, nothing},
		{`(+)`, 2, nothing},
		{`{2}`, 1, nothing},
		{`a**`, 3, twice},
		{`a*+`, 3, twice}, // possessive elsewhere
		{`a++`, 3, twice},
		{`a?+`, 3, twice},
		{`a*??`, 4, twice},
		{`a{2}{3}`, 5, twice},
		{`a{`, 2, braces},
		{`a{}`, 2, braces},
		{`a{,3}`, 2, braces},
		{`a{1`, 2, braces},
		{`a{1,`, 2, braces},
		{`a{1,2`, 2, braces},
		{`a{1,2,3}`, 2, braces},
		{`a{ 1}`, 2, braces},
		{`a{-1}`, 2, braces},
		{`a{x}`, 2, braces},
		{`a{٣}`, 2, braces},
		{`a{3,2}`, 2, "a quantifier whose bounds are in the wrong order"},
		{`a{10001}`, 2, "a quantifier that is greater than 10000"},
		{`a{1,99999999999999999999999}`, 2, "a quantifier that is greater than 10000"},

		{`(`, 1, "a ( without a )"},
		{`a(b(c)`, 2, "a ( without a )"},
		{`a)`, 2, "a ) without a ("},
		{`(a))`, 4, "a ) without a ("},
		{`a]`, 2, "a ] without a backslash or its opening bracket"},
		{`a}`, 2, "a } without a backslash or its opening bracket"},
		{`x(?:a)`, 2, group},
		{`(?i)a`, 1, group},
		{`(?=a)`, 1, group},
		{`(?!a)`, 1, group},
		{`(?<=a)`, 1, group},
		{`(?P<n>a)`, 1, group},
		{`(?#a)`, 1, group},
		{`(*UTF8)`, 2, nothing},

		{`a\`, 2, `a \ at the end`},
		{`a\b`, 2, escape},
		{`\B`, 1, escape},
		{`\A`, 1, escape},
		{`\z`, 1, escape},
		{`\Z`, 1, escape},
		{`\Qa\E`, 1, escape},
		{`\x41`, 1, escape},
		{`\u0041`, 1, escape},
		{`\0`, 1, escape},
		{`\f`, 1, escape},
		{`\v`, 1, escape},
		{`\a`, 1, escape},
		{`\e`, 1, escape},
		{`\h`, 1, escape},
		{`\/`, 1, escape},
		{`\"`, 1, escape},
		{`\ `, 1, escape},
		{`\é`, 1, escape},
		{`[\b]`, 2, escape},
		{`(a)\1`, 4, "back-references are not supported"},
		{`\1(a)`, 1, "back-references are not supported"},
		{`(a)[\1]`, 5, "back-references are not supported"},

		{`[`, 1, open},
		{`[^`, 1, open},
		{`[a`, 1, open},
		{`[a-`, 1, open},
		{`[a-z`, 1, open},
		{`[a-[b]`, 7, "something after the class that is subtracted"},
		{`[a-[b]c]`, 7, "something after the class that is subtracted"},
		{`[a-[b`, 4, open},
		{`[]`, 2, "a character class without characters"},
		{`[]a]`, 2, "a character class without characters"},
		{`[^]`, 3, "a character class without characters"},
		{`[^]a]`, 3, "a character class without characters"},
		{`[a-[]]`, 5, "a character class without characters"},
		{`[a[b]]`, 3, "a [ in a class without a backslash"},
		{`[[:alpha:]]`, 2, "a [ in a class without a backslash"},
		{`[-[a]]`, 3, "a [ in a class without a backslash"},
		{`[^-[a]]`, 4, "a [ in a class without a backslash"},
		{`[a-b-c]`, 5, dash},
		{`[\d-z]`, 4, dash},
		{`[--z]`, 3, dash},
		{`[+--]`, 3, dash},
		{`[a-\d]`, 2, "a range that ends with a class"},
		{`[z-a]`, 2, "a range whose bounds are in the wrong order"},
		{`[a-\n]`, 2, "a range whose bounds are in the wrong order"},
		{`[a-\`, 4, `a \ at the end`},

		{`\p`, 1, `\p and \P need a property in braces`},
		{`\pL`, 1, `\p and \P need a property in braces`},
		{`\p{Lu`, 1, `\p and \P need a property in braces`},
		{`\p{^Lu}`, 4, "no character of the name of a category or block"},
		{`\p{Is Greek}`, 6, "no character of the name of a category or block"},
		{`\p{}`, 1, missing},
		{`\p{Lx}`, 1, missing},
		{`\p{lu}`, 1, missing},
		{`\p{Cs}`, 1, missing},
		{`\p{LC}`, 1, missing},
		{`\p{L-Lu}`, 1, missing},
		{`\p{Greek}`, 1, missing},
		{`\p{Is}`, 1, missing},
		{`\p{IsLatin}`, 1, missing},
		{`\p{Isgreek}`, 1, missing},
		{`\p{IsGREEK}`, 1, missing},
		{`\p{isGreek}`, 1, missing},
		{`\p{IsHighSurrogates}`, 1, missing},
		{`a\P{InGreek}`, 2, missing},

		{strings.Repeat("a", 1025), 1, "the expression is longer than 1024 bytes"},
		{"a\xff", 1, "the expression is not UTF-8"},
		{strings.Repeat("(", 65) + strings.Repeat(")", 65), 65, "groups and classes are nested deeper than 64"},
		{strings.Repeat("[a-", 65) + strings.Repeat("]", 65), 193, "groups and classes are nested deeper than 64"},
		{strings.Repeat(`\w`, 100), 82, "the character classes have more than 32768 ranges"},
		{"[" + strings.Repeat(`\w`, 100) + "]", 83, "the character classes have more than 32768 ranges"},
		{`(a{5000}){2}`, 1, large},
		{`((a{1000}){1000}){1000}`, 1, large},
		{`(a{0,5000}){0,5000}`, 1, large},
		{`.{4000}.{4000}.{4000}`, 1, large},
	}
	for _, test := range tests {
		_, err := Compile(test.pattern)
		var got *Error
		if !errors.As(err, &got) {
			t.Errorf("got %v, want an error, for %q", err, test.pattern)
			continue
		}
		if want := (Error{test.position, test.reason}); *got != want {
			t.Errorf("got %v, want %v, for %q", got, &want, test.pattern)
		}
	}
}
