package function

import (
	"slices"
	"strings"
	"testing"
)

func rowsDeprecated() []row {
	return []row{
		{"2.0:uri-string-concatenate", "anyURI:http://a, string:/b", "anyURI:http://a/b"},
		{"2.0:uri-string-concatenate", "anyURI:http://a, string:/b, string:?c, string:", "anyURI:http://a/b?c"},
		{"2.0:uri-string-concatenate", "anyURI:http://a, string:%zz", "syntax-error"},
		{"1.0:any-of", "function 1.0:string-equal, string:b, bag string:[a b]", "boolean:true"},
		{"1.0:dateTime-add-dayTimeDuration", "dateTime:2024-02-28T23:00:00Z, old-dayTimeDuration:PT1H", "dateTime:2024-02-29T00:00:00Z"},
	}
}

func Test10_2_9_Deprecated(t *testing.T) { run(t, rowsDeprecated()) }

// Pitfall 18: each row of a 3.0 function with an identifier of 1.0 gives the
// same for that.
func Test10_2_9_OldIdentifiersGiveTheSame(t *testing.T) {
	lib := Standard()
	n := 0
	for _, r := range slices.Concat(allRows(t)...) {
		fn := lookup(t, lib, r.id)
		if name, old := renamed(fn); old {
			n++
			run(t, []row{{"1.0:" + name, r.args, r.want}})
		}
	}
	if n == 0 {
		t.Error("got no row for a function with an old identifier, want some")
	}
}

// The old identifiers do not hide which function they stand for.
func Test10_2_9_Doc(t *testing.T) {
	fn := lookup(t, Standard(), "1.0:dayTimeDuration-is-in")
	if fn.Section != "10.2.9" || !strings.Contains(fn.Doc, "3.0 function dayTimeDuration-is-in") {
		t.Errorf("got section %q and doc %q, want 10.2.9 and the name of the 3.0 function", fn.Section, fn.Doc)
	}
}
