package bugbank

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fault is one fault of the bank.
type fault struct {
	name            string
	what, standsFor string
	packages        []string // as the go command has them
	foundBy         []string // tests, or parts of tests behind slashes
	environment     []string // name=value
	patch           patch
}

// parseFault reads a fault: its header up to the first empty line, and its patch.
func parseFault(name, text string) (fault, error) {
	header, diff, ok := strings.Cut(text, "\n\n")
	if !ok {
		return fault{}, errors.New("there is no empty line behind the header")
	}
	f := fault{name: name}
	fields := map[string]func(string){
		"What":        func(v string) { f.what = v },
		"Stands for":  func(v string) { f.standsFor = v },
		"Packages":    func(v string) { f.packages = list(v) },
		"Found by":    func(v string) { f.foundBy = list(v) },
		"Environment": func(v string) { f.environment = list(v) },
	}
	for line := range strings.SplitSeq(header, "\n") {
		key, value, _ := strings.Cut(line, ":")
		set := fields[key]
		if set == nil {
			return fault{}, fmt.Errorf("the header has %q, which is no field, or is there twice", key)
		}
		delete(fields, key)
		set(strings.TrimSpace(value))
	}
	if f.what == "" || f.standsFor == "" || len(f.packages) == 0 || len(f.foundBy) == 0 {
		return fault{}, errors.New("the header does not say what it is, what it stands for, and who has to find it")
	}
	var err error
	f.patch, err = parsePatch(diff)
	return f, err
}

// list are the parts of a list with commas.
func list(text string) []string {
	parts := strings.Split(text, ",")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return parts
}

func TestParseFault(t *testing.T) {
	const whole = "What: it is wrong\nStands for: row 1\nPackages: ./a, ./b\nFound by: TestA, TestB/one\nEnvironment: X=1\n\n" +
		"--- a/a.go\n+++ b/a.go\n@@ -1,1 +1,1 @@\n-a\n+b\n"
	got, err := parseFault("one", whole)
	if err != nil {
		t.Fatal(err)
	}
	want := fault{
		name: "one", what: "it is wrong", standsFor: "row 1", packages: []string{"./a", "./b"},
		foundBy: []string{"TestA", "TestB/one"}, environment: []string{"X=1"},
		patch: patch{{name: "a.go", hunks: []hunk{{line: 1, before: []string{"a"}, after: []string{"b"}}}}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(fault{}, filePatch{}, hunk{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, without := range []string{"What: it is wrong\n", "Stands for: row 1\n", "Packages: ./a, ./b\n", "Found by: TestA, TestB/one\n"} {
		if f, err := parseFault("one", strings.Replace(whole, without, "", 1)); err == nil {
			t.Errorf("got %+v without %q, want an error", f, without)
		}
	}
	if f, err := parseFault("one", "Whatever: x\n"+whole); err == nil {
		t.Errorf("got %+v with a field that nobody knows, want an error", f)
	}
}
