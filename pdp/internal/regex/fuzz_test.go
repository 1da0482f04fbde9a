package regex

import (
	"errors"
	"regexp/syntax"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/internal/bounds"
)

// Whatever the pattern is: no panic, bounded, an error has a position in the
// pattern, and package regexp takes what is written for it and makes a program
// that is not larger than foreseen.
func FuzzCompile(f *testing.F) {
	for _, pattern := range []string{
		``, `^a.b$`, `(a|b)*?c+d?`, `x{2,3}y{2500,}z{0}`, `((a{100}){30}|b){2}`, `[a-z-[aeiou-[e]]]`, `[^\d\-_-]`,
		`\i\c*\S\D\W`, `\p{Lu}\P{IsGreek}`, `\p{IsPrivateUse}`, `[\p{L}-[a-z]]{1,1000}`, `(?:a)`, `\1`, `[]`, `[a-[b]c]`,
		`a{99999999999}`, `a{0,3000}`, `(ab){3,}`, `(ab*){3,}`, strings.Repeat(`\w`, 30), strings.Repeat("(", 60) + strings.Repeat(")*", 60), "\xff",
	} {
		f.Add(pattern, "abc")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		defer bounds.Check(t)()
		re, err := Compile(pattern)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Position < 1 || e.Position > utf8.RuneCountInString(pattern)+1 || strings.Contains(e.Reason, "too complex") {
				t.Errorf("got %v, want an error of the language with its position, for %q", err, pattern)
			}
			return
		}
		tree, err := syntax.Parse(re.re.String(), syntax.Perl)
		if err != nil {
			t.Fatalf("got %v, want no error, for %q", err, re.re)
		}
		program, err := syntax.Compile(tree.Simplify())
		if err != nil {
			t.Fatalf("got %v, want no error, for %q", err, re.re)
		}
		if got := len(program.Inst); got > re.instructions {
			t.Errorf("got %d instructions, want %d at most, for %q", got, re.instructions, pattern)
		}
		if re.Cost(len(text)) <= MaxCost {
			re.Match(text)
		}
	})
}
