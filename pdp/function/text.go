package function

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// nfc is the text of a string in normalization form C, as functions on strings
// must see it (§7.1.1).
func nfc(s value.String) string { return norm.NFC.String(string(s)) }

// trimSpace is s without the XML white space at both ends. Space inside
// stays, unlike in the normalize-space function of XPath (A.3.3).
func trimSpace(s value.String) value.String {
	return value.String(strings.Trim(nfc(s), " \t\r\n"))
}

// lowerCase is s by the full case mapping of Unicode, tailored to no locale,
// which is fn:lower-case of XPath functions (A.3.3).
func lowerCase(s value.String) value.String {
	if isASCII(string(s)) {
		return value.String(strings.ToLower(string(s)))
	}
	return value.String(cases.Lower(language.Und).String(nfc(s)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// comparisonSteps is the cost of comparing two values beyond the application itself:
// that of going once over two strings, or of normalizing them, a step for each byte,
// if there is more than ASCII in them.
func comparisonSteps(a, b value.Value) int {
	s, ok := a.(value.String)
	if !ok {
		return 0
	}
	t, _ := b.(value.String)
	n := len(s) + len(t)
	if isASCII(string(s)) && isASCII(string(t)) {
		return textSteps(n)
	}
	return n
}

// slice is the characters of s from position begin up to but without position
// end, or up to the end of s if end is -1. ok is false if there is no such
// position in s (A.3.9).
func slice(s string, begin, end value.Integer) (part string, ok bool) {
	b, ok := begin.Int64()
	if !ok || b < 0 {
		return "", false
	}
	e, ok := end.Int64()
	if !ok || e < b && e != -1 {
		return "", false
	}
	from, ok := offset(s, b)
	if !ok {
		return "", false
	}
	if e == -1 {
		return s[from:], true
	}
	length, ok := offset(s[from:], e-b)
	return s[from : from+length], ok
}

// offset is the index in s of the character at position n; the position after
// the last character counts. ok is false if s is shorter.
func offset(s string, n int64) (index int, ok bool) {
	for i := range s {
		if n == 0 {
			return i, true
		}
		n--
	}
	return len(s), n == 0
}
