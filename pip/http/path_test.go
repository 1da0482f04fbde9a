package http

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pip"
)

func TestPath(t *testing.T) {
	const doc = `{
		"user": 1337, "name": "Åse", "active": true, "none": null, "empty": [], "score": 1.50, "big": 12345678901234567890123,
		"roles": ["dagl", null, "regna"], "person": {"a-b": {"it's": "x", "": "y"}}, "gone": null,
		"items": [{"role": "a", "more": ["b"]}, {"role": "c", "more": null}], "mixed": [1, [2]], "objects": [{}], "half": "\ud800"
	}`
	tests := []struct {
		path string
		want []string // nil with ok: none
		ok   bool
	}{
		{"$.user", []string{"1337"}, true},
		{"$.name", []string{"Åse"}, true},
		{"$.active", []string{"true"}, true},
		{"$.score", []string{"1.50"}, true},
		{"$.big", []string{"12345678901234567890123"}, true},
		{"$.roles", []string{"dagl", "regna"}, true},
		{"$.roles[*]", []string{"dagl", "regna"}, true},
		{"$.roles[2]", []string{"regna"}, true},
		{"$.roles[1]", nil, true},
		{"$['roles']", []string{"dagl", "regna"}, true},
		{`$.person['a-b']['it\'s']`, []string{"x"}, true},
		{`$["person"]["a-b"]["it's"]`, []string{"x"}, true},
		{`$.person['a-b']['']`, []string{"y"}, true},
		{"$.items[*].role", []string{"a", "c"}, true},
		{"$.items[*].more", []string{"b"}, true},
		{"$.none", nil, true},
		{"$.empty", nil, true},
		{"$.empty[*].role", nil, true},
		{"$.gone?.name", nil, true},
		{"$.missing?", nil, true},
		{"$.missing?.name", nil, true},
		{"$.roles[7]?", nil, true},
		{"$.items[*].other?", nil, true},

		{"$", nil, false},                   // an object
		{"$.person", nil, false},            // an object
		{"$.mixed", nil, false},             // a list in a list
		{"$.objects", nil, false},           // an object in a list
		{"$.objects[*]", nil, false},        // the same
		{"$.missing", nil, false},           // absent, and not null
		{"$.Roles", nil, false},             // another name
		{"$.gone.name", nil, false},         // nothing to look into
		{"$.missing.name?", nil, false},     // the first step is not optional
		{"$.items[*].other", nil, false},    // some element has none
		{"$.roles[7]", nil, false},          // too few
		{"$.roles.dagl", nil, false},        // a list is no object
		{"$.user.id", nil, false},           // a number is none
		{"$.user?.id", nil, false},          // optional is not: of any form
		{"$.person[0]", nil, false},         // an object is no list
		{"$.person[*]", nil, false},         // an object is no list
		{"$.name[*]", nil, false},           // a string is no list
		{"$.half", nil, false},              // half a character
		{"$.roles[*].length", nil, false},   // a string has nothing in it
		{"$.person['a-b'].x?.y", nil, true}, // absent
	}
	root, err := parseJSON([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		p, err := parsePath(tt.path)
		if err != nil {
			t.Errorf("%q: %v", tt.path, err)
			continue
		}
		var got []string
		err = p.scalars(root, func(s string) error {
			got = append(got, s)
			return nil
		})
		if !tt.ok {
			wantOutcome(t, err, pip.OutcomeInvalid, "Åse", "regna")
			continue
		}
		if err != nil || !cmp.Equal(got, tt.want) {
			t.Errorf("%q: got %q, %v, want %q", tt.path, got, err, tt.want)
		}
	}
}

func TestPathRefuses(t *testing.T) {
	for _, text := range []string{
		"", "roles", ".roles", "$roles", "$.", "$..roles", "$.1", "$.a-b", "$.*", "$.a b", "$[", "$[]", "$[-1]", "$[01]", "$[1:2]", "$[0,1]",
		"$[99999999999999999999]", "$['a','b']", "$['a", "$['a'", `$['\x']`, `$['a\']`, "$[?(@.x)]", "$[?@.x]", "$[(1)]", "$[*]?", "$?", "$.a??", "$ ",
		"$.a.length()", "$" + strings.Repeat(".a", maxSteps+1),
	} {
		if p, err := parsePath(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, p)
		}
	}
}

func TestParseJSON(t *testing.T) {
	tests := []struct{ name, doc, want string }{ // want is a part of the error
		{"good", `{"a": [1, 2.50, "x", true, false, null, {}]}`, ""},
		{"scalar", ` "x" `, ""},
		{"deepest", strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), ""},
		{"equal names apart", `{"a": {"b": 1}, "c": {"b": 2}}`, ""},
		{"names by case", `{"a": 1, "A": 2}`, ""},

		{"empty", ``, "not JSON"},
		{"blank", ` `, "not JSON"},
		{"cut short", `{"a": [1`, "not JSON"},
		{"HTML", `<html></html>`, "not JSON"},
		{"two documents", `{} {}`, "follows"},
		{"text after", `{}x`, "follows"},
		{"NUL after", "{}\x00", "follows"},
		{"comma at the end", `[1,]`, "not JSON"},
		{"no comma", `[1 2]`, "not JSON"},
		{"comment", `{/**/}`, "not JSON"},
		{"single quotes", `{'a': 1}`, "not JSON"},
		{"NaN", `[NaN]`, "not JSON"},
		{"leading zero", `[01]`, "not JSON"},
		{"NUL", "\"a\x00\"", "not JSON"},
		{"byte order mark", "\ufeff{}", "not JSON"},
		{"mismatch", `[}`, "not JSON"},
		{"not UTF-8", "\"\xff\"", "not UTF-8"},
		{"overlong", "\"\xc0\xaf\"", "not UTF-8"},
		{"duplicate", `{"a": 1, "a": 1}`, "two members"},
		{"duplicate escaped", `{"a": 1, "\u0061": 2}`, "two members"},
		{"duplicate inside", `[{"x": {"a": 1, "b": 2, "a": 3}}]`, "two members"},
		{"too deep", strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), "deeper"},
		{"far too deep", strings.Repeat("[", 500_000), "deeper"},
		{"far too deep objects", strings.Repeat(`{"a":`, 200_000), "deeper"},
		{"too many", "[" + strings.Repeat("0,", maxNodes) + "0]", "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseJSON([]byte(tt.doc))
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantOutcome(t, err, pip.OutcomeInvalid)
			if !strings.Contains(failure(t, err).Detail, tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
