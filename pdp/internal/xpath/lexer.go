package xpath

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// SyntaxError says what is wrong with an expression, and where.
type SyntaxError struct {
	Position int // the character, counted from 1
	Problem  string
}

// Error is the message.
func (e *SyntaxError) Error() string { return fmt.Sprintf("character %d: %s", e.Position, e.Problem) }

// tokenKind is a kind of ExprToken (3.7).
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenSymbol
	tokenOperator // and, or, mod, div, / // | + - = != < <= > >= and * as times
	tokenLiteral
	tokenNumber
	tokenVariable
	tokenName // a QName, NCName:* or *
)

// token is an ExprToken (3.7).
type token struct {
	kind     tokenKind
	text     string // a literal has lost its quotes
	prefix   string // of a name
	local    string // of a name, "*" for a wildcard
	position int
	call     bool // a name before "("
	axis     bool // a name before "::"
}

// is reports whether the token is this symbol or operator.
func (t token) is(text string) bool {
	return (t.kind == tokenSymbol || t.kind == tokenOperator) && t.text == text
}

// String names the token in a message.
func (t token) String() string {
	if t.kind == tokenEnd {
		return "end of the expression"
	}
	return fmt.Sprintf("%q", t.text)
}

// lexer cuts an expression into tokens.
type lexer struct {
	text   string
	at     int // byte
	tokens []token
}

// tokenize is the tokens of an expression, tokenEnd last.
func tokenize(text string) ([]token, error) {
	l := lexer{text: text}
	for {
		l.space()
		if l.at == len(l.text) {
			l.add(tokenEnd, 0)
			return l.tokens, nil
		}
		if err := l.next(); err != nil {
			return nil, err
		}
	}
}

func (l *lexer) rest() string { return l.text[l.at:] }

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.rest(), prefix) }

// space skips white space.
func (l *lexer) space() { l.at = len(l.text) - len(strings.TrimLeftFunc(l.rest(), isSpace)) }

// add makes a token of the next bytes.
func (l *lexer) add(kind tokenKind, length int) *token {
	l.tokens = append(l.tokens, token{kind: kind, text: l.rest()[:length], position: l.position()})
	l.at += length
	return &l.tokens[len(l.tokens)-1]
}

// position is the number of the next character.
func (l *lexer) position() int { return utf8.RuneCountInString(l.text[:l.at]) + 1 }

func (l *lexer) errorf(format string, args ...any) error {
	return &SyntaxError{Position: l.position(), Problem: fmt.Sprintf(format, args...)}
}

// operand reports whether what came last ends an operand, so that "*" and names
// are operators now (3.7).
func (l *lexer) operand() bool {
	if len(l.tokens) == 0 {
		return false
	}
	last := l.tokens[len(l.tokens)-1]
	return last.kind != tokenOperator && !slices.ContainsFunc([]string{"@", "::", "(", "[", ","}, last.is)
}

// next adds the next token.
func (l *lexer) next() error {
	if construct := l.laterSymbol(); construct != "" {
		return l.errorf("%s: XPath 1.0 has none", construct)
	}
	switch c := l.text[l.at]; {
	case c == '"' || c == '\'':
		return l.literal(c)
	case isDigit(c) || c == '.' && l.at+1 < len(l.text) && isDigit(l.text[l.at+1]):
		return l.number()
	case c == '$':
		return l.variable()
	case c == '*' && !l.operand():
		l.add(tokenName, 1).local = "*"
		return nil
	case nameLength(l.rest()) > 0:
		return l.name()
	}
	for _, operator := range []string{"//", "/", "|", "+", "-", "!=", "<=", ">=", "=", "<", ">", "*"} {
		if l.has(operator) {
			l.add(tokenOperator, len(operator))
			return nil
		}
	}
	for _, symbol := range []string{"(", ")", "[", "]", "..", ".", "@", ",", "::"} {
		if l.has(symbol) {
			l.add(tokenSymbol, len(symbol))
			return nil
		}
	}
	r, _ := utf8.DecodeRuneInString(l.rest())
	return l.errorf("unexpected character %q", r)
}

// literal reads a Literal.
func (l *lexer) literal(quote byte) error {
	length := strings.IndexByte(l.rest()[1:], quote)
	if length < 0 {
		return l.errorf("the string has no end")
	}
	t := l.add(tokenLiteral, length+2)
	t.text = t.text[1 : length+1]
	if l.at < len(l.text) && l.text[l.at] == quote {
		return l.errorf("doubled quote inside a string: XPath 1.0 has none")
	}
	return nil
}

// number reads a Number.
func (l *lexer) number() error {
	l.add(tokenNumber, numberLength(l.rest()))
	if rest := strings.TrimLeft(strings.TrimLeft(l.rest(), "eE"), "+-"); len(rest) < len(l.rest()) && rest != "" &&
		(l.has("e") || l.has("E")) && isDigit(rest[0]) {
		return l.errorf("number with an exponent: XPath 1.0 has none")
	}
	return nil
}

// variable reads a VariableReference.
func (l *lexer) variable() error {
	length := nameLength(l.rest()[1:])
	if length == 0 {
		return l.errorf("a name must follow %q", "$")
	}
	l.add(tokenVariable, length+1)
	return nil
}

// name reads a NameTest, or the name of an operator, function, axis or type of
// node.
func (l *lexer) name() error {
	first := nameLength(l.rest())
	if word := l.rest()[:first]; l.operand() {
		if !isWord(word, "and or mod div") {
			return l.badOperator(word)
		}
		l.add(tokenOperator, first)
		return nil
	}
	length, prefix, local := first, "", l.rest()[:first]
	if rest := l.rest()[first:]; strings.HasPrefix(rest, ":") && !strings.HasPrefix(rest, "::") {
		second := nameLength(rest[1:])
		if strings.HasPrefix(rest, ":*") {
			second = 1
		}
		if second == 0 {
			l.at += first
			return l.errorf("a name must follow %q", local+":")
		}
		prefix, local = local, rest[1:1+second]
		length += 1 + second
	}
	t := l.add(tokenName, length)
	t.prefix, t.local = prefix, local
	l.space()
	t.call = local != "*" && l.has("(")
	t.axis = prefix == "" && l.has("::")
	if t.call && t.text == "if" || l.has("$") && isWord(t.text, "for some every let") {
		return &SyntaxError{t.position, fmt.Sprintf("%q expression: XPath 1.0 has none", t.text)}
	}
	return nil
}

// numberLength is the length of the Number (3.7) that s begins with: digits
// with or without a point, or a point and digits.
func numberLength(s string) int {
	digits := func(at int) int {
		for at < len(s) && isDigit(s[at]) {
			at++
		}
		return at
	}
	whole := digits(0)
	if whole == len(s) || s[whole] != '.' {
		return whole
	}
	if all := digits(whole + 1); whole > 0 || all > 1 {
		return all
	}
	return 0
}
