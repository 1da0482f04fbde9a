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
		{timeOf("23:00:00-01:00")}, // of one canonical form, and not equal
		{timeOf("00:00:00Z")},
	}
	keys := make(map[string]int)
	for i, q := range questions {
		if j, ok := keys[q.Key()]; ok {
			t.Errorf("questions %d and %d have the same key: %q, %q", j, i, questions[j], q)
		}
		keys[q.Key()] = i
	}
}

// A question in normal form is the same for all who are one to policies; the
// question itself is not changed.
func TestQuestionNormal(t *testing.T) {
	written := Question{nil, value.AnyURI("e\u0301"), value.String("e\u0301"), value.String("b")}
	normal := written.Normal()
	want := Question{nil, value.AnyURI("e\u0301"), value.String("\u00e9"), value.String("b")}
	if !slices.Equal(normal, want) {
		t.Errorf("got %q, want %q", normal, want)
	}
	if written[2] != value.String("e\u0301") {
		t.Error("the question was changed")
	}
	if again := normal.Normal(); &again[0] != &normal[0] {
		t.Error("got a copy of a question in normal form")
	}
}

func timeOf(text string) value.Value {
	v, err := value.Parse(value.TypeTime, text)
	if err != nil {
		panic(err)
	}
	return v
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
