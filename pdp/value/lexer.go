package value

import "strings"

// A lexer reads a lexical form from its start. Every method that reads either
// takes something from rest or leaves rest as it is.
type lexer struct{ rest string }

// accept takes c, if it comes next.
func (l *lexer) accept(c byte) bool {
	if l.rest == "" || l.rest[0] != c {
		return false
	}
	l.rest = l.rest[1:]
	return true
}

// digits takes all decimal digits that come next.
func (l *lexer) digits() string {
	n := 0
	for n < len(l.rest) && isDigit(l.rest[n]) {
		n++
	}
	digits := l.rest[:n]
	l.rest = l.rest[n:]
	return digits
}

// two takes exactly two decimal digits.
func (l *lexer) two() (n int, ok bool) {
	if len(l.rest) < 2 || !isDigit(l.rest[0]) || !isDigit(l.rest[1]) {
		return 0, false
	}
	n = int(l.rest[0]-'0')*10 + int(l.rest[1]-'0')
	l.rest = l.rest[2:]
	return n, true
}

// skipSpace takes white space.
func (l *lexer) skipSpace() { l.rest = strings.TrimLeft(l.rest, whiteSpace) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// hexPair is the octet that two hexadecimal digits name.
func hexPair(hi, lo byte) byte { return hexDigit(hi)<<4 | hexDigit(lo) }

func hexDigit(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	default:
		return c - '0'
	}
}
