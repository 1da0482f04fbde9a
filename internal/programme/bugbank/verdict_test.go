package bugbank

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// report is what came of running tests.
type report struct {
	ended  map[string]string // by test: pass, fail, skip, or run if it never ended
	broken bool              // something did not compile
	output []byte
}

// readReport reads the output of go test -json.
func readReport(output []byte) report {
	r := report{ended: make(map[string]string), output: output}
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct{ Action, Test string }
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue // what the go command itself says
		}
		switch {
		case e.Action == "build-fail":
			r.broken = true
		case e.Test == "":
		case slices.Contains([]string{"run", "pass", "fail", "skip"}, e.Action) && r.ended[e.Test] != "fail":
			r.ended[e.Test] = e.Action // of several packages with such a test, one that failed counts
		}
	}
	return r
}

// missed tells which of the tests did not find the fault, and why. One that does
// not end found it: the process died, or its time was up.
func (r report) missed(tests []string) []string {
	if r.broken {
		return []string{"it does not compile, so that nothing is shown"}
	}
	var missed []string
	for _, test := range tests {
		switch r.ended[strings.ReplaceAll(test, " ", "_")] {
		case "fail", "run":
		case "pass":
			missed = append(missed, test+" does not find it")
		default:
			missed = append(missed, test+" did not run")
		}
	}
	return missed
}

// failed tells which of the tests did not pass, where nothing is wrong.
func (r report) failed(tests []string) []string {
	var failed []string
	for _, test := range tests {
		if r.broken || r.ended[strings.ReplaceAll(test, " ", "_")] != "pass" {
			failed = append(failed, test)
		}
	}
	return failed
}

// pattern is what go test -run takes for these tests and no others.
func pattern(tests []string) string {
	all := make([]string, len(tests))
	for i, test := range tests {
		parts := strings.Split(strings.ReplaceAll(test, " ", "_"), "/")
		for j, p := range parts {
			parts[j] = "^" + strings.NewReplacer("(", `\(`, ")", `\)`, ".", `\.`, "+", `\+`).Replace(p) + "$"
		}
		all[i] = strings.Join(parts, "/")
	}
	return strings.Join(all, "|")
}

func TestReport(t *testing.T) {
	event := func(action, test string) string {
		return fmt.Sprintf(`{"Action":%q,"Package":"p","Test":%q}`+"\n", action, test)
	}
	tests := []struct {
		name, output  string
		found, passed bool
	}{
		{"found", event("run", "TestA/a_b") + event("fail", "TestA/a_b"), true, false},
		{"passes", event("run", "TestA/a_b") + event("pass", "TestA/a_b"), false, true},
		{"skipped", event("run", "TestA/a_b") + event("skip", "TestA/a_b"), false, false},
		{"not there", event("fail", "TestA/another"), false, false},
		{"never ends", event("run", "TestA/a_b") + event("fail", ""), true, false},
		{"found in one package of two", event("fail", "TestA/a_b") + event("pass", "TestA/a_b"), true, false},
		{"not compiled", `{"ImportPath":"p","Action":"build-fail"}` + "\n" + event("fail", ""), false, false},
		{"nothing", "go: no such tool\n", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, named := readReport([]byte(tt.output)), []string{"TestA/a b"}
			if missed := r.missed(named); (len(missed) == 0) != tt.found {
				t.Errorf("got missed %q, want found %t", missed, tt.found)
			}
			if failed := r.failed(named); (len(failed) == 0) != tt.passed {
				t.Errorf("got failed %q, want passed %t", failed, tt.passed)
			}
		})
	}
	if got, want := pattern([]string{"TestA", "TestB/one two/3.0 (x)"}), `^TestA$|^TestB$/^one_two$/^3\.0_\(x\)$`; got != want {
		t.Errorf("got pattern %s, want %s", got, want)
	}
}
