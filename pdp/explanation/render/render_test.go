package render

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/explanation"
)

// hostile is what policies and callers may write.
const hostile = "</p></details><script>alert(1)</script>\x1b[2J\u202e\"onload='x'{{.}}"

// filled is an explanation with a text in every place and one node of each kind.
func filled(t *testing.T, text string) *explanation.Explanation {
	t.Helper()
	d := new(explanation.Decision)
	fill(reflect.ValueOf(d).Elem(), text, 2)
	d.Root = &explanation.Node{Kind: explanation.Documents, Result: "Permit"}
	for _, k := range explanation.Kinds() {
		n := new(explanation.Node)
		fill(reflect.ValueOf(n).Elem(), text, 2)
		n.Kind, n.Children = k, nil
		d.Root.Children = append(d.Root.Children, n)
	}
	return &explanation.Explanation{Snapshot: text, Decisions: []*explanation.Decision{d, d}}
}

// fill sets all strings that can be reached.
func fill(v reflect.Value, text string, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Int64:
		v.SetInt(int64(time.Second))
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), text, depth-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Children" && name != "Private" {
				fill(v.Field(i), text, depth)
			}
		}
	}
}

// Nothing that is shown can act on a terminal.
func TestText_Hostile(t *testing.T) {
	for _, o := range []TextOptions{{}, {All: true}} {
		var b strings.Builder
		if err := Text(&b, filled(t, hostile), o); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("the text holds %q", b.String()[i:min(i+20, b.Len())])
		}
		if !strings.Contains(b.String(), `\x1b[2J`) {
			t.Error("the text does not show what it was given")
		}
	}
}

// Nothing that is shown is markup.
func TestHTML_Hostile(t *testing.T) {
	var b strings.Builder
	if err := HTML(&b, filled(t, hostile)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, markup := range []string{"<script", "onload='", `"onload`, "\x1b", "\u202e"} {
		if strings.Contains(page, markup) {
			t.Errorf("the page holds %q", markup)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the page does not show what it was given")
	}
	if opened, closed := strings.Count(page, "<details"), strings.Count(page, "</details>"); opened != closed || opened == 0 {
		t.Errorf("the page has %d <details> and %d </details>", opened, closed)
	}
}

// The page needs nothing from anywhere.
func TestHTML_SelfContained(t *testing.T) {
	var b strings.Builder
	if err := HTML(&b, filled(t, "x")); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"src=", "href=", "url(", "@import", "http://", "https://", "<link", "<img", "<script", "<iframe"} {
		if strings.Contains(b.String(), link) {
			t.Errorf("the page holds %q", link)
		}
	}
}

// What JSON gives is the explanation.
func TestJSON_RoundTrip(t *testing.T) {
	want := filled(t, "x")
	var b strings.Builder
	if err := JSON(&b, want); err != nil {
		t.Fatal(err)
	}
	got := new(explanation.Explanation)
	if err := json.Unmarshal([]byte(b.String()), got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

// Colours are those of the results, and absent unless they are asked for.
func TestText_Color(t *testing.T) {
	e := &explanation.Explanation{Decisions: []*explanation.Decision{{
		Decision: "Deny", Root: &explanation.Node{Kind: explanation.Documents, Result: "Deny"},
	}}}
	for _, tt := range []struct {
		color bool
		want  string
	}{{true, "\x1b[1;31mDeny\x1b[0m\n"}, {false, "Deny\n"}} {
		var b strings.Builder
		if err := Text(&b, e, TextOptions{Color: tt.color}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), tt.want) {
			t.Errorf("color %v: got %q, want the prefix %q", tt.color, b.String(), tt.want)
		}
	}
}
