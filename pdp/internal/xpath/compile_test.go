package xpath

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// refused is lines of an expression, "=>" and the error.
func refused(t *testing.T, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		source, want, ok := strings.Cut(strings.TrimSpace(line), " => ")
		if !ok {
			continue
		}
		_, err := Compile(source, bindings())
		if err == nil {
			t.Errorf("got a compiled expression, want error %s, input: %s", want, source)
			continue
		}
		if _, ok := errors.AsType[*SyntaxError](err); !ok {
			t.Errorf("got error of type %T, want *SyntaxError, input: %s", err, source)
		}
		if got := err.Error(); got != strings.TrimSpace(want) {
			t.Errorf("got %s, want %s, input: %s", got, want, source)
		}
	}
}

func TestCompile_Syntax(t *testing.T) {
	refused(t, `
		a/ => character 3: unexpected end of the expression where a step must stand
		a[ => character 3: unexpected end of the expression where an expression must stand
		a[1 => character 4: found end of the expression, want "]"
		a] => character 2: unexpected "]"
		a[] => character 3: unexpected "]" where an expression must stand
		(1 => character 3: found end of the expression, want ")"
		1) => character 2: unexpected ")"
		1 + => character 4: unexpected end of the expression where an expression must stand
		+ 1 => character 1: unexpected "+" where an expression must stand
		a b => character 3: unexpected name "b" where an operator must stand
		a 'b' => character 3: unexpected "b"
		'a => character 1: the string has no end
		"æ" ø" => character 5: unexpected name "ø" where an operator must stand
		a & b => character 3: unexpected character '&'
		a = = b => character 5: unexpected "=" where an expression must stand
		//= => character 3: unexpected "=" where a step must stand
		// => character 3: unexpected end of the expression where a step must stand
		/// => character 3: unexpected "/" where a step must stand
		@ => character 2: unexpected end of the expression where a step must stand
		@@a => character 2: unexpected "@" where a step must stand
		@child::a => character 7: unexpected "::"
		child:: => character 8: unexpected end of the expression where a step must stand
		child::.. => character 8: unexpected ".." where a step must stand
		up::a => character 1: unknown axis "up"
		* ::a => character 3: unexpected "::"
		p: => character 2: a name must follow "p:"
		p :a => character 3: unexpected character ':'
		p: a => character 2: a name must follow "p:"
		x:a => character 1: unknown prefix "x"
		a[x:* = 1] => character 3: unknown prefix "x"
		none:a => character 1: unknown prefix "none"
		$ => character 1: a name must follow "$"
		$x => character 1: unknown variable "$x"
		a = $x + 1 => character 5: unknown variable "$x"
		unheard() => character 1: unknown function "unheard()"
		p:f(1) => character 1: unknown function "p:f()"
		count() => character 1: count() has 0 arguments, want 1
		count(a, b) => character 1: count() has 2 arguments, want 1
		concat('a') => character 1: concat() has 1 arguments, want at least 2
		substring('a') => character 1: substring() has 1 arguments, want 2 to 3
		true(1) => character 1: true() has 1 arguments, want 0
		count(1, => character 7: count() takes a node-set, not a number
		concat('a', ) => character 13: unexpected ")" where an expression must stand
		concat('a' 'b') => character 12: found "b", want ","
		name('a') => character 6: name() takes a node-set, not a string
		sum(1 = 2) => character 5: sum() takes a node-set, not a boolean
		'a'[1] => character 1: a predicate filters a node-set, not a string
		'a'/b => character 1: a path starts with a node-set, not with a string
		count(a)//b => character 1: a path starts with a node-set, not with a number
		a | 'b' => character 5: a union is of node-sets, not of a string
		1 | a => character 1: a union is of node-sets, not of a number
		(a = b) | c => character 1: a union is of node-sets, not of a boolean
	`)
	for _, source := range []string{"", " ", "\n"} {
		if _, err := Compile(source, bindings()); err == nil {
			t.Errorf("got a compiled expression, want an error, input: %q", source)
		}
	}
}

