package regex

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestF_7_6_1_Match(t *testing.T) {
	type texts []string
	tests := []struct {
		pattern string
		yes, no texts
	}{
		// An empty pattern, branch or group matches anything.
		{``, texts{"", "a", "\n"}, nil},
		{`a||b`, texts{"", "c"}, nil},
		{`x()y`, texts{"xy"}, texts{"x", "y"}},
		{`^()$`, texts{""}, texts{"a"}},

		// Unanchored, and the anchors are of the text, never of a line.
		{`b`, texts{"b", "abc", "a\nb"}, texts{"", "a", "B"}},
		{`^b`, texts{"b", "bc"}, texts{"ab", "a\nb"}},
		{`b$`, texts{"b", "ab"}, texts{"ba", "b\n", "b\nc"}},
		{`^b$`, texts{"b"}, texts{"ab", "ba", "b\n", "\nb"}},
		{`a^b`, nil, texts{"ab", "a^b"}},
		{`(^a|b)c`, texts{"ac", "xbc"}, texts{"xac"}},
		{`^*a$?b`, texts{"ab", "xaby"}, texts{"a"}},
		{`^{2}a`, texts{"ab"}, texts{"ba"}},

		// The wildcard is all but #xA.
		{`^.$`, texts{"a", "é", "字", "\r", "\u2028", "\x00"}, texts{"\n", "", "ab"}},
		{`a.b`, texts{"axb"}, texts{"ab", "a\nb"}},
		{`[.]`, texts{"."}, texts{"a"}},

		// Quantifiers, and reluctant ones, which match the same.
		{`^ab?c$`, texts{"ac", "abc"}, texts{"abbc"}},
		{`^ab*c$`, texts{"ac", "abc", "abbbc"}, texts{"adc"}},
		{`^ab+c$`, texts{"abc", "abbbc"}, texts{"ac"}},
		{`^a{2}$`, texts{"aa"}, texts{"a", "aaa"}},
		{`^a{02}$`, texts{"aa"}, texts{"a", "aaa"}},
		{`^a{2,}$`, texts{"aa", "aaaaa"}, texts{"a"}},
		{`^a{1,3}$`, texts{"a", "aa", "aaa"}, texts{"", "aaaa"}},
		{`^a{0}b$`, texts{"b"}, texts{"ab"}},
		{`^a{0,0}b$`, texts{"b"}, texts{"ab"}},
		{`^a{0,1}b$`, texts{"b", "ab"}, texts{"aab"}},
		{`^a??b+?c*?d{1,2}?e{2}?f{0,}?$`, texts{"bdee", "abbccddeefff"}, texts{"bde"}},
		{`^(ab)+$`, texts{"ab", "abab"}, texts{"aba"}},
		{`^(a|b|cd)*$`, texts{"", "abcdba"}, texts{"c"}},
		{`^(a*)*$`, texts{"", "aaa"}, texts{"b"}},
		{`^(a?|b){3}$`, texts{"", "ab", "aab", "bbb"}, texts{"abab"}},
		{`^é{2}$`, texts{"éé"}, texts{"é"}},

		// Characters that are special elsewhere, and single character escapes.
		{`^a-b,c/d"e'f<g>h&i=j!k~l@m#n%o:p;q_r$`, texts{`a-b,c/d"e'f<g>h&i=j!k~l@m#n%o:p;q_r`}, nil},
		{`^ a b $`, texts{" a b "}, texts{"ab"}},
		{`^\n\r\t$`, texts{"\n\r\t"}, nil},
		{`^\\\|\.\?\*\+\(\)\{\}\-\[\]\^\$$`, texts{`\|.?*+(){}-[]^$`}, nil},
		{`^[\\\|\.\?\*\+\(\)\{\}\-\[\]\^\$\n\r\t]+$`, texts{"\\|.?*+(){}-[]^$\n\r\t"}, texts{"a"}},

		// Character classes.
		{`^[abc]$`, texts{"a", "b", "c"}, texts{"d", "ab", ""}},
		{`^[^abc]$`, texts{"d", "\n", "字", "^"}, texts{"a", ""}},
		{`^[a-cx-z]$`, texts{"a", "b", "c", "x", "z"}, texts{"d", "-"}},
		{`^[a\-z]$`, texts{"a", "-", "z"}, texts{"b"}},
		{`^[-a]$`, texts{"-", "a"}, texts{"b"}},
		{`^[a-]$`, texts{"-", "a"}, texts{"b"}},
		{`^[a-c-]$`, texts{"-", "b"}, texts{"d"}},
		{`^[-]$`, texts{"-"}, texts{"a"}},
		{`^[--]$`, texts{"-"}, texts{"a"}},
		{`^[^-a]$`, texts{"b"}, texts{"-", "a"}},
		{`^[^a-]$`, texts{"b"}, texts{"-", "a"}},
		{`^[a^]$`, texts{"a", "^"}, texts{"b"}},
		{`^[^^]$`, texts{"a"}, texts{"^"}},
		{`^[\^a]$`, texts{"^", "a"}, texts{"b"}},
		{`^[\t-\r]$`, texts{"\t", "\n", "\r", "\v"}, texts{"a", " "}},
		{`^[!-\-]$`, texts{"!", "+", "-"}, texts{"."}},
		{`^[$(){}?*+,&&:alph]+$`, texts{"$(){}?*+,&&:alph"}, texts{"^"}},
		{`^[é-ü]$`, texts{"é", "ö", "ü"}, texts{"e", "a"}},
		{`^[\d_\s]+$`, texts{"1_ ٣"}, texts{"a"}},
		{`^[^\d]$`, texts{"a"}, texts{"1", "٣"}},
		{`^[\D]$`, texts{"a"}, texts{"1", "٣"}},
		{`^[\w\W]$`, texts{"a", "-", "\n"}, nil},
		{`[^\w\W]`, nil, texts{"a", "-", "\n", ""}},

		// Subtraction: at the end, nested, and after a negated group, of which
		// the negation comes first.
		{`^[a-z-[aeiou]]$`, texts{"b", "z"}, texts{"a", "e", "-", "[", "]", "b]"}},
		{`^[a-z-[aeiou]]+x$`, texts{"bx", "xyzx"}, texts{"ax"}},
		{`^[\p{L}-[a-z]]$`, texts{"A", "é"}, texts{"a", "1"}},
		{`^[\w-[\d_]]$`, texts{"a", "é", "€"}, texts{"1", "٣", "_"}},
		{`^[\i-[:]][\c-[:]]*$`, texts{"a", "_a-b.c", "é1"}, texts{"a:b", "1a", "-"}},
		{`^[a-z-[c-x-[m]]]$`, texts{"a", "b", "m", "y", "z"}, texts{"c", "n", "x"}},
		{`^[a-z-[^aeiou]]$`, texts{"a", "e"}, texts{"b", "1"}},
		{`^[^a-c-[x]]$`, texts{"d", "1"}, texts{"a", "x"}},
		{`^[^0-9-[a-z-[m]]]$`, texts{"A", "m"}, texts{"0", "a"}},
		{`^[a--[a]]$`, texts{"-"}, texts{"a"}},
		{`^[--[a]]$`, texts{"-"}, texts{"a"}},
		{`^[a\--[a]]$`, texts{"-"}, texts{"a"}},
		{`[a-[a]]`, nil, texts{"a", "b", ""}},
		{`^x[a-[a]]*$`, texts{"x"}, texts{"xa"}},

		// Multi-character escapes, by Unicode.
		{`^\s$`, texts{" ", "\t", "\n", "\r"}, texts{"\v", "\f", "\u00a0", "\u2003", "a"}},
		{`^\S$`, texts{"\v", "\u00a0", "a"}, texts{" ", "\t", "\n", "\r"}},
		{`^\d$`, texts{"0", "9", "٣", "९", "\U0001D7D8"}, texts{"a", "²", "Ⅷ", "½"}},
		{`^\D$`, texts{"a", "²"}, texts{"0", "٣"}},
		{`^\w$`, texts{"a", "é", "字", "1", "٣", "²", "€", "+", "<", "`", "^", "\u0301"}, texts{"_", "-", ".", " ", "\n", "\u00ad", "\ue000", "\u0378"}},
		{`^\W$`, texts{"_", "-", ".", " ", "\n"}, texts{"a", "é", "1", "+"}},
		{`^\i$`, texts{"a", "Z", "_", ":", "é", "字", "\U00010000"}, texts{"1", "-", ".", "·", "×", "\u0301", "\u037e"}},
		{`^\I$`, texts{"1", "-", ".", " "}, texts{"a", "_", ":"}},
		{`^\c$`, texts{"a", "_", ":", "1", "-", ".", "·", "\u0301", "\u203f"}, texts{" ", "+", "/", "×"}},
		{`^\C$`, texts{" ", "+", "×"}, texts{"a", "-", "1"}},

		// Categories and blocks.
		{`^\p{L}$`, texts{"a", "Z", "é", "字", "ʰ", "ǅ"}, texts{"1", "_", " "}},
		{`^\p{Lu}$`, texts{"A", "É"}, texts{"a", "1"}},
		{`^\P{Lu}$`, texts{"a", "1"}, texts{"A", "É"}},
		{`^\p{Nd}\p{Nl}\p{No}$`, texts{"1Ⅷ½", "٣Ⅷ²"}, texts{"111"}},
		{`^\p{Sc}\p{Sm}\p{Sk}\p{So}$`, texts{"€+^©"}, texts{"$$$$"}},
		{`^\p{Zs}\p{Zl}\p{Zp}$`, texts{" \u2028\u2029"}, texts{"   "}},
		{`^\p{Pc}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}$`, texts{"_-()«»!"}, nil},
		{`^\p{Cc}\p{Cf}\p{Co}\p{Cn}$`, texts{"\n\u00ad\ue000\u0378"}, texts{"aaaa"}},
		{`^\p{M}\p{Mn}\p{Mc}\p{Me}$`, texts{"\u0301\u0301\u0903\u20dd"}, nil},
		{`^\p{C}$`, texts{"\x00", "\u0378", "\U0010ffff"}, texts{"a"}},
		{`^\p{IsBasicLatin}+$`, texts{"aZ19~\x00"}, texts{"é", "aé"}},
		{`^\P{IsBasicLatin}+$`, texts{"é字"}, texts{"a"}},
		{`^\p{IsLatin-1Supplement}$`, texts{"é", "ÿ"}, texts{"e", "Ā"}},
		{`^\p{IsGreek}\p{IsGreekandCoptic}$`, texts{"αω", "ΑΩ"}, texts{"aα"}},
		{`^\p{IsCombiningMarksforSymbols}\p{IsCombiningDiacriticalMarksforSymbols}$`, texts{"\u20d0\u20ff"}, nil},
		{`^\p{IsPrivateUse}$`, texts{"\ue000", "\uf8ff", "\U000f0000", "\U0010fffd"}, texts{"a", "\U000ffffe"}},
		{`^\p{IsKaktovikNumerals}$`, texts{"\U0001D2C0"}, texts{"1"}},
		{`^[\p{IsHiragana}\p{IsKatakana}-[ア-ン]]$`, texts{"あ", "ァ"}, texts{"ア", "a"}},

		// What package regexp would understand in another way.
		{`^[a&&b]$`, texts{"a", "b", "&"}, texts{"c"}},
		{`a{2}`, texts{"baab"}, texts{"bab"}},
		{`x#y`, texts{"x#y"}, texts{"x"}},
		{`^/a/i$`, texts{"/a/i"}, texts{"A"}},
	}
	for _, test := range tests {
		re, err := Compile(test.pattern)
		if err != nil {
			t.Errorf("got %v, want no error, for %q", err, test.pattern)
			continue
		}
		for want, texts := range map[bool]texts{true: test.yes, false: test.no} {
			for _, text := range texts {
				if got := re.Match(text); got != want {
					t.Errorf("got %t, want %t, for %q on %q (%s)", got, want, test.pattern, text, re.re)
				}
			}
		}
	}
}

