package http

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// fuzzShapes are shapes for one question and for several.
func fuzzShapes(f *testing.F) []*shape {
	f.Helper()
	level := pip.Provided{Key: key("urn:altinn:level", value.TypeInteger), From: []string{"$.level?", "$.items[*].level?", "$.list[1]?"}}
	one := roles("https://register.example")
	one.Provides = append(one.Provides, level)
	one.Require, one.Forbid = []string{"$.status"}, []string{"$.errors", "$.items[*].error"}
	var shapes []*shape
	for _, cfg := range []Config{one, bulkRoles("https://register.example")} {
		s, err := newShape(cfg)
		if err != nil {
			f.Fatal(err)
		}
		shapes = append(shapes, s)
	}
	return shapes
}

// FuzzAnswer: no answer makes a panic, or work out of proportion. What is taken is
// JSON, holds what was asked for, and gives values of the declared type that stand
// in the answer.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"status": "ok", "user": "1", "roles": ["dagl"], "level": 3, "items": [{"level": 4}, {}], "list": [1, "2"]}`,
		`{"rows": [{"user": "1", "role": "a"}, {"user": "2", "role": ["b", null]}]}`,
		`{"rows": [{"user": "3"}]}`, `{"status": 1, "user": 1, "roles": []}`, `{}`, `[]`, `null`, ``, "\ufeff{}", `{"a":1,"\u0061":2}`,
		strings.Repeat(`[`, 100), strings.Repeat(`{"rows":`, 50), `{"user":"\ud800"}`, `{"rows":null}`, `{} {}`,
	} {
		f.Add([]byte(s))
	}
	shapes := fuzzShapes(f)
	in := [][]string{{"1", "2"}, {"10"}}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		doc, err := parseJSON(data)
		if err != nil {
			wantOutcome(t, err, pip.OutcomeInvalid)
			return
		}
		if !json.Valid(data) {
			t.Fatal("got a document of what is not JSON")
		}
		for i, s := range shapes {
			in := in
			if i == 0 {
				in = [][]string{{"1"}, {"10"}}
			}
			bags, err := s.read(doc, in)
			if err != nil {
				wantOutcome(t, err, pip.OutcomeInvalid)
				continue
			}
			if len(bags) != len(s.keys(in)) {
				t.Fatalf("got %d answers, want %d", len(bags), len(s.keys(in)))
			}
			for _, answer := range bags {
				for j, b := range answer {
					if b.Type() != s.provides[j].Key.Type {
						t.Errorf("got a bag of %s, want %s", b.Type(), s.provides[j].Key.Type)
					}
				}
			}
			if i == 0 && !holds(doc, "user", "1") {
				t.Error("got an answer that does not hold what was asked for")
			}
		}
	})
}

// holds reports whether the object has a scalar member of that text.
func holds(doc *node, name, lexical string) bool {
	m := doc.member(name)
	return m != nil && m.lexical == lexical
}

// FuzzPath: what is read as a path can be followed, and nothing panics.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"$", "$.a.b", "@['a']?[0][*].c", `$["\""]`, "$..a", "$[?(@)]", "$[1:2]"} {
		f.Add(s)
	}
	doc, err := parseJSON([]byte(`{"a": [{"b": 1}, [2], null, "x"], "": {"a": {}}}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		defer bounds.Check(t)()
		p, err := parsePath(text)
		if err != nil {
			return
		}
		if p.text != text || len(p.steps) > maxSteps || p.row != strings.HasPrefix(text, "@") {
			t.Errorf("got %+v", p)
		}
		if err := p.scalars(doc, func(string) error { return nil }); err != nil {
			wantOutcome(t, err, pip.OutcomeInvalid)
		}
	})
}
