package pip

import (
	"strings"
	"unicode"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Alike reports whether a source may take one text for the other: databases and
// directories compare without case, without spaces at the end or between words, and
// letters by what they are, however composed. It is for what is to be forgotten, of
// which too much does no harm.
func Alike(a, b string) bool {
	a, b = value.String(a).NFC(), value.String(b).NFC()
	return strings.EqualFold(a, b) || strings.EqualFold(withoutSpaces(a), withoutSpaces(b))
}

// withoutSpaces is the text without its spaces.
func withoutSpaces(s string) string {
	if strings.IndexFunc(s, unicode.IsSpace) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