// Quantifiers beyond those of package regexp, alone and nested, and the limits.
func TestCompile_LargeRepetitions(t *testing.T) {
	tests := []struct {
		pattern     string
		least, most int
	}{
		{`^a{1000}$`, 1000, 1000},
		{`^a{1001}$`, 1001, 1001},
		{`^a{2500,}$`, 2500, 1 << 20},
		{`^a{0,2500}$`, 0, 2500},
		{`^a{1500,3100}$`, 1500, 3100},
		{`^(a{100}){30}$`, 3000, 3000},
		{`^(a{7}){3,150}$`, 21, 1050},
		{`^((a{10}){11}){12}$`, 1320, 1320},
		{`^(a{1001}|b){2}$`, 2002, 2002},
		{`^(a{2}a{2}){400}$`, 1600, 1600},
		{`^((((a{9}){9}){9}){9})$`, 6561, 6561},
	}
	for _, test := range tests {
		re, err := Compile(test.pattern)
		if err != nil {
			t.Errorf("got %v, want no error, for %q", err, test.pattern)
			continue
		}
		for _, n := range []int{0, test.least - 1, test.least, test.most, test.most + 1} {
			if n < 0 || n > 10_000 {
				continue
			}
			want := test.least <= n && n <= test.most
			if got := re.Match(strings.Repeat("a", n)); got != want {
				t.Errorf("got %t, want %t, for %q on %d a", got, want, test.pattern, n)
			}
		}
	}
}