func TestCompile_LaterVersions(t *testing.T) {
	refused(t, `
		for $x in //a return $x => character 1: "for" expression: XPath 1.0 has none
		some $x in //a satisfies $x => character 1: "some" expression: XPath 1.0 has none
		every $x in //a satisfies $x => character 1: "every" expression: XPath 1.0 has none
		let $x := 1 return $x => character 1: "let" expression: XPath 1.0 has none
		if (a) then b else c => character 1: "if" expression: XPath 1.0 has none
		(1, 2) => character 3: sequence "(a, b)": XPath 1.0 has none
		() => character 2: empty sequence "()": XPath 1.0 has none
		a eq b => character 3: operator "eq": XPath 1.0 has none
		1 to 3 => character 3: operator "to": XPath 1.0 has none
		a union b => character 3: operator "union": XPath 1.0 has none
		a except b => character 3: operator "except": XPath 1.0 has none
		1 idiv 2 => character 3: operator "idiv": XPath 1.0 has none
		a is b => character 3: operator "is": XPath 1.0 has none
		a << b => character 3: operator "<<": XPath 1.0 has none
		a || b => character 3: operator "||": XPath 1.0 has none
		a ! b => character 3: operator "!": XPath 1.0 has none
		a =>b() => character 3: operator "=>": XPath 1.0 has none
		a instance of xs:date => character 3: operator "instance": XPath 1.0 has none
		'1' cast as xs:integer => character 5: operator "cast": XPath 1.0 has none
		'1' castable as xs:integer => character 5: operator "castable": XPath 1.0 has none
		a treat as node() => character 3: operator "treat": XPath 1.0 has none
		xs:date('2020-01-01') => character 1: cast by constructor "xs:date()": XPath 1.0 has none
		//*:x => character 3: wildcard for the namespace "*:": XPath 1.0 has none
		matches(., 'a') => character 1: function "matches()": XPath 1.0 has none
		a[upper-case(.) = 'A'] => character 3: function "upper-case()": XPath 1.0 has none
		fn:count(a) => character 1: function "fn:count()": XPath 1.0 has none
		//element(a) => character 3: test for a type of node "element()": XPath 1.0 has none
		element(a) => character 1: test for a type of node "element()": XPath 1.0 has none
		a/document-node() => character 3: test for a type of node "document-node()": XPath 1.0 has none
		a/text(b) => character 8: test for a type of node "text()" with an argument: XPath 1.0 has none
		node('a') => character 6: test for a type of node "node()" with an argument: XPath 1.0 has none
		processing-instruction(a) => character 24: target without quotes: XPath 1.0 has none
		a/string() => character 3: function "string()" as a step of a path: XPath 1.0 has none
		a/(b | c) => character 3: expression as a step of a path: XPath 1.0 has none
		.[1] => character 2: predicate after ".": XPath 1.0 has none
		a/..[b] => character 5: predicate after "..": XPath 1.0 has none
		1e3 => character 2: number with an exponent: XPath 1.0 has none
		1.5E-3 => character 4: number with an exponent: XPath 1.0 has none
		'it''s' => character 5: doubled quote inside a string: XPath 1.0 has none
		1 (: one :) => character 3: comment "(:": XPath 1.0 has none
	`)
}

func TestCompile_Limits(t *testing.T) {
	nest := func(open, inner, shut string, depth int) string {
		return strings.Repeat(open, depth) + inner + strings.Repeat(shut, depth)
	}
	for _, source := range []string{
		nest("(", "1", ")", MaxDepth), nest("a[", "1", "]", MaxDepth), nest("not(", "1", ")", MaxDepth),
		"1" + strings.Repeat("+1", MaxLength/2-1), strings.Repeat("-", MaxLength-1) + "1",
		"a" + strings.Repeat("/a", MaxLength/2-1), "a" + strings.Repeat("|a", MaxLength/2-1),
		"'" + strings.Repeat("x", MaxLength-2) + "'",
	} {
		evaluate(t, document(t, "<a/>"), source)
	}
	for _, source := range []string{
		nest("(", "1", ")", MaxDepth+1), nest("a[", "1", "]", MaxDepth+1), nest("not(", "1", ")", MaxDepth+1),
		nest("(a[not(", "1", ")])", MaxDepth/3+1),
		"'" + strings.Repeat("x", MaxLength-1) + "'",
	} {
		if _, err := Compile(source, bindings()); err == nil {
			t.Errorf("got a compiled expression, want an error, input: %.20s... of %d bytes", source, len(source))
		}
	}
}

func TestCompile_UTF8(t *testing.T) {
	for _, source := range []string{"'\xff'", "a\xc3", "'\u00e6\xff'"} {
		if _, err := Compile(source, bindings()); err == nil {
			t.Errorf("got a compiled expression, want an error, input: %q", source)
		}
	}
	evaluate(t, document(t, "<a/>"), "'\ufffd'")
}

