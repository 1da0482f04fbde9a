package regex

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits of what Compile accepts, so that it takes some tens of milliseconds
// and some megabytes at most.
const (
	// MaxPattern is the length of an expression in bytes.
	MaxPattern = 1 << 10
	// MaxDepth is how deep groups and character classes may be nested.
	MaxDepth = 64
	// maxSpans is how many ranges of characters the classes of an expression
	// have together. \w has almost 800 of them.
	maxSpans = 1 << 15
	// maxInstructions is the size of the program of an expression.
	maxInstructions = 10_000
	// maxText is the length in bytes of an expression in the syntax of regexp.
	maxText = 1 << 20
)

// MaxCost is the highest cost of a match that callers should allow: it takes
// up to some tenths of a second, and a match cannot be cancelled.
const MaxCost = 4 << 20

// MaxSize is the largest Size of an expression. What is found to be wrong with one
// at its very end may take as long to find.
const MaxSize = maxInstructions + maxSpans

// Regexp is a compiled expression. It is immutable and safe for concurrent use.
type Regexp struct {
	re           *regexp.Regexp
	instructions int
	spans        int
}

// Error says why a pattern is not a regular expression. It does not hold the
// pattern, which may be the value of an attribute.
type Error struct {
	// Position is that of the character where the problem is, counted from 1.
	Position int
	Reason   string
}

func (e *Error) Error() string { return fmt.Sprintf("character %d: %s", e.Position, e.Reason) }

// Compile reads an expression. The error is an [*Error].
func Compile(pattern string) (*Regexp, error) {
	if len(pattern) > MaxPattern {
		return nil, &Error{1, fmt.Sprintf("the expression is longer than %d bytes", MaxPattern)}
	}
	if !utf8.ValidString(pattern) {
		return nil, &Error{1, "the expression is not UTF-8"}
	}
	p := &parser{pattern: []rune(pattern)}
	tree, err := p.parse()
	if err != nil {
		return nil, err
	}
	written, err := translate(tree)
	if err != nil {
		return nil, err
	}
	re, goErr := regexp.Compile(strings.Join(written.text, ""))
	if goErr != nil {
		return nil, &Error{1, "the expression is too complex"}
	}
	return &Regexp{re, written.instructions, p.spans}, nil
}

// Match tells whether a part of s, or all of it, matches the expression.
func (re *Regexp) Match(s string) bool { return re.re.MatchString(s) }

// Size is how much memory the expression takes, and how long Compile took, in
// units of some ten bytes and some hundred nanoseconds.
func (re *Regexp) Size() int { return re.instructions + re.spans }

// Cost is how long a match takes on a text of n bytes, at most: the program
// times the text. A unit is some ten nanoseconds.
func (re *Regexp) Cost(n int) int {
	if n >= math.MaxInt/re.instructions {
		return math.MaxInt
	}
	return re.instructions * (n + 1)
}