// The limits are reached, and what comes one after the other is not nested.
func TestCompile_Limits(t *testing.T) {
	for _, pattern := range []string{
		strings.Repeat("a", MaxPattern),
		strings.Repeat("(", MaxDepth) + strings.Repeat(")*", MaxDepth),
		strings.Repeat("[a-", MaxDepth-1) + "[b]" + strings.Repeat("]", MaxDepth-1),
		strings.Repeat("(a)", 100),
		strings.Repeat("[a]", 100),
		strings.Repeat("[a-[b]]", 100),
		strings.Repeat("(a|", MaxDepth) + strings.Repeat(")", MaxDepth),
		strings.Repeat(`\w`, 40),
		`a{9900}`,
	} {
		if _, err := Compile(pattern); err != nil {
			t.Errorf("got %v, want no error, for %q", err, pattern)
		}
	}
}

// Spans that overlap or touch are one.
func TestSet(t *testing.T) {
	got := newSet(span{'x', 'z'}, span{'a', 'c'}, span{'b', 'b'}, span{'d', 'e'}, span{'g', 'g'})
	if diff := cmp.Diff("a-e g-g x-z ", show(got)); diff != "" {
		t.Errorf("union (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("a-b e-e x-z ", show(got.minus(newSet(span{'c', 'd'}, span{'f', 'w'})))); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(show(got), show(got.complement().complement())); diff != "" {
		t.Errorf("complement of the complement (-want +got):\n%s", diff)
	}
	if got := len(set{}.complement().complement()); got != 0 {
		t.Errorf("got %d spans, want none, in the complement of all", got)
	}
}

func show(s set) string {
	var text strings.Builder
	for _, sp := range s {
		fmt.Fprintf(&text, "%c-%c ", sp.lo, sp.hi)
	}
	return text.String()
}

// The cost is the product of the sizes of program and text.
func TestCost(t *testing.T) {
	tests := []struct {
		pattern string
		text    int
		want    bool
	}{
		{`^[a-z]+@example\.com$`, 100_000, true},
		{`a`, 1 << 20, true},
		{`a{5000}`, 800, true},
		{`a{5000}`, 1000, false},
		{strings.Repeat("a", 1024), 4000, true},
		{strings.Repeat("a", 1024), 4100, false},
		{`a`, math.MaxInt, false},
	}
	for _, test := range tests {
		re, err := Compile(test.pattern)
		if err != nil {
			t.Errorf("got %v, want no error, for %q", err, test.pattern)
			continue
		}
		if got := re.Cost(test.text) <= MaxCost; got != test.want {
			t.Errorf("got cost %d, want below %d: %t, for %q on %d bytes", re.Cost(test.text), MaxCost, test.want, test.pattern, test.text)
		}
	}
}