func TestExpr_Type(t *testing.T) {
	tests := []struct {
		source string
		want   Type
	}{
		{"//a", TypeNodeSet},
		{"a | b", TypeNodeSet},
		{"/", TypeNodeSet},
		{"id('a')[1]", TypeNodeSet},
		{".", TypeNodeSet},
		{"(//a)", TypeNodeSet},
		{"id('a')/b", TypeNodeSet},
		{"1", TypeNumber},
		{"-a", TypeNumber},
		{"a + b", TypeNumber},
		{"count(a)", TypeNumber},
		{"'a'", TypeString},
		{"name()", TypeString},
		{"a = b", TypeBoolean},
		{"a or b", TypeBoolean},
		{"a < b", TypeBoolean},
		{"not(a)", TypeBoolean},
	}
	for _, test := range tests {
		x, err := Compile(test.source, bindings())
		if err != nil {
			t.Errorf("got error %v, want a compiled expression, input: %s", err, test.source)
			continue
		}
		if x.Type() != test.want || x.String() != test.source {
			t.Errorf("got %v of %s, want %v, input: %s", x.Type(), x, test.want, test.source)
		}
	}
}

// §5.5, chapter 6; XPath 2.0, 3.5.2: what both versions read, and not in the same way.
func TestUnder_XPath20(t *testing.T) {
	const (
		byText   = "XPath 2.0 compares strings here, and XPath 1.0 numbers: number() makes it clear"
		booleans = "XPath 2.0 compares with a boolean in another way than XPath 1.0: boolean() or string() make it clear"
		mixed    = "XPath 2.0 does not compare a string with a number: number() or string() make it clear"
		written  = "XPath 2.0 writes some numbers in another way than XPath 1.0: numbers can be compared as they are"
	)
	for _, tt := range []struct {
		source   string
		position int
		problem  string // empty if both versions do the same
	}{
		{"//a[@until > '2026-11-22']", 12, byText}, // NaN in 1.0
		{"//a[@from <= @until]", 11, byText},       // '10' is before '9' in 2.0
		{"//a['b' >= .]", 9, byText},
		{"//a['b' < 'c']", 9, byText},
		{"//a[string(b) < string(c)]", 15, byText},
		{"//a[@secret = true()]", 13, booleans}, // true of "false" in 1.0
		{"//a[false() != @secret]", 13, booleans},
		{"//a[b = c = d]", 11, booleans},
		{"//a[1 < 2 < 3]", 11, booleans},
		{"//a[string(b) = 1]", 15, mixed},
		{"//a[1 < 'b']", 7, mixed},
		{"//a[b/c[@d < 'e']]", 12, byText},
		{"//a[not(b < c)] | //d[e < f]", 11, byText}, // the first
		{"//a[count(b[c > d]) = 1]", 15, byText},
		{"//a[string(@n * 1000) = '1000000']", 5, written}, // '1.0E6' in 2.0
		{"//a[concat(sum(b), ' NOK') = c]", 5, written},
		{"//a[string(1 div 2) = 'b']", 5, written},
		{"//a[string(-(1 + 0.5)) = 'b']", 5, written},

		{"//a[@n > 5]", 0, ""},
		{"//a[5 <= n]", 0, ""},
		{"//a[n = 5]", 0, ""},
		{"//a[@id = 'x']", 0, ""},
		{"//a[b != c]", 0, ""},
		{"//a['b' = 'c']", 0, ""},
		{"//a[number(@from) <= number(@until)]", 0, ""},
		{"//a[boolean(@secret) = true()]", 0, ""},
		{"//a[(1 < 2) = (b = c)]", 0, ""},
		{"//a[position() < last()]", 0, ""},
		{"//a[@b and c or not(d)]", 0, ""},
		{"//a[string(@n) = concat('b', c, true(), string())]", 0, ""},
		{"//a[concat('n', -count(b) * 2 + last() mod 3, position() - string-length(c), 7) = @id]", 0, ""},
	} {
		x, err := Compile(tt.source, bindings())
		if err != nil {
			t.Errorf("got %v, want an expression, input: %s", err, tt.source)
			continue
		}
		for version, later := range map[string]bool{
			xacml.XPath20: true, "urn:later": true, xacml.XPath10: false, strings.ToLower(xacml.XPath10): false, "": false,
		} {
			var want error
			if later && tt.problem != "" {
				want = &SyntaxError{tt.position, tt.problem}
			}
			if got := x.Under(version); !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v, under %q, input: %s", got, want, version, tt.source)
			}
		}
	}
}
