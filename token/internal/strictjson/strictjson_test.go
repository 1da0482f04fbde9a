package strictjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/internal/bounds"
)

func TestObject(t *testing.T) {
	got, err := Object([]byte(` {"a": 1.50, "\u0062": ["x", null, true, {}], "": {"a": "\ud83d\ude00"}, "l": []}` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"a": json.Number("1.50"),
		"b": []any{"x", nil, true, map[string]any{}},
		"":  map[string]any{"a": "\U0001F600"},
		"l": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestObjectRefuses(t *testing.T) {
	for _, text := range []string{
		``, ` `, `null`, `"x"`, `1`, `[]`, `[{}]`,
		`{`, `{}}`, `{} {}`, `{}x`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{a:1}`, `{'a':1}`,
		`{"a":01}`, `{"a":+1}`, `{"a":.5}`, `{"a":1.}`, `{"a":0x1}`, `{"a":NaN}`, `{"a":Infinity}`, `{"a":True}`,
		`{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":1 "b":2}`, `{"a" 1}`, "{\"a\":\"\n\"}", "{\"a\":\"\x00\"}",
		`{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":1}}`, `{"a":[{"b":1,"b":2}]}`, `{"":1,"":2}`,
		"{\"a\":\"\xff\"}", "{\"\xff\":1}", "\ufeff{}", `{"a":"\ud800"}`, `{"\udc00":1}`, `{"a":"\ud800\u0041"}`, `{"a":"\ufffd"}`,
		`{"a":"\x41"}`, `// c` + "\n{}", `{/**/}`,
		strings.Repeat(`{"a":`, maxDepth+1) + `1` + strings.Repeat(`}`, maxDepth+1),
		strings.Repeat(`{"a":[`, 20_000) + `1` + strings.Repeat(`]}`, 20_000),
	} {
		if got, err := Object([]byte(text)); !errors.Is(err, ErrSyntax) {
			t.Errorf("got %v and error %v, want a syntax error, input: %.80q", got, err, text)
		}
	}
}

func TestObjectTakesTheDeepestAllowed(t *testing.T) {
	text := strings.Repeat(`{"a":`, maxDepth) + `1` + strings.Repeat(`}`, maxDepth)
	if _, err := Object([]byte(text)); err != nil {
		t.Errorf("got %v for %d levels, want none", err, maxDepth)
	}
}

// FuzzValue compares with encoding/json: what is accepted means the same there.
func FuzzValue(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x",null,true,{"b":1e9}]}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, `[1 2]`, `"\u0061"`, `{} x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		got, err := Value(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("got %v, which is no JSON: %v, input: %q", got, err, data)
		}
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("got %s, want an error as of encoding/json: %v, input: %q", again, err, data)
		}
		wanted, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var same any
		if err := json.Unmarshal(again, &same); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, same); diff != "" {
			t.Fatalf("got %s, want %s, input: %q", again, wanted, data)
		}
	})
}
