package pip

import (
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Whatever texts are joined with, nobody who chooses the values can write it into one
// of them and so make two questions look alike.
func TestKeyHasNoDelimiter(t *testing.T) {
	delimiters := []string{"", ", ", "||", "::", "\x00\x00", "%00", `","`, "\r\n", "\u00a0", "\u2028"}
	for b := range 256 {
		delimiters = append(delimiters, string([]byte{byte(b)}))
	}
	dataType := value.TypeID(value.String(""))
	for _, d := range delimiters {
		for _, between := range []string{d, d + dataType + d, d + "string" + d, d + dataType} {
			a, b := ask("a"+between+"b", "c"), ask("a", "b"+between+"c")
			if a.Key() == b.Key() {
				t.Errorf("got one key for %q and %q", a, b)
			}
		}
	}
}
