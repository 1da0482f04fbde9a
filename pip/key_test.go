package pip

import (
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

func TestKeyIsDistinct(t *testing.T) {
	long := string(make([]byte, 300))
	questions := []Question{
		{},
		ask(""),
		ask("", ""),
		ask("a"),
		ask("a", ""),
		ask("", "a"),
		ask("a", "b"),
		ask("a,b"),
		ask("a\x00b"),
		ask("a", "\x00b"),
		ask("a\x00", "b"),
		ask("ab"),
		ask("b", "a"),
		ask(long),
		ask(long[:299]),
		ask(ask("a", "b").Key()),
		ask(ask("a").Key(), ask("b").Key()),
		ask("A"),
		ask("a "),
		ask("é"),
		ask("e\u0301"),
		{value.AnyURI("a")},
		{value.AnyURI("a"), value.String("b")},
		{value.Foreign{DataType: "urn:x", Text: "a"}},
		{value.Foreign{DataType: "urn:xa", Text: ""}},
	}
	keys := make(map[string]int)
	for i, q := range questions {
		if j, ok := keys[q.Key()]; ok {
			t.Errorf("questions %d and %d have the same key: %q, %q", j, i, questions[j], q)
		}
		keys[q.Key()] = i
	}
}

// FuzzKey cuts a text in two ways; the questions are equal if and only if
// their keys are.
func FuzzKey(f *testing.F) {
	f.Add("a,b\x00c", uint(1), uint(2), uint(3), false)
	f.Add("\x01a\x01a", uint(0), uint(2), uint(4), true)
	f.Add(ask("a", "b").Key(), uint(3), uint(9), uint(40), false)
	f.Fuzz(func(t *testing.T, s string, i, j, k uint, uri bool) {
		cut := func(at ...uint) Question {
			var q Question
			for rest := s; ; {
				n := len(rest)
				if len(at) > 0 {
					n = int(at[0] % uint(len(rest)+1))
					at = at[1:]
				}
				if uri && len(q) == 0 {
					q = append(q, value.AnyURI(rest[:n]))
				} else {
					q = append(q, value.String(rest[:n]))
				}
				if rest = rest[n:]; rest == "" && len(at) == 0 {
					return q
				}
			}
		}
		questions := []Question{cut(i), cut(j), cut(i, j), cut(j, k), cut(i, j, k), cut(k, j, i)}
		for _, a := range questions {
			for _, b := range questions {
				same := slices.Equal(a, b)
				if got := a.Key() == b.Key(); got != same {
					t.Fatalf("same key is %t for %q and %q", got, a, b)
				}
			}
		}
	})
}
